"""Andresen's S-index: are two patterns of incidents alike, zone by zone?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Similarity:
    """How alike two patterns are.

    Parameters
    ----------
    s : float
        Share of zones that are alike, 0 to 1.
    s_robust : float
        The same among zones that hold an incident in either pattern: many empty zones make `s` look good.
    direction : array of int, shape (n,)
        0 alike, 1 the test pattern holds a larger share here than the base, -1 a smaller one. 0 where not answered for.
    """

    s: float
    s_robust: float
    direction: np.ndarray


def s_index(base: np.ndarray, test: np.ndarray, *, sampled: float = 0.85, confidence: float = 0.95) -> Similarity:
    """In how many zones is the share of incidents the same in two periods (or themes)?

    Null hypothesis, for each zone: the base's share of incidents here is one that a random sample of the test's
    incidents would show.

    Parameters
    ----------
    base, test : array of int or float, shape (n,)
        Whole incidents per zone in the two patterns, zones in the same order. NaN in either is left out.
    sampled : float
        Share of the test's incidents in a sample; 0.85 is Andresen's.
    confidence : float
        Of the interval, 0.95 for 2.5 % off each end.

    Returns
    -------
    Similarity
        `s` is NaN where a pattern holds no incident.

    Raises
    ------
    ValueError
        If shapes differ, a count is not a whole number from 0, or `sampled` is not between 0 and 1.

    Notes
    -----
    Andresen draws 200 samples of 85 % of the test's incidents without replacement and cuts 2.5 % off each end. The
    number that such a sample holds in a zone is hypergeometric, so that the interval is computed here and nothing is
    sampled; there is no seed. A zone is alike where the base's share lies within it, ends included.

    The test is lopsided (base and test cannot be exchanged), its intervals are narrow because they reflect a sample of
    the test only, not the chance in the incidents themselves, and many zones are judged at once: read `s` as a
    description ("alike" from about 0.8), not as a test of the whole.

    References
    ----------
    Andresen (2009), Applied Geography 29(3), 333-345; Andresen (2016), Journal of Experimental Criminology 12.
    Steenbeek, Vandeviver, Andresen & Malleson, R package sppt (the form with whole samples).

    Examples
    --------
    Eight incidents against nine in six zones: the second zone fell from a quarter to at most an eighth.

    >>> found = s_index([2, 2, 2, 1, 0, 1], [2, 1, 2, 2, 1, 1])
    >>> round(found.s, 4), found.direction.tolist()
    (0.8333, [0, -1, 0, 0, 0, 0])
    """
    from scipy.stats import hypergeom

    base, test = np.asarray(base, float), np.asarray(test, float)
    if base.shape != test.shape:
        raise ValueError(f"`base` has shape {base.shape}, `test` {test.shape}: give both for the same zones.")
    if not 0 < sampled < 1:
        raise ValueError(
            f"A sample of {sampled:g} of the incidents is none: give a share between 0 and 1, such as 0.85."
        )
    known = ~np.isnan(base) & ~np.isnan(test)
    b, t = base[known], test[known]
    if ((b < 0) | (t < 0) | (b % 1 != 0) | (t % 1 != 0)).any():
        raise ValueError("A count is not a whole number from 0: give incidents, not rates or harm.")
    direction = np.zeros(base.shape, np.int8)
    drawn = int(np.rint(sampled * t.sum()))
    if b.sum() == 0 or drawn == 0:
        return Similarity(float("nan"), float("nan"), direction)
    tail = (1 - confidence) / 2
    held = hypergeom(int(t.sum()), t.astype(np.int64), drawn)
    low, high = held.ppf(tail), held.isf(tail)
    share = b / b.sum() * drawn  # in incidents of a sample
    direction[known] = np.where(share > high + 1e-9, -1, np.where(share < low - 1e-9, 1, 0))
    alike = direction[known] == 0
    either = (b > 0) | (t > 0)
    return Similarity(float(alike.mean()), float(alike[either].mean()), direction)
