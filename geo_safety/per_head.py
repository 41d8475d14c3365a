"""Incidents over people instead of over area: how often, for those who live there or are there by day?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_safety import statistics
from geo_safety.neighbours import Neighbours

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PerHead:
    """The rate of each neighbourhood per head; arrays of shape (n_zones,), NaN where there is none.

    Parameters
    ----------
    ratio, ratio_low, ratio_high : arrays of float
        Posterior mean and 90 % interval of the rate over the study's.
    rate, rate_low, rate_high : arrays of float
        The same in incidents of the window per 1,000 people.
    """

    ratio: FloatArray
    ratio_low: FloatArray
    ratio_high: FloatArray
    study_rate: float

    @property
    def rate(self) -> FloatArray:
        """Incidents per 1,000 people."""
        return self.ratio * self.study_rate * 1000

    @property
    def rate_low(self) -> FloatArray:
        """Lower end of its 90 % interval."""
        return self.ratio_low * self.study_rate * 1000

    @property
    def rate_high(self) -> FloatArray:
        """Upper end of its 90 % interval."""
        return self.ratio_high * self.study_rate * 1000


def per_head(
    counts: FloatArray, people: FloatArray, neighbourhood: Neighbours, *, dispersion: float, fewest: float
) -> PerHead | None:
    """How many incidents for each head, shrunk to what the whole map says of such places?

    Parameters
    ----------
    counts : array of float, shape (n_zones,)
        Incidents of each zone; NaN where no feed answers.
    people : array of float, shape (n_zones,)
        People of each zone; NaN where unknown.
    neighbourhood : Neighbours
        The rate is of the neighbourhood: a ward itself, a cell with its first ring.
    dispersion : float
        Variance over mean of a count.
    fewest : float
        A zone with fewer people gets no rate, whoever lives around it.

    Returns
    -------
    PerHead or None
        None where no zone is fit.

    Notes
    -----
    Empirical Bayes: the distribution of rates over the map is the prior of each, so a rate from few incidents moves to
    the study's (`statistics.posterior`). The study's rate is of all zones whose counts and people are known.
    """
    known = ~np.isnan(counts) & ~np.isnan(people)
    living = np.where(known, people, 0.0)
    fit = known & (living >= max(fewest, 1.0))
    if not fit.any():
        return None
    around = neighbourhood.sum(np.where(known, counts, 0.0))
    around_people = neighbourhood.sum(living)
    study_rate = float(counts[known].sum() / living.sum())
    if study_rate == 0:
        return None
    fitted = statistics.posterior(
        np.where(fit, around, np.nan), np.where(fit, around_people, 1.0), dispersion=dispersion, rate=study_rate
    )
    low, high = fitted.interval(0.9)
    return PerHead(fitted.mean(), low, high, study_rate)
