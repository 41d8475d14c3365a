"""Wrong inputs from end to end: one clear message with its remedy, no traceback, no release, no good row lost."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest
from tiny_town import CONFIG, HEADER, make_tiny_town, street_rows, ward_features, write_month, write_wards

from geo_safety.cli import main
from geo_safety.release import current

MONTH = "2025-06"


@pytest.fixture
def town(tmp_path) -> Path:
    return make_tiny_town(tmp_path).parent


def refused(town: Path, capsys) -> str:
    """What `run` says of a town that it must refuse."""
    code = main(["run", str(town / "tiny.toml"), "--out", str(town / "releases")])
    said = capsys.readouterr()
    assert code == 1, said.err
    assert "Traceback" not in said.err
    assert not (town / "releases" / "current").exists()
    return said.err


def accepted(town: Path) -> dict:
    """The manifest of a town that must be taken."""
    assert main(["run", str(town / "tiny.toml"), "--out", str(town / "releases")]) == 0
    return current(town / "releases").manifest


def change_config(town: Path, old: str, new: str) -> None:
    assert old in CONFIG
    (town / "tiny.toml").write_text(CONFIG.replace(old, new))


def test_the_town_itself_is_fine(town):
    manifest = accepted(town)
    assert manifest["accounting"]["rows_read"] == manifest["accounting"]["accepted"] == 24 * 120


def test_missing_column(town, capsys):
    write_month(town, MONTH, street_rows(MONTH), header=HEADER.replace("Longitude", "Easting"))
    said = refused(town, capsys)
    assert f"{MONTH}-tiny-street.csv" in said
    assert "'Longitude'" in said
    assert "Easting" in said


def test_wrong_separator(town, capsys):
    rows = [row.replace(",", ";") for row in street_rows(MONTH)]
    write_month(town, MONTH, rows, header=HEADER.replace(",", ";"))
    said = refused(town, capsys)
    assert "delimiter" in said


def test_swapped_coordinates(town, capsys):
    change_config(
        town,
        'kind = "police_uk"\nname = "police"\npath = "police"',
        'kind = "table"\nname = "police"\npath = "police/*/*.csv"\ntime_format = "%Y-%m"\n'
        'columns = { longitude = "Latitude", latitude = "Longitude", time = "Month", category = "Crime type" }',
    )
    said = refused(town, capsys)
    assert "the other way round" in said
    assert "Exchange `longitude` and `latitude`" in said


def test_points_in_another_country(town, capsys):
    for folder in sorted((town / "police").iterdir()):
        (path,) = folder.iterdir()
        path.write_text(path.read_text().replace(",1.7", ",8.7"))
    said = refused(town, capsys)
    assert "none of its" in said
    assert "lies in the study" in said


def test_boundary_file_without_a_coordinate_system(town, capsys):
    features = ward_features()
    for feature in features:
        ring = feature["geometry"]["coordinates"][0]
        feature["geometry"]["coordinates"] = [[[east * 1e5, north * 1e4] for east, north in ring]]
    write_wards(town, features)
    said = refused(town, capsys)
    assert "wards.geojson" in said
    assert "crs" in said


def test_duplicated_codes(town, capsys):
    features = ward_features()
    features[1]["properties"]["code"] = "T01"
    write_wards(town, features)
    said = refused(town, capsys)
    assert "T01" in said


def test_invalid_rings_are_repaired_and_reported(town):
    features = ward_features()
    ring = features[0]["geometry"]["coordinates"][0]
    features[0]["geometry"]["coordinates"] = [[ring[0], ring[2], ring[1], ring[3], ring[0]]]
    write_wards(town, features)
    manifest = accepted(town)
    (wards,) = [layer for layer in manifest["boundaries"] if layer["layer"] == "wards"]
    assert "T01" in " ".join(wards["notes"])


def test_an_empty_month_is_a_gap_and_says_so(town):
    write_month(town, "2024-06", [])
    manifest = accepted(town)
    assert manifest["months"]["missing"]["police"]["violence"] == ["2024-06"]
    assert manifest["accounting"]["accepted"] == 23 * 120


def test_truncated_zip(town, capsys):
    street = town / "police" / MONTH / f"{MONTH}-tiny-street.csv"
    archive = town / "police" / f"{MONTH}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(street, f"{MONTH}/{street.name}")
    archive.write_bytes(archive.read_bytes()[:-200])
    said = refused(town, capsys)
    assert f"{MONTH}.zip" in said


def test_truncated_gz(town, capsys):
    street = town / "police" / MONTH / f"{MONTH}-tiny-street.csv"
    packed = gzip.compress(street.read_bytes())
    street.unlink()
    street.with_suffix(".csv.gz").write_bytes(packed[: len(packed) // 2])
    said = refused(town, capsys)
    assert f"{MONTH}-tiny-street.csv.gz" in said


def test_binary_file(town, capsys):
    (town / "police" / MONTH / f"{MONTH}-tiny-street.csv").write_bytes(bytes(range(256)) * 40)
    said = refused(town, capsys)
    assert f"{MONTH}-tiny-street.csv" in said


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [("NaN", "54.7"), ("1e300", "54.7"), ("1.7", ""), ("abc", "54.7"), ("inf", "inf"), ("0", "0"), ("1.7", "95")],
)
def test_unreadable_coordinates_go_to_quarantine_and_good_rows_stay(town, longitude, latitude):
    rows = street_rows(MONTH)
    bad = f"bad,{MONTH},Tiny Police,Tiny Police,{longitude},{latitude},Somewhere,,,Robbery,,"
    write_month(town, MONTH, [*rows[:10], bad, *rows[10:]])
    manifest = accepted(town)
    assert manifest["accounting"]["accepted"] == 24 * 120
    assert manifest["accounting"]["quarantined"] == 1
    import pyarrow.parquet as pq

    (row,) = pq.read_table(current(town / "releases").folder / "quarantine.parquet").to_pylist()
    assert row["row"] == 11
    assert row["source"] == "police"
    assert row["file"].endswith(f"{MONTH}-tiny-street.csv")
    assert row["reason"]
    assert "bad" in row["raw"]


def test_rows_without_coordinates_are_counted_as_unlocated(town):
    rows = street_rows(MONTH)
    write_month(town, MONTH, [*rows, f"x,{MONTH},Tiny Police,Tiny Police,,,No Location,,,Robbery,,"])
    manifest = accepted(town)
    assert manifest["accounting"]["unlocated"] == 1
    assert manifest["accounting"]["accepted"] == 24 * 120


def test_a_resupplied_month_supersedes_the_older_one_whole(town):
    later = town / "later"
    write_month(later, MONTH, street_rows(MONTH, per_month=60))
    change_config(town, 'path = "police"', 'path = ["police", "later/police"]')
    manifest = accepted(town)
    assert manifest["accounting"]["superseded"] == 120
    assert manifest["accounting"]["accepted"] == 23 * 120 + 60


def test_a_feed_without_any_known_category(town, capsys):
    change_config(town, 'path = "police"', 'path = "police"\nlabels = { "Piracy" = ["violence"] }')
    said = refused(town, capsys)
    assert "labels" in said


def test_a_theme_that_no_feed_carries(town, capsys):
    change_config(town, '"asb"]', '"asb", "road_harm"]')
    said = refused(town, capsys)
    assert "No feed holds rows of the theme 'road_harm'" in said
    assert "The feeds carry" in said


def test_two_feeds_of_the_same_incidents(town, capsys):
    change_config(
        town,
        "[[boundaries]]",
        '[[sources]]\nkind = "police_uk"\nname = "again"\npath = "police"\nuse = ["asb"]\n\n[[boundaries]]',
    )
    said = refused(town, capsys)
    assert "'police' and 'again'" in said
    assert "2024-01 to 2025-12" in said
    assert 'use = ["asb"]' in said


def test_all_problems_come_at_once_and_as_json_too(town, capsys):
    features = ward_features()
    features[1]["properties"]["code"] = "T01"
    write_wards(town, features)
    write_month(town, MONTH, street_rows(MONTH), header=HEADER.replace("Crime type", "Kind"))
    assert main(["check", str(town / "tiny.toml"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert len(found["problems"]) == 2
    assert all(problem["remedy"] for problem in found["problems"])


def test_a_config_that_does_not_name_the_columns_says_which_were_taken(town, capsys):
    change_config(town, 'code = "code"\nname = "name"\nparent = "borough"\n', "")
    assert main(["check", str(town / "tiny.toml")]) == 0
    said = capsys.readouterr().out
    assert "Layer wards: the config does not say, so these were taken: code code (sure: " in said
    (wards,) = [layer for layer in accepted(town)["boundaries"] if layer["layer"] == "wards"]
    assert wards["columns"]["parent"] == {
        "value": "borough",
        "sureness": "likely",
        "why": "its name says so and several zones share a code",
    }


def test_overlapping_wards_are_told_and_counted_once(town, capsys):
    features = ward_features()
    for corner in (1, 2):
        features[0]["geometry"]["coordinates"][0][corner][0] += 0.01
    write_wards(town, features)
    manifest = accepted(town)
    (wards,) = [layer for layer in manifest["boundaries"] if layer["layer"] == "wards"]
    assert "T01 and T02 overlap" in " ".join(wards["notes"])
    assert manifest["accounting"]["accepted"] == 24 * 120
    capsys.readouterr()
    assert main(["check", str(town / "tiny.toml")]) == 0
    assert "T01 and T02 overlap" in capsys.readouterr().out
