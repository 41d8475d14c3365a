"""How concentrated incidents are in few zones: Lorenz curve, Gini, generalised Gini, share in the top zones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def lorenz(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which share of all incidents do the busiest zones hold, for every share of zones?

    A description, without null hypothesis.

    Parameters
    ----------
    counts : array of float, shape (n,)
        Incidents (or harm) per zone. Zones without incidents belong in it: without them every map looks even. NaN (not
        answered for) is left out.

    Returns
    -------
    zones, incidents : arrays of float, shape (n + 1,)
        Cumulated shares from (0, 0) to (1, 1), **busiest zones first**, so that the curve lies above the diagonal.
        NaN incidents where there are none at all.

    Notes
    -----
    A sparse map is concentrated by chance alone: n incidents cannot lie in more than n zones. Compare themes or years
    with `generalised_gini`, not by the eye.

    References
    ----------
    Lorenz (1905), Publications of the American Statistical Association 9(70), 209-219.

    Examples
    --------
    >>> zones, incidents = lorenz([0, 1, 3, 0])
    >>> zones.tolist(), incidents.tolist()
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.75, 1.0, 1.0, 1.0])
    """
    known = _known(counts)
    ordered = np.sort(known)[::-1]
    total = ordered.sum()
    zones = np.arange(len(known) + 1) / max(len(known), 1)
    incidents = np.concatenate(([0.0], np.cumsum(ordered)))
    return zones, incidents / total if total > 0 else np.full(len(zones), np.nan)


def gini(counts: np.ndarray) -> float:
    """How unequally are incidents spread over zones, from 0 (all zones alike) to nearly 1 (all in one)?

    A description, without null hypothesis: chance alone gives a sparse map a high value.

    Parameters
    ----------
    counts : array of float, shape (n,)
        Incidents (or harm) per zone, zones without incidents included. NaN is left out.

    Returns
    -------
    float
        G = (2 sum i y_i / sum y - n - 1) / n, with y in rising order and i from 1 to n. NaN without incidents. At most
        1 - 1/n.

    Raises
    ------
    ValueError
        If a count is below zero.

    Notes
    -----
    Do not use it where incidents are fewer than zones, or to compare themes of different size: see
    `generalised_gini`. It says nothing about where on the map the busy zones lie.

    References
    ----------
    Gini (1912), Variabilità e mutabilità; Bernasco & Steenbeek (2017), Journal of Quantitative Criminology 33(3).

    Examples
    --------
    >>> gini([10, 8, 2, 0, 0, 0, 0, 0, 0, 0])
    0.78
    """
    known = np.sort(_known(counts))
    n, total = len(known), known.sum()
    if total <= 0:
        return float("nan")
    return float((2 * (np.arange(1, n + 1) @ known) / total - n - 1) / n)


def generalised_gini(counts: np.ndarray) -> float:
    """How unequally are incidents spread, compared with the most even spread that so few allow?

    A description, without null hypothesis.

    Parameters
    ----------
    counts : array of float, shape (n,)
        Whole incidents per zone, zones without incidents included. NaN is left out.

    Returns
    -------
    float
        G' = max(1, n / c) (G - 1) + 1, with c incidents in n zones: 0 where each incident has a zone of its own. Equal
        to `gini` where incidents are as many as zones or more. NaN without incidents.

    Raises
    ------
    ValueError
        If a count is below zero.

    Notes
    -----
    Not for weighted counts (harm): c must be the number of incidents. With a handful of incidents it is still noisy.

    References
    ----------
    Bernasco & Steenbeek (2017), More places than crimes, Journal of Quantitative Criminology 33(3), 451-467.

    Examples
    --------
    Eight incidents in ten zones:

    >>> round(generalised_gini([5, 2, 1, 0, 0, 0, 0, 0, 0, 0]), 4), round(gini([5, 2, 1, 0, 0, 0, 0, 0, 0, 0]), 4)
    (0.75, 0.8)
    """
    known = _known(counts)
    total = known.sum()
    if total <= 0:
        return float("nan")
    return float(max(1.0, len(known) / total) * (gini(known) - 1) + 1)


def share_in_top(counts: np.ndarray, shares: Sequence[float] = (0.01, 0.05, 0.1)) -> np.ndarray:
    """Which share of all incidents lies in the busiest 1, 5 and 10 % of zones?

    A description, without null hypothesis.

    Parameters
    ----------
    counts : array of float, shape (n,)
        Incidents (or harm) per zone, zones without incidents included. NaN is left out.
    shares : sequence of float
        Shares of zones, 0 to 1.

    Returns
    -------
    array of float, shape (n_shares,)
        Read from the Lorenz curve: where a share is no whole number of zones, the last zone counts in part, so that
        nothing hangs on rounding or on the order of equal zones. NaN without incidents.

    Raises
    ------
    ValueError
        If a count is below zero, or a share outside 0 to 1.

    Notes
    -----
    The busiest zones are chosen by the same counts that are then added up: part of their share is luck. For what will
    happen there next see `prediction_accuracy`.

    References
    ----------
    Sherman, Gartin & Buerger (1989), Criminology 27(1), 27-55; Weisburd (2015), Criminology 53(2), 133-157.

    Examples
    --------
    Twenty zones, twenty incidents, ten of them in one zone; the top 1 % is a fifth of that zone:

    >>> share_in_top([10, 5, 3, 2] + [0] * 16).round(3).tolist()
    [0.1, 0.5, 0.75]
    """
    wanted = np.asarray(shares, float)
    if ((wanted < 0) | (wanted > 1)).any():
        raise ValueError("Shares of zones lie between 0 and 1: write 5 % as 0.05.")
    zones, incidents = lorenz(counts)
    return np.interp(wanted, zones, incidents)


def _known(counts: np.ndarray) -> np.ndarray:
    counts = np.asarray(counts, float)
    known = counts[~np.isnan(counts)]
    if (known < 0).any():
        raise ValueError("A count is below zero: give incidents or harm, not differences.")
    return known
