"""`init`: a config that runs for whatever is in the folder, the rest named with its reason, nothing guessed silently."""

from __future__ import annotations

import json
import tomllib

import pytest
from tiny_town import make_tiny_town, street_rows

from geo_safety.cli import main
from geo_safety.demo_city import make_demo_city
from geo_safety.release import current


def drafted(place, tmp_path, capsys, *more: str) -> tuple[dict, str, str]:
    """The config that `init` writes of a place, as table and text, and what it says."""
    out = tmp_path / "drafts" / "a.toml"
    assert main(["init", str(place), "--out", str(out), *more]) == 0, capsys.readouterr().err
    text = out.read_text(encoding="utf-8")
    return tomllib.loads(text), text, capsys.readouterr().out


def town_in(tmp_path):
    """The tiny town in a folder of its own."""
    (tmp_path / "town").mkdir()
    return make_tiny_town(tmp_path / "town").parent


def ran(tmp_path) -> dict:
    """The manifest of a release made by the drafted config."""
    assert main(["run", str(tmp_path / "drafts" / "a.toml"), "--out", str(tmp_path / "out")]) == 0
    return current(tmp_path / "out").manifest


def test_a_folder_of_street_files_and_wards(tmp_path, capsys):
    place = town_in(tmp_path)
    (place / "tiny.toml").rename(place / "notes.txt")
    (place / "picture.png").write_bytes(b"\x89PNG")
    config, text, said = drafted(place, tmp_path, capsys)
    (feed,) = config["sources"]
    assert (feed["kind"], feed["name"]) == ("police_uk", "police.uk")
    (wards,) = config["boundaries"]
    assert (wards["code"], wards["name"], wards["layer"]) == ("code", "name", "wards")
    assert "picture.png" in text
    assert "picture.png" in said
    assert "notes.txt" in said
    manifest = ran(tmp_path)
    assert manifest["accounting"]["accepted"] == 24 * 120


def test_an_unknown_table_is_described_guess_by_guess(tmp_path, capsys, table_rows):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "hurtos_bogota.csv").write_text(table_rows, encoding="latin-1")
    config, text, said = drafted(tmp_path / "in", tmp_path, capsys)
    (feed,) = config["sources"]
    assert feed["columns"] == {"longitude": "longitud", "latitude": "latitud", "time": "fecha", "category": "tipo"}
    assert (feed["delimiter"], feed["decimal"], feed["time_format"]) == (";", ",", "%d/%m/%Y")
    assert feed["labels"] == {"Hurto": ["theft"], "Atraco en café": ["robbery"]}
    assert config["study"]["around"] == [feed["name"]]
    assert "No boundary was found" in text
    for setting in ("encoding = Latin-1", "delimiter", "decimal", "columns.time", "time_format", "labels"):
        assert f"# {setting}" in text
    assert "UNCERTAIN labels" in said
    assert ran(tmp_path)["accounting"]["quarantined"] == 0


@pytest.fixture
def table_rows() -> str:
    rows = [
        f"{1 + n % 28:02d}/{1 + n % 12:02d}/2023;-74,{60000 + n * 7 % 900};4,{65000 + n * 11 % 900};{'Hurto' if n % 2 else 'Atraco en café'}"
        for n in range(600)
    ]
    return "\n".join(["fecha;longitud;latitud;tipo", *rows]) + "\n"


def test_two_feeds_of_one_theme_are_never_both_active(tmp_path, capsys):
    place = town_in(tmp_path)
    header = "lon,lat,month,crime_type\n"
    rows = [line.split(",") for month in ("2024-01", "2024-02") for line in street_rows(month)]
    (place / "copy.csv").write_text(header + "".join(f"{row[4]},{row[5]},{row[1]},{row[9]}\n" for row in rows))
    config, text, said = drafted(place, tmp_path, capsys)
    assert [feed["kind"] for feed in config["sources"]] == ["police_uk"]
    assert "# Switched off: carries the same themes as police.uk" in text
    assert "Recognised and switched off" in said
    ran(tmp_path)


