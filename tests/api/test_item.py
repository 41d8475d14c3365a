from __future__ import annotations

from releases import cells, counts


def test_one_row_is_the_feature_of_its_page_with_links(service):
    (wanted,) = service.get("/collections/cells-r9/items", params={"limit": 1}).json()["features"]
    document = service.get(f"/collections/cells-r9/items/{wanted['id']}").json()
    assert {key: document[key] for key in wanted} == wanted
    for link in document["links"]:
        assert service.get(link["href"]).status_code == 200, link


def test_a_row_belongs_to_one_theme(service):
    cell = cells()[0]
    shown = [service.get(f"/collections/cells-r9/items/{cell}", params=params).json()["properties"]["incidents"]
             for params in ({}, {"theme": "robbery"}, {"theme": "violence"})]  # fmt: skip
    assert shown == [counts("robbery")[cell], counts("robbery")[cell], counts("violence")[cell]]


def test_an_unknown_row_is_told_where_ids_are(service):
    reply = service.get("/collections/cells-r9/items/8928308280fffff")
    assert reply.status_code == 404
    assert "/collections/cells-r9/items?theme=robbery" in reply.json()["detail"]


def test_a_page_for_people_lists_every_figure(service):
    page = service.get("/collections/wards/items/X05000003", params={"f": "html"}).text
    assert "<h1>=Old Pier: robbery</h1>" in page
    assert "incidents_band" in page


def test_areas_have_no_series_to_link_to(service):
    document = service.get("/collections/hotspot-areas/items/robbery-0001").json()
    assert "related" not in {link["rel"] for link in document["links"]}
