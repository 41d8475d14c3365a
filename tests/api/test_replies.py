"""What is true of every reply, whatever its route."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app

PATHS = ("/", "/conformance", "/api", "/collections", "/collections/wards", "/collections/wards/queryables",
         "/collections/wards/items", "/collections/wards/items/X05000001", "/collections/wards/items/X05000001/series",
         "/tiles/wards.json", "/tiles/wards/0/0/0.mvt", "/manifest", "/map")  # fmt: skip


@pytest.mark.parametrize("path", [*PATHS, "/collections/nope", "/collections?x=1", "/nowhere"])
def test_every_reply_names_release_month_method_and_disclosure(service, path):
    headers = service.get(path).headers
    assert headers["geosafety-release"] == "2025-12-01234567-1"
    assert headers["geosafety-data-month"] == "2025-12"
    assert headers["geosafety-method"] == "0.1.0"
    assert headers["geosafety-disclosure"] == 'open; hidden="1-4"'
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", PATHS)
def test_a_copy_that_is_still_good_is_not_sent_again(service, path):
    first = service.get(path)
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    for known in (tag, f'"other", {tag}', f"W/{tag}"):
        again = service.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["geosafety-release"] == first.headers["geosafety-release"]
    assert service.get(path, headers={"If-None-Match": '"other"'}).content == first.content


@pytest.mark.parametrize(("form", "weak"), [("csv", False), ("parquet", False), ("xlsx", True), ("gpkg", True)])
def test_files_that_tell_the_time_have_a_weak_tag(service, form, weak):
    path = f"/collections/wards/items?f={form}"
    tag = service.get(path).headers["etag"]
    assert tag.startswith("W/") is weak
    assert service.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_behind_a_proxy_in_a_folder_of_a_site_links_lead_back(releases):
    service = TestClient(create_app(ServiceSettings(releases=releases)), root_path="/safety")
    document = service.get("/safety/collections/wards/items", params={"limit": 1}).json()
    for link in document["links"]:
        assert link["href"].startswith("http://testserver/safety/collections/wards")
    page = service.get("/safety/", params={"f": "html"}).text
    assert 'href="http://testserver/safety/style.css"' in page


def test_what_differs_has_another_tag(service):
    asked = [("/collections/wards/items", {}, {}), ("/collections/wards/items", {"limit": 2}, {}),
             ("/collections/wards/items", {"theme": "violence"}, {}), ("/collections/boroughs/items", {}, {}),
             ("/collections/wards/items", {}, {"Accept": "text/csv"}),
             ("/collections/wards/items", {}, {"Host": "elsewhere.example"})]  # fmt: skip
    replies = [service.get(path, params=params, headers=headers) for path, params, headers in asked]
    assert len({reply.headers["etag"] for reply in replies}) == len({reply.content for reply in replies}) == len(asked)


def test_the_same_request_gives_the_same_bytes(service):
    for path in PATHS:
        assert service.get(path).content == service.get(path).content


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_its_body(service, path):
    head, get = service.head(path), service.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers.pop("x-request-id") != get.headers.pop("x-request-id")
    assert head.headers == get.headers


@pytest.mark.parametrize("path", ["/collections/nope", "/collections?x=1", "/healthz", "/metrics"])
def test_errors_and_states_are_never_kept(service, path):
    headers = service.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert "etag" not in headers


def test_scripts_of_other_sites_may_read(service):
    reply = service.get("/collections", headers={"Origin": "https://elsewhere.example"})
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "GeoSafety-Release" in reply.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in reply.headers
