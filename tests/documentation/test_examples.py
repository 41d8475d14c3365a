"""Each example in the docs and README is true: shell runs on Doggerland, configs pass their models, Python gives what it says."""

from __future__ import annotations

import argparse
import csv
import doctest
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from commands import commands
from conftest import ROOT
from documentation.examples import PAGES, Example, examples, lines
from pydantic import BaseModel, ValidationError
from served import serving
from settings import FILES

from geo_safety import cli
from geo_safety.packs.notes import read_notes

SERVED = "http://127.0.0.1:8000"

ELSEWHERE = {
    # What needs a network, a database or hours is run by tests of its own, against stand-ins; here it is parsed.
    "geo-safety fetch": "tests/downloads/test_london.py",
    "run london/london.toml": "tests/downloads/test_london.py",
    "postgresql://": "tests/outputs/test_postgis.py",
    "/changes?since=": "tests/test_client_docs.py",  # which has a release of half a year before
    "--scheduler tcp": "tests/test_cluster.py",
    "subscriptions send": "tests/test_subscriptions.py",
    "geo-safety init incidents": "tests/test_draft.py",
    "london.toml": "tests/test_draft.py",
    "benchmarks/real_results.py": "tests/test_results_pages.py",
    "geo-safety pack ": "tests/packs/test_packs.py",
    "/packs/": "tests/api/test_packs.py",
    "make ": "tests/documentation/test_examples.py",
    "pip install": "tests/documentation/test_examples.py",
    "pytest ": "tests/documentation/test_examples.py",
}
HANDLED = {"pycon", "python", "toml", "sh", "m", "r", "text", "markdown", "diff"}


def test_every_block_says_what_it_is_in():
    for one in examples():
        assert one.language in HANDLED or one.language.startswith("{"), one.where


def test_no_command_hides_in_an_indented_block():
    # Only fenced blocks are looked at here.
    for page in PAGES:
        outside = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert not re.findall(r"^    (?:geo-safety|curl|pip|make) .*$", outside, re.MULTILINE), page


