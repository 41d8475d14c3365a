from __future__ import annotations

import pytest

from geo_safety import package_data
from geo_safety.errors import InstallError


def test_boundaries_come_from_the_checkout():
    folder = package_data.boundaries_dir()
    assert folder.name == "boundaries"
    assert (folder.parent / "pyproject.toml").is_file()


def test_an_installed_package_reads_its_own_boundaries(tmp_path, monkeypatch):
    installed = tmp_path / "geo_safety" / "_boundaries"
    installed.mkdir(parents=True)
    (tmp_path / "boundaries").mkdir()  # somebody else's folder beside the package
    monkeypatch.setattr(package_data, "_PACKAGE", tmp_path / "geo_safety")
    assert package_data.boundaries_dir() == installed


def test_missing_boundaries_say_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(package_data, "_PACKAGE", tmp_path / "geo_safety")
    with pytest.raises(InstallError, match="Install the package again"):
        package_data.boundaries_dir()


def test_assets_open_without_network():
    style = package_data.asset("leaflet.css").read_text(encoding="utf-8")
    links = [part.split(")")[0] for part in style.split("url(")[1:]]
    assert len(links) >= 3
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in links)
    script = package_data.asset("leaflet.js").read_text(encoding="utf-8")
    assert "sourceMappingURL" not in script


def test_missing_asset_says_the_remedy():
    with pytest.raises(InstallError, match="run `make assets`"):
        package_data.asset("no-such-file.js")
