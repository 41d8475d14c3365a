"""Poisson difference-in-differences of one place against several, and the check of what went before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST_STEPS = 4
"""Steps below which no trend is fitted."""

MOST_ROUNDS = 50

WALK = 1.2
"""The slope fitted to a random walk of variance v a year over T years has variance 6/5 v / T."""


@dataclass(frozen=True)
class Difference:
    """How a place changed beyond its comparison areas; NaN where there is nothing to compare.

    Parameters
    ----------
    expected : float
        Incidents after, had the place gone the way of its comparison areas.
    fewer : float
        `expected` less those that came; below zero where more came.
    ratio : float
        Incidents after over `expected`: 0.8 is a fifth fewer.
    low, high : float
        Interval of `ratio`.
    error : float
        Standard error of the logarithm of `ratio`.
    p : float
        Two-sided p-value of a ratio of 1.
    """

    expected: float
    fewer: float
    ratio: float
    low: float
    high: float
    error: float
    p: float


@dataclass(frozen=True)
class PreTrend:
    """How a place drew apart from its comparison areas before the scheme; NaN for fewer than four steps.

    Parameters
    ----------
    change : float
        Relative change a year beyond that of the comparison areas: -0.1 is a tenth less each year.
    low, high : float
        Interval of `change`.
    p : float
        Two-sided p-value of no change.
    """

    change: float
    low: float
    high: float
    p: float


def difference_in_differences(
    response: ArrayLike,
    comparison: ArrayLike,
    *,
    dispersion: float = 1.0,
    drift: float = 0.0,
    degrees: float = np.inf,
    confidence: float = 0.95,
) -> Difference:
    """By which factor did a place change beyond its comparison areas?

    Null hypothesis: the place changed by the same percentage as its comparison areas, but for the noise of counts and
    for the drift by which every place goes its own way.

    Parameters
    ----------
    response : array of float, shape (2,) or (n_places, 2)
        Incidents before and after; a row for each place of a set, whose sum is judged. The lengths of the two periods
        may differ: they are the same everywhere.
    comparison : array of float, shape (2,) or (n_areas, 2)
        The same of each comparison area.
    dispersion : float
        Variance over mean of a count, from `statistics.dispersion`.
    drift : float
        Variance of the logarithm by which one area changes beyond the others, noise of counts removed; `sigma2` of
        `statistics.drift`. Real places have some: without it the interval is too narrow.
    degrees : float
        Degrees of freedom of Student's t, where `drift` was measured on few places; normal by default.
    confidence : float
        Of the interval.

    Returns
    -------
    Difference

    Raises
    ------
    ValueError
        A count is missing or below zero, or shapes do not fit.

    Notes
    -----
    With R, C the counts of the place and of all comparison areas together, b before, a after:
    log ratio = log(R_a / R_b) - log(C_a / C_b), which is what a Poisson regression with an effect for each area and
    each month gives; variance = phi (1/R_a + 1/R_b + 1/C_a + 1/C_b) + drift (sum v² + sum w²), v and w the shares of the places in R_b
    (one place: 1) and of the areas in C_b. Where one of the four counts is zero, a half is added to each.

    It shows that the place changed, not why; a place that was chosen in a bad year gets better by itself.

    References
    ----------
    Card & Krueger (1994), American Economic Review 84(4), 772-793 (the design). Wooldridge (2023), The Econometrics
    Journal 26(3), C31-C66 (Poisson). Bertrand, Duflo & Mullainathan (2004), Quarterly Journal of Economics 119(1),
    249-275 (why drift must be in the interval).

    Examples
    --------
    A place halves while three comparison areas lose a tenth:

    >>> found = difference_in_differences((200, 90), [(100, 90), (150, 135), (250, 225)])
    >>> found.expected, found.fewer, round(found.ratio, 2), round(found.low, 2), round(found.high, 2)
    (180.0, 90.0, 0.5, 0.38, 0.66)
    """
    from scipy.stats import norm, t

    places, others = np.atleast_2d(_counts(response)), np.atleast_2d(_counts(comparison))
    own, pooled = places.sum(axis=0), others.sum(axis=0)
    if own.sum() == 0 or pooled[0] == 0:
        return Difference(*[float("nan")] * 7)
    four = np.array([*own, *pooled]) + (0.5 if min(*own, *pooled) == 0 else 0.0)
    log_ratio = float(np.log(four[1] / four[0]) - np.log(four[3] / four[2]))
    walks = sum(float(((each[:, 0] / max(each[:, 0].sum(), 1.0)) ** 2).sum()) for each in (places, others))
    variance = dispersion * float((1 / four).sum()) + drift * walks
    error = float(np.sqrt(variance))
    law = norm() if np.isinf(degrees) else t(degrees)
    reach = float(law.ppf((1 + confidence) / 2)) * error
    ratio, low, high = (float(np.exp(value)) for value in (log_ratio, log_ratio - reach, log_ratio + reach))
    expected = float(own[0] * pooled[1] / pooled[0])
    return Difference(
        expected, expected - float(own[1]), ratio, low, high, error, float(2 * law.sf(abs(log_ratio / error)))
    )


def pre_trend(
    response: ArrayLike,
    comparison: ArrayLike,
    *,
    steps_per_year: int,
    dispersion: float = 1.0,
    drift: float = 0.0,
    confidence: float = 0.95,
) -> PreTrend:
    """Was the place drawing apart from its comparison areas before the scheme began?

    Null hypothesis: the place's share of all incidents, its own and theirs, did not rise or fall steadily; the shares
    differ by the noise of counts and by a random walk of variance `drift` a year.

    Parameters
    ----------
    response : array of float, shape (n_steps,)
        Incidents of the place in steps of equal length before the scheme, in order of time.
    comparison : array of float, shape (n_steps,)
        The same of its comparison areas together.
    steps_per_year : int
        12 for months, 4 for quarters.
    dispersion, drift, confidence : float
        As for `difference_in_differences`.

    Returns
    -------
    PreTrend

    Notes
    -----
    Given the sum of both counts, the place's is binomial with logit a + b t; b is the difference of the two trends.
    Its variance is `dispersion` over the Fisher information, and 6/5 `drift` over the length in years for the walk.
    That no trend is seen does not show that there is none: look at the interval.

    References
    ----------
    Roth (2022), American Economic Review: Insights 4(3), 305-322 (what such a check can and cannot say).

    Examples
    --------
    The place loses a tenth each year, the comparison areas nothing:

    >>> found = pre_trend([1000, 900, 810, 729], [5000] * 4, steps_per_year=1)
    >>> round(found.change, 3), round(found.low, 3), round(found.high, 3)
    (-0.1, -0.129, -0.07)
    """
    from scipy.stats import norm

    own, others = _counts(response), _counts(comparison)
    if own.ndim != 1 or own.shape != others.shape:
        raise ValueError(f"Steps have shapes {own.shape} and {others.shape}: give one count a step of each.")
    both = own + others
    if len(own) < FEWEST_STEPS or own.sum() == 0 or others.sum() == 0:
        return PreTrend(*[float("nan")] * 4)
    years = np.arange(len(own)) / steps_per_year
    slope, information = _slope(own, both, years - years.mean())
    if information <= 0:
        return PreTrend(*[float("nan")] * 4)
    error = float(np.sqrt(dispersion / information + WALK * drift * steps_per_year / len(own)))
    reach = float(norm.ppf((1 + confidence) / 2)) * error
    with np.errstate(over="ignore"):  # of next to no incidents the interval has no end
        change, low, high = (float(np.expm1(value)) for value in (slope, slope - reach, slope + reach))
    return PreTrend(change, low, high, float(2 * norm.sf(abs(slope / error))))


def _slope(own: NDArray[np.float64], both: NDArray[np.float64], time: NDArray[np.float64]) -> tuple[float, float]:
    """Slope of the logit of own over both, and the information on it; by Newton's steps, kept short."""
    level, slope = float(np.log(own.sum() / (both.sum() - own.sum()))), 0.0
    information = 0.0
    for _ in range(MOST_ROUNDS):
        share = 1 / (1 + np.exp(-(level + slope * time)))
        weight = both * share * (1 - share)
        total, first, second = weight.sum(), (weight * time).sum(), (weight * time**2).sum()
        information = float(second - first**2 / total) if total > 0 else 0.0
        if information <= 0:
            return slope, 0.0
        gap, gap_time = (own - both * share).sum(), ((own - both * share) * time).sum()
        step = (gap_time - first / total * gap) / information
        step_level = (gap - first * step) / total
        slope, level = slope + float(np.clip(step, -2, 2)), level + float(np.clip(step_level, -2, 2))
        if abs(step) + abs(step_level) < 1e-12:
            break
    return slope, information


def _counts(values: ArrayLike) -> NDArray[np.float64]:
    counts = np.asarray(values, float)
    if not (counts >= 0).all():
        raise ValueError("A count is missing or below zero: compare only periods that are whole in every area.")
    return counts
