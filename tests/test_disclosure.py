from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from releases import tiny_areas, tiny_series, tiny_zones

from geo_safety import schema
from geo_safety.disclosure import BAND_HIDDEN, OF_THE_NEIGHBOURHOOD, SMALLEST_SHOWN, breaches, may_leave, protect

COUNTED = [column.name for column in schema.ZONES.columns if column.from_counts]
DERIVED = [name for name in COUNTED if name not in ("incidents", "incidents_previous")]
# Values of the right type for every column that is made from the zone's own count.
FIGURES = {"int": 7, "float": 0.5, "string": "more", "bool": True}


def zones(counts: list[int | None], previous: list[int | None] | None = None) -> pa.Table:
    """A zone layer with these counts, every other column that is made from them filled."""
    frame = pd.DataFrame({"zone_id": [f"W{index:04}" for index in range(len(counts))], "theme": "robbery"})
    frame = frame.assign(
        **{name: FIGURES[schema.ZONES.column(name).type] for name in DERIVED},
        incidents=pd.array(counts, dtype="Int64"),
        incidents_previous=pd.array(previous or [9] * len(counts), dtype="Int64"),
        probability=0.5,
        ratio=1.25,
        reliability="reliable",
    )
    return schema.to_arrow(frame, schema.ZONES)


@pytest.mark.parametrize(
    ("count", "shown", "band", "hidden"),
    [
        (0, 0, "0", False),
        (1, None, "1-4", True),
        (2, None, "1-4", True),
        (3, None, "1-4", True),
        (4, None, "1-4", True),
        (5, 5, "5", False),
        (6, 6, "6", False),
        (2_147_483_648, 2_147_483_648, "2147483648", False),
        (None, None, None, False),  # a gap stays a gap: it is not a small number
    ],
)
def test_open_rule_on_either_side_of_the_threshold(count, shown, band, hidden):
    row = protect("cells-r9", zones([count])).to_pylist()[0]
    assert (row["incidents"], row["incidents_band"]) == (shown, band)
    assert row["reliability"] == ("suppressed" if hidden else "reliable")
    others = [name for name in COUNTED if name != "incidents"]
    assert [row[name] is None for name in others] == [hidden] * len(others)
    # Figures of the neighbourhood are not made from the zone's own count.
    assert (row["probability"], row["ratio"]) == (0.5, 1.25)


@pytest.mark.parametrize(("layer", "kept"), [("cells-r8", 1.25), ("wards", None), ("boroughs", None)])
def test_a_ward_is_its_own_neighbourhood_and_a_cell_is_not(layer, kept):
    small, large = protect(layer, zones([4, 5])).to_pylist()
    assert small["ratio"] == kept
    assert large["ratio"] == 1.25
    assert (small["probability"] is None) == (kept is None)


def test_every_figure_of_a_zone_is_hidden_with_its_count_or_known_not_to_tell_it():
    """A new column has to be thought about: is it made from the count?"""
    told_apart = {
        "area_km2", "is_hotspot", "is_hotspot_exposure", "steps_hot", "steps", "persistence", "stability", "is_entrenched", "is_venue",
        "shifts_hot", "residents", "households", "by_day", "footfall", "stops",
    }  # fmt: skip
    figures = {column.name for column in schema.ZONES.columns if column.type in ("int", "float", "bool")}
    assert figures == {*(set(COUNTED) - {"change_class"}), *OF_THE_NEIGHBOURHOOD, *told_apart}


@pytest.mark.parametrize(("previous", "shown"), [(0, 0), (1, None), (4, None), (5, 5), (None, None)])
def test_small_count_of_the_window_before_is_hidden_by_itself(previous, shown):
    row = protect("wards", zones([12], [previous])).to_pylist()[0]
    assert row["incidents_previous"] == shown
    assert (row["incidents"], row["reliability"]) == (12, "reliable")


