from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.similar_zones import comparison_set


def rows(per_km2, area=None):
    size = len(per_km2)
    ids = [f"Z{number:02d}" for number in range(size)]
    return pa.table({"zone_id": ids, "area_km2": [1.0] * size if area is None else area,
                     "per_km2": pa.array(per_km2, pa.float64())})  # fmt: skip


def test_the_zone_itself_and_the_theme_that_is_compared_take_no_part():
    themes = {"asb": rows([9.0, 9, 90, 9]), "robbery": rows([1.0, 1000, 1, 5])}
    found = comparison_set(themes, "Z00", "robbery", wanted=2)
    assert found.inputs == ("area_km2", "per_km2 of asb")
    # Z01 and Z03 have its rate of the other theme, however far their robbery is off.
    assert found.places.tolist() == [1, 3]
    assert found.distance.tolist() == [0, 0]


def test_distances_are_those_of_plain_arithmetic():
    asb, area = [3.0, 7, 1, 0], [1.0, 2, 4, 1]
    found = comparison_set({"asb": rows(asb, area), "robbery": rows([1.0] * 4, area)}, "Z00", "robbery")
    logs = np.column_stack([np.log(np.add(area, 1e-6)), np.log1p(asb)])
    scaled = logs / logs.std(axis=0)
    wanted = np.sqrt(((scaled - scaled[0]) ** 2).mean(axis=1))
    assert found.distance == pytest.approx(np.sort(wanted)[1:])


def test_where_a_figure_is_hidden_a_zone_is_not_likened():
    found = comparison_set({"asb": rows([3.0, None, 4, 5]), "robbery": rows([1.0] * 4)}, "Z00", "robbery")
    assert found.places.tolist() == [2, 3]
    # Without its own figure the theme is no input at all.
    found = comparison_set({"asb": rows([None, 3.0, 4, 5]), "robbery": rows([1.0] * 4)}, "Z00", "robbery")
    assert found.inputs == ("area_km2",)
    assert len(found.places) == 3


@given(st.lists(st.floats(0, 1e4), min_size=3, max_size=12), st.floats(0.1, 10))
def test_another_unit_of_area_likens_the_same_zones(rates, scale):
    area = [1.0 + number for number in range(len(rates))]
    one, other = (
        comparison_set(
            {"asb": rows(rates, [a * by for a in area]), "robbery": rows([1.0] * len(rates), area)}, "Z00", "asb"
        )
        for by in (1.0, scale)
    )
    assert one.distance == pytest.approx(other.distance, abs=1e-4)


def test_slivers_of_no_area_are_likened_to_each_other():
    found = comparison_set(
        {"asb": rows([1.0] * 4, [0.0, 1, 0, 1]), "robbery": rows([1.0] * 4, [0.0, 1, 0, 1])}, "Z00", "asb"
    )
    assert found.places.tolist()[0] == 2
    assert np.isfinite(found.distance).all()


def test_an_unknown_zone_is_told():
    with pytest.raises(KeyError):
        comparison_set({"asb": rows([1.0])}, "X", "asb")
