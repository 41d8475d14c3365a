from __future__ import annotations

from api.routes import ROUTERS


def test_the_landing_page_links_to_what_there_is(service):
    document = service.get("/").json()
    links = {link["rel"]: link["href"] for link in document["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    for href in links.values():
        assert service.get(href).status_code == 200
    assert "Tiny town" in document["title"]


def test_a_browser_gets_a_page_and_a_program_gets_json(service):
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    assert service.get("/", headers=browser).headers["content-type"].startswith("text/html")
    assert service.get("/").headers["content-type"] == "application/json"
    assert service.get("/?f=json", headers=browser).headers["content-type"] == "application/json"


def test_pages_name_whose_data_they_are(service):
    for path in ("/", "/conformance", "/api", "/collections", "/collections/wards", "/collections/wards/items"):
        assert "invented data" in service.get(path, params={"f": "html"}).text


def test_the_pages_have_no_script_and_their_style_is_ours(service):
    page = service.get("/", params={"f": "html"})
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert service.get("/style.css").headers["content-type"] == "text/css; charset=utf-8"


def test_conformance_names_what_is_kept(service):
    kept = service.get("/conformance").json()["conformsTo"]
    for part in ("conf/core", "conf/geojson", "conf/html", "conf/oas30"):
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/{part}" in kept


def test_fastapis_own_pages_are_off(service):
    # They fetch scripts from a CDN.
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert service.get(path).status_code == 404


def test_the_openapi_document_names_every_route_and_only_those(service):
    routes = {route.path.replace("{row_id}", "{id}") for router in ROUTERS for route in router.routes}
    described = set(service.get("/api").json()["paths"])
    assert described == routes - {"/style.css", "/problems/{slug}"}


def test_the_openapi_document_refers_to_nothing_outside_and_to_nothing_missing(service):
    document = service.get("/api").json()
    assert document["openapi"].startswith("3.0.")
    references = list(_references(document))
    assert references
    for reference in references:
        assert reference.startswith("#/")
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_the_openapi_document_offers_the_layers_and_themes_of_the_release(service):
    parameters = service.get("/api").json()["components"]["parameters"]
    assert parameters["theme"]["schema"]["enum"] == ["robbery", "violence"]
    assert "series" not in parameters["layer"]["schema"]["enum"]
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}


def test_every_parameter_that_items_take_is_described(service):
    document = service.get("/api").json()
    named = [p["$ref"].rsplit("/", 1)[-1] for p in document["paths"]["/collections/{layer}/items"]["get"]["parameters"]]
    allowed = service.get("/collections/wards/items?nonsense=1").json()["allowed"]
    assert set(named) - {"layer"} == set(allowed)


def test_every_kind_of_problem_has_a_page(service):
    for path in ("/collections/nope", "/collections?x=1"):
        document = service.get(path).json()
        assert service.get(document["type"]).json()["title"] == document["title"]
    assert service.get("/problems/none").status_code == 404


def _references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


def test_parameters_documents_and_problems_come_with_examples(service):
    document = service.get("/api").json()
    assert all("example" in one for one in document["components"]["parameters"].values())
    for name, reply in document["components"]["responses"].items():
        assert name == "304" or "example" in reply["content"]["application/problem+json"]
    rows = document["paths"]["/collections/{layer}/items"]["get"]["responses"]["200"]["content"]["application/geo+json"]
    assert rows["example"]["features"][0]["properties"]["incidents_band"] == "1-4"
