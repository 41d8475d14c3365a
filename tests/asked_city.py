"""Doggerland as whoever asks of it has it: two releases, calls to ambulances that a partner lends, and case files."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import shapely
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety.demo_city import make_demo_city
from geo_safety.keys import make_key
from geo_safety.pipeline import run
from geo_safety.release import Release

HEALTH = """
[[sources]]
kind = "table"
name = "ambulance"
path = "ambulance.csv"
access = "partner"
labels = { "Assault" = ["injury"] }
columns = { longitude = "longitude", latitude = "latitude", time = "month", category = "category" }
time_format = "%Y-%m"
attribution = "Invented calls of the fictional city of Doggerland"
"""
CALLS_A_MONTH = 40
MONTHS = pd.period_range("2023-01", "2025-12", freq="M").astype(str)


@dataclass(frozen=True)
class AskedCity:
    """The city, a service on it, and what stands for the braces of documented calls."""

    folder: Path
    release: Release
    client: TestClient
    keys: dict[str, str]
    ids: dict[str, str]
    quiet: str
    """The cell with many calls where the police record hardly any violence."""

    @property
    def releases(self) -> Path:
        return self.folder / "releases"


def make_asked_city(folder: Path) -> AskedCity:
    """Two Doggerlands, a shorter one before, and the service on them."""
    before = run(make_demo_city(folder / "before", months=45), folder / "releases")
    config = make_demo_city(folder / "now", months=84)
    quiet = _write_calls(config.parent)
    text = config.read_text(encoding="utf-8").replace('"road_harm"]', '"road_harm", "injury"]', 1)
    config.write_text(text + HEALTH, encoding="utf-8")
    release = run(config, folder / "releases")
    state, now = folder / "releases" / ".state", dt.datetime.now(dt.UTC)
    keys = {"internal": make_key(state, name="i", access="internal", days=1, now=now)[1]}
    client = TestClient(create_app(ServiceSettings(releases=folder / "releases")))
    areas = release.table("hotspot-areas", theme="robbery").to_pandas().sort_values("incidents", ascending=False)
    wards = release.table("wards", theme="robbery").to_pandas().sort_values("incidents", ascending=False)
    screened = release.table("chb-candidates", columns=["candidate_id", "criteria_met"]).to_pandas()
    ids = {
        "ward": wards["zone_id"].iloc[0],
        "area": areas["area_id"].iloc[0],
        "borough": wards["borough_code"].iloc[0],
        "before": before.release_id,
        "screened": screened.sort_values("criteria_met")["candidate_id"].iloc[-1],
    }
    _write_cases(folder, release, config.parent)
    return AskedCity(folder, release, client, keys, ids, quiet)


def _write_calls(city: Path) -> str:
    """Calls where the police record much, and more of them in one place where they record hardly anything."""
    truth = pd.read_csv(city / "truth_cells.csv")
    truth = truth[truth["theme"] == "violence"].sort_values("neighbourhood_ratio")
    inner = truth[(truth["neighbourhood_cells"] == 7) & (truth["neighbourhood_ratio"] > 0.05)]
    quiet, busy = inner["zone_id"].iloc[0], inner["zone_id"].iloc[-1]
    rng = np.random.default_rng(3)
    cells = [quiet] * CALLS_A_MONTH + [busy] * CALLS_A_MONTH + list(rng.choice(inner["zone_id"], 60))
    rows = [(*h3.cell_to_latlng(cell)[::-1], month, "Assault") for month in MONTHS for cell in cells]
    pd.DataFrame(rows, columns=["longitude", "latitude", "month", "category"]).to_csv(
        city / "ambulance.csv", index=False
    )
    return str(quiet)


def _write_cases(folder: Path, release: Release, city: Path) -> None:
    """A scheme on the busiest area of violence, and a trial at a few stops, with dates that somebody made up."""
    area = release.table("hotspot-areas", theme="violence").to_pandas().sort_values("incidents").iloc[-1]
    zones = json.dumps(area["zones"].split(";")[:7])
    (folder / "case.toml").write_text(
        f'[case]\nname = "A scheme"\nzones = {zones}\nlayer = "cells-r9"\nthemes = ["violence"]\n'
        'note = "Invented dates."\n\n[phases]\nclear = "2024-01"\nhold = "2024-07"\nbuild = "2025-01"\n',
        encoding="utf-8",
    )
    stops = pd.read_csv(city / "context" / "stops.csv")
    points = shapely.points(stops["longitude"], stops["latitude"])
    near = np.argsort(shapely.distance(points, shapely.from_wkb(area["geometry"]).centroid))
    for name, chosen in (("treated.geojson", points[near[:4]]), ("stops.geojson", points)):
        features = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(one)} for one in chosen]
        (folder / name).write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    (folder / "trial.toml").write_text(
        '[case]\nname = "A trial"\nplaces = "treated.geojson"\nlayer = "cells-r9"\nthemes = ["violence"]\n\n'
        '[phases]\nstart = "2024-07"\n\n[comparison]\namong = "stops.geojson"\n',
        encoding="utf-8",
    )
