"""Exact Gi* against esda's sampled one, and hotspot_probability with context, on all of London's cells.

Both Gi* on one core, neighbours prepared beforehand, real robbery counts of twelve months.

    python benchmarks/bench_gi_star.py [--quick]
"""

# ruff: noqa: E402  (numpy reads the number of threads when it is loaded)
from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"  # both contestants use one core

import argparse
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
from surfaces import city, robbery_by_month, say_where

from geo_safety.neighbours import Neighbours
from geo_safety.statistics import context_of, dispersion, gi_star_exact, hotspot_probability, mid_rank_grid, near_level

FIRST_CALL = """
import time, numpy as np
values, indptr, indices = (np.load(f"{folder}/{name}.npy") for name in ("values", "indptr", "indices"))
start = time.perf_counter()
from geo_safety.neighbours import Neighbours
from geo_safety.statistics import gi_star_exact
gi_star_exact(values, Neighbours(indptr, indices, len(values)))
print(time.perf_counter() - start)
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="fewer repetitions")
    repeat = 5 if arguments.parse_args().quick else 30
    say_where()
    months = robbery_by_month()[:, -12:]
    counts, near = months.sum(axis=1), city().near
    print(f"{len(counts)} cells, {counts.sum():.0f} incidents, largest count {counts.max():.0f}\n")
    exact = _seconds(lambda: gi_star_exact(counts, near), repeat)
    ranked = _seconds(lambda: gi_star_exact(mid_rank_grid(counts), near), repeat)
    conditional = _seconds(lambda: gi_star_exact(counts, near, conditional=True), 3)
    esda, esda_first = _esda_seconds(counts, near, 3)
    print(f"{'Gi*, one core':44} {'warm, s':>10} {'times as fast':>14}")
    print(f"{'esda.G_Local, B, 999 permutations':44} {esda:10.4f} {1:14.0f}")
    for name, seconds in (("exact", exact), ("exact on mid-ranks", ranked), ("exact, own value fixed", conditional)):
        print(f"{name:44} {seconds:10.4f} {esda / seconds:14.0f}")
    print(
        f"\nfirst call in a fresh process, imports included: {_first_call(counts, near):.3f} s (esda: {esda_first:.1f} s)"
    )
    _probability_time(months, repeat)


def _seconds(call: Callable[[], object], repeat: int) -> float:
    call()
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _esda_seconds(counts: np.ndarray, near: Neighbours, repeat: int) -> tuple[float, float]:
    warnings.simplefilter("ignore")  # esda and libpysal announce changes of their own
    from esda import G_Local
    from libpysal.weights import W

    others = near.rows != near.indices
    sizes = np.bincount(near.rows[others], minlength=near.n)
    lists = np.split(near.indices[others], np.cumsum(sizes)[:-1])
    weights = W({i: row.tolist() for i, row in enumerate(lists)}, silence_warnings=True)

    def once() -> float:
        start = time.perf_counter()
        G_Local(counts, weights, transform="B", star=True, permutations=999, n_jobs=1, seed=1)
        return time.perf_counter() - start

    first = once()
    return statistics.median(once() for _ in range(repeat)), first


def _first_call(counts: np.ndarray, near: Neighbours) -> float:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, array in (("values", counts), ("indptr", near.indptr), ("indices", near.indices)):
            np.save(f"{folder}/{name}.npy", array)
        code = f"folder = {folder!r}\n{FIRST_CALL}"
        runs = [
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)
        ]
    return statistics.median(float(run.stdout) for run in runs)


def _probability_time(months: np.ndarray, repeat: int) -> None:
    place, counts = city(), months.sum(axis=1)
    rings = [place.ring_2, place.ring_3_4]
    hoods = place.near.sum(counts)
    phi = dispersion(place.near.sum(months)[near_level(place.ring_2.sum(counts), place.ring_2.sizes)])
    context = context_of(counts, place.near, rings=rings, boroughs=place.borough)
    making = _seconds(lambda: context_of(counts, place.near, rings=rings, boroughs=place.borough), repeat)
    one_prior = _seconds(lambda: hotspot_probability(hoods, place.width, level=3, dispersion=phi), repeat)
    by_context = _seconds(
        lambda: hotspot_probability(hoods, place.width, level=3, dispersion=phi, context=context), repeat
    )
    print("\nhotspot_probability, one core, ms: ", end="")
    print(
        f"one prior {1e3 * one_prior:.0f}, with context {1e3 * by_context:.0f}, making the context {1e3 * making:.0f}"
    )


if __name__ == "__main__":
    main()
