"""Which release is served: switching, damage, and folders without one."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace

import pytest
from releases import INPUTS_HASH, tiny_content, tiny_release
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from api.store import Store
from geo_safety.errors import ReleaseError
from geo_safety.release import activate, write_release


@pytest.fixture
def town(tmp_path):
    tiny_release(tmp_path)
    return tmp_path / "releases"


def test_a_new_release_is_picked_up_without_a_restart(town):
    service = TestClient(create_app(ServiceSettings(releases=town)))
    before = service.get("/collections/wards/items")
    content = tiny_content()
    fewer = {**content.layers, "wards": content.layers["wards"].slice(0, 2)}
    second = write_release(replace(content, layers=fewer), town, inputs_hash="f" * 64)
    after = service.get("/collections/wards/items", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["geosafety-release"] == second.release_id
    assert (before.json()["numberMatched"], after.json()["numberMatched"]) == (4, 2)
    activate(town, before.headers["geosafety-release"])
    back = service.get("/collections/wards/items")
    assert (back.content, back.headers["etag"]) == (before.content, before.headers["etag"])


def test_what_is_prepared_is_prepared_once_a_release(town):
    store = Store(town)
    published = store.current()
    assert store.current() is published
    assert published.layer("wards").rows("robbery") is published.layer("wards").rows("robbery")
    write_release(tiny_content(), town, inputs_hash=INPUTS_HASH)
    assert store.current() is not published
    # A reply that began on the old release can be finished on it.
    assert published.layer("cells-r9").rows("violence").table.num_rows == 37


def test_a_damaged_release_leaves_the_one_before_in_service(town, caplog):
    store = Store(town)
    served = store.current()
    damaged = write_release(tiny_content(), town, inputs_hash=INPUTS_HASH)
    (damaged.folder / "manifest.json").write_text("{")
    with caplog.at_level(logging.WARNING, logger="geo_safety.api"):
        assert store.current() is served
        assert store.current() is served
    assert caplog.text.count("still serving") == 1


def test_a_folder_without_a_release_is_ready_as_soon_as_there_is_one(tmp_path):
    service = TestClient(create_app(ServiceSettings(releases=tmp_path / "releases")))
    assert service.get("/healthz").status_code == 200
    for path in ("/", "/readyz", "/collections/wards/items", "/tiles/wards/0/0/0.mvt", "/map"):
        reply = service.get(path)
        assert reply.status_code == 503
        assert "geo-safety run" in reply.json()["detail"]
        assert reply.headers["retry-after"]
        # Where the folder lies on the server is nobody's business.
        assert str(tmp_path) not in reply.text
    tiny_release(tmp_path)
    assert service.get("/readyz").status_code == 200
    assert service.get("/collections/wards/items").status_code == 200


def test_a_folder_that_vanishes_leaves_what_is_prepared(town):
    store = Store(town)
    served = store.current()
    served.layer("wards").rows("robbery")
    shutil.rmtree(town)
    assert store.current() is served


def test_an_empty_folder_has_nothing_to_serve(tmp_path):
    with pytest.raises(ReleaseError, match="geo-safety run"):
        Store(tmp_path).current()


def test_exact_figures_are_never_read(town, monkeypatch):
    from geo_safety.release import Release

    read, path = [], Release.path

    def watched(self, layer, *, access="open"):
        read.append(access)
        return path(self, layer, access=access)

    monkeypatch.setattr(Release, "path", watched)
    for file in town.glob("*/*.parquet"):
        file.unlink()
    service = TestClient(create_app(ServiceSettings(releases=town)))
    for where in ("/collections", "/collections/cells-r9/items", "/tiles/wards/0/0/0.mvt", "/map", "/manifest",
                  "/collections/wards/items/X05000001/series", "/collections/wards/items?f=xlsx"):  # fmt: skip
        assert service.get(where).status_code == 200
    assert set(read) == {"open"}
