"""A trend of counts in per cent a year with its interval: the sentence that a report prints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHORTEST = 4
"""Steps below which no trend is fitted: a line through three points leaves one to judge it."""

MOST_ROUNDS = 60

WIDEST = np.log(1e6)
"""Interval, in log change a year, beyond which the counts say nothing: a millionfold rise cannot be ruled out."""


@dataclass(frozen=True, eq=False)
class CountTrend:
    """Trend of each series, arrays of shape (n_series,); NaN where there is none to tell.

    Parameters
    ----------
    change : array of float
        Relative change a year: 0.1 is 10 % more each year.
    low, high : array of float
        Interval of `change`.
    p : array of float
        Two-sided p-value of no change.
    dispersion : array of float
        Variance of a count over its mean, as used for the interval.
    """

    change: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    dispersion: np.ndarray


def negative_binomial_trend(
    counts: np.ndarray,
    *,
    steps_per_year: int,
    expected: np.ndarray | None = None,
    dispersion: float | np.ndarray | None = None,
    confidence: float = 0.95,
) -> CountTrend:
    """By how many per cent a year do the counts change, and how sure are we?

    Null hypothesis: the rate does not change; the counts differ from step to step by chance alone.

    Parameters
    ----------
    counts : array of float, shape (n_series, n_steps) or (n_steps,)
        Incidents per step, in order of time. Zero is a value, NaN a gap.
    steps_per_year : int
        12 for months, 4 for quarters.
    expected : array of float, shape of `counts` or (n_steps,), optional
        What the count is measured against, in any unit: days in the month; or the study's own counts, which takes the
        season out and makes the answer "compared with the whole study". By default every step is alike.
    dispersion : float or array of shape (n_series,), optional
        Variance over mean, for example from `statistics.dispersion`; better than the default, which takes it from each
        series alone (squared Pearson residuals over steps less two, never below 1).
    confidence : float
        Of the interval.

    Returns
    -------
    CountTrend
        NaN for fewer than four known steps, and where the counts allow any slope: no incident at all, all of them in
        the first or the last step, or an interval that reaches a millionfold change a year.

    Notes
    -----
    Counts are negative binomial with mean mu_t = e_t exp(a + b t) and variance phi mu_t; a and b solve the
    quasi-likelihood equations (those of a Poisson regression), and b has variance phi / (C V), with C all incidents
    and V the variance of time under the weights mu_t. `change` = exp(b) - 1 with t in years; the interval is normal
    in b where the dispersion is given, else Student's t with two degrees of freedom less than steps.

    Do not use it on overlapping windows or across a recording break, on months with a season unless `expected` holds
    it, or to extrapolate. Under 20 incidents at either end a per cent figure misleads, whatever its interval.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, chapters 6 and 9.
    Cameron & Trivedi (1998), Regression Analysis of Count Data, section 3.3 (variance phi mu: "NB1").

    Examples
    --------
    Four years that double each time, without any noise:

    >>> trend = negative_binomial_trend([10, 20, 40, 80], steps_per_year=1)
    >>> float(trend.change.round(6)), float(trend.low.round(2)), float(trend.high.round(2))
    (1.0, 0.37, 1.92)
    """
    from scipy.stats import norm, t

    counts = np.asarray(counts, float)
    single = counts.ndim == 1
    rows = np.atleast_2d(counts)
    if (rows < 0).any():
        raise ValueError("Counts below zero have no trend of this kind: use `sen_slope` for values of any sign.")
    offsets = np.broadcast_to(np.ones(rows.shape[1]) if expected is None else np.asarray(expected, float), rows.shape)
    known = ~np.isnan(rows) & (offsets > 0)
    c, e = np.where(known, rows, 0.0), np.where(known, offsets, 0.0)
    years = np.arange(rows.shape[1]) / steps_per_year
    n = known.sum(axis=1)
    told = (n >= SHORTEST) & _has_slope(c, known, years)
    slope, pearson, variance, total = np.full((4, len(rows)), np.nan)
    if told.any():
        slope[told], mu, variance[told] = _fit(c[told], e[told], years)
        total[told] = c[told].sum(axis=1)
        pearson[told] = ((c[told] - mu) ** 2 / np.where(mu > 0, mu, 1.0)).sum(axis=1)
    if dispersion is None:
        phi = np.where(told, np.maximum(1.0, pearson / np.maximum(n - 2, 1)), np.nan)
        law = t(np.maximum(n - 2, 1))
    else:
        phi = np.where(told, np.broadcast_to(np.asarray(dispersion, float), told.shape), np.nan)
        law = norm()
    error = np.sqrt(phi / (total * variance))
    reach = law.ppf((1 + confidence) / 2) * error
    slope = np.where(np.abs(slope) + reach <= WIDEST, slope, np.nan)
    reach, phi = np.where(np.isnan(slope), np.nan, reach), np.where(np.isnan(slope), np.nan, phi)
    found = (np.expm1(slope), np.expm1(slope - reach), np.expm1(slope + reach), 2 * law.sf(np.abs(slope) / error), phi)
    return CountTrend(*(array[0] for array in found)) if single else CountTrend(*found)


def _has_slope(c: np.ndarray, known: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Whether the counts' centre in time lies strictly between the first and the last known step."""
    total = c.sum(axis=1)
    centre = (c @ years) / np.where(total > 0, total, 1.0)
    first = np.where(known, years, np.inf).min(axis=1, initial=np.inf)
    last = np.where(known, years, -np.inf).max(axis=1, initial=-np.inf)
    return (total > 0) & (centre > first + 1e-9) & (centre < last - 1e-9)


def _fit(c: np.ndarray, e: np.ndarray, years: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slope, fitted counts, and the variance of time under the fit.

    With the level solved for, the slope is where the fit's centre in time equals that of the counts. The centre rises
    with the slope, so that Newton's steps are kept inside a bracket that always holds the answer.
    """
    total = c.sum(axis=1)
    centre = (c @ years) / total
    middle = years.mean()
    slope, low, high = np.zeros(len(c)), np.full(len(c), -np.inf), np.full(len(c), np.inf)
    share, variance = np.zeros_like(e), np.zeros(len(c))
    for _ in range(MOST_ROUNDS):
        exponent = slope[:, None] * (years - middle)
        share = e * np.exp(exponent - exponent.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        at = share @ years
        variance = (share * (years - at[:, None]) ** 2).sum(axis=1)
        gap = centre - at
        if (np.abs(gap) <= 1e-12 * max(1.0, years[-1])).all():
            break
        low, high = np.where(gap > 0, slope, low), np.where(gap < 0, slope, high)
        step = slope + np.clip(gap / np.maximum(variance, 1e-300), -2 - np.abs(slope), 2 + np.abs(slope))
        bracketed = np.isfinite(low) & np.isfinite(high)
        halfway = np.where(bracketed, (np.where(bracketed, low, 0.0) + np.where(bracketed, high, 0.0)) / 2, step)
        slope = np.where((step > low) & (step < high), step, halfway)
    return slope, total[:, None] * share, variance
