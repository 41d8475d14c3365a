"""What should the pipeline find in Doggerland? The planted places and every neighbourhood's true rate, for tests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pandas as pd

from geo_safety.demo_city.geography import FloatArray
from geo_safety.demo_city.places import ONE_POINT_KINDS, Place
from geo_safety.demo_city.streets import Cells, MapPoints

LEVEL = 3.0
STEP_MONTHS, WINDOW_MONTHS = 3, 12
DECIMALS = 6


@dataclass(frozen=True)
class Truth:
    """Expected published incidents of each theme, shape (n_cells, months); NaN in months that no file covers."""

    expected: Mapping[str, FloatArray]
    cells: Cells
    months: list[str]

    def ratios(self, theme: str, last: int) -> FloatArray:
        """True rate of each neighbourhood over the study's, in the year that ends with month number `last`."""
        year = self.expected[theme][:, last - WINDOW_MONTHS + 1 : last + 1].sum(axis=1)
        return self.cells.around(year) / self.cells.width / year.mean()

    def steps(self, theme: str) -> list[int]:
        """Last months of the rolling years that end with each quarter, counted back from the newest month."""
        covered = np.flatnonzero(~np.isnan(self.expected[theme][0]))
        return list(range(int(covered[-1]), int(covered[0]) + WINDOW_MONTHS - 2, -STEP_MONTHS))[::-1]

    def table(self, places: list[Place]) -> pd.DataFrame:
        """One row for each cell and theme, in the order of themes and sorted cells.

        `expected`, `neighbourhood_expected` and the ratios are of the newest twelve months; `is_hot` says whether the
        neighbourhood's true ratio is at least three; `steps_hot` of `steps` rolling years it was so. `place` is
        the one that holds the cell, `one_point` the venue or spike that lies in its neighbourhood.
        """
        frames = []
        for theme, expected in self.expected.items():
            steps = np.array([self.ratios(theme, last) for last in self.steps(theme)])
            year = expected[:, -WINDOW_MONTHS:].sum(axis=1)
            mine = [place for place in places if theme in place.recipe.themes]
            held, one_point = ([""] * len(self.cells.ids) for _ in range(2))
            for place in mine:  # places of one theme keep apart
                for cell in place.cells:
                    held[cell] = place.place_id
                if place.recipe.kind in ONE_POINT_KINDS:
                    for cell in self.cells.rings[place.centre]:
                        one_point[cell] = place.place_id
            frames.append(
                pd.DataFrame(
                    {
                        "zone_id": self.cells.ids,
                        "theme": theme,
                        "expected": year,
                        "ratio": year / year.mean(),
                        "neighbourhood_cells": self.cells.width,
                        "neighbourhood_expected": self.cells.around(year),
                        "neighbourhood_ratio": steps[-1],
                        "is_hot": steps[-1] >= LEVEL,
                        "steps": len(steps),
                        "steps_hot": (steps >= LEVEL).sum(axis=0),
                        "place": held,
                        "one_point": one_point,
                    }
                )
            )
        return pd.concat(frames, ignore_index=True).round(DECIMALS)

    def place(self, place: Place, points: MapPoints) -> dict[str, Any]:
        """Everything that is true of one planted place."""
        return {
            "place_id": place.place_id,
            "kind": place.recipe.kind,
            "themes": list(place.recipe.themes),
            "ratio": place.recipe.ratio,
            "rings": place.recipe.rings,
            "centre": self.cells.ids[place.centre],
            "cells": [self.cells.ids[cell] for cell in place.cells],
            "crosses_border": place.recipe.crosses_border,
            "point": points.lon_lat[place.point].tolist() if place.point >= 0 else None,
            "active_months": [self.months[month] for month in place.active],
            "months_at_point": [self.months[month] for month in place.at_point],
            "expected_last_year": {
                theme: round(float(self.expected[theme][place.cells, -WINDOW_MONTHS:].sum()), 2)
                for theme in place.recipe.themes
            },
            "neighbourhood_ratio": {
                theme: round(float(self.ratios(theme, len(self.months) - 1)[place.centre]), 4)
                for theme in place.recipe.themes
            },
        }


def write_truth(folder: Path, truth: Truth, places: list[Place], points: MapPoints, facts: Mapping[str, Any]) -> None:
    """Write `truth.json` (facts and places), `truth.geojson` (places as shapes) and `truth_cells.csv`."""
    described = [truth.place(place, points) for place in places]
    means = {
        theme: round(float(rate[:, -WINDOW_MONTHS:].sum(axis=1).mean()), 4) for theme, rate in truth.expected.items()
    }
    content = {**facts, "level": LEVEL, "mean_per_cell_last_year": means, "places": described}
    (folder / "truth.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8", newline="")
    features = [
        {"type": "Feature", "id": place["place_id"], "properties": place, "geometry": h3.cells_to_geo(place["cells"])}
        for place in described
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "truth.geojson").write_text(text + "\n", encoding="utf-8", newline="")
    truth.table(places).to_csv(folder / "truth_cells.csv", index=False, lineterminator="\n")
