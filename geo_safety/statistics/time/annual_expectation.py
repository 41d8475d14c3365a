"""How many incidents may next year bring if nothing changes: a range, with how often such ranges were right before."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

FloatArray = NDArray[np.float64]

YEAR = 12

FIRST_ORIGIN = 24
"""Months before the first year that is forecast in the back-test."""

FEWEST_YEARS = 3
"""Years that the back-test needs."""

FEWEST_MONTHS = FIRST_ORIGIN + FEWEST_YEARS * YEAR
"""Months in a row that are needed: five years."""

SHARE_MONTHS = 24
"""A series takes its share of these last months of all of them."""

METHODS = ("theta", "same as last year")


@dataclass(frozen=True)
class AnnualExpectation:
    """What one method says of next year; arrays of shape (n_series,).

    Parameters
    ----------
    expected, low, high : arrays of float
        Total of the next twelve months and its range.
    coverage, coverage_lowest : float
        Share of the back-tested ranges that held the year's total: over all years, and in the year with fewest.
    years : int
        Years of the back-test.
    score : float
        Mean interval score of the back-test over the expected total (Gneiting and Raftery 2007): less is better.
    """

    method: str
    expected: FloatArray
    low: FloatArray
    high: FloatArray
    coverage: float
    coverage_lowest: float
    years: int
    score: float


def annual_expectation(monthly: FloatArray, *, level: float = 0.8) -> tuple[AnnualExpectation, AnnualExpectation]:
    """Range of next year's total for every series of a study (its boroughs, its wards), by two methods.

    Parameters
    ----------
    monthly : array of float, shape (n_series, n_months)
        Counts by month without a gap, at least `FEWEST_MONTHS` of them.
    level : float
        Share of ranges that are meant to hold the total.

    Returns
    -------
    tuple of AnnualExpectation
        By the theta method (exponential smoothing with drift, which won the M3 competition) for all series together, of
        which each takes its share of the last two years; and by "as many as in the last twelve months". The one with the
        lower score in the back-test comes first. (For each series by itself theta did worse: `docs/products`.)

    Raises
    ------
    ValueError
        The series are too short.

    Notes
    -----
    No null hypothesis is tested: this is a range for planning, true while everything goes on as it did. For each past
    year both methods forecast its total from what was known before it. The variance of the error is taken as a·f + b·f²
    with f the forecast (least squares in units of f, neither negative): chance of a count, and years that are unlike the
    one before for everybody. The range is as many such standard deviations as hold `level` of the past errors. What is
    told as `coverage` is found by leaving each year out in turn, since errors of one year go the same way everywhere.

    References
    ----------
    Assimakopoulos and Nikolopoulos (2000), International Journal of Forecasting 16, 521-530. Gneiting and Raftery (2007),
    Journal of the American Statistical Association 102, 359-378.
    """
    n_months = monthly.shape[1]
    if n_months < FEWEST_MONTHS:
        raise ValueError(f"{n_months} months are too few: {FEWEST_MONTHS} in a row are needed")
    origins = list(range(n_months - YEAR, FIRST_ORIGIN - 1, -YEAR))
    totals = np.stack([monthly[:, start : start + YEAR].sum(axis=1) for start in origins])
    past = [_forecasts(monthly[:, :start]) for start in origins]
    now = _forecasts(monthly)
    made = [
        _ranged(method, now[place], np.stack([one[place] for one in past]), totals, level)
        for place, method in enumerate(METHODS)
    ]
    first, second = sorted(made, key=lambda one: one.score)
    return first, second


def _forecasts(history: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Next year's totals by theta and shares, and as many as last year; each of shape (n_series,)."""
    recent = history[:, -SHARE_MONTHS:].sum(axis=1)
    share = recent / max(recent.sum(), 1.0)
    return _theta(history.sum(axis=0)) * share, history[:, -YEAR:].sum(axis=1)


def _theta(series: FloatArray) -> float:
    """Total of the next twelve months of one series by the theta method."""
    # Imported when it is needed: it takes seconds, and most commands do without.
    from statsmodels.tsa.forecasting.theta import ThetaModel

    if not series.any():
        return 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about frequencies that an array has none of
        model = ThetaModel(series, period=YEAR, deseasonalize=True, use_test=False, method="additive")
        return max(float(np.sum(model.fit().forecast(YEAR))), 0.0)


def _ranged(method: str, now: FloatArray, past: FloatArray, totals: FloatArray, level: float) -> AnnualExpectation:
    """One method's forecasts with their ranges; `past` and `totals` of shape (n_years, n_series)."""
    years = len(past)
    covered, scores = [], []
    for year in range(years):
        others = np.arange(years) != year
        width = _half_width(past[year], past[others], totals[others], level)
        low, high = np.maximum(past[year] - width, 0.0), past[year] + width
        short, over = np.maximum(low - totals[year], 0.0), np.maximum(totals[year] - high, 0.0)
        covered.append(float(((short == 0) & (over == 0)).mean()))
        penalty = 2 / (1 - level) * (short + over)
        scores.append(float((((high - low) + penalty) / np.maximum(past[year], 1.0)).mean()))
    width = _half_width(now, past, totals, level)
    low, high = np.maximum(now - width, 0.0), now + width
    return AnnualExpectation(
        method, now, low, high, float(np.mean(covered)), min(covered), years, float(np.mean(scores))
    )


def _half_width(forecast: FloatArray, past: FloatArray, totals: FloatArray, level: float) -> FloatArray:
    """How far from the forecasts totals may lie, as the errors of past forecasts say."""
    known = past.ravel()
    error = np.abs(totals.ravel() - known)
    size = np.maximum(known, 1.0)
    a, b = nnls(np.column_stack([1 / size, np.ones(len(size))]), (error / size) ** 2)[0]
    a, b = max(float(a), 1.0), float(b)  # no count varies less than chance alone
    scaled = error / np.sqrt(a * size + b * size**2)
    size = np.maximum(forecast, 1.0)
    return np.asarray(np.quantile(scaled, level) * np.sqrt(a * size + b * size**2))
