"""Any number of made-up incidents in the layout of data.police.uk (gzipped), spread over London as real ones are.

Each category falls on the real map points of London in its real proportions (violence and anti-social behaviour, of
which there are no point files, as public order offences and criminal damage do). Points are shared out among a dozen
"forces" by longitude, so that a month has a dozen files, as a country's has some forty.
"""

from __future__ import annotations

import gzip
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

N_FORCES = 12
FIRST_YEAR = 2015

# Categories without a point file: whose spread they take, and their share of all incidents.
_BORROWED = {
    "Violence and sexual offences": ("Public order", 0.28),
    "Anti-social behaviour": ("Criminal damage and arson", 0.20),
}
_NAMELESS = "Anti-social behaviour"  # the publisher gives it no Crime ID
_SHARE_UNLOCATED = 0.01


class Spread(NamedTuple):
    """Where incidents fall: locations (degrees), the force of each, and for each category its share and its odds."""

    longitude: np.ndarray
    latitude: np.ndarray
    force: np.ndarray
    categories: tuple[str, ...]
    share: np.ndarray
    odds: np.ndarray


def real_spread(files: list[Path]) -> Spread:
    """The spread of real incidents of which there are point files."""
    import pandas as pd

    rows = pd.concat([pd.read_csv(file, usecols=["longitude", "latitude", "crime_type"]) for file in files])
    counts = rows.value_counts(["longitude", "latitude", "crime_type"]).unstack(fill_value=0).sort_index()  # noqa: PD010 - pivot_table sums what is counted already
    for name, (like, share) in _BORROWED.items():
        counts[name] = counts[like]
        counts[name] *= share / (1 - sum(part for _, part in _BORROWED.values())) * len(rows) / counts[name].sum()
    longitude, latitude = (counts.index.get_level_values(name).to_numpy() for name in ("longitude", "latitude"))
    weight = counts.sum(axis=1).to_numpy().cumsum()
    force = np.minimum(weight / weight[-1] * N_FORCES, N_FORCES - 1).astype(int)
    odds = counts.to_numpy(dtype=float).T
    return Spread(longitude, latitude, force, tuple(counts.columns), odds.sum(axis=1) / odds.sum(), odds)


def make_history(folder: Path, spread: Spread, *, n_rows: int, n_months: int, workers: int) -> int:
    """Write so many months of files with so many rows altogether; returns the bytes written.

    The same rows come whatever the number of workers; every file is another draw.
    """
    per_file = n_rows // (n_months * N_FORCES)
    write = partial(_write_file, folder, spread, per_file)
    with ProcessPoolExecutor(workers) as pool:
        return sum(pool.map(write, range(n_months * N_FORCES)))


def _write_file(folder: Path, spread: Spread, n_rows: int, number: int) -> int:
    month, force = divmod(number, N_FORCES)
    rng = np.random.default_rng([20_250_101, n_rows, number])
    here = np.flatnonzero(spread.force == force)
    odds = spread.odds[:, here]
    drawn = rng.multinomial(n_rows, odds.sum(axis=1) / odds.sum())
    category = np.repeat(np.arange(len(drawn)), drawn)
    place = np.concatenate([_draw(rng, odds[code], times) for code, times in enumerate(drawn)])
    order = rng.permutation(n_rows)
    category, place = category[order], here[place[order]]
    text = f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02d}"
    where = pa.array(np.where(rng.random(n_rows) < _SHARE_UNLOCATED, -1, place), mask=None)
    located = pa.compute.if_else(pa.compute.less(where, 0), pa.scalar(None, where.type), where)
    same = pa.array(np.zeros(n_rows, dtype=np.int32))
    name = f"force-{force + 1:02d}"
    columns = {
        "Crime ID": _ids(rng, n_rows, has_id=category != spread.categories.index(_NAMELESS)),
        "Month": pa.array([text]).take(same),
        "Reported by": pa.array([f"{name} police"]).take(same),
        "Falls within": pa.array([f"{name} police"]).take(same),
        "Longitude": pa.array([f"{value:.6f}" for value in spread.longitude]).take(located),
        "Latitude": pa.array([f"{value:.6f}" for value in spread.latitude]).take(located),
        "Location": pa.array([f"On or near Street {at % 9973}" for at in range(len(spread.longitude))]).take(located),
        "LSOA code": pa.array([f"E0100{at % 4835:04d}" for at in range(len(spread.longitude))]).take(located),
        "LSOA name": pa.array([f"Borough {at % 33:02d}{at % 97:03d}A" for at in range(len(spread.longitude))]).take(
            located
        ),
        "Crime type": pa.array(spread.categories).take(pa.array(category)),
        "Last outcome category": pa.array(["Investigation complete; no suspect identified"]).take(same),
        "Context": pa.array([""]).take(same),
    }
    path = folder / text / f"{text}-{name}-street.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wb", compresslevel=1) as stream:
        pyarrow.csv.write_csv(pa.table(columns), stream, pyarrow.csv.WriteOptions(quoting_style="none"))
    return path.stat().st_size


def _draw(rng: np.random.Generator, odds: np.ndarray, times: int) -> np.ndarray:
    steps = odds.cumsum()
    return np.minimum(np.searchsorted(steps, rng.random(times) * steps[-1], side="right"), len(odds) - 1)


def _ids(rng: np.random.Generator, n_rows: int, *, has_id: np.ndarray) -> pa.Array:
    """64 hexadecimal digits a row, or nothing."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = digits[rng.integers(0, 16, size=(int(has_id.sum()), 64), dtype=np.uint8)]
    ends = np.concatenate([[0], np.cumsum(np.where(has_id, 64, 0))]).astype(np.int32)
    return pa.StringArray.from_buffers(n_rows, pa.py_buffer(ends), pa.py_buffer(text.tobytes()))
