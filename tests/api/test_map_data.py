"""What the map page asks for beside the public layers: names to search for, classes of harm."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from releases import BOROUGHS, CENTRE, WARDS

from api.map_harm import harm_classes


def test_every_named_place_can_be_found_with_its_box(service):
    found = service.get("/map/places.json").json()["places"]
    wards = {one["id"]: one["name"] for one in found if one["kind"] == "ward"}
    assert wards == {code: name for code, (name, _) in WARDS.items()}
    assert {one["name"] for one in found if one["kind"] == "borough"} == set(BOROUGHS.values())
    areas = [one for one in found if one["kind"] == "area"]
    assert {one["theme"] for one in areas} == {"robbery", "violence"}
    for one in found:
        west, south, east, north = one["box"]
        assert 1 < west <= east < 2
        assert 54 < south <= north < 55


class Layer:
    """Twenty zones of 1 km² with harm 1 to 20; the last has no figure, the first no report."""

    def __init__(self, area_km2=1.0) -> None:
        harm = [0.0, *map(float, range(1, 19)), None]
        counts = [0, *range(5, 23), None]
        self.table = pa.table({"harm_cchi": harm, "harm_css": harm, "area_km2": [1.0] * 18 + [area_km2, 1.0], "incidents": counts,
                               "harm_rank_differs": [place in (3, 17) for place in range(19)] + [None]})  # fmt: skip
        self.shape = np.arange(20)

    def rows(self, _theme):
        return self

    def shapes(self):
        return self

    @property
    def ids(self):
        return np.arange(20)


def test_classes_of_harm_are_shares_of_the_zones_that_have_any():
    found = harm_classes(Layer(), "robbery", "cchi", many=20)
    classes = found["classes"].tolist()
    assert classes[0] == 0
    assert classes[-1] == -1
    # Half of 18 zones with harm are below the first class; the one highest zone is in the last.
    assert classes[1:10] == [0] * 9
    assert classes[18] == 5
    assert classes == [*sorted(classes[:-1]), -1]
    assert found["differs"].tolist() == [3, 17]


def test_a_sliver_without_area_has_no_density_of_harm():
    found = harm_classes(Layer(area_km2=0.0), "robbery", "cchi", many=20)
    assert found["classes"][18] == -1
    assert found["classes"][17] == 5
    assert np.isfinite(found["from"]).all()


def test_many_reports_and_high_harm_stand_side_by_side():
    found = harm_classes(Layer(), "robbery", "css", many=20)
    both = found["both"].tolist()
    # Counts of 20 and more are many; the highest tenth of 18 zones is high harm.
    assert both[0] == 0
    assert both[1] == 1
    assert both[16] == 2  # 20 reports, harm 16
    assert both[18] == 4
    assert both[-1] == -1


@pytest.mark.parametrize("address", ["/map/harm/nowhere", "/map/harm/cells-r9?weights=mine", "/map/harm/hotspot-areas"])
def test_a_question_about_harm_that_has_no_answer_says_why(service, address):
    reply = service.get(address)
    assert reply.status_code in (400, 404)
    assert reply.json()["detail"]


def test_harm_is_in_the_order_of_the_zones(service):
    ids = service.get("/values/cells-r9/zones").json()["zone_ids"]
    found = service.get("/map/harm/cells-r9?theme=robbery").json()
    assert len(found["classes"]) == len(found["both"]) == len(ids)
    assert CENTRE in ids
