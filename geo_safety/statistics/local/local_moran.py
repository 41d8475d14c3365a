"""Local Moran: does a zone sit among zones like itself, and how often would shuffling do that?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from geo_safety.neighbours import Neighbours
from geo_safety.statistics.local.urn import Road, fill_urn, upper_tails_without

Tail = Literal["two-sided", "high", "low"]


@dataclass(frozen=True, eq=False)
class LocalMoran:
    """Local Moran of each zone, arrays of shape (n,); NaN and "" where undefined.

    Parameters
    ----------
    statistic : array of float
        The zone's standardised value times the mean of its neighbours'. Positive: among its like.
    z : array of float
        How far the neighbours' mean is from what shuffling them would give, in standard deviations, times the sign of
        the zone's own value. No normal deviate on sparse counts: use `local_moran_exact` for a p-value.
    quadrant : array of str
        "high-high", "low-high", "low-low", "high-low": the zone first, then its neighbours, against the map's mean.
    """

    statistic: np.ndarray
    z: np.ndarray
    quadrant: np.ndarray


def local_moran(values: np.ndarray, neighbours: Neighbours) -> LocalMoran:
    """Does each zone sit among zones like itself (a cluster), or unlike itself (an outlier)?

    Null hypothesis: with the zone's own value fixed, the values of all other zones lie on the map as if shuffled.

    Parameters
    ----------
    values : array of float, shape (n,)
        For example incidents per zone. NaN (not answered for) is left out of everything.
    neighbours : Neighbours
        Zones near each zone, **itself included**; the zone itself is not its own neighbour here.

    Returns
    -------
    LocalMoran
        Undefined: all values equal, a zone without other neighbours, a zone not answered for. `z` is undefined as well
        for a zone that neighbours every other (shuffling changes nothing) and for one that equals the map's mean.

    Notes
    -----
    I_i = (n - 1) z_i mean(z_j) / sum z^2 with z the deviations from the mean and j the neighbours: row-standardised
    weights, as esda and GeoDa do by default. `z` takes mean and variance of k draws without replacement from the
    other n - 1 values.

    Do not use it to list hotspots by their rate: low-low areas are as significant as high-high ones, and a lone busy
    zone is an outlier, not a cluster. Unequal exposure (wards, residents) is not exchangeable.

    References
    ----------
    Anselin (1995), Geographical Analysis 27(2), 93-115; Sokal, Oden & Thomson (1998), Geographical Analysis 30(4).

    Examples
    --------
    Four zones in a street, busy at one end:

    >>> from geo_safety import neighbours
    >>> street = neighbours.from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3]])
    >>> found = local_moran([0, 0, 2, 4], street)
    >>> found.statistic.round(2).tolist()
    [0.61, 0.2, 0.07, 0.34]
    >>> found.quadrant.tolist()
    ['low-low', 'low-low', 'high-high', 'high-high']
    """
    values = np.asarray(values, float)
    answered = ~np.isnan(values)
    statistic, z = np.full((2, len(values)), np.nan)
    quadrant = np.full(len(values), "", dtype="<U9")
    x = values[answered]
    n = len(x)
    spread = x.std() if n else 0.0
    if n >= 2 and spread > 1e-12 * np.abs(x).max():
        near = neighbours.among(answered)
        others = near.sizes - 1
        own = (x - x.mean()) / spread
        total = near.sum(own) - own
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(others > 0, total / others, np.nan)
            # k draws from the other n - 1 values, whose mean and variance follow from the zone's own.
            centre = -own / (n - 1)
            variance = (n - own**2) / (n - 1) - centre**2
            error = np.sqrt(variance * (n - 1 - others) / (others * (n - 2))) if n > 2 else np.zeros(n)
            score = np.where((error > 1e-9) & (np.abs(own) > 1e-12), np.sign(own) * (mean - centre) / error, np.nan)
        statistic[answered] = (n - 1) / n * own * mean
        z[answered] = score
        sides = np.char.add(np.where(own > 0, "high-", "low-"), np.where(mean > 0, "high", "low"))
        quadrant[answered] = np.where(np.isnan(mean), "", sides)
    return LocalMoran(statistic, z, quadrant)


def local_moran_exact(
    values: np.ndarray, neighbours: Neighbours, *, tail: Tail = "two-sided", road: Road | None = None
) -> np.ndarray:
    """If all other values were shuffled, how often would a zone's neighbours be as unusual as they are?

    Null hypothesis: with the zone's own value fixed, the other values are exchangeable: every arrangement of them is
    equally likely. The neighbours' sum is then a sum of draws without replacement, computed in full: nothing is
    sampled, so there is no seed and no smallest p-value.

    Parameters
    ----------
    values : array of int or float, shape (n,)
        Whole numbers, for example incidents or `mid_rank_grid`. NaN (not answered for) is left out of everything.
    neighbours : Neighbours
        Zones near each zone, **itself included**; their numbers may differ.
    tail : "two-sided", "high" or "low"
        "high": neighbours hold at least as much; "low": at most as much. "two-sided" is twice the smaller of these two,
        at most 1. (esda's `p_sim` is the smaller one itself, so that under shuffling it is below 0.05 in about 10 % of
        zones; adding up all sums that are no more likely than the one seen is another two-sided form, which jumps when
        one far value changes.)
    road : "values" or "transform", optional
        How to compute it; by default the cheaper. Both give the same answer (see `urn`).

    Returns
    -------
    array of float, shape (n,)
        p-values. NaN for zones not answered for or without other neighbours, and where all values are equal; 1 for a
        zone that neighbours every other.

    Raises
    ------
    ValueError
        If a value is not a whole number, or `tail` is unknown.

    Notes
    -----
    Local Moran is the zone's own value, which is fixed, times its neighbours' mean: its permutation distribution is
    that of the neighbours' sum. Read the direction from `local_moran(...).quadrant`. The limits of `local_moran` apply.

    References
    ----------
    Anselin (1995), Geographical Analysis 27(2), 93-115 (conditional permutation).

    Examples
    --------
    The first zone's neighbour holds 0, and it could hold any of the other values 0, 2, 4; the third zone's hold 0 and
    4, as much as any two of the others 0, 0, 4 can:

    >>> from geo_safety import neighbours
    >>> street = neighbours.from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3]])
    >>> local_moran_exact([0, 0, 2, 4], street, tail="low").round(3).tolist()
    [0.333, 0.333, 1.0, 1.0]
    """
    if tail not in {"two-sided", "high", "low"}:
        raise ValueError(f"Unknown tail {tail!r}: use 'two-sided', 'high' or 'low'.")
    values = np.asarray(values, float)
    answered = ~np.isnan(values)
    x = values[answered]
    p = np.full(values.shape, np.nan)
    if len(x) == 0 or x.min() == x.max():
        return p
    urn = fill_urn(x, what="Exact local Moran")
    near = neighbours.among(answered)
    draws, sums = near.sizes - 1, near.sum(urn) - urn
    # Equal questions are asked once: a city of thousands of cells has a few hundred.
    _, first, which = np.unique(np.stack([draws, sums, urn]), axis=1, return_index=True, return_inverse=True)
    draws, sums, own = draws[first], sums[first], urn[first]
    top = int(urn.max())
    high = upper_tails_without(urn, own, draws, sums, road=road) if tail != "low" else None
    # The lower tail is the upper tail of the map turned upside down.
    low = upper_tails_without(top - urn, top - own, draws, draws * top - sums, road=road) if tail != "high" else None
    if high is None or low is None:
        found = low if high is None else high
    else:
        found = np.minimum(1.0, 2 * np.minimum(high, low))
    assert found is not None
    p[answered] = np.where(draws > 0, found, np.nan)[which]
    return p
