"""Each column, setting, command, option, address and error type is on a page, with what it means."""

from __future__ import annotations

import argparse
import re

import pytest
from commands import commands
from conftest import ROOT
from data_flow import layers, stages
from errors import exceptions, says
from markdown_text import cell
from notices import EMBEDDED, web_packages
from routes import UNDESCRIBED, addresses, document, served
from settings import FILES, sections, undescribed

from api.problems import ALL_KINDS, KINDS
from geo_safety import statistics
from geo_safety.config_file import ConfigFile
from geo_safety.schema import TABLES


def rows_of(text: str, heading: str) -> dict[str, str]:
    """First cell → last cell of the tables below a heading."""
    part = re.split(rf"^#+ {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    part = re.split(r"^## ", part, flags=re.MULTILINE)[0]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in part.splitlines() if line.startswith("| `")]
    return {one[0].strip(): one[-1].strip() for one in cells}


@pytest.mark.parametrize("name", TABLES)
def test_every_column_has_its_meaning(reference, name):
    rows = rows_of((reference / "columns.md").read_text(encoding="utf-8"), name)
    assert list(rows) == [f"`{column.name}`" for column in TABLES[name].columns]
    for column in TABLES[name].columns:
        assert len(column.description) >= 10, column.name
        assert rows[f"`{column.name}`"].startswith(cell(column.description))


@pytest.mark.parametrize("name", FILES)
def test_every_setting_has_its_meaning(name):
    assert undescribed(FILES[name][0]) == []


def test_every_setting_stands_under_its_heading_in_the_file(reference):
    found = sections(ConfigFile)
    assert {"[study]", "[[sources]]", "[[boundaries]]", "[products.wsa]", "[hotspots]"} <= set(found)
    assert [row[0] for row in found["[grid]"]] == ["`resolutions`"]
    text = (reference / "settings.md").read_text(encoding="utf-8")
    for name in FILES:
        for heading, rows in sections(FILES[name][0]).items():
            for row in rows:
                assert f"| {row[0]} | " in text, (heading, row)
    assert "| `alpha` | number above 0 below 0.5 | `0.05` |" in text


def test_every_command_and_option_has_its_meaning(reference):
    text = (reference / "commands.md").read_text(encoding="utf-8")
    found = list(commands())
    assert {"geo-safety demo", "geo-safety releases prune", "geo-safety keys make"} <= {one.words for one in found}
    for command in found:
        rows = rows_of(text, command.words)
        assert len(rows) == len(command.takes), command.words
        for take in command.takes:
            assert take.help, (command.words, take.dest)
            assert take.help is not argparse.SUPPRESS
            names = take.option_strings or [take.metavar or take.dest.upper()]
            assert any(cell(names[0]) in row and cell(take.help) in meaning for row, meaning in rows.items()), take.dest


def test_every_address_is_described(reference):
    described = {one.path for one in addresses()}
    assert served() == described | set(UNDESCRIBED)
    text = (reference / "routes.md").read_text(encoding="utf-8")
    for one in addresses():
        assert f"### {one.method} `{one.path}`\n\n{one.said['summary']}" in text
        for ref in one.said["parameters"]:
            parameter = document()["components"]["parameters"][ref["$ref"].rsplit("/", 1)[1]]
            assert cell(parameter["description"]) in text


def test_every_error_type_has_its_meaning(reference):
    text = (reference / "errors.md").read_text(encoding="utf-8")
    for kind in ALL_KINDS:
        assert f"| `{kind.slug}` | {kind.status} | {kind.title} | {cell(kind.remedy)} |" in text
    assert {kind.slug for kind in KINDS.values()} <= {kind.slug for kind in ALL_KINDS}
    found = exceptions()
    assert {"GeoSafetyError", "ConfigError", "BadKeyError", "WalkError"} <= {one.__name__ for one in found}
    for one in found:
        assert len(says(one)) >= 15, one
        assert f"| `{one.__name__}` | `{one.__module__}` |" in text


def test_every_public_statistic_is_named(reference):
    text = (reference / "library.md").read_text(encoding="utf-8")
    for name in statistics.__all__:
        assert f"| `{name}` |" in text or not callable(getattr(statistics, name))


def test_the_picture_shows_every_layer_in_its_order(reference):
    shown = re.findall(r'class="module"[^>]*>(\w+)<', (reference / "data-flow.svg").read_text(encoding="utf-8"))
    assert shown == [name for row in layers() for name in row]
    assert [row for stage in stages() for row in stage.rows] == layers()


def test_notices_name_what_the_map_application_imports():
    written = [*ROOT.glob("api/web/src/**/*.ts"), *ROOT.glob("api/web/src/styles/*.scss"), ROOT / "api/web/build.mjs"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in written)
    imported = set(re.findall(r'(?:from|import|@use) "([a-z@][\w-]*(?:/[\w-]+)?)', text))
    packages = {name.split("/")[0] for name in imported if not name.startswith(("node:", "./"))} | {"leaflet"}
    assert packages - {"node"} == set(EMBEDDED)
    assert all(licence and licence != "see the package" for _, licence in web_packages())


def test_licences_of_what_is_embedded_travel_with_it():
    text = (ROOT / "geo_safety" / "assets" / "third-party-licences.txt").read_text(encoding="utf-8")
    for name, licence in web_packages():
        assert re.search(rf"^{re.escape(name)} \S+ \({re.escape(licence)}\)$", text, re.MULTILINE), name
    assert text.count("Permission is hereby granted") + text.count("Redistribution and use") >= 10
