"""Denominators from the config to the release, on the tiny town."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_town import SIDE, SOUTH, WEST, make_tiny_town

from geo_safety.cli import main
from geo_safety.release import current

CONTEXT = """
[[context]]
kind = "population"
path = "people.csv"
columns = { zone_id = "zone", residents = "living", workday = "working" }
year = 2021

[[context]]
kind = "stations"
path = "stations.csv"
columns = { id = "id", name = "name" }

[[context]]
kind = "footfall"
path = "entries.csv"
columns = { id = "id", annual = "n" }
year = 2023
"""


@pytest.fixture
def town(tmp_path) -> Path:
    make_tiny_town(tmp_path)
    (tmp_path / "people.csv").write_text(
        "zone,living,working\nT01,3000,2000\nT02,3000,9000\nT03,3000,3000\nT04,200,90000\n"
    )
    (tmp_path / "stations.csv").write_text(
        f"id,name,longitude,latitude\nS,Central,{WEST + SIDE / 2},{SOUTH + SIDE / 2}\n"
    )
    (tmp_path / "entries.csv").write_text("id,n\nS,3650000\n")
    return tmp_path


def run(town: Path, more: str = ""):
    config = town / "tiny.toml"
    config.write_text(config.read_text() + CONTEXT + more)
    assert main(["run", str(config), "--out", str(town / "releases")]) == 0
    return current(town / "releases")


def test_rates_have_intervals_and_stand_only_where_people_live(town):
    release = run(town)
    wards = release.table("wards", theme="violence", access="internal").to_pandas().set_index("zone_id")
    assert wards["residents"].to_dict() == {"T01": 3000, "T02": 3000, "T03": 3000, "T04": 200}
    assert wards["by_day"]["T02"] == 9000
    assert wards["footfall"].tolist() == [3_650_000, 0, 0, 0]
    assert wards["ratio_residents"].notna().tolist() == [True, True, True, False]
    assert wards["ratio_by_day"].notna().all()
    rated = wards.loc[["T01", "T02", "T03"]]
    assert (rated["per_1000_residents_low"] < rated["per_1000_residents"]).all()
    assert (rated["per_1000_residents"] < rated["per_1000_residents_high"]).all()
    plain = wards["incidents"]["T01"] / 3
    assert wards["per_1000_residents"]["T01"] == pytest.approx(plain, rel=0.2)
    # T01: a station with 10,000 entries and exits a day; T02: three at work for each who lives there.
    assert "its stations count about 10,000 entries and exits a day." in wards["caution"]["T01"]
    assert "by day there are about 3 people here for each one who lives there." in wards["caution"]["T02"]
    assert "Residents mislead" not in f"{wards['caution']['T03']} {wards['caution']['T04']}"
    found = release.manifest["denominators"]["wards"]
    assert found["residents"] == {
        "file": "people.csv", "year": "2021", "how": "as published for these zones", "total": 9200.0, "outside": 0.0,
        "zones_unknown": 0,
    }  # fmt: skip
    assert found["footfall"]["year"] == "2023"


@pytest.mark.parametrize(("exposure", "listed"), [("by_day", 4), ("footfall", 1), ("residents", 3)])
def test_any_of_them_can_make_the_second_list(town, exposure, listed):
    wards = run(town, f'\n[hotspots]\nexposure = "{exposure}"\n').table("wards", theme="violence", access="internal")
    named = [value for value in wards["exposure"].to_pylist() if value is not None]
    assert named == [exposure] * listed


def test_a_list_by_what_nobody_counted_is_refused(town, capsys):
    config = town / "tiny.toml"
    config.write_text(config.read_text() + CONTEXT + '\n[hotspots]\nexposure = "households"\n')
    assert main(["check", str(config)]) == 1
    assert (
        "wants a list by households, but nothing says how many there are. Add a [[context]] entry"
        in capsys.readouterr().err
    )
