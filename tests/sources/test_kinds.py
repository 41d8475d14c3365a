"""Every kind of feed is one module with the same few names, and listed where siblings are kept apart."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from geo_safety import sources
from geo_safety.settings import read_settings
from geo_safety.sources import SOURCES


@pytest.mark.parametrize("kind", SOURCES)
def test_a_kind_says_what_its_categories_mean(kind):
    source = SOURCES[kind]
    assert source.labels
    assert all(isinstance(themes, tuple) and themes for themes in source.labels.values())
    assert source.attribution is None or len(source.attribution) > 10


def test_counts_by_area_are_told_by_what_is_read():
    assert {kind for kind in SOURCES if SOURCES[kind].is_by_area} == {"area_counts", "mps_counts", "knife_crime"}


def test_every_kind_is_kept_from_importing_another(project_root):
    contracts = tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (siblings,) = [one for one in contracts["contracts"] if one["name"].endswith(": sources")]
    assert siblings["modules"] == sorted(f"geo_safety.sources.{kind}" for kind in SOURCES)


def test_every_module_that_reads_files_is_a_kind():
    texts = {path.stem: path.read_text(encoding="utf-8") for path in Path(sources.__path__[0]).glob("*.py")}
    assert {name for name, text in texts.items() if "\nLABELS" in text} == set(SOURCES)


def test_a_config_gets_labels_and_attribution_of_the_kind(tmp_path):
    (tmp_path / "a.toml").write_text(
        '[study]\nname = "A"\noutline = "a.geojson"\n[grid]\nresolutions = [9]\n'
        '[[sources]]\nkind = "stats19"\nname = "roads"\npath = "a.csv"\n'
        '[[sources]]\nkind = "table"\nname = "points"\npath = "b.csv"\n'
    )
    settings = read_settings(tmp_path / "a.toml")
    assert settings.feeds[0].labels is SOURCES["stats19"].labels
    assert settings.attribution == (SOURCES["stats19"].attribution, "Source: points")
