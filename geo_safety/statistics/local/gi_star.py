"""Getis-Ord Gi* as a standard score."""

from __future__ import annotations

import numpy as np

from geo_safety.neighbours import Neighbours


def gi_star(counts: np.ndarray, neighbours: Neighbours | np.ndarray) -> np.ndarray:
    """Getis-Ord Gi* of every zone: is this neighbourhood busier than the whole map?

    Null hypothesis: the counts lie on the map as if shuffled over all zones.

    Parameters
    ----------
    counts : array of float, shape (n,)
        Incidents per zone. Zero is a value; NaN (not answered for) is left out of everything.
    neighbours : Neighbours, or array of float, shape (n, n)
        The zones near each zone, **itself included**. Row i of an array holds the weights of the zones near zone i.

    Returns
    -------
    array of float, shape (n,)
        Standard score, no unit. NaN where undefined: all counts equal, a zone that neighbours every zone,
        or a zone that is not answered for.

    Notes
    -----
    On counts the score is no normal deviate: on sparse maps without any hotspot it finds some nearly always.
    Use `gi_star_exact` for a p-value. Scores of nearby zones are not independent.

    References
    ----------
    Ord & Getis (1995), Geographical Analysis 27(4), 286-306.

    Examples
    --------
    Four zones in a street, all four incidents in the last one:

    >>> street = np.eye(4) + np.eye(4, k=1) + np.eye(4, k=-1)
    >>> gi_star([0, 0, 0, 4], street).round(2).tolist()
    [-1.0, -1.73, 0.58, 1.0]
    """
    counts = np.asarray(counts, float)
    answered = ~np.isnan(counts)
    x = counts[answered]
    score = np.full(counts.shape, np.nan)
    n = len(x)
    if n < 2:
        return score
    if isinstance(neighbours, Neighbours):
        near = neighbours.among(answered)
        total, weight, square = near.sum(x), near.sizes, near.sizes
    else:
        dense = np.asarray(neighbours, float)[np.ix_(answered, answered)]
        total, weight, square = dense @ x, dense.sum(axis=1), (dense**2).sum(axis=1)
    spread = x.std()
    room = (n * square - weight**2) / (n - 1)
    if spread > 1e-12 * np.abs(x).max():
        defined = room > 1e-9 * square  # in the row's own unit: weights of a row may be scaled
        found = np.full(n, np.nan)
        found[defined] = (total - x.mean() * weight)[defined] / (spread * np.sqrt(room[defined]))
        score[answered] = found
    return score
