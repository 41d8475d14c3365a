"""What a place's surroundings say about its rate, before its own count is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo_safety.neighbours import Neighbours

STRATA = (0.1333, 0.2667, 0.4, 0.5333, 0.6667, 0.8, 0.85, 0.9, 0.94, 0.97, 0.99)
"""Quantiles of the fitted log ratio that divide the strata: finest where the level is near."""

OVERLAP = 7.0
"""Each incident counts in up to seven neighbourhoods of cells, which inflates what chance explains by as much."""

BEYOND_CHANCE = 12.0
"""Times the gain in deviance expected by chance: on maps without hotspots it came to 4 at most, on real surfaces to 57
at least (with 693 robberies in all London)."""

MOST = 6.0
"""Bound of what surroundings may suggest, in log rate: e^6 is 400 times."""

FEWEST_PLACES, FEWEST_INCIDENTS = 60, 700
"""A stratum smaller than this learns little of its own; incidents counted once for each neighbourhood."""


def context_of(
    values: np.ndarray,
    neighbours: Neighbours,
    *,
    rings: Sequence[Neighbours],
    exposure: np.ndarray | None = None,
    boroughs: Sequence | None = None,
    others: Sequence[np.ndarray] = (),
    previous: np.ndarray | None = None,
) -> np.ndarray:
    """How busy is it around each neighbourhood, in its borough, in other themes and earlier?

    Parameters
    ----------
    values : array of float, shape (n,)
        Incidents per zone (not per neighbourhood); NaN where not answered for.
    neighbours : Neighbours
        Neighbourhoods that the claim is about.
    rings : sequence of Neighbours
        Surroundings outside the neighbourhood: for cells `[cells.rings(2), cells.rings(3, 4)]`,
        for wards `[touching.rings(1), touching.rings(2)]`.
    exposure : array of float, shape (n,), optional
        Width of each zone; by default every zone counts as one cell.
    boroughs : sequence, shape (n,), optional
        Borough of each zone; its rate without the neighbourhood is a covariate. None or NaN: no borough.
    others : sequence of arrays of float, shape (n,)
        Incidents per zone in other themes.
    previous : array of float, shape (n,), optional
        Incidents per zone in the window before.

    Returns
    -------
    array of float, shape (n, covariates)
        Each log((count + 1) / (expected + 1)), expected at the study's rate. 0 where nothing is known.

    Notes
    -----
    Nothing of the neighbourhood's own count in this theme and window enters, so the count stays a fair witness.
    """
    values = np.asarray(values, float)
    width = np.ones(neighbours.n) if exposure is None else np.asarray(exposure, float)
    columns = [
        _log_ratio(values, width, *ring.totals(np.nan_to_num(values), np.where(np.isnan(values), 0.0, width)))
        for ring in rings
    ]
    if boroughs is not None:
        columns.append(_log_ratio(values, width, *_borough_without(values, width, neighbours, boroughs)))
    beside = [*others] if previous is None else [*others, previous]
    columns += [_log_ratio(np.asarray(other, float), width, *neighbours.totals(other, width)) for other in beside]
    return np.stack(columns, axis=1) if columns else np.empty((neighbours.n, 0))


def _log_ratio(values: np.ndarray, width: np.ndarray, counts: np.ndarray, widths: np.ndarray) -> np.ndarray:
    answered = ~np.isnan(values)
    if not answered.any():
        return np.zeros(len(values))
    expected = widths * (values[answered].sum() / width[answered].sum())
    return np.nan_to_num(np.log((counts + 1) / (expected + 1)))


def _borough_without(
    values: np.ndarray, width: np.ndarray, neighbours: Neighbours, boroughs: Sequence
) -> tuple[np.ndarray, np.ndarray]:
    """Count and width of each zone's borough, less the part of the zone's neighbourhood inside it."""
    import pandas as pd

    code = pd.factorize(np.asarray(boroughs, dtype=object))[0]  # -1: no borough
    counts, widths = np.nan_to_num(values), np.where(np.isnan(values), 0.0, width)
    rows, near = neighbours.rows, neighbours.indices
    inside = code[rows] == code[near]
    rest = []
    for amount in (counts, widths):
        borough = np.bincount(code + 1, weights=amount)[code + 1]
        own = np.bincount(rows[inside], weights=amount[near[inside]], minlength=neighbours.n)
        rest.append(np.where(code >= 0, np.maximum(borough - own, 0.0), 0.0))
    return rest[0], rest[1]


def fitted_log_ratio(counts: np.ndarray, expected: np.ndarray, context: np.ndarray, *, dispersion: float) -> np.ndarray:
    """Which log rate ratio do the surroundings suggest? A quasi-Poisson log-linear fit.

    Parameters
    ----------
    counts, expected : arrays of float, shape (n,)
        Incidents of each neighbourhood and what the study's rate would give it (positive).
    context : array of float, shape (n, covariates)
        They enter with their squares; constant ones are left out.
    dispersion : float
        Variance over mean of a count.

    Returns
    -------
    array of float, shape (n,)
        All 0 where the surroundings explain hardly more than noise would: what they suggest by chance would
        make hotspots of it on a map that has none.
    """
    context = np.asarray(context, float)
    spread = context.std(axis=0) if len(context) else np.zeros(context.shape[1])
    used = (context[:, spread > 1e-9] - context[:, spread > 1e-9].mean(axis=0)) / spread[spread > 1e-9]
    design = np.concatenate([np.ones((len(counts), 1)), used, used**2], axis=1)
    # A light ridge keeps covariates that say the same (two rings on a tiny map) from running away.
    ridge = (1e-6 * counts.sum() + 1e-9) * np.eye(design.shape[1])
    weight = expected + 0.5
    start = np.log((counts + 0.5) / weight)
    beta = np.linalg.solve(design.T @ (design * weight[:, None]) + ridge, design.T @ (weight * start))
    for _ in range(8):
        mean = expected * np.exp(np.clip(design @ beta, -MOST, MOST))
        score = design.T @ (counts - mean) - ridge @ beta
        change = np.linalg.solve(design.T @ (design * mean[:, None]) + ridge, score)
        beta = beta + change
        if np.abs(change).max() < 1e-4:
            break
    fitted = np.clip(design @ beta, -MOST, MOST)
    flat = np.log(counts.sum() / expected.sum())
    gain = 2 * float(counts @ (fitted - flat) - (expected * (np.exp(fitted) - np.exp(flat))).sum())
    by_chance = OVERLAP * dispersion * (design.shape[1] - 1)
    return fitted if gain > BEYOND_CHANCE * by_chance else np.zeros(len(counts))


def strata_of(log_ratio: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Which stratum of surroundings does each place belong to? From 0, the quietest.

    Strata too small to learn from join the next busier one; the last joins the one before.

    Parameters
    ----------
    log_ratio : array of float, shape (n,)
        See `fitted_log_ratio`.
    counts : array of float, shape (n,)
        Incidents of each neighbourhood.

    Returns
    -------
    array of int, shape (n,)
    """
    if len(log_ratio) == 0:
        return np.zeros(0, int)
    finest = np.searchsorted(np.quantile(log_ratio, STRATA), log_ratio, side="right")
    places = np.bincount(finest, minlength=len(STRATA) + 1)
    incidents = np.bincount(finest, weights=counts, minlength=len(STRATA) + 1)
    merged = np.zeros(len(STRATA) + 1, int)
    stratum, held, seen = 0, 0, 0.0
    for k in range(len(merged)):
        merged[k] = stratum
        held, seen = held + places[k], seen + incidents[k]
        if held >= FEWEST_PLACES and seen >= FEWEST_INCIDENTS:
            stratum, held, seen = stratum + 1, 0, 0.0
    if held > 0 or seen > 0:  # what is left over is too small
        merged[merged == stratum] = max(stratum - 1, 0)
    return merged[finest]
