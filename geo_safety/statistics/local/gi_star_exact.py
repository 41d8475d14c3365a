"""Getis-Ord Gi* with its exact permutation null: computed, not sampled."""

from __future__ import annotations

import numpy as np

from geo_safety.neighbours import Neighbours
from geo_safety.statistics.local.urn import Road, fill_urn, upper_tails, upper_tails_without


def gi_star_exact(
    values: np.ndarray, neighbours: Neighbours, *, conditional: bool = False, road: Road | None = None
) -> np.ndarray:
    """If all values were shuffled over the map, how often would this neighbourhood hold at least as much?

    Null hypothesis: the values are exchangeable, every arrangement of them on the map is equally likely. Each
    zone's neighbourhood sum is then a sum of draws without replacement, whose distribution is computed in full:
    nothing is sampled, so there is no seed and no smallest p-value.

    Parameters
    ----------
    values : array of int or float, shape (n,)
        Whole numbers, for example incidents or `mid_rank_grid`. NaN (not answered for) is left out of everything.
    neighbours : Neighbours
        Zones near each zone, **itself included**; their numbers may differ (edges, wards).
    conditional : bool
        Keep the zone's own value where it is and shuffle the others, as esda and GeoDa do.
    road : "values" or "transform", optional
        How to compute it; by default the cheaper. Both give the same answer (see `urn`).

    Returns
    -------
    array of float, shape (n,)
        Upper-tail p-values: relative error below 1e-10, or absolute error about 1e-15 for a map whose
        values are many, distinct and in the thousands. NaN for zones not answered for and where all values are
        equal; 1 for a zone that neighbours every zone.

    Raises
    ------
    ValueError
        If a value is not a whole number.

    Notes
    -----
    The question is about *arrangement*, not about the rate. Unequal exposure (wards, residents) is not exchangeable:
    do not use it there. A few very large values hide everything else: publish it on `mid_rank_grid`.

    References
    ----------
    Ord & Getis (1995), Geographical Analysis 27(4), 286-306; Anselin (1995), Geographical Analysis 27(2), 93-115.

    Examples
    --------
    Four zones in a street, all incidents in the last: two of the four zones hold it in half of all arrangements.

    >>> from geo_safety import neighbours
    >>> street = neighbours.from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3]])
    >>> gi_star_exact([0, 0, 0, 4], street).round(3).tolist()
    [1.0, 1.0, 0.75, 0.5]
    """
    values = np.asarray(values, float)
    answered = ~np.isnan(values)
    x = values[answered]
    p = np.full(values.shape, np.nan)
    if len(x) == 0 or x.min() == x.max():
        return p
    urn = fill_urn(x, what="Exact Gi*")
    near = neighbours.among(answered)
    # Equal questions are asked once: a city of thousands of cells has a few hundred.
    draws, sums = near.sizes, near.sum(urn)
    questions = np.stack([draws, sums, urn] if conditional else [draws, sums])
    key = np.ravel_multi_index(questions, questions.max(axis=1) + 1)
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    draws, sums, own = draws[first], sums[first], urn[first]
    if conditional:
        found = upper_tails_without(urn, own, draws - 1, sums - own, road=road)
    else:
        found = upper_tails(urn, draws, sums, road=road)
    p[answered] = found[which]
    return p