@pytest.mark.parametrize("example", examples("pycon"), ids=lambda one: one.where)
def test_python_sessions_give_what_they_say(example):
    if example.page.parent.name == "statistics":
        return  # a page's blocks follow from each other: tests/test_statistics_pages.py
    test = doctest.DocTestParser().get_doctest(example.text, {}, example.where, None, 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("example", examples("python"), ids=lambda one: one.where)
def test_python_that_is_run_elsewhere_is_run(example):
    # Clients: tests/test_client_pages.py, against a server. Recipes: tests/documentation/test_recipes.py.
    assert example.page.name == "python.md" or example.page.parent.name == "recipes"
    assert any(line.strip() for line in example.text.splitlines())


def model_of(written: dict[str, Any]) -> type[BaseModel]:
    """The file that a piece of TOML is of."""
    fits = [model for model, _ in FILES.values() if set(written) <= set(model.model_fields)]
    assert fits, f"no file has the sections {sorted(written)}"
    return fits[0]


def problems(model: type[BaseModel], written: dict[str, Any]) -> list[dict[str, Any]]:
    """What is wrong with a piece of a file; that other parts of it are missing is not."""
    try:
        model.model_validate(written)
    except ValidationError as error:
        # A list whose only entry is wrong is told as too short as well.
        def beside(one):
            return (one["type"] == "missing" and len(one["loc"]) == 1) or (one["type"] == "too_short" and one["input"])

        return [one for one in error.errors() if not beside(one)]
    return []


@pytest.mark.parametrize("example", examples("toml"), ids=lambda one: one.where)
def test_settings_are_known_and_within_their_bounds(example, tmp_path):
    if example.page.parent.name == "recipes":
        return  # a line of pyproject.toml
    if example.text.startswith("# notes.toml"):  # no settings; the keys are tried in tests/packs/test_notes.py
        (tmp_path / "notes.toml").write_text(example.text, encoding="utf-8")
        assert read_notes(tmp_path / "notes.toml")
        return
    written = tomllib.loads(example.text)
    wrong = [
        one
        for one in problems(model_of(written), written)
        # "…" in a page: the rest of the entry is as before.
        if not (one["type"] == "missing" and "…" in example.text)
    ]
    assert not wrong


def test_a_wrong_setting_would_be_found():
    written = tomllib.loads('[hotspots]\nlevle = 3\n[[sources]]\nkind = "table"\nname = "a"\n')
    assert len(problems(model_of(written), written)) == 2


SPANS = re.compile(r"`((?:\.venv/bin/)?geo-safety [^`]+)`")


def known_options() -> dict[str, argparse.ArgumentParser | set[str]]:
    return {one.words: {name for take in one.takes for name in take.option_strings} for one in commands()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_named_has_these_options(page):
    known = known_options()
    text = page.read_text(encoding="utf-8")
    named = SPANS.findall(text) + [
        line
        for one in examples("sh")
        if one.page == page
        for line in lines(one)
        if re.match(r"(\S*/)?geo-safety ", line)
    ]
    for line in named:
        words = re.sub(r"[\[\]…]", " ", line).split(" | ")[0].split(" > ")[0]
        if "COMMAND" in words or re.search(r"geo-safety (add|COMMAND)", words):
            continue
        words = shlex.split(words)[1:]
        command = next(
            (name for length in (2, 1) if (name := " ".join(["geo-safety", *words[:length]])) in known
             or any(other.startswith(f"{name} ") for other in known)),
            None,
        )  # fmt: skip
        if words[0].startswith("--"):
            command = "geo-safety"
        assert command, f"{line}: there is no such command"
        options = {word.split("=")[0] for word in words if word.startswith("--")} - {"--help"}
        allowed = set().union(
            *(names for name, names in known.items() if name == command or name.startswith(f"{command} "))
        )
        assert options <= allowed, line


def test_make_targets_extras_and_test_files_are_there():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    extras = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    )
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for words in re.findall(r"`make ([a-z]+(?: [a-z]+)*)", text) + [
            line[5:].split(" ARGS")[0]
            for one in examples("sh")
            if one.page == page
            for line in lines(one)
            if line.startswith("make ")
        ]:
            assert set(words.split()) <= targets, (page, words)
        for name in re.findall(r"geo-safety\[(\w+)\]", text):
            assert name in extras, (page, name)
        for name in re.findall(
            r"(?<![\w/])((?:tests|benchmarks|deploy|docs)/[\w./-]+\.(?:py|md|toml|service|conf))", text
        ):
            assert (ROOT / name).exists() or page.parent.name == "recipes", (page, name)


def test_what_is_run_elsewhere_is_there():
    for where in ELSEWHERE.values():
        assert (ROOT / where).exists()


# --- shell, on Doggerland


def geo_safety(*arguments: object, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-m", "geo_safety", *map(str, arguments)], cwd=folder, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory, require_program):
    """A folder as the pages suppose it: Doggerland's files under the names that they use, and a release."""
    require_program("curl")
    folder = tmp_path_factory.mktemp("doggerland")
    geo_safety("demo", "demo", "--no-serve", folder=folder)
    (folder / "releases").symlink_to(folder / "demo" / "releases")
    city = folder / "demo" / "city"
    own = folder / "own"  # of whoever follows the README with files of their own: it makes releases of its own
    own.mkdir()
    (own / "police-uk").symlink_to(city / "police-uk")
    named = {"ward_code": "WD22CD", "ward_name": "WD22NM"}
    gpd.read_file(city / "boundaries" / "wards.geojson").rename(columns=named).to_file(own / "wards.geojson")
    (config,) = [one.text for one in examples("toml") if one.page.name == "README.md" and one.page.parent == ROOT]
    # The city and its transport police are two feeds; the page's entry takes one folder, so one force is kept.
    (own / "town.toml").write_text(config.replace('path = "police-uk"', 'path = "police-uk"\nforces = ["doggerland"]'))
    (case,) = [one.text for one in examples("toml") if one.text.startswith("[case]")]
    wards = gpd.read_file(own / "wards.geojson")
    properties = {"name": "Elm Road", "themes": "violence", "clear": "2024-01", "hold": "2024-07", "build": "2025-01"}
    shape = json.loads(wards.iloc[[40]].to_json())["features"][0]["geometry"]
    for one in (folder, own):
        wards.iloc[[40]].to_file(one / "elm-road.geojson")
        (one / "case.toml").write_text(re.sub(r"^exclude = .*$", "", case, flags=re.MULTILINE))
        (one / "case.geojson").write_text(json.dumps({"type": "Feature", "geometry": shape, "properties": properties}))
    return folder


@pytest.fixture(scope="module")
def values(place):
    """What stands for the names that pages invent: a place to walk, a walk, a key, a borough of Doggerland."""
    exported = place / "shortlist.csv"
    geo_safety("export", "releases", "wsa-shortlist", exported, folder=place)
    with exported.open(encoding="utf-8-sig") as file:
        walked = next(csv.DictReader(file))["place_id"]
    boroughs = gpd.read_file(place / "demo/city/boundaries/boroughs.geojson")
    borough, inside = str(boroughs["borough_code"].iloc[0]), boroughs.geometry.iloc[0].representative_point()
    made = json.loads(
        geo_safety("keys", "make", "releases", "--name", "VRU", "--class", "internal", "--json", folder=place)
    )
    spare = json.loads(
        geo_safety("keys", "make", "releases", "--name", "B", "--class", "internal", "--json", folder=place)
    )
    geo_safety("walks", "form", "releases", walked, "first.json", "--date", "2026-01-14", folder=place)
    first = filled(place / "first.json")
    (place / "first.json").write_text(json.dumps(first))
    kept = json.loads(geo_safety("walks", "add", "releases", "first.json", "--json", folder=place))
    area = next(
        iter(pd.read_parquet(place / "releases/current/open/hotspot-areas.parquet", columns=["area_id"])["area_id"])
    )
    # Longest first, so that no name is replaced inside another.
    return {
        "park-edge_51.5164_-0.0143": walked,
        "7fd7a9381a": spare["id"],
        "hotspot-areas/ID": f"hotspot-areas/{area}",
        "$KEY": made["key"],
        "RELEASES": "releases",
        "STATE": "releases/.state",
        "Northbank": borough,
        "Westquarter": borough,
        "Hackney": borough,
        "Camden": borough,
        "PLACE": walked,
        "WALK": kept["id"],
        "51.4600,-0.1400": f"{inside.y:.4f},{inside.x:.4f}",
    }


def filled(form: Path) -> dict[str, Any]:
    """A form with its ratings filled in, and one thing to do."""
    entry = json.loads(form.read_text(encoding="utf-8"))
    entry["factors"] = dict.fromkeys(entry["factors"], 1)
    entry["people"] = 6
    entry["start"] = "22:30"
    return entry


def as_run(line: str, values: dict[str, str], address: str) -> str:
    for name, value in values.items():
        line = line.replace(name, value)
    line = line.replace(SERVED, address).replace("curl ", "curl --fail-with-body -sS ", 1)
    line = re.sub(r"^(\.venv/bin/)?geo-safety", f"{sys.executable} -m geo_safety", line)
    # Two hundred maps of every theme take minutes: four run the same code.
    return f"{line} --maps 4" if " calibrate " in line else line


def reason_elsewhere(line: str) -> str | None:
    return next((where for words, where in ELSEWHERE.items() if words in line), None)


SHELL = [one for one in examples("sh") if any(reason_elsewhere(line) is None for line in lines(one))]


@pytest.fixture(scope="module")
def address(place):
    with serving(place / "releases") as live:
        yield live.address


@pytest.mark.slow
@pytest.mark.parametrize("example", SHELL, ids=lambda one: one.where)
def test_shell_runs_on_doggerland(example: Example, place, values, address):
    folder = place / "own" if example.page == ROOT / "README.md" else place
    if example.page.name == "expectation.md":  # Doggerland's city police has a gap; its transport police has five years
        values = {**values, "--theme robbery": "--theme transport", "theme=robbery": "theme=transport"}
    for line in lines(example):
        if reason_elsewhere(line):
            continue
        if "walks add releases walk.json" in line:
            (place / "walk.json").write_text(json.dumps(filled(place / "walk.json")))
        command = as_run(line, values, address)
        if re.search(r"geo_safety (serve|demo demo$)", command):
            assert serves(command, folder)
            continue
        done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, command, done.stdout[-1500:], done.stderr[-1500:])


def serves(command: str, folder: Path) -> bool:
    """Whether a command that serves says its address and ends when it is told to."""
    command = re.sub(r" --port \d+| --workers \d+", "", command) + " --port 0"
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"], cwd=folder, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:  # fmt: skip
        said = running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        running.stdout.read()
    return "map http://127.0.0.1:" in said


def test_the_parser_takes_what_is_run_elsewhere():
    for example in examples("sh"):
        for line in lines(example):
            if reason_elsewhere(line) and re.match(r"(\S*/)?geo-safety ", line):
                cli._parser().parse_args(shlex.split(line)[1:])
