"""What products get of a run: their context, and no figures that the reader of a theme may not see."""

from __future__ import annotations

import json

import pytest
from tiny_town import SIDE, SOUTH, WEST, make_tiny_town

from geo_safety import production
from geo_safety.cli import main
from geo_safety.products import Product, Wanted
from geo_safety.release import current, verify

STOPS = """
[[context]]
kind = "stops"
path = "stops.csv"
columns = { id = "stop", name = "called" }
year = 2021
"""
WANTED = {"stops": Wanted(columns=("id", "name"), optional=("lines",))}


@pytest.fixture
def town(tmp_path):
    config = make_tiny_town(tmp_path)
    rows = [f"S1,Lamp Street,{WEST + SIDE},{SOUTH + SIDE}", "S2,Nowhere,,"]
    (tmp_path / "stops.csv").write_text("\n".join(["stop,called,longitude,latitude", *rows]) + "\n")
    return config


@pytest.fixture
def seen(monkeypatch):
    """Inputs of a product that keeps what it is given and makes nothing."""
    kept = []

    def keep(inputs):
        kept.append(inputs)
        return "It was only looked at."

    def make_one(inputs_of, **_):
        found = inputs_of(Product(keep, WANTED))
        why = found if isinstance(found, str) else keep(found)
        return {}, {"chb-candidates": {"why_not": why, "themes": [], "says": [], "notes": []}}

    monkeypatch.setattr(production, "make_products", make_one)
    return kept


def run(config, more=""):
    config.write_text(config.read_text() + more)
    assert main(["run", str(config), "--out", str(config.parent / "releases")]) == 0
    return current(config.parent / "releases")


def test_a_product_gets_the_columns_that_it_wants_and_the_places(town, seen):
    run(town, STOPS)
    (inputs,) = seen
    (stops,) = inputs.context["stops"]
    assert stops.frame.to_dict("records") == [
        {"id": "S1", "name": "Lamp Street", "longitude": WEST + SIDE, "latitude": SOUTH + SIDE}
    ]
    assert (stops.file, stops.year) == ("stops.csv", "2021")
    rows = inputs.rows("wards", "robbery")
    assert rows["zone_id"].tolist() == inputs.layers["wards"].zones.zone_id.tolist()
    assert rows["incidents"].sum() == inputs.cubes["wards", "robbery"].counts(inputs.coverages["robbery"].window).sum()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("", "The config names no [[context]] of the kind stops."),
        (STOPS.replace("called", "nothing"), "stops.csv is no table with the columns stop, nothing"),
    ],
)
def test_a_product_without_its_context_is_left_out_with_the_reason_and_the_run_goes_on(town, seen, more, why):
    release = run(town, more)
    assert seen == []
    assert release.manifest["products"]["chb-candidates"]["why_not"].startswith(why)
    assert "chb-candidates" not in release.layers


def test_the_screen_is_a_layer_like_every_other(town):
    release = run(town)
    verify(release)
    assert release.manifest["products"]["chb-candidates"]["themes"] == ["violence", "robbery"]
    table = release.table("chb-candidates")
    assert table.num_rows > 0
    assert set(table["meets_entrenched"].to_pylist()) == {"unknown"}, "two years are too short for classes"
    assert release.manifest["layers"]["chb-candidates"]["columns"]["outcome"]["type"] == "string"
    again = main(["run", str(town), "--out", str(town.parent / "again")])
    assert again == 0
    second = current(town.parent / "again")
    assert release.path("chb-candidates").read_bytes() == second.path("chb-candidates").read_bytes()


def test_a_config_can_leave_a_product_out_and_a_slip_is_told(town, capsys):
    release = run(town, '\n[products]\nleave_out = ["chb-candidates"]\n')
    assert release.manifest["products"]["chb-candidates"]["why_not"] == "The config leaves it out."
    assert "chb-candidates" not in release.layers
    town.write_text(town.read_text().replace('"chb-candidates"', '"chb-candidate"'))
    capsys.readouterr()
    assert main(["check", str(town), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert "Did you mean 'chb-candidates'?" in json.dumps(told)
