"""The real quick start against a server that plays London's official sources with Doggerland's files."""

from __future__ import annotations

import json
import re
import tomllib
from functools import partial
from pathlib import Path

import pytest
from fake_london import ONS, POLICE, fake_london
from loopback_sources import Fault, Officials, serve

from geo_safety import cli
from geo_safety.demo_city import make_demo_city
from geo_safety.downloads import Client
from geo_safety.pipeline import check_config
from geo_safety.release import current

MONTHS = 24
DFT = "/data.dft.gov.uk/road-accidents-safety-data/dft-road-casualty-statistics-collision"
LONDON = ["fetch", "london", "--months", str(MONTHS)]


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    """Raw files of a young Doggerland."""
    return make_demo_city(tmp_path_factory.mktemp("city"), months=MONTHS).parent


@pytest.fixture(scope="module")
def official(city) -> Officials:
    """London's sources with a fault on every kind of answer."""
    officials = fake_london(city)
    archive = f"{POLICE}/data/archive/2025-12.zip"
    officials.faults[archive] = [
        Fault(status=302, headers=(("Location", "/data.police.uk/data/archive/2025-12.zip"),)),
        Fault(status=429, headers=(("Retry-After", "0"),)),
        Fault(drop=100_000),
        Fault(drop=900_000),
        Fault(corrupt=True),
    ]
    officials.faults[f"{ONS}/Wards_December_2022_Boundaries_UK_BGC/FeatureServer/0/query"] = [Fault(), Fault(drop=300)]
    officials.faults["/naptan.api.dft.gov.uk/v1/access-nodes"] = [Fault(status=503)]
    return officials


@pytest.fixture(scope="module")
def fetched(official, tmp_path_factory) -> Path:
    """What the command fetched, in a folder whose settings take the waits out."""
    folder = tmp_path_factory.mktemp("fetched")
    (folder / "fetch.toml").write_text("pause_s = 0\n")
    with serve(official), pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo_safety.downloads.Client", partial(Client, sleep=lambda _: None))
        patch.setenv("NO_PROXY", "127.0.0.1")
        assert cli.main([*LONDON, "--base", official.address, "--to", str(folder)]) == 0
    return folder


def test_everything_is_there_and_says_where_it_is_from(fetched):
    files = json.loads((fetched / "provenance.json").read_text())["files"]
    there = {str(path.relative_to(fetched)) for path in fetched.rglob("*.*") if ".downloads" not in path.parts}
    assert there - {"fetch.toml", "provenance.json", "london.toml"} == set(files)
    assert len(files) == 10
    assert all(
        one["licence"] and one["origins"][0]["sha256"] and one["origins"][0]["fetched"] for one in files.values()
    )
    assert [path.name for path in (fetched / ".downloads").iterdir()] == [".lock"]


@pytest.mark.usefixtures("fetched")
def test_every_planned_fault_happened(official):
    assert not any(official.faults.values())
    ranges = [one.headers.get("Range") for one in official.asked_for(f"{POLICE}/data/archive/2025-12.zip")]
    assert ranges == [None, None, None, "bytes=100000-", "bytes=1000000-", None]


def test_the_config_reads_what_was_fetched_and_runs(fetched):
    assert cli.main(["check", str(fetched / "london.toml")]) == 0
    assert cli.main(["run", str(fetched / "london.toml"), "--out", str(fetched / "releases")]) == 0
    manifest = current(fetched / "releases").manifest
    assert set(manifest["layers"]) >= {"cells-r8", "cells-r9", "wards", "boroughs", "lsoas", "hotspot-areas"}
    accounting = manifest["accounting"]
    buckets = ("superseded", "quarantined", "repeated", "unlocated", "outside", "accepted")
    assert accounting["rows_read"] == sum(accounting[bucket] for bucket in buckets)
    assert accounting["accepted"] > 200_000
    assert manifest["months"]["last"] == "2025-12"
    assert any("Office for National Statistics" in line for line in manifest["attribution"])
    feeds = {source["name"]: source for source in manifest["sources"]}
    assert {file["name"][-30:] for file in feeds["police.uk rail"]["files"] if "btp" not in file["name"]} == set()


def test_no_row_of_the_city_is_lost_on_the_way(fetched, city):
    written = sum(
        len(path.read_bytes().splitlines()) - 1
        for path in city.glob("police-uk/*/*.csv")
        if re.search(r"-(doggerland|btp)-street", path.name)
    )
    manifest = current(fetched / "releases").manifest
    read = sum(
        file["rows_read"] for source in manifest["sources"] if source["kind"] == "police_uk" for file in source["files"]
    )
    assert read == written


@pytest.fixture(scope="module")
def both_configs(fetched) -> tuple[dict, dict]:
    """The config that `fetch london` wrote, and the one that `init` writes of the same folder."""
    out = fetched.parent / "drafts" / "drafted.toml"
    assert cli.main(["init", str(fetched), "--out", str(out)]) == 0
    mine = tomllib.loads((fetched / "london.toml").read_text())
    its = tomllib.loads(out.read_text())
    for entry in [*its["sources"], *its["boundaries"], *its["context"]]:
        entry["path"] = _inside(fetched, out.parent, entry["path"])
    mine["rows"], its["rows"] = _rows(fetched / "london.toml"), _rows(out)
    return mine, its


def _inside(folder: Path, here: Path, path: str) -> str:
    """A path of the drafted config as one in the folder would write it; of an archive, the folder that holds it."""
    whole = (here / path).resolve().relative_to(folder.resolve())
    return str(whole.parent if whole.suffix == ".zip" and whole.parts[0] == "police-uk" else whole)


