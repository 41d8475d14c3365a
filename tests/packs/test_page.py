"""A pack as a page: its key, its months and its names stay whole, on a phone too."""

from __future__ import annotations

import re
from itertools import pairwise

import shapely

from geo_safety.packs.drawing import KEY_ROW, WIDTH, Drawn, place_map
from geo_safety.packs.page import table_of

HERE = shapely.box(0.0, 51.0, 0.02, 51.01)


def drawn(layers, ground=()):
    return place_map(layers, ground=ground, label="Map")


def test_a_key_that_is_too_long_for_one_row_takes_two():
    names = [
        "Ward above the whole area",
        "Other ward",
        "Area: violence",
        "Area: robbery",
        "Area: ASB",
        "The whole borough",
    ]
    svg = drawn([Drawn(name, [HERE]) for name in names])
    at = {name: re.search(rf'<text x="([\d.]+)" y="(\d+)">{name}</text>', svg) for name in names}
    ends = {name: float(found[1]) + 6.3 * len(name) for name, found in at.items()}
    assert max(ends.values()) <= WIDTH
    rows = sorted({int(found[2]) for found in at.values()})
    assert [second - first for first, second in pairwise(rows)] == [KEY_ROW]
    height = int(re.search(r'viewBox="0 0 \d+ (\d+)"', svg)[1])
    assert height >= rows[-1]


def test_names_of_the_ground_stand_above_what_is_shown():
    station = {
        "geometry": shapely.Point(0.01, 51.005).__geo_interface__,
        "properties": {"kind": "station", "name": "Quay"},
    }
    svg = drawn([Drawn("The place", [HERE], fill="#0b5394")], [station])
    assert svg.index("<path") < svg.index(">Quay<")


def test_two_names_near_each_other_do_not_lie_on_each_other():
    places = [shapely.Point(0.010, 51.005), shapely.Point(0.0101, 51.0051), shapely.Point(0.0102, 51.0049)]
    svg = drawn([Drawn("Stations", [*places, HERE], names=["Camden Road", "Chalk Farm", "Camden Town"])])
    heights = sorted(
        float(one) for one in re.findall(r'y="([\d.]+)" text-anchor="middle" font-weight="bold" fill="#1', svg)
    )
    assert len(heights) == 3
    assert min(second - first for first, second in pairwise(heights)) >= 11


def test_months_and_intervals_are_not_broken_and_long_texts_keep_room():
    rows = [("Violence", "2025-05 to 2025-12", "2.17 (2.10 to 2.24)", "on the list of robbery and of violence")]
    html = table_of("Figures", ("Theme", "Months", "Rate", "Beside"), rows)
    assert '<td class="k">2025-05 to 2025-12</td>' in html
    assert '<td class="k">2.17 (2.10 to 2.24)</td>' in html
    assert '<td class="t">on the list' in html