def test_series_and_areas_follow_the_same_rule():
    series = schema.to_arrow(tiny_series(("wards",)), schema.SERIES)
    shown = protect("series", series).to_pandas()
    exact = series.to_pandas()["incidents"]
    small = exact.between(1, 4)
    assert small.any()
    assert exact.isna().any()
    assert (shown["incidents_band"][small] == "1-4").all()
    assert shown["incidents"][small].isna().all()
    pd.testing.assert_series_equal(shown["incidents"][~small], exact[~small])
    assert shown["incidents_band"][exact.isna()].isna().all()

    areas = protect("hotspot-areas", schema.to_arrow(tiny_areas(), schema.AREAS)).to_pylist()
    assert [(area["incidents"], area["incidents_band"]) for area in areas] == [(194, "194"), (None, "1-4")]
    assert areas[1]["share_of_theme"] is None
    assert areas[1]["probability"] is None
    assert areas[0]["share_of_theme"] == pytest.approx(0.8083)


def test_internal_set_holds_everything_with_the_count_as_its_band():
    exact = zones([0, 3, None, 8])
    shown = protect("wards", exact, access="internal")
    assert shown["incidents_band"].to_pylist() == ["0", "3", None, "8"]
    assert shown.drop_columns("incidents_band").equals(exact.drop_columns("incidents_band"))


def test_input_is_not_changed_and_columns_keep_order_and_type():
    exact = zones([3, 30])
    before = exact.to_pylist()
    shown = protect("wards", exact)
    assert exact.to_pylist() == before
    assert shown.schema == exact.schema


@pytest.mark.parametrize(
    ("layer", "leaves"),
    [("cells-r7", True), ("cells-r9", True), ("cells-r10", False), ("cells-r15", False), ("wards", True)],
)
def test_cells_finer_than_resolution_9_never_leave(layer, leaves):
    assert may_leave(layer) is leaves
    assert may_leave(layer, access="internal")


def test_rows_of_finer_cells_leave_every_table():
    fine, coarse = "8a19634a1237fff", "8919634a123ffff"
    rows = zones([20, 30]).set_column(0, "zone_id", pa.array([fine, coarse]))
    assert protect("any-layer", rows)["zone_id"].to_pylist() == [coarse]
    series = schema.to_arrow(tiny_series(("wards",)).head(2).assign(zone_id=[fine, coarse]), schema.SERIES)
    assert protect("series", series)["zone_id"].to_pylist() == [coarse]
    areas = schema.to_arrow(tiny_areas().assign(zones=[f"{fine};{fine}", coarse]), schema.AREAS)
    assert protect("hotspot-areas", areas)["zones"].to_pylist() == [coarse]
    assert breaches("any-layer", rows) == ["any-layer holds places finer than resolution 9"]


@given(
    st.lists(
        st.tuples(st.none() | st.integers(0, 12), st.none() | st.integers(0, 12)),
        max_size=30,
    )
)
def test_no_small_count_is_ever_shown_and_nothing_else_is_lost(pairs):
    counts, previous = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    exact = zones(counts, previous)
    shown = protect("wards", exact)
    assert breaches("wards", shown) == []
    for name, values in (("incidents", counts), ("incidents_previous", previous)):
        for before, after in zip(values, shown[name].to_pylist(), strict=True):
            assert after is None or not 1 <= after < SMALLEST_SHOWN
            if name == "incidents":
                assert after == before or (after is None and 1 <= before < SMALLEST_SHOWN)
    assert protect("wards", shown)["incidents"].equals(shown["incidents"])


@pytest.mark.parametrize("column", COUNTED)
def test_second_look_finds_each_column_that_was_forgotten(column):
    exact = zones([3, 30], [3, 30])
    shown = protect("wards", exact)
    assert breaches("wards", shown) == []
    index = shown.column_names.index(column)
    forgotten = shown.set_column(index, shown.schema.field(index), exact[column])
    assert any(column in found for found in breaches("wards", forgotten))


def test_second_look_finds_an_unprotected_table():
    exact = schema.to_arrow(tiny_zones("cells-r9", "robbery"), schema.ZONES)
    assert any(BAND_HIDDEN in found for found in breaches("cells-r9", exact))
    assert "cells-r10 is finer than resolution 9" in breaches("cells-r10", protect("cells-r9", exact))


def test_unknown_access_class_is_refused():
    with pytest.raises(ValueError, match="one of open, internal"):
        protect("wards", zones([3]), access="everybody")