def test_dates_after_the_sampled_rows_are_not_lost(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    first = "".join(f"2023-0{1 + n % 6}-01,-0.1{n % 10},51.5{n % 7},Robbery\n" for n in range(21_000))
    rest = "".join(f"2023-07-{1 + n % 30:02d},-0.1{n % 10},51.5{n % 7},Robbery\n" for n in range(100))
    (tmp_path / "in" / "a.csv").write_text("date,lon,lat,type\n" + first + rest)
    config, text, _ = drafted(tmp_path / "in", tmp_path, capsys)
    assert "time_format" not in config["sources"][0]
    assert "the rest of the file has other days" in text


def test_metres_of_an_unstated_zone_need_a_word_from_the_user(tmp_path, capsys):
    place = tmp_path / "in"
    place.mkdir()
    rows = "".join(
        f"2023-{1 + n % 12:02d},{490000 + n * 13 % 5000},{5458000 + n * 17 % 5000},Theft\n" for n in range(300)
    )
    (place / "a.csv").write_text("month,X,Y,type\n" + rows)
    assert main(["init", str(place), "--out", str(tmp_path / "b.toml")]) == 1
    said = capsys.readouterr().err
    assert "a.csv" in said
    assert "--crs EPSG:326" in said
    config, _, _ = drafted(place, tmp_path, capsys, "--crs", "EPSG:32610")
    assert config["sources"][0]["crs"] == "EPSG:32610"
    ran(tmp_path)


def test_counts_by_area_without_boundaries_are_named(tmp_path, capsys):
    place = tmp_path / "in"
    place.mkdir()
    (place / "a.csv").write_text("ward,major,202001,202002\nE05000001,ROBBERY,1,2\n")
    assert main(["init", str(place)]) == 1
    said = capsys.readouterr().err
    assert "counts by wards, of which no boundaries were found" in said
    assert "--boundaries" in said


@pytest.mark.parametrize("content", [None, "# Notes\n"], ids=["empty", "no data"])
def test_a_folder_without_feeds_says_so(tmp_path, capsys, content):
    place = tmp_path / "in"
    place.mkdir()
    if content:
        (place / "notes.md").write_text(content)
    assert main(["init", str(place)]) == 1
    said = capsys.readouterr().err
    assert "is a feed of incidents" in said
    assert ("notes.md" in said) == bool(content)
    assert "Traceback" not in said


def test_init_never_overwrites_and_names_what_is_not_there(tmp_path, capsys):
    place = town_in(tmp_path)
    assert main(["init", str(place), "--out", str(place / "tiny.toml")]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["init", str(tmp_path / "nowhere")]) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_the_context_is_named_as_the_demo_city_names_its_own(tmp_path, capsys):
    config = make_demo_city(tmp_path / "city", seed=1, months=24)
    theirs = tomllib.loads(config.read_text(encoding="utf-8"))["context"]
    config.rename(tmp_path / "own.toml")
    mine, text, said = drafted(tmp_path / "city", tmp_path, capsys)
    by_kind = {entry["kind"]: entry for entry in mine["context"]}
    assert set(by_kind) == {entry["kind"] for entry in theirs}
    assert "bus-routes.geojson" in text, "which is of use for corridors alone, with its mode"
    for entry in [one for one in theirs if "bus-routes" not in one["path"]]:
        found = by_kind[entry["kind"]]
        assert found["path"].endswith(entry["path"])
        assert found.get("columns", {}).items() <= entry["columns"].items()
    assert "provenance.json" not in text
    assert "- population: population.csv, " in said
    assert ran(tmp_path)["denominators"]


def test_points_of_context_far_from_the_incidents_are_named(tmp_path, capsys):
    place = town_in(tmp_path)
    (place / "stops.csv").write_text("stop_id,longitude,latitude\nA,530171,179738\n")
    config, text, _ = drafted(place, tmp_path, capsys)
    assert "context" not in config
    assert "# - stops.csv: its places are far from the incidents" in text


# The real folders and files.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "accepted", "not_accepted", "switched_off"),
    [
        ("police-uk", 72_089, {"repeated": 829, "unlocated": 8_358, "outside": 3_914}, []),
        ("london-points", 1_289_912, {"outside": 66}, []),
        ("london-hex-counts", 434_575, {"outside": 1_535}, []),
        ("mps-counts", 48_872, {"repeated": 47_486, "unlocated": 300}, ["MPS boroughs", "MPS lsoas"]),
        ("camden", 3_979, {"outside": 96}, []),
        ("foreign/chicago_aggravated_assaults.csv.gz", 148_636, {}, []),
        ("foreign/medellin_homicides.csv.gz", 9_279, {"unlocated": 81}, []),
        ("foreign/nottingham_robbery.csv.gz", 555, {}, []),
        ("foreign/nyc_shootings.csv.gz", 966, {"outside": 1}, []),
        ("foreign/san_francisco_robbery.csv.gz", 951, {}, []),
        ("foreign/vancouver_thefts.csv.gz", 21_918, {}, []),
    ],
)
def test_the_real_data_make_a_release_by_the_drafted_config(
    shared_data, tmp_path, capsys, name, accepted, not_accepted, switched_off
):
    _, text, said = drafted(shared_data / "incidents" / name, tmp_path, capsys)
    assert all(f"- {one}: " in said for one in switched_off)
    assert "# Drafted by" in text
    assert took(ran(tmp_path)["accounting"]) == (accepted, not_accepted)


