"""The transport brief: every scope, three recorders side by side, no sum, and no rank or rate without its range."""

from __future__ import annotations

import json
import re

import pytest

from geo_safety.disclosure import Reader
from geo_safety.errors import ReleaseError
from geo_safety.packs import basis_of, content_of, make_pack
from geo_safety.view import View


@pytest.fixture(scope="module")
def basis(pack_city):
    return basis_of(pack_city)


def table(pack, name):
    (found,) = [one for one in pack.tables if one.name == name]
    return found


@pytest.mark.parametrize("layer", ["boroughs", "stations", "corridors", "hotspot-areas"])
def test_every_kind_of_scope_has_a_whole_brief(basis, layer):
    found = View.table(basis.view, layer)
    key = {"boroughs": "zone_id", "stations": "station_id", "corridors": "corridor_id", "hotspot-areas": "area_id"}[
        layer
    ]
    pack = make_pack("transport", basis, found[key][0].as_py())
    assert not pack.missing
    assert len({one.name for one in pack.tables}) == len(pack.tables)


def test_a_borough_goes_by_code_and_name_and_an_unknown_place_says_what_there_is(basis):
    row = basis.rows("boroughs", "violence")[0]
    by_code, by_name = (make_pack("transport", basis, name) for name in (row["zone_id"], row["name"].lower()))
    assert content_of(by_code, "xlsx") == content_of(by_name, "xlsx")
    with pytest.raises(ReleaseError, match=row["name"]):
        make_pack("transport", basis, "nowhere")


def test_the_study_holds_every_station_with_rates_intervals_and_ranges(basis):
    pack = make_pack("transport", basis, "study")
    stations = basis.table("stations", "transport", ["station_id"]).num_rows
    rated, silent = table(pack, "Stations"), table(pack, "No rate")
    assert len(rated.rows) + len(silent.rows) == stations
    at = {name: rated.head.index(name) for name in ("Shrunken rate", "90 % interval", "Rank in its mode (range)")}
    rates = [float(row[at["Shrunken rate"]].replace(",", "")) for row in rated.rows]
    assert rates == sorted(rates, reverse=True)
    for row in rated.rows:
        assert re.fullmatch(r"[\d.,]+\sto\s[\d.,]+", row[at["90 % interval"]])
        assert re.fullmatch(r"[\d,]+\s\([\d,]+\sto\s[\d,]+\)", row[at["Rank in its mode (range)"]])
    assert all(row[2] for row in silent.rows), "each station without a rate says why"


def test_nothing_is_told_where_a_count_is_hidden_and_nothing_is_added(basis, pack_city):
    pack = make_pack("transport", basis, "study")
    shapes = json.loads(content_of(pack, "geojson"))["features"]
    hidden = [one["properties"] for one in shapes if one["properties"].get("incidents_band") == "1-4"]
    assert hidden
    for about in hidden:
        assert about.get("rate") is None
        assert about.get("ratio") is None
        assert about.get("is_hotspot") is None
    words = re.compile(r"\b(total|sum|all themes)\b", re.IGNORECASE)
    assert not [
        name for one in pack.tables for name in (*one.head, *(str(row[0]) for row in one.rows)) if words.search(name)
    ]
    exact = make_pack("transport", basis_of(pack_city, Reader("internal")), "study")
    told = {row[0]: row[1:] for row in table(pack, "Inside and approach").rows}
    for name, *cells in table(exact, "Inside and approach").rows:
        for shown, count in zip(told[name], cells, strict=True):
            is_small = count is not None and 1 <= int(str(count).replace(",", "")) <= 4
            assert shown == ("1-4" if is_small else count)


def test_no_time_of_day_is_said_where_the_source_has_none(basis):
    html = content_of(make_pack("transport", basis, "study"), "html").decode()
    assert "No time of day in this source: " in html
    assert "only partners may have them" in html
