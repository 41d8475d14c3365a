"""Kulldorff's spatial scan: is there a place, of whatever size, where more happens than its exposure explains?"""

from __future__ import annotations

import numpy as np

from geo_safety.statistics.scan.clusters import Scan, clusters_of
from geo_safety.statistics.scan.likelihood import Direction
from geo_safety.statistics.scan.monte_carlo import null_maxima, search
from geo_safety.statistics.scan.windows import Windows


def poisson_scan(
    counts: np.ndarray,
    expected: np.ndarray,
    windows: Windows,
    *,
    seed: int,
    dispersion: float = 1.0,
    direction: Direction = "high",
    largest_share: float = 0.5,
    largest_p: float = 0.05,
    replicates: int = 999,
    threads: int = 1,
) -> Scan:
    """Is there any place, of whatever size, that holds more incidents than its exposure explains?

    Null hypothesis: every incident falls into a zone with a chance proportional to the zone's exposure, the same rate
    everywhere; with `dispersion` above 1, in bursts of that size.

    Parameters
    ----------
    counts : array of int, shape (n,)
        Incidents per zone. Missing is not allowed: leave zones that no feed answers for out of the windows too.
    expected : array of float, shape (n,)
        Exposure per zone (residents, area, incidents of another time), in any unit; scaled to the counts' total.
    windows : Windows
        `discs` around cells or `circles` around centres, over the same zones.
    seed : int
        Of the maps of chance. The same seed gives the same result, whatever `threads`.
    dispersion : float
        Variance over mean of a zone's count, at least 1 (see `dispersion`). Real incidents are noisier than Poisson;
        with a dispersion of 1.5 taken for 1, chance alone makes "clusters" on nearly every map.
    direction : "high", "low" or "both"
        Clusters of more, of fewer, or of either.
    largest_share : float
        Largest part of the whole exposure in a window.
    largest_p : float
        The most likely cluster is always reported, others up to this p-value.
    replicates : int
        Maps of chance.
    threads : int
        Maps are spread over so many.

    Returns
    -------
    Scan

    Raises
    ------
    ValueError
        If shapes do not fit, a count is missing or no whole number, exposure is missing or negative, a zone has
        incidents without exposure, or the dispersion is below 1 or above the number of incidents.

    Notes
    -----
    The log likelihood ratio of a window with c of C incidents and mu expected is
    c log(c / mu) + (C - c) log((C - c) / (C - mu)); the scan's statistic is the largest of all windows, its p-value
    the rank among the largest of as many maps of chance, conditional on C. With dispersion phi these are drawn
    from independent negative binomial counts of variance phi x mean given their sum, that is a Dirichlet-multinomial
    with parameters mu_i / (phi - 1). The ratio itself stays Poisson's: divided by phi it is that of a quasi-likelihood,
    which orders windows and maps alike.

    One p-value for the whole map: it says that something is there, and the windows say roughly where. Edges of a
    disc are not the edges of a problem. Do not use it to ask whether busy places exist in a city (they do: with
    area or residents for exposure, everything is a cluster); give it an exposure that should explain the counts, and
    let what is left over surprise you. An exposure that is itself a noisy count (last year's incidents) adds its own
    noise, which this test does not know of: use `space_time_permutation_scan` there.

    References
    ----------
    Kulldorff (1997), Communications in Statistics: Theory and Methods 26(6), 1481-1496.
    Abrams, Kulldorff & Kleinman (2010), International Journal of Health Geographics 9, 61 (Gumbel tail).

    Examples
    --------
    Five zones in a street with the same exposure; 8 of 12 incidents in the middle, where 2.4 were expected.

    >>> from geo_safety.statistics import circles, poisson_scan
    >>> street = circles(np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]))
    >>> scan = poisson_scan([1, 1, 8, 1, 1], np.ones(5), street, seed=1)
    >>> best = scan.clusters[0]
    >>> best.zones.tolist(), best.observed, round(best.expected, 1), round(best.log_likelihood_ratio, 2)
    ([2], 8, 2.4, 6.13)
    >>> best.p < 0.02
    True
    """
    counts, exposure = _checked(counts, expected, windows.n)
    total = int(counts.sum())
    if total == 0:
        return Scan((), np.empty(0), 0)
    if not 1 <= dispersion <= max(total, 1):
        raise ValueError(f"A dispersion of {dispersion:g}: give 1 or more, at most the {total} incidents of the map.")
    weight = exposure * (total / exposure.sum())
    look = search(windows, weight, total, largest_share=largest_share, direction=direction)

    def draw(rng: np.random.Generator) -> np.ndarray:
        if dispersion == 1:
            chance = weight
        else:
            chance = np.zeros(len(weight))
            exposed = weight > 0
            chance[exposed] = rng.standard_gamma(weight[exposed] / (dispersion - 1))
        return rng.multinomial(total, chance / chance.sum())[None]

    null = null_maxima(look, draw, replicates=replicates, seed=seed, threads=threads)
    return Scan(clusters_of(look, counts[None], null, largest_p=largest_p), null, total)


def _checked(counts: np.ndarray, expected: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    values, exposure = np.asarray(counts, float), np.asarray(expected, float)
    if values.shape != (n,) or exposure.shape != (n,):
        raise ValueError(
            f"`counts` has shape {values.shape} and `expected` {exposure.shape}, but the windows are over {n} zones: "
            "give one value a zone to both."
        )
    whole = np.rint(values)
    if not (np.isfinite(values).all() and (values == whole).all() and (values >= 0).all()):
        raise ValueError("`counts` must be whole numbers of incidents: leave out zones that no feed answers for.")
    if not (np.isfinite(exposure).all() and (exposure >= 0).all() and exposure.any()):
        raise ValueError("`expected` must be finite, not negative and not all zero: leave out zones without a figure.")
    if (values[exposure == 0] > 0).any():
        raise ValueError(
            f"{int(np.count_nonzero(values[exposure == 0]))} zones have incidents without exposure: give them some, "
            "or leave them out of counts, exposure and windows."
        )
    return whole.astype(np.int64), exposure