def took(accounting: dict) -> tuple[int, dict[str, int]]:
    """Rows accepted, and what became of the others."""
    buckets = ("superseded", "quarantined", "repeated", "unlocated", "outside")
    return accounting["accepted"], {bucket: accounting[bucket] for bucket in buckets if accounting[bucket]}


@pytest.mark.slow
def test_the_mixed_folder_of_everything(shared_data, tmp_path, capsys):
    config, text, _ = drafted(shared_data, tmp_path, capsys)
    assert [feed["name"] for feed in config["sources"]] == MIXED_FEEDS
    assert {entry["layer"]: entry["path"].rpartition("/")[2] for entry in config["boundaries"]} == MIXED_BOUNDARIES
    assert {(one["kind"], one["path"].rpartition("/")[2]) for one in config["context"]} == MIXED_CONTEXT
    unnamed = [path.name for path in sorted(shared_data.rglob("*")) if path.is_file() and not is_named(path, text)]
    assert unnamed == []
    assert main(["check", str(tmp_path / "drafts" / "a.toml"), "--json"]) == 0
    assert took(json.loads(capsys.readouterr().out)["accounting"]) == MIXED_ROWS


def is_named(path, text: str) -> bool:
    """Whether a config speaks of a file, or of the folder of its feed; our own configs and READMEs aside."""
    in_feed = any(
        f"/{parent.name}" in text or f"{parent.name}:" in text for parent in path.parents if parent.name in FEEDS
    )
    return path.name in text or in_feed or path.suffix in (".toml", ".md")


FEEDS = {
    "london-hex-counts", "london-points", "mps-counts", "police-uk", "police-uk-earlier-release", "police-uk-later-release",
    "police-uk-met-burglary-only",
}  # fmt: skip
MIXED_FEEDS = ["london hex counts", "STATS19", "Stop and search", "MPS wards", "MPS knife crime"]
MIXED_BOUNDARIES = {
    "wards": "wards_2025_london_bgc.geojson.gz",
    "boroughs": "boroughs_lad2022_london_gen20_bng_shp.zip",
    "lsoas": "lsoa_2021_london_bgc.geojson.gz",
}
MIXED_CONTEXT = {
    ("stations", "london_combined_stations_630.csv"),
    ("footfall", "tfl_AC2023_AnnualisedEntryExit.xlsx"),
    ("stops", "tfl_bus_stops_2021.csv.gz"),
    ("population", "census2021_lsoa21_age_london.csv.gz"),
    ("population", "census2021_lsoa21_households_london.csv.gz"),
    ("population", "daytime_population_borough.xls"),
    ("parks", "osm_parks_2021.geojson.gz"),
    ("lighting", "camden_street_lighting_2018.csv.gz"),
    ("deprivation", "imd2025_lsoa21_london.csv"),
}
MIXED_ROWS = (511_416, {"repeated": 47_486, "unlocated": 3_484, "outside": 1_545})
