"""Does it come back? A control chart for the months after a scheme, with a false-alarm rate that is set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ControlChart:
    """A chart of months, arrays of shape (n_months,).

    Parameters
    ----------
    expected : array of float
        Incidents of each month, had the place kept the share that it was brought to.
    score : array of float
        Evidence, added up, that the level has risen; no unit.
    limit : array of float
        Above it the score is a signal.
    is_signal : array of bool
        False in a gap.
    """

    expected: FloatArray
    score: FloatArray
    limit: FloatArray
    is_signal: NDArray[np.bool_]

    @property
    def first_signal(self) -> int | None:
        """Position of the first month with a signal; None without one."""
        return int(np.argmax(self.is_signal)) if self.is_signal.any() else None


def control_chart(
    baseline: tuple[float, float],
    counts: ArrayLike,
    comparison: ArrayLike,
    *,
    dispersion: float = 1.0,
    drift: float = 0.0,
    increase: float = 1.5,
    false_alarm: float = 0.05,
    steps_per_year: int = 12,
    draws: int = 20_000,
    seed: int = 0,
) -> ControlChart:
    """Do incidents come back to a place that was brought to a lower level?

    Null hypothesis: the place keeps the share of its comparison areas' incidents that it had in the baseline, but for a
    random walk of variance `drift` a year; counts vary around it with `dispersion` times Poisson's variance.

    Parameters
    ----------
    baseline : (place, comparison areas)
        Incidents of both while the level was held, for example in the clear phase.
    counts, comparison : array of float, shape (n_months,)
        Incidents of both in each later month, in order of time; NaN in a gap.
    dispersion : float
        Variance over mean of a count.
    drift : float
        Variance a year of the logarithm of the share, by which places wander of themselves.
    increase : float
        The rise that the chart looks for: 1.5 times the baseline. Other rises are found too, a little later.
    false_alarm : float
        Chance of a false signal in the first `steps_per_year` months that are watched, and so on for each further year.
    steps_per_year : int
        12 for months.
    draws, seed : int
        Of the simulation behind the limits; the same seed gives the same limits.

    Returns
    -------
    ControlChart
        A month's limit depends on no later month: a signal stays when the next month comes.

    Raises
    ------
    ValueError
        The baseline holds nothing, or a count is below zero.

    Notes
    -----
    A cumulative sum S_t = max(0, S_(t-1) + x_t log(increase) - e_t (increase - 1)) of log likelihood ratios, with
    e_t the baseline's share of the comparison areas' month. Limits are dynamic: of simulated places that keep their
    share and have not signalled yet, in each month at most 1 - (1 - false_alarm)^(1 / steps_per_year) exceed the
    limit. What the baseline and the comparison areas say is uncertain too: simulated places have a share drawn from what
    their counts allow (Jeffreys' posterior), so that a short baseline gives wide limits and not false alarms.

    Without `drift` the slow wandering of a real city gives alarms that are no return of anything.

    References
    ----------
    Zhang & Woodall (2015), Statistics in Medicine 34(25), 3336-3348 (dynamic probability control limits).
    Lucas (1985), Technometrics 27(2), 129-144 (cumulative sums of counts).

    Examples
    --------
    Ten a month are held, then twenty come:

    >>> chart = control_chart((60, 600), [10] * 6 + [20] * 6, [100] * 12)
    >>> chart.expected.tolist()[0], chart.first_signal
    (10.0, 8)
    """
    own, others = np.asarray(counts, float), np.asarray(comparison, float)
    if min(baseline) <= 0:
        raise ValueError("The baseline holds no incidents: there is no level to hold.")
    if own.shape != others.shape or own.ndim != 1:
        raise ValueError(f"Months have shapes {own.shape} and {others.shape}: give one count a month of each.")
    if min(np.nanmin(own, initial=0), np.nanmin(others, initial=0)) < 0 or increase <= 1 or not 0 < false_alarm < 1:
        raise ValueError("Counts below zero, an increase of 1 or less, or a chance outside 0 to 1 make no chart.")
    known = ~np.isnan(own) & ~np.isnan(others)
    expected = np.where(known, baseline[0] / baseline[1] * others, np.nan)
    rng = np.random.default_rng(seed)
    share = _means(rng, baseline[0], dispersion, draws) / _means(rng, baseline[1], dispersion, draws)
    hazard = 1 - (1 - false_alarm) ** (1 / steps_per_year)
    score, limit = np.zeros(len(own)), np.zeros(len(own))
    now, path, alive = 0.0, np.zeros(draws), np.ones(draws, dtype=bool)
    for month in range(len(own)):
        if drift > 0:
            share = share * np.exp(rng.normal(0, np.sqrt(drift / steps_per_year), draws))
        if known[month]:
            now = max(0.0, now + float(own[month]) * np.log(increase) - float(expected[month]) * (increase - 1))
            came = _drawn(rng, share * _means(rng, float(others[month]), dispersion, draws), dispersion)
            path = np.maximum(0.0, path + came * np.log(increase) - float(expected[month]) * (increase - 1))
            level = np.sort(path[alive])
            limit[month] = level[min(int(np.ceil((1 - hazard) * len(level))), len(level)) - 1]
            alive &= path <= limit[month]
        elif month:
            limit[month] = limit[month - 1]
        score[month] = now
    return ControlChart(expected, score, limit, known & (score > limit))


def _means(rng: np.random.Generator, count: float, phi: float, draws: int) -> FloatArray:
    """Means that a count may have come from: Jeffreys' posterior."""
    return phi * rng.standard_gamma(count / phi + 0.5, draws)


def _drawn(rng: np.random.Generator, mean: FloatArray, phi: float) -> FloatArray:
    """Negative binomial counts with variance phi times the mean."""
    extra = phi - 1
    return rng.poisson(rng.standard_gamma(mean / extra) * extra if extra > 1e-9 else mean).astype(float)
