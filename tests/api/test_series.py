from __future__ import annotations

import pytest
from releases import GAP, cells, counts

CELL = max(counts("violence"), key=counts("violence").__getitem__)


def test_a_month_without_data_is_null_and_the_others_add_up(service):
    document = service.get(f"/collections/cells-r9/items/{CELL}/series", params={"theme": "violence"}).json()
    (feed,) = document["feeds"]
    assert (document["months"][0], document["months"][-1], len(document["months"])) == ("2024-01", "2025-12", 24)
    gap = document["months"].index(str(GAP))
    assert (feed["incidents"][gap], feed["incidents_band"][gap]) == (None, None)
    assert sum(feed["incidents"][12:]) == counts("violence")[CELL]


def test_small_months_are_bands_and_zeros_are_zeros(service):
    small = next(cell for cell, count in counts("robbery").items() if count == 9)
    (feed,) = service.get(f"/collections/cells-r9/items/{small}/series").json()["feeds"]
    assert set(zip(feed["incidents_band"], feed["incidents"], strict=True)) == {("1-4", None), ("0", 0), (None, None)}


def test_the_cautions_come_with_it(service):
    document = service.get(f"/collections/cells-r9/items/{CELL}/series").json()
    assert document["publication"]["can_i_publish_this"].startswith("Yes")


@pytest.mark.parametrize("path", ["cells-r9/items/nowhere", "parishes/items/x", "hotspot-areas/items/robbery-0001"])
def test_an_unknown_zone_has_no_series(service, path):
    assert service.get(f"/collections/{path}/series").status_code == 404


def test_series_take_a_theme_only(service):
    reply = service.get(f"/collections/cells-r9/items/{cells()[0]}/series", params={"month": "2025-01"})
    assert (reply.status_code, reply.json()["allowed"]) == (400, ["theme"])
