"""Mann-Kendall of all of London's cells at once against pymannkendall, one series after the other.

The same monthly robbery counts for both, in the same run, on one core (neither uses threads). pymannkendall is timed on
some of the cells and multiplied up; its `original_test` finds Sen's slope as well, so that our slope has a line of its
own.

    python benchmarks/bench_mann_kendall.py [--quick]

Goal: Mann-Kendall at least 100 times as fast; exit code 1 where it is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
from surfaces import robbery_by_month, say_where

from geo_safety.statistics import mann_kendall, seasonal_mann_kendall, sen_slope

GOAL = 100


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="fewer repetitions and cells; its figures mean nothing")
    quick = arguments.parse_args().quick
    say_where()
    counts = robbery_by_month()
    chosen = np.random.default_rng(1).choice(
        np.flatnonzero(counts.sum(axis=1) > 0), 100 if quick else 2_000, replace=False
    )
    print(f"{counts.shape[0]} cells, {counts.shape[1]} months; numpy {np.__version__}, ", end="")
    print(f"pymannkendall {version('pymannkendall')} on {len(chosen)} of the cells, multiplied up\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own news
        import pymannkendall

        rows = counts[chosen]
        theirs = [pymannkendall.original_test(row) for row in rows]
        plain = _seconds(lambda: [pymannkendall.original_test(row) for row in rows], 1 if quick else 3)
        seasonal = _seconds(lambda: [pymannkendall.seasonal_test(row, period=12) for row in rows], 1)
    plain, seasonal = (seconds * len(counts) / len(chosen) for seconds in (plain, seasonal))
    difference = np.nanmax(np.abs(mann_kendall(rows).z - np.array([found.z for found in theirs])))
    repeat = 3 if quick else 15
    ours = _seconds(lambda: mann_kendall(counts), repeat)
    lines = (
        ("pymannkendall.original_test (with slope)", plain, plain),
        ("mann_kendall", ours, plain),
        ("mann_kendall and sen_slope", _seconds(lambda: (mann_kendall(counts), sen_slope(counts)), repeat), plain),
        ("pymannkendall.seasonal_test (with slope)", seasonal, seasonal),
        ("seasonal_mann_kendall", _seconds(lambda: seasonal_mann_kendall(counts, period=12), repeat), seasonal),
    )
    print(f"{'all cells, one core, medians':44} {'seconds':>10} {'times as fast':>14}")
    for name, seconds, against in lines:
        print(f"{name:44} {seconds:10.4f} {against / seconds:14.0f}")
    print(f"\nlargest difference of a z-score: {difference:.1e}")
    met = plain / ours >= GOAL and difference < 1e-9
    print(f"goal, {GOAL} times: {'met' if met else 'missed'}")
    return 0 if met or quick else 1


def _seconds(call: Callable[[], object], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
