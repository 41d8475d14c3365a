"""What stands beside the figures: rates at the rim, cautions, wards and boroughs."""

from __future__ import annotations

from dataclasses import replace

import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_safety.boundaries import Zones, make_study
from geo_safety.cube import Coverage, Window
from geo_safety.hotspots import Judgement
from geo_safety.layers import Cautions, Recording, make_layer, zone_rows
from geo_safety.months import first_day
from geo_safety.statistics import Dispersion

CENTRE = h3.latlng_to_cell(54.7, 1.7, 9)
MEASURED = Dispersion(1.2, "measured", 11, 5000.0)


def squares(layer: str, n: int, side: float, parents: list[str | None] | None = None) -> Zones:
    geometry = np.array([shapely.box(1.7 + k * side, 54.7, 1.7 + (k + 1) * side, 54.7 + side) for k in range(n)])
    area = np.full(n, (side * 111.2) * (side * 64.3))
    none = np.array(parents or [None] * n, dtype=object)
    names = np.array([f"{layer} {k}" for k in range(n)], dtype=object)
    return Zones(layer, np.array([f"{layer[0].upper()}{k}" for k in range(n)]), names, none, geometry, area)


def rows(zones: Zones, recording: Recording, *, judgement: Judgement | None = None, **others: Zones) -> pd.DataFrame:
    study = make_study("Plots", [zones])
    layer = make_layer(zones, study, wards=others.get("wards"), boroughs=others.get("boroughs"))
    counts = pd.DataFrame({"incidents": np.arange(len(zones), dtype=float)})
    judgement = judgement or Judgement("asb", counts, MEASURED, None)
    coverage = Coverage("asb", ("feed",), 600, np.ones(24, dtype=bool), Window(612, 623, is_complete=True), {})
    return zone_rows(layer, [judgement], [coverage], cautions=Cautions({"asb": recording})).to_pandas()


def test_window_and_rate():
    table = rows(squares("wards", 3, 0.02), Recording())
    assert table["window_start"].tolist() == [first_day(612)] * 3
    assert str(first_day(612)) == "2021-01-01"
    assert str(first_day(623)) == "2021-12-01"
    assert table["per_km2"].tolist() == pytest.approx((table["incidents"] / table["area_km2"]).round(2).tolist())
    assert table["caution"].isna().all()


def test_a_cell_that_is_hardly_inside_gets_no_rate():
    cells = replace(squares("cells-r9", 3, 0.004), zone_id=np.array(sorted(h3.grid_disk(CENTRE, 1))[:3]))
    cells.area_km2[2] *= 0.05
    table = rows(cells, Recording())
    assert table["per_km2"].isna().tolist() == [False, False, True]
    assert table["incidents"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(("precision_m", "is_finer"), [(None, False), (50, False), (90, True)])
def test_zones_smaller_than_three_discs_of_precision_are_finer_than_the_source(precision_m, is_finer):
    zones = squares("wards", 2, 0.003)  # 0.064 km²; three discs of 90 m are 0.076 km², of 50 m 0.024 km²
    caution = rows(zones, Recording(precision_m=precision_m))["caution"]
    assert caution.notna().all() == is_finer
    assert caution.fillna("").str.startswith("Finer than the source").all() == is_finer


def test_a_break_is_named_in_every_window_that_meets_it_or_the_one_before():
    for month, is_named in ((599, False), (600, True), (623, True), (624, False)):
        caution = rows(squares("wards", 2, 0.02), Recording(breaks=((month, "New system."),)))["caution"]
        assert caution.fillna("").str.contains("New system. Do not compare across it.").all() == is_named


def test_rows_without_a_place_are_named_from_one_per_cent_on():
    assert rows(squares("wards", 2, 0.02), Recording(unlocated_share=0.009))["caution"].isna().all()
    assert (
        "7% of the reports have no place"
        in rows(squares("wards", 2, 0.02), Recording(unlocated_share=0.069))["caution"][0]
    )


def test_noise_that_is_assumed_is_said_to_be():
    counts = pd.DataFrame({"incidents": [1.0, 2.0]})
    judgement = Judgement("asb", counts, Dispersion(1.5, "assumed", 2, 30.0), None)
    assert "it is assumed" in rows(squares("wards", 2, 0.02), Recording(), judgement=judgement)["caution"][0]


def test_wards_and_boroughs_of_a_ward():
    boroughs = squares("boroughs", 2, 0.04)
    wards = squares("wards", 4, 0.02, ["B0", "B0", "B1", "B1"])
    table = rows(wards, Recording(), wards=wards, boroughs=boroughs)
    assert table["ward_code"].tolist() == ["W0", "W1", "W2", "W3"]
    assert table["borough_code"].tolist() == ["B0", "B0", "B1", "B1"]
    table = rows(boroughs, Recording(), wards=wards, boroughs=boroughs)
    assert table["ward_code"].isna().all()
    assert table["borough_code"].tolist() == ["B0", "B1"]
