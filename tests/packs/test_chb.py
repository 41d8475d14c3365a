"""The Clear Hold Build pack: nothing that is hidden in the layers can be read from it."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from releases import cells, counts
from wording import spoken

from geo_safety.case_file import case_from_geojson
from geo_safety.disclosure import Reader
from geo_safety.errors import ReleaseError
from geo_safety.packs import basis_of, content_of, make_pack
from geo_safety.view import View

PLACE = "cells-r9-violence-1"


@pytest.fixture(scope="module")
def pack(pack_town):
    return make_pack("chb", basis_of(pack_town), PLACE)


def zones_of(town) -> list[str]:
    (row,) = View(town).table("chb-candidates").to_pylist()
    return row["zones"].split(";")


def sheet(pack, name):
    book = openpyxl.load_workbook(io.BytesIO(content_of(pack, "xlsx")))
    return [[cell.value for cell in row] for row in book[name].iter_rows()]


def test_sums_of_months_are_ranges_where_a_hidden_count_has_a_say(pack_town):
    zones = zones_of(pack_town)
    hidden = [zone for zone in zones if counts("violence")[zone] < 5]
    assert hidden, "the place must hold a hidden zone"
    found = basis_of(pack_town).months("cells-r9", "violence", zones)
    exact = basis_of(pack_town, Reader("internal")).months("cells-r9", "violence", zones)
    assert np.array_equal(np.isnan(found.low), np.isnan(exact.low))
    there = ~np.isnan(exact.low)
    assert (exact.low[there] == exact.high[there]).all()
    assert (found.low[there] <= exact.low[there]).all()
    assert (found.high[there] >= exact.low[there]).all()
    assert (found.high > found.low)[there].any()
    assert np.isnan(found.low[4])  # 2024-05 is a gap, and no zero


def test_a_range_is_as_wide_as_the_published_months_leave_open(pack_town):
    view, zones = View(pack_town), zones_of(pack_town)
    table = view.series("cells-r9", theme="violence")
    table = table.filter(pc.is_in(table["zone_id"], pa.array(zones)))
    bands = {}
    for month, band in zip(table["month"].to_pylist(), table["incidents_band"].to_pylist(), strict=True):
        low, high = bands.get(month, (0, 0))
        ends = (1, 4) if band == "1-4" else (int(band or 0),) * 2
        bands[month] = (low + ends[0], high + ends[1])
    found = basis_of(pack_town).months("cells-r9", "violence", zones)
    told = list(bands.values())
    for place, (low, high) in enumerate(zip(found.low, found.high, strict=True)):
        assert np.isnan(low) or (low, high) == told[place]


def test_no_hidden_count_is_in_any_file(pack, pack_town):
    hidden = {
        zone: count for zone, count in counts("violence").items() if 0 < count < 5 and zone in zones_of(pack_town)
    }
    shapes = content_of(pack, "geojson").decode()
    assert hidden
    assert '"incidents"' not in shapes
    exact = make_pack("chb", basis_of(pack_town, Reader("internal")), PLACE)
    rows, of_all = sheet(pack, "Counts"), sheet(exact, "Counts")
    assert "and 1 zones not told" in str(rows[1][1]) or "and 1 zone not told" in str(rows[1][1])
    assert str(of_all[1][1]) != str(rows[1][1])


def test_a_case_file_is_counted_in_zones_that_everybody_may_see(pack_town):
    from releases import cell_shape

    feature = {"type": "Feature", "geometry": cell_shape(cells()[0]).buffer(0.0001).__geo_interface__,
               "properties": {"name": "Own drawing", "themes": "violence", "layer": "cells-r9", "clear": "2025-03"}}  # fmt: skip
    case = case_from_geojson(json.dumps(feature).encode())
    pack = make_pack("chb", basis_of(pack_town), "own", case=case)
    text = spoken(content_of(pack, "html").decode())
    assert "has not been screened" in text
    assert "as the 1 zone" in text
    assert re.search(r"Clear 2025-03 ", text)


def test_an_unknown_place_is_refused_with_places_that_there_are(pack_town):
    with pytest.raises(ReleaseError, match="cells-r9-violence-1"):
        make_pack("chb", basis_of(pack_town), "nowhere")


def test_only_the_police_and_partners_lines_are_left_blank_for_them(pack):
    html = content_of(pack, "html").decode()
    text = spoken(html)
    assert "Organised-crime threat and intelligence picture Held by the police; to be filled in by hand." in text
    assert "Community voice" in text
    assert html.count('class="line"') >= 10  # room to write in


def test_a_published_area_has_a_pack_too(pack_town):
    pack = make_pack("chb", basis_of(pack_town), "robbery-0001")
    assert pack.title.endswith("Around Tidewater, Northbank")
    assert not pack.missing


def test_commands_are_typed_and_themes_read_as_words(pack_city):
    (row, *_) = View(pack_city).table("chb-candidates").to_pylist()
    html = content_of(make_pack("chb", basis_of(pack_city), row["candidate_id"]), "html").decode()
    assert "<code>geo-safety impact</code>" in html
    assert "`" not in spoken(html)
    assert not re.search(r"\b(vawg_ps|road_harm|asb)\b", spoken(html))
