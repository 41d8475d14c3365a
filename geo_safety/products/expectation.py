"""Annual expectation: how many reports next year may bring to a borough or a ward if nothing changes.

For planning, and to hold a year against when it is over. Never for cells: a forecast of so small a place would be read as
a forecast of people, and would send attention where records already point.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_safety import statistics
from geo_safety.cube import Cube
from geo_safety.layers import Layer
from geo_safety.months import first_day, month_text
from geo_safety.products.inputs import Inputs, Made
from geo_safety.statistics.time.annual_expectation import FEWEST_MONTHS

EXPECTED_FOR = ("boroughs", "wards")

FEWEST_REPORTS = 20
"""With fewer reports in two years there is too little to say."""

SAYS = (
    (
        "A range for planning if everything goes on as it did, not a target and not a promise: of such ranges for past years the "
        "column `coverage` says how many held, and `coverage_lowest` how few in the year that fitted least."
    ),
    "For boroughs and wards only: there is no forecast for cells, because so small a place has none that would be fair to it.",
)
TOO_FEW = f"Too few to say: fewer than {FEWEST_REPORTS} reports in two years."
MANY_MONTHS = f"{FEWEST_MONTHS} months in a row"


def make(inputs: Inputs) -> Made | str:
    """The range expected for every borough and ward, for each theme whose series is long enough."""
    layers = [inputs.layers[name] for name in EXPECTED_FOR if name in inputs.layers]
    if not layers:
        return f"The study has neither of the layers {' and '.join(EXPECTED_FOR)}."
    frames, notes, themes = [], [], []
    for theme in inputs.themes:
        for layer in layers:
            cube = inputs.cubes[layer.name, theme]
            months = newest_run(cube)
            if months.stop - months.start < FEWEST_MONTHS:
                span = months.stop - months.start
                notes.append(f"{theme} on {layer.name}: {span} months in a row with data, {MANY_MONTHS} are needed.")
            elif cube.is_answered.any():
                frames.append(_expected(inputs, layer, theme, cube, months))
                themes.append(theme)
    if not frames:
        return f"No theme has {MANY_MONTHS} with data."
    return Made(pd.concat(frames, ignore_index=True), tuple(dict.fromkeys(themes)), SAYS, tuple(notes))


def newest_run(cube: Cube) -> slice:
    """The newest run of months with data, as columns of the cube.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> newest_run(SimpleNamespace(has_data=np.array([1, 0, 1, 1, 0], dtype=bool)))
    slice(2, 4, None)
    """
    known = np.flatnonzero(cube.has_data)
    if not len(known):
        return slice(0, 0)
    end = int(known[-1]) + 1
    gaps = np.flatnonzero(~cube.has_data[:end])
    return slice(int(gaps[-1]) + 1 if len(gaps) else 0, end)


def _expected(inputs: Inputs, layer: Layer, theme: str, cube: Cube, months: slice) -> pd.DataFrame:
    """Rows of one theme on one layer; zones that no feed answers for have none."""
    places = np.flatnonzero(cube.is_answered)
    monthly = cube.incidents[places, months].astype(float)
    one, other = statistics.annual_expectation(monthly)
    naive = one if one.method == "same as last year" else other
    enough = monthly[:, -24:].sum(axis=1) >= FEWEST_REPORTS
    end = cube.first_month + months.stop - 1
    zones, gazetteer = layer.zones, layer.gazetteer
    rows = inputs.rows(layer.name, theme)
    boroughs = gazetteer.borough_code[places]
    names = [_name(zones.name[place], gazetteer.borough_names.get(gazetteer.borough_code[place])) for place in places]

    def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(enough, values, np.nan)

    return pd.DataFrame({
        "expectation_id": [f"{layer.name}-{zone}-{theme}" for zone in zones.zone_id[places]],
        "theme": theme,
        "name": [name or zone for name, zone in zip(names, zones.zone_id[places], strict=True)],
        "boroughs": boroughs,
        "borough_names": [gazetteer.borough_names.get(code) for code in boroughs],
        "wards": gazetteer.ward_code[places],
        "window_start": first_day(end - 11),
        "window_end": first_day(end),
        "incidents": monthly[:, -12:].sum(axis=1).astype(np.int64),
        "of_layer": layer.name,
        "zone_id": zones.zone_id[places],
        "expected_start": first_day(end + 1),
        "expected_end": first_day(end + 12),
        "expected": known(one.expected),
        "expected_low": known(np.floor(one.low)),
        "expected_high": known(np.ceil(one.high)),
        "method": [one.method if fine else None for fine in enough],
        "naive_low": known(np.floor(naive.low)),
        "naive_high": known(np.ceil(naive.high)),
        "coverage": one.coverage,
        "coverage_lowest": one.coverage_lowest,
        "years_tested": one.years,
        "caution": [_caution(text, too_few=not fine, end=end)
                    for text, fine in zip(rows["caution"].iloc[places], enough, strict=True)],
        "geometry": zones.geometry[places],
    })  # fmt: skip


def _name(name: str | None, borough: str | None) -> str | None:
    return f"{name}, {borough}" if name and borough and name != borough else name


def _caution(text: str | None, *, too_few: bool, end: int) -> str:
    provisional = f"The last three months to {month_text(end)} are provisional."
    return " ".join(filter(None, (TOO_FEW if too_few else None, provisional, text)))
