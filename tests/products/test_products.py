"""The frame of the products: what is missing is said, and every product has what the rest of the program needs."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from product_town import town
from wording import banned_in

from geo_safety import disclosure, products, schema
from geo_safety.products import PRODUCTS, Made, Product, make_products

COMMON = {"theme", "name", "boroughs", "borough_names", "wards", "window_start", "window_end", "incidents_band", "incidents",
          "caution", "geometry"}  # fmt: skip
PEOPLE = ("victim", "suspect", "offender", "gang", "ethnic", "nominal", "home_address")


def test_every_product_has_its_table_and_the_other_way_round():
    assert set(PRODUCTS) == set(schema.PRODUCT_TABLES)


@pytest.mark.parametrize("name", PRODUCTS)
def test_tables_of_products_have_what_every_layer_needs(name):
    table = schema.PRODUCT_TABLES[name]
    assert table.name == name
    assert set(table.column_names) >= COMMON
    assert table.key[1:] in ((), ("theme",)), "a row is named by its id, or by that and its theme"
    assert set(table.shown) <= set(table.column_names)
    assert table.shown[-1] == "caution"
    assert schema.id_in(table.column_names) == table.key[0]


@pytest.mark.parametrize("name", PRODUCTS)
def test_figures_made_from_a_count_are_hidden_with_it(name):
    table = schema.PRODUCT_TABLES[name]
    for column in table.columns:
        for count in column.hidden_with:
            assert table.column(count).hidden_with == (count,), "a count of its own names itself"
            assert table.column(count).type == "int"
        if column.unit == "count":
            assert column.from_counts or column.hidden_with, f"{column.name} would show small counts"


@pytest.mark.parametrize("name", PRODUCTS)
def test_no_column_tells_of_persons_and_no_word_stigmatises(name):
    for column in schema.PRODUCT_TABLES[name].columns:
        assert not any(word in column.name for word in PEOPLE)
        assert banned_in(column.description) == []


def test_an_unknown_text_is_none_beside_known_ones():
    rows = town({"violence": {"caution": ["Careful.", *[None] * 9]}}).rows("wards", "violence")
    assert rows["caution"].tolist() == ["Careful.", *[None] * 9]


def test_what_is_not_made_is_told_with_the_reason(monkeypatch):
    made = Made(pd.DataFrame(), ("violence",), says=("Beside.",), notes=("One file.",))
    monkeypatch.setattr(
        products, "PRODUCTS", {"chb-candidates": Product(lambda _: made), "other": Product(lambda _: "No reports.")}
    )
    inputs = town({"violence": {}})
    tables, told = make_products(lambda _: inputs)
    assert tables["chb-candidates"].num_rows == 0
    assert told["chb-candidates"] == {
        "why_not": None,
        "themes": ["violence"],
        "says": ["Beside."],
        "notes": ["One file."],
    }
    assert told["other"]["why_not"] == "No reports."
    tables, told = make_products(lambda _: "The config names no [[context]] of the kind stops.", left_out=("other",))
    assert tables == {}
    assert told["chb-candidates"]["why_not"] == "The config names no [[context]] of the kind stops."
    assert told["other"]["why_not"] == "The config leaves it out."


INSIDE = schema.Column("inside", "int", "Reports inside.", unit="count", hidden_with=("inside",))
RATE = schema.Column("rate", "float", "Made from both.", hidden_with=("inside", "approach"))
APPROACH = schema.Column("approach", "int", "Reports on the way.", unit="count", hidden_with=("approach",))


@pytest.fixture
def two_counts(monkeypatch):
    """A table with two counts of its own beside `incidents`, and a figure made from both."""
    own = schema.Table(
        "two-counts", "a station", ("id",), (*schema.CHB_CANDIDATES.columns[:10], INSIDE, APPROACH, RATE)
    )
    monkeypatch.setitem(schema.TABLES, "two-counts", own)
    rows = [
        {"incidents": 40, "inside": 3, "approach": 37, "rate": 2.0},
        {"incidents": 40, "inside": 30, "approach": 0, "rate": 3.0},
        {"incidents": 4, "inside": None, "approach": 4, "rate": None},
    ]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([f for f in own.arrow_schema() if f.name in (*rows[0], "incidents_band")])
    )


def test_each_count_of_a_row_is_hidden_by_itself_and_with_it_what_is_made_from_it(two_counts):
    shown = disclosure.protect("two-counts", two_counts).to_pydict()
    assert shown["inside"] == [None, 30, None]
    assert shown["approach"] == [37, 0, None]
    assert shown["rate"] == [None, 3.0, None]
    assert shown["incidents_band"] == ["40", "40", "1-4"]
    exact = disclosure.protect("two-counts", two_counts, access="internal").to_pydict()
    assert (exact["inside"], exact["rate"]) == ([3, 30, None], [2.0, 3.0, None])


def test_the_second_look_finds_a_count_or_a_figure_that_was_forgotten(two_counts):
    shown = disclosure.protect("two-counts", two_counts)
    assert disclosure.breaches("two-counts", shown) == []
    place = shown.column_names.index("rate")
    told = disclosure.breaches("two-counts", shown.set_column(place, "rate", pa.array([2.0, 3.0, None])))
    assert told == ["two-counts shows rate where the count is hidden"]
    place = shown.column_names.index("inside")
    told = disclosure.breaches("two-counts", shown.set_column(place, "inside", pa.array([3, 30, None])))
    assert told == ["two-counts shows counts of 1-4 in inside"]
