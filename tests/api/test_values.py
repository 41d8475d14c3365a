"""`/values` on a tiny town by the real pipeline, one file of whose two years is missing: sums, gaps, small counts."""

from __future__ import annotations

import shutil

import mapbox_vector_tile
import numpy as np
import pyarrow as pa
import pytest
from starlette.testclient import TestClient
from tiny_town import make_tiny_town

from api.app import ServiceSettings, create_app
from geo_safety.pipeline import run
from geo_safety.release import Release, current

ADDRESS = "/values/cells-r9"


@pytest.fixture(scope="module")
def release(tmp_path_factory) -> Release:
    """The town without May 2024."""
    folder = tmp_path_factory.mktemp("values")
    config = make_tiny_town(folder)
    shutil.rmtree(folder / "police" / "2024-05")
    run(config, folder / "releases")
    return current(folder / "releases")


@pytest.fixture(scope="module")
def client(release):
    return TestClient(create_app(ServiceSettings(releases=release.folder.parent)))


@pytest.fixture(scope="module")
def exact(release):
    """Incidents by zone and month, straight from the release's own file."""
    rows = release.series("cells-r9", theme="robbery", access="internal").to_pandas()
    return rows.pivot_table(index="zone_id", columns="month", values="incidents", dropna=False).sort_index()


def shown(counts: np.ndarray) -> list[int | None]:
    return [None if 1 <= count <= 4 else int(count) for count in counts]


def test_moving_windows_are_added_first_and_hidden_afterwards(client, exact):
    asked = {"theme": "robbery", "from": "2025-10", "to": "2025-12", "window": 3}
    document = client.get(ADDRESS, params=asked).json()
    assert document["zone_ids"] == exact.index.tolist()
    assert [(one["from"], one["to"]) for one in document["steps"]] == [
        ("2025-08", "2025-10"), ("2025-09", "2025-11"), ("2025-10", "2025-12"),
    ]  # fmt: skip
    for place, column in enumerate(document["values"]):
        months = exact.iloc[:, len(exact.columns) - 5 + place : len(exact.columns) - 2 + place]
        assert column == shown(months.sum(axis=1).to_numpy())
    hidden = [value for column in document["values"] for value in column if value is None]
    assert hidden, "no small count was there to be hidden"


def test_a_year_is_the_count_of_the_items(client):
    document = client.get(ADDRESS, params={"theme": "robbery", "window": 12}).json()
    items = client.get("/collections/cells-r9/items", params={"theme": "robbery", "limit": 10000}).json()["features"]
    assert dict(zip(document["zone_ids"], document["values"][0], strict=True)) == {
        one["id"]: one["properties"]["incidents"] for one in items
    }


def test_a_gap_is_null_and_named_and_never_zero(client):
    asked = {"theme": "asb", "from": "2024-04", "to": "2024-07", "window": 2, "ids": "omit"}
    document = client.get(ADDRESS, params=asked).json()
    assert "zone_ids" not in document
    assert [one["missing"] for one in document["steps"]] == [[], ["2024-05"], ["2024-05"], []]
    assert [column is None for column in document["values"]] == [False, True, True, False]
    before = client.get(ADDRESS, params={"theme": "asb", "month": "2024-01", "window": 2}).json()
    assert (before["values"], before["steps"][0]["missing"]) == ([None], ["2023-12"])


def test_order_is_that_of_zones_and_of_the_features_of_tiles(client):
    zones = client.get(f"{ADDRESS}/zones").json()["zone_ids"]
    assert zones == sorted(zones) == client.get(ADDRESS).json()["zone_ids"]
    tile = mapbox_vector_tile.decode(client.get("/tiles/cells-r9/0/0/0.mvt", params={"theme": "robbery"}).content)
    features = tile["robbery"]["features"]
    assert {one["id"]: one["properties"]["zone_id"] for one in features} == dict(enumerate(zones))


def test_arrow_holds_the_same_columns(client):
    asked = {"theme": "robbery", "from": "2024-04", "to": "2024-06", "window": 1}
    document = client.get(ADDRESS, params=asked).json()
    reply = client.get(ADDRESS, params=asked, headers={"Accept": "application/vnd.apache.arrow.stream"})
    assert reply.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(reply.content).read_all()
    assert table.column_names == ["zone_id", "2024-04", "2024-05", "2024-06"]
    assert table["zone_id"].to_pylist() == document["zone_ids"]
    assert table["2024-04"].to_pylist() == document["values"][0]
    assert table["2024-05"].null_count == table.num_rows
    bare = client.get(ADDRESS, params={**asked, "ids": "omit", "f": "arrow"})
    assert "zone_id" not in pa.ipc.open_stream(bare.content).read_all().column_names


@pytest.mark.parametrize(
    ("asked", "parameter", "says"),
    [
        ({"measure": "victims"}, "measure", "incidents"),
        ({"month": "2025-1"}, "month", "such as month=2025-01"),
        ({"month": "2025-01", "to": "2025-02"}, "month", "either"),
        ({"from": "2025-03", "to": "2025-02"}, "from", "2024-01 to 2025-12"),
        ({"from": "1999-01"}, "from", "at most 120"),
        ({"window": "0"}, "window", "1 to 120"),
        ({"window": "1e3"}, "window", "1 to 120"),
        ({"ids": "no"}, "ids", "omit"),
        ({"f": "csv"}, "f", "arrow"),
        ({"limit": "3"}, "limit", "no parameter"),
    ],
)
def test_what_cannot_be_used_is_named(client, asked, parameter, says):
    reply = client.get(ADDRESS, params=asked)
    assert (reply.status_code, reply.json()["parameter"]) == (400, parameter)
    assert says in reply.json()["detail"]


def test_the_change_between_two_windows_is_told_for_each_zone(client):
    asked = {"theme": "robbery", "month": "2025-12", "window": 3}
    found = client.get(f"{ADDRESS}/change", params=asked).json()
    assert (found["now"], found["before"]) == (
        {"from": "2025-10", "to": "2025-12"},
        {"from": "2025-07", "to": "2025-09"},
    )
    assert len(found["classes"]) == len(client.get(f"{ADDRESS}/zones").json()["zone_ids"])
    assert found["words"][0] == "too few"
    # The other way round, more is fewer.
    back = client.get(f"{ADDRESS}/change", params={**asked, "month": "2025-09", "against": "2025-12"}).json()
    assert back["classes"] == [6 - code if code > 0 else code for code in found["classes"]]
    # A year that holds the missing month has no change, and is no row of zeros.
    assert client.get(f"{ADDRESS}/change", params={"theme": "robbery"}).json()["classes"] is None


def test_windows_that_share_months_are_refused_with_those_that_work(client):
    reply = client.get(f"{ADDRESS}/change", params={"month": "2025-12", "against": "2025-08", "window": 12})
    assert reply.status_code == 400
    assert "share 8 months" in reply.json()["detail"]
    assert "2024-12 or earlier" in reply.json()["detail"]


def test_areas_have_no_values(client):
    for address in ("/values/hotspot-areas", "/values/hotspot-areas/zones"):
        reply = client.get(address)
        assert reply.status_code == 404
        assert "no zones" in reply.json()["detail"]


def test_every_parameter_is_described(client):
    document = client.get("/api").json()
    references = [one["$ref"].rsplit("/", 1)[-1] for one in document["paths"]["/values/{layer}"]["get"]["parameters"]]
    named = [document["components"]["parameters"][name]["name"] for name in references]
    assert named == ["layer", *client.get(ADDRESS, params={"nonsense": 1}).json()["allowed"]]
