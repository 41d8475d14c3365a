"""`init`: a config that runs for whatever is in the folder, the rest named with its reason, nothing guessed silently."""

from __future__ import annotations

import tomllib

import pytest
from tiny_town import make_tiny_town, street_rows

from geo_safety.cli import main
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


# The real folders and files.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "accepted", "switched_off"),
    [
        ("police-uk", 67_000, []),
        ("london-points", 1_289_912, []),
        ("london-hex-counts", 434_575, []),
        ("mps-counts", 48_872, ["MPS boroughs", "MPS lsoas"]),
        ("camden", 3_900, []),
        ("foreign/chicago_aggravated_assaults.csv.gz", 148_636, []),
        ("foreign/medellin_homicides.csv.gz", 9_279, []),
        ("foreign/nottingham_robbery.csv.gz", 550, []),
        ("foreign/nyc_shootings.csv.gz", 960, []),
        ("foreign/san_francisco_robbery.csv.gz", 945, []),
        ("foreign/vancouver_thefts.csv.gz", 21_900, []),
    ],
)
def test_the_real_data_make_a_release_by_the_drafted_config(
    shared_data, tmp_path, capsys, name, accepted, switched_off
):
    _, text, said = drafted(shared_data / "incidents" / name, tmp_path, capsys)
    assert all(f"- {one}: " in said for one in switched_off)
    counted = ran(tmp_path)["accounting"]
    assert counted["quarantined"] == 0
    assert counted["accepted"] >= accepted
    assert "# Drafted by" in text
