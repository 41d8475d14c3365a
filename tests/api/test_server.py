from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.server import RELEASES, app_from_environment
from geo_safety.errors import ConfigError, ReleaseError


def test_the_folder_comes_from_the_environment(releases, monkeypatch):
    monkeypatch.setenv(RELEASES, str(releases))
    assert TestClient(app_from_environment()).get("/readyz").status_code == 200


def test_without_a_folder_the_remedy_is_named(monkeypatch):
    monkeypatch.delenv(RELEASES, raising=False)
    with pytest.raises(ConfigError, match="geo-safety serve RELEASES"):
        app_from_environment()


def test_without_a_release_the_service_does_not_start(tmp_path, monkeypatch):
    monkeypatch.setenv(RELEASES, str(tmp_path))
    with pytest.raises(ReleaseError, match="geo-safety run"):
        app_from_environment()
