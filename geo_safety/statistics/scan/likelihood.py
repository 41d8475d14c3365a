"""How much better does a raised rate inside a window explain the counts than one rate everywhere?"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import xlogy

Direction = Literal["high", "low", "both"]


def log_likelihood_ratio(observed: np.ndarray, expected: np.ndarray, total: float) -> np.ndarray:
    """How much better do two rates, inside and outside, explain the counts than one rate everywhere?

    Parameters
    ----------
    observed, expected : arrays of float
        Incidents inside each window, and how many the null hypothesis puts there; 0 < expected < total.
    total : float
        Incidents of the whole map.

    Returns
    -------
    array of float
        c log(c / mu) + (C - c) log((C - c) / (C - mu)), with 0 log 0 = 0; zero where c = mu, larger on both sides.

    References
    ----------
    Kulldorff (1997), Communications in Statistics: Theory and Methods 26(6), 1481-1496.

    Examples
    --------
    8 of 12 incidents where 2.4 were expected: 8 log(8 / 2.4) + 4 log(4 / 9.6).

    >>> float(log_likelihood_ratio(8, 2.4, 12).round(3))
    6.13
    """
    observed, expected = np.asarray(observed, float), np.asarray(expected, float)
    outside = total - observed
    return np.asarray(xlogy(observed, observed / expected) + xlogy(outside, outside / (total - expected)))


def highest_ordinary(expected: np.ndarray, total: int, floor: float) -> np.ndarray:
    """The highest count of each window that is no high cluster with a log likelihood ratio of `floor` or more.

    Parameters
    ----------
    expected : array of float, shape (n,)
        Of each window, above zero and below `total`.
    floor : float
        At zero, every count above the expectation is one.

    Returns
    -------
    array of int64, shape (n,)
        `total` where no count is high enough.
    """
    below, above = np.floor(expected).astype(np.int64), np.full(len(expected), total + 1)
    while ((above - below) > 1).any():  # the ratio grows with every count above the expectation
        middle = (below + above) // 2
        reaches = (middle > expected) & (log_likelihood_ratio(middle, expected, total) >= floor)
        below, above = np.where(reaches, below, middle), np.where(reaches, middle, above)
    return below


def lowest_ordinary(expected: np.ndarray, total: int, floor: float) -> np.ndarray:
    """The lowest count of each window that is no low cluster with a log likelihood ratio of `floor` or more.

    Parameters
    ----------
    expected, floor
        As of `highest_ordinary`.

    Returns
    -------
    array of int64, shape (n,)
        Zero where no count is low enough.
    """
    below, above = np.full(len(expected), -1), np.ceil(expected).astype(np.int64)
    while ((above - below) > 1).any():
        middle = (below + above + 1) // 2
        reaches = (middle < expected) & (log_likelihood_ratio(middle, expected, total) >= floor)
        below, above = np.where(reaches, middle, below), np.where(reaches, above, middle)
    return above
