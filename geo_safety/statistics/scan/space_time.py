"""The space-time permutation scan: is there a place where more happens now than its past and the city's explain?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.special import gammaln

from geo_safety.statistics.scan.clusters import Scan, clusters_of
from geo_safety.statistics.scan.monte_carlo import Draw, null_maxima, search
from geo_safety.statistics.scan.windows import Windows

Mode = Literal["prospective", "retrospective"]

GRID, ROUNDS = 60, 200
"""Means that a zone may have, and rounds in which their distribution is found: more change nothing that is seen."""


def space_time_permutation_scan(
    counts: np.ndarray,
    windows: Windows,
    *,
    seed: int,
    mode: Mode = "prospective",
    longest: int | None = None,
    dispersion: float = 1.0,
    largest_share: float = 0.5,
    largest_p: float = 0.05,
    replicates: int = 999,
    threads: int = 1,
) -> Scan:
    """Is there a place and a time, of whatever size, with more incidents than the place's and the time's own totals tell?

    Null hypothesis: where an incident happens has nothing to do with when. Busy places are busy all the time and busy
    months are busy everywhere, each as much as they like.

    Parameters
    ----------
    counts : array of int, shape (n, n_steps)
        Incidents per zone and step of time, steps in order and without gaps. No exposure is needed.
    windows : Windows
        `discs` around cells or `circles` around centres, over the same zones.
    seed : int
        Of the maps of chance. The same seed gives the same result, whatever `threads`.
    mode : "prospective" or "retrospective"
        Only intervals that end with the last step (what is going on now?), or all: with 36 steps some 27 times the
        work.
    longest : int, optional
        Steps of the longest interval; by default half of them.
    dispersion : float
        Variance over mean of a zone's count in a step, at least 1 (see `dispersion`).
    largest_share : float
        Largest part of all incidents in a window, over the whole time.
    largest_p, replicates, threads
        As of `poisson_scan`.

    Returns
    -------
    Scan
        Clusters of more incidents than expected; `first_step` and `last_step` number the columns of `counts`.

    Raises
    ------
    ValueError
        If shapes do not fit, a count is missing or no whole number, there are fewer than two steps, `longest` leaves
        no interval, or the dispersion is below 1 or above the number of incidents.

    Notes
    -----
    A cylinder (a window and an interval) has the expectation mu = incidents of the window over the whole time x
    incidents of the interval in the whole city / all incidents, and the log likelihood ratio of `poisson_scan`.
    Maps of chance shuffle the months among the incidents, so all totals of places and months stay. With a dispersion
    above 1, incidents come in bursts, which keep together: a zone's incidents are put into bursts as a negative
    binomial count splits up (Ewens' sampling formula), its mean drawn from what its count leaves open, and bursts are shuffled.

    It finds change against the rest of the city, not high rates, and a fall elsewhere looks like a rise here. A place
    whose residents or opening hours change is a cluster too. It cannot see what rises everywhere at once. Do not use
    it across a recording break: there, places change their share for reasons of their own.

    References
    ----------
    Kulldorff, Heffernan, Hartman, Assunção & Mostashari (2005), PLoS Medicine 2(3), e59.
    Ewens (1972), Theoretical Population Biology 3(1), 87-112 (bursts); Laird (1978), Journal of the American
    Statistical Association 73, 805-811 (means of the zones).

    Examples
    --------
    Five zones in a street, six months. The first is always busy, the last is busy in the last month:

    >>> from geo_safety.statistics import circles, space_time_permutation_scan
    >>> street = circles(np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]))
    >>> counts = np.array([[9, 9, 9, 9, 9, 9], [2] * 6, [2] * 6, [2] * 6, [2, 2, 2, 2, 2, 14]])
    >>> best = space_time_permutation_scan(counts, street, seed=1).clusters[0]
    >>> best.zones.tolist(), best.first_step, best.last_step, best.observed, round(best.expected, 2), best.p
    ([4], 5, 5, 14, 6.11, 0.001)
    """
    table = _checked(counts, windows.n, longest)
    steps, total = table.shape[1], int(table.sum())
    if total == 0:
        return Scan((), np.empty(0), 0)
    if not 1 <= dispersion <= total:
        raise ValueError(f"A dispersion of {dispersion:g}: give 1 or more, at most the {total} incidents of the map.")
    of_steps = table.sum(axis=0)
    intervals = [
        (start, end)
        for end in ([steps] if mode == "prospective" else range(1, steps + 1))
        for start in range(end - 1, max(end - (longest or max(steps // 2, 1)), 0) - 1, -1)
        if of_steps[start:end].any()
    ]
    look = search(
        windows,
        table.sum(axis=1).astype(float),
        total,
        largest_share=largest_share,
        intervals=intervals,
        shares=[float(of_steps[start:end].sum() / total) for start, end in intervals],
        margins_fixed=True,
    )
    draw = _shuffled(table) if dispersion == 1 else _shuffled_bursts(table, dispersion)
    null = null_maxima(look, draw, replicates=replicates, seed=seed, threads=threads)
    return Scan(clusters_of(look, table.T, null, largest_p=largest_p), null, total)


def _shuffled(table: np.ndarray) -> Draw:
    """Makes maps with the months shuffled among the incidents."""
    n, steps = table.shape
    zone = np.repeat(np.arange(n), table.sum(axis=1))
    start_of_step = np.repeat(np.arange(steps) * n, table.sum(axis=0))

    def draw(rng: np.random.Generator) -> np.ndarray:
        return np.bincount(rng.permutation(start_of_step) + zone, minlength=steps * n).reshape(steps, n)

    return draw


def _shuffled_bursts(table: np.ndarray, dispersion: float) -> Draw:
    """Makes maps with the months shuffled among bursts of incidents.

    Incidents of a zone come one by one: each opens a burst with chance r / (r + those before it), or joins the burst of
    one before it. With r = mean / (dispersion - 1) that is how a negative binomial count splits up. All bursts are then
    laid out in a random order, and the line is cut into months: only those at a cut are torn apart.
    """
    n, steps = table.shape
    of_zones = table.sum(axis=1)
    zone = np.repeat(np.arange(n), of_zones)
    start_of_step = np.repeat(np.arange(steps) * n, table.sum(axis=0))
    first = np.repeat(np.cumsum(of_zones) - of_zones, of_zones)
    everyone = np.arange(len(zone))
    before = everyone - first
    rates = _burst_rates(of_zones, dispersion)

    def draw(rng: np.random.Generator) -> np.ndarray:
        rate = rates(rng)[zone]
        joins = first + (rng.random(len(zone)) * before).astype(np.int64)
        burst = np.where(rng.random(len(zone)) * (rate + before) < rate, everyone, joins)
        while (burst != (further := burst[burst])).any():
            burst = further
        order = np.argsort(rng.random(len(zone))[burst])
        return np.bincount(start_of_step + zone[order], minlength=steps * n).reshape(steps, n)

    return draw


def _burst_rates(of_zones: np.ndarray, dispersion: float) -> Callable[[np.random.Generator], np.ndarray]:
    """Draws the r of each zone; see `_shuffled_bursts`.

    A zone's mean is not known, and its own count is a bad guess: where a burst happened, it is too high, and too few
    incidents would share a burst. So the means of all zones are estimated as a distribution (its most likely form on a
    grid, found by expectation-maximisation), and each map draws each zone's mean from what its count leaves open.
    """
    counts, which = np.unique(of_zones, return_inverse=True)
    zones = np.bincount(which)
    grid = np.geomspace(max(of_zones.mean() / 100, 1e-3), max(of_zones.max(), 1.0), GRID)
    rates = grid / (dispersion - 1)
    # Negative binomial, without the terms that depend on the count alone.
    log_likelihood = gammaln(counts[:, None] + rates) - gammaln(rates) - rates * np.log(dispersion)
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    prior = np.full(GRID, 1 / GRID)
    for _ in range(ROUNDS):
        prior = zones @ _in_shares(likelihood * prior) / zones.sum()
    passed = np.cumsum(_in_shares(likelihood * prior), axis=1)

    def draw(rng: np.random.Generator) -> np.ndarray:
        place = np.minimum((passed[which] < rng.random((len(which), 1))).sum(axis=1), GRID - 1)
        return np.asarray(rates[place])

    return draw


def _in_shares(weights: np.ndarray) -> np.ndarray:
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _checked(counts: np.ndarray, n: int, longest: int | None) -> np.ndarray:
    values = np.asarray(counts, float)
    if values.ndim != 2 or len(values) != n or values.shape[1] < 2:
        raise ValueError(f"`counts` has shape {values.shape}: give one row for each of the {n} zones, 2 steps or more.")
    whole = np.rint(values)
    if not (np.isfinite(values).all() and (values == whole).all() and (values >= 0).all()):
        raise ValueError("`counts` must be whole numbers of incidents: leave out zones and months without an answer.")
    if longest is not None and not 1 <= longest < values.shape[1]:
        raise ValueError(f"An interval of {longest} of {values.shape[1]} steps: give at least 1 and fewer than all.")
    return whole.astype(np.int64)
