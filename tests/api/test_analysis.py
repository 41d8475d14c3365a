"""`/analysis/hotspots` on a tiny town by the real pipeline, one file of whose two years is missing."""

from __future__ import annotations

import shutil

import pytest
import shapely
from starlette.testclient import TestClient
from tiny_town import make_tiny_town

from api.app import ServiceSettings, create_app
from geo_safety.pipeline import run
from geo_safety.release import current

ADDRESS = "/analysis/hotspots"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Folder of releases of the town without May 2024."""
    folder = tmp_path_factory.mktemp("analysis")
    config = make_tiny_town(folder)
    shutil.rmtree(folder / "police" / "2024-05")
    run(config, folder / "releases")
    return folder / "releases"


@pytest.fixture(scope="module")
def client(town):
    return TestClient(create_app(ServiceSettings(releases=town)))


def test_by_default_the_release_s_own_list(client, town):
    document = client.get(ADDRESS, params={"theme": "robbery"}).json()
    told = current(town).manifest["themes"]["robbery"]
    assert document["window"] == {"from": told["window"]["start"], "to": told["window"]["end"]}
    of_layer = told["layers"]["cells-r9"]
    assert document["layer"] == "cells-r9"
    for name in ("hotspots", "expected_error_share", "dispersion", "dispersion_basis"):
        assert document[name] == of_layer[name]
    table = current(town).table("cells-r9", theme="robbery").to_pandas()
    listed = table[table["is_hotspot"].fillna(value=False).astype(bool)]
    assert [one["id"] for one in document["features"]] == listed["zone_id"].tolist()
    assert document["numberMatched"] == document["numberReturned"] == len(listed)
    for feature, row in zip(document["features"], listed.to_dict("records"), strict=True):
        for name in ("probability", "ratio", "why"):
            assert feature["properties"][name] == row[name]


def test_a_drawn_shape_gets_the_part_of_the_list_that_lies_in_it(client):
    whole = client.get(ADDRESS, params={"theme": "robbery"}).json()
    every = client.get(ADDRESS, params={"theme": "robbery", "listed": "false"}).json()
    middles = {one["id"]: shapely.geometry.shape(one["geometry"]).centroid for one in every["features"]}
    west, south, east, north = shapely.total_bounds(list(middles.values())).tolist()
    for shape in (
        shapely.box(west - 0.1, south - 0.1, east + 0.1, north + 0.1),
        shapely.box(west, south, (west + east) / 2, north),
    ):
        reply = client.post(ADDRESS, params={"theme": "robbery"}, json=shapely.geometry.mapping(shape))
        found = reply.json()
        within = {zone for zone, middle in middles.items() if shape.contains(middle)}
        assert found["zones"] == len(within)
        assert [one["id"] for one in found["features"]] == [
            one["id"] for one in whole["features"] if one["id"] in within
        ]
        # The list and its error share stay those of the study.
        assert (found["hotspots"], found["expected_error_share"]) == (whole["hotspots"], whole["expected_error_share"])
    small = shapely.geometry.mapping(shapely.box(1.7, 54.7, 1.701, 54.701))
    assert "Draw one of 0.5 km²" in client.post(ADDRESS, json=small).json()["detail"]
    assert client.post(ADDRESS, params={"limit": 3}, json=small).status_code == 400


def test_the_study_s_first_theme_is_the_default(client):
    reply = client.get(ADDRESS)
    assert reply.headers["content-type"] == "application/geo+json"
    assert reply.json()["theme"] == "violence"


def test_all_zones_come_page_by_page_as_items_have_their_shapes(client):
    asked = {"theme": "asb", "layer": "wards", "from": "2025-01", "to": "2025-03", "listed": "false", "limit": 3}
    first = client.get(ADDRESS, params=asked).json()
    assert (first["numberMatched"], first["numberReturned"]) == (4, 3)
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    second = client.get(following).json()
    assert [link for link in second["links"] if link["rel"] == "next"] == []
    features = [*first["features"], *second["features"]]
    items = client.get("/collections/wards/items", params={"theme": "asb"}).json()["features"]
    assert [(one["id"], one["geometry"]) for one in features] == [(one["id"], one["geometry"]) for one in items]
    months = client.get("/collections/wards/items/T01/series", params={"theme": "asb"}).json()
    counts = dict(zip(months["months"], months["feeds"][0]["incidents"], strict=True))
    assert features[0]["properties"]["incidents"] == sum(counts[month] for month in ("2025-01", "2025-02", "2025-03"))
    assert "class" not in features[0]["properties"]


def test_small_counts_are_bands(client):
    asked = {"theme": "robbery", "layer": "cells-r9", "from": "2025-01", "to": "2025-02", "listed": "false"}
    reply = client.get(ADDRESS, params=asked)
    assert reply.headers["geosafety-disclosure"] == 'open; hidden="1-4"'
    rows = [one["properties"] for one in reply.json()["features"]]
    assert "1-4" in {row["incidents_band"] for row in rows}
    assert all(row["incidents"] is None for row in rows if row["incidents_band"] == "1-4")
    assert not {1, 2, 3, 4} & {row["incidents"] for row in rows}


@pytest.mark.parametrize(
    ("asked", "parameter", "says"),
    [
        ({"theme": "piracy"}, "theme", "violence, robbery, asb"),
        ({"layer": "series"}, "layer", "cells-r9"),
        ({"layer": "hotspot-areas"}, "layer", "wards"),
        ({"from": "2025"}, "from", "such as from=2025-01"),
        ({"to": "2025-13"}, "to", "such as to=2025-01"),
        ({"from": "2025-03", "to": "2025-02"}, "from", "ends before it starts"),
        ({"from": "2024-02", "to": "2024-06"}, "from", "no data in 2024-05"),
        ({"to": "2026-01"}, "to", "months after 2025-12"),
        ({"listed": "yes"}, "listed", "neither true"),
        ({"limit": "0"}, "limit", "whole number"),
        ({"month": "2025-01"}, "month", "no parameter"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_would_do(client, asked, parameter, says):
    reply = client.get(ADDRESS, params=asked)
    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["parameter"] == parameter
    assert says in reply.json()["detail"]


def test_a_gap_comes_with_the_longest_windows_that_work(client):
    problem = client.get(ADDRESS, params={"from": "2024-02", "to": "2024-06"}).json()
    assert problem["allowed"] == ["2024-06 to 2025-12", "2024-01 to 2024-04"]


def test_every_parameter_is_described(client):
    document = client.get("/api").json()
    references = [one["$ref"].rsplit("/", 1)[-1] for one in document["paths"][ADDRESS]["get"]["parameters"]]
    named = [document["components"]["parameters"][name]["name"] for name in references]
    assert named == list(client.get(ADDRESS, params={"nonsense": 1}).json()["allowed"])


def test_replies_are_kept_and_tagged(client, monkeypatch):
    asked = {"theme": "asb", "layer": "cells-r8", "from": "2025-02", "to": "2025-07"}
    first = client.get(ADDRESS, params=asked)
    monkeypatch.setattr("api.routes.analysis.rerun", None)
    assert client.get(ADDRESS, params=asked).content == first.content
    again = client.get(ADDRESS, params=asked, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_without_the_exact_files_the_service_says_so(town, tmp_path):
    copy = shutil.copytree(town, tmp_path / "releases", symlinks=True)
    (copy / "current" / "series.parquet").unlink()
    client = TestClient(create_app(ServiceSettings(releases=copy)))
    reply = client.get(ADDRESS)
    assert reply.status_code == 503
    assert reply.json()["type"].endswith("/problems/no-analysis")
    assert "owner of the release's files" in reply.json()["detail"]
    assert str(tmp_path) not in reply.text
    assert client.get("/collections/wards/items").status_code == 200