def _rows(config: Path) -> dict[str, int]:
    """What became of the rows that a config reads."""
    accounting = check_config(config).as_json()["accounting"]
    return {name: accounting[name] for name in ("rows_read", "repeated", "unlocated", "quarantined", "accepted")}


def test_init_finds_the_same_feeds(both_configs):
    mine, its = both_configs
    assert mine["rows"] == its["rows"]
    assert set(its["study"]["themes"]) == set(mine["study"]["themes"])

    def feeds(config: dict) -> list[tuple]:
        return sorted((one["kind"], one["path"], sorted(one.get("forces", ()))) for one in config["sources"])

    assert feeds(its) == feeds(mine)
    (rail,) = [one for one in its["sources"] if one.get("forces") == ["btp"]]
    assert rail["use"] == ["transport"]


def test_init_finds_the_same_boundaries_and_context(both_configs):
    mine, its = both_configs
    keys = ("layer", "code", "name", "parent", "vintage", "path")

    def boundaries(config: dict) -> list[tuple]:
        return sorted(tuple(str(entry.get(key)) for key in keys) for entry in config["boundaries"])

    def context(config: dict) -> set[tuple]:
        return {(one["kind"], one["path"]) for one in config["context"]}

    assert boundaries(its) == boundaries(mine)
    assert context(its) == context(mine)
    columns = {(one["kind"], one["path"]): one["columns"] for one in mine["context"]}
    for one in its["context"]:
        assert one["columns"].items() <= columns[one["kind"], one["path"]].items()


def test_again_nothing_is_downloaded_twice(official, fetched):
    before = {path: path.read_bytes() for path in fetched.rglob("*.*") if path.suffix in {".zip", ".csv", ".geojson"}}
    start = len(official.asked)
    with serve(official), pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo_safety.downloads.Client", partial(Client, sleep=lambda _: None))
        # Another port is another mirror, whose files have to be asked for; the archive is known by its MD5.
        assert cli.main([*LONDON, "--base", official.address, "--to", str(fetched)]) == 0
    assert not any(one.path.endswith("2025-12.zip") for one in official.asked[start:])
    assert {path: path.read_bytes() for path in before} == before


def test_a_config_that_the_user_changed_is_not_overwritten(official, fetched):
    config = fetched / "london.toml"
    mine = config.read_text().replace('name = "London"', 'name = "My London"')
    config.write_text(mine)
    with serve(official), pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo_safety.downloads.Client", partial(Client, sleep=lambda _: None))
        assert cli.main([*LONDON, "--base", official.address, "--to", str(fetched)]) == 0
    assert config.read_text() == mine
    assert tomllib.loads((fetched / "london-new.toml").read_text())["study"]["name"] == "London"


def test_a_publisher_that_is_away_stops_only_what_needs_it(city, tmp_path, capsys):
    officials = fake_london(city)
    (tmp_path / "fetch.toml").write_text("pause_s = 0\n")
    del officials.files["/naptan.api.dft.gov.uk/v1/access-nodes"]
    del officials.files[f"{DFT}-last-5-years.csv"]
    with serve(officials):
        assert cli.main([*LONDON, "--base", officials.address, "--to", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "2 problem(s) found" in said
    assert "There is nothing at" in said
    config = tomllib.loads((tmp_path / "london.toml").read_text())
    assert "road_harm" not in config["study"]["themes"]
    assert {entry["kind"] for entry in config["sources"]} == {"police_uk"}
    assert {entry["kind"] for entry in config["context"]} == {"stations", "population"}
    assert cli.main(["check", str(tmp_path / "london.toml")]) == 0


def test_without_incidents_or_boundaries_there_is_no_config(city, tmp_path, capsys):
    officials = fake_london(city)
    (tmp_path / "fetch.toml").write_text("pause_s = 0\n")
    officials.pages = {path: page for path, page in officials.pages.items() if "Wards" not in path}
    with serve(officials):
        assert cli.main([*LONDON, "--base", officials.address, "--to", str(tmp_path)]) == 1
    assert "nothing at" in capsys.readouterr().err
    assert not (tmp_path / "london.toml").exists()


def test_one_force_makes_a_config_of_its_own(city, tmp_path):
    officials = fake_london(city)
    (tmp_path / "fetch.toml").write_text("pause_s = 0\n")
    with serve(officials):
        assert cli.main([*LONDON, "--forces", "btp", "--base", officials.address, "--to", str(tmp_path)]) == 0
    config = tomllib.loads((tmp_path / "london.toml").read_text())
    assert config["study"]["themes"] == ["transport", "road_harm"]
    assert "breaks" not in config


def test_the_command_says_what_comes_next(official, fetched, capsys):
    with serve(official), pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo_safety.downloads.Client", partial(Client, sleep=lambda _: None))
        cli.main(["fetch", "naptan", "tfl", "--base", official.address, "--to", str(fetched), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["config"] is None
    assert "transport/naptan-stops.csv" in said["files"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fetch"], "needs names of sources and a folder"),
        (["fetch", "london"], "geo-safety fetch london --to DIR"),
        (["fetch", "paris", "--to", "x"], "no source paris. Use some of london, police_uk"),
    ],
)
def test_wrong_wishes_are_errors_with_a_remedy(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 1
    assert says in capsys.readouterr().err


def test_the_list_shows_every_source(capsys):
    assert cli.main(["fetch", "--list"]) == 0
    said = capsys.readouterr().out
    assert "https://data.police.uk" in said
    assert "london " in said
