"""The config: every mistake is named, with its remedy, all at once."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from geo_safety.errors import ConfigError, ProblemsError
from geo_safety.hotspots import HotspotRules
from geo_safety.settings import read_settings

GOOD = """
[study]
name = "Tinytown"

[[sources]]
kind = "police_uk"
name = "police"
path = "police"

[[boundaries]]
layer = "wards"
path = "wards.geojson"
code = "CODE"

[grid]
resolutions = [9, 8]
"""


def write(folder: Path, text: str) -> Path:
    config = folder / "town.toml"
    config.write_text(textwrap.dedent(text), encoding="utf-8")
    return config


def problems_of(folder: Path, text: str) -> str:
    with pytest.raises((ConfigError, ProblemsError)) as caught:
        read_settings(write(folder, text))
    return str(caught.value)


def test_defaults(tmp_path):
    settings = read_settings(write(tmp_path, GOOD))
    assert settings.window_months == 12
    assert settings.resolutions == (8, 9)
    assert settings.area_layer == "cells-r9"
    assert settings.hotspots == HotspotRules(alpha=0.05, level=3.0, minimum={"default": 10, "robbery": 5})
    (feed,) = settings.feeds
    assert feed.role == "primary"
    assert feed.path == (tmp_path / "police",)
    assert feed.labels["Robbery"] == ("robbery", "vawg_ps")
    assert settings.boundaries[0].path == tmp_path / "wards.geojson"


def test_minimum_is_added_to_the_defaults(tmp_path):
    settings = read_settings(write(tmp_path, GOOD + "[hotspots]\nminimum = { asb = 20 }\n"))
    assert settings.hotspots.minimum_of("asb") == 20
    assert settings.hotspots.minimum_of("robbery") == 5
    assert settings.hotspots.minimum_of("violence") == 10


@pytest.mark.parametrize(
    ("grid", "layer"),
    [("resolutions = [8, 10]", "cells-r8"), ("resolutions = []", "wards"), ("resolutions = [7, 9]", "cells-r9")],
)
def test_areas_are_joined_on_the_finest_grid_up_to_nine(tmp_path, grid, layer):
    assert read_settings(write(tmp_path, GOOD.replace("resolutions = [9, 8]", grid))).area_layer == layer


@pytest.mark.parametrize(
    ("change", "said", "remedy"),
    [
        (("name = \"police\"\npath", "path"), r"[sources] entry 1 lacks 'name'", "name = "),
        (("path = \"police\"", "pth = \"police\""), "Did you mean 'path'?", "Known here: kind, name, path"),
        (("\"police_uk\"", "\"polce_uk\""), "unknown kind 'polce_uk'. Did you mean 'police_uk'?", "Use one of"),
        (("[9, 8]", "[9, 88]"), "no H3 resolution 88", "8 and 9"),
        (("[grid]", "[hotspots]\nlayer = \"hexes\"\n[grid]"), "'hexes', which is not made", "cells-r9, cells-r8, wards"),
        (("[grid]", "[hotspots]\nalpha = 7\n[grid]"), "'alpha' in [hotspots] is wrong", "Correct its value"),
        (("[grid]", "[[breaks]]\ndate = \"2024-02-28\"\nfeeds = [\"x\"]\ntext = \"t\"\n[grid]"), "unknown feed 'x'", "police"),
        (("[[boundaries]]", "[[boundaries]]\nlayer = \"wards\"\npath = \"b\"\ncode = \"C\"\n[[boundaries]]"), "two [[boundaries]]", "own name"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_remedy(tmp_path, change, said, remedy):
    text = problems_of(tmp_path, GOOD.replace(*change))
    assert said in text
    assert remedy in text
    assert "town.toml" in text


def test_all_mistakes_are_listed_at_once(tmp_path):
    text = problems_of(tmp_path, GOOD.replace("[9, 8]", "[99]").replace('"police_uk"', '"nothing"'))
    assert "2 problem(s)" in text
    assert "resolution 99" in text
    assert "'nothing'" in text


def test_a_study_needs_a_place(tmp_path):
    without = GOOD.replace('[[boundaries]]\nlayer = "wards"\npath = "wards.geojson"\ncode = "CODE"\n', "")
    assert "nothing says where the study is. Give `outline`" in problems_of(tmp_path, without)


def test_a_label_table_must_name_themes(tmp_path):
    text = problems_of(tmp_path, GOOD.replace('path = "police"', 'path = "police"\nlabels = "nobody"'))
    assert "no built-in table of labels named 'nobody'" in text
    assert "police_uk" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"[study\n", "not valid TOML"), (b"\xff\xfe\x00", "cannot be read as text"), (None, "There is no configuration")],
)
def test_a_file_that_is_no_config(tmp_path, content, said):
    config = tmp_path / "town.toml"
    if content is not None:
        config.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        read_settings(config)


@pytest.mark.parametrize("name", ["london-2025", "london-robbery", "london-burglary", "city", "wards-mps"])
def test_the_real_configs_are_read_as_they_are(shared_data, name):
    settings = read_settings(shared_data / f"{name}.toml")
    assert settings.feeds
    assert all(isinstance(theme, str) for theme in settings.themes)
