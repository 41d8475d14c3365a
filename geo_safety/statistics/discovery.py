"""From many judgements to one list whose error share is stated."""

from __future__ import annotations

from typing import Literal

import numpy as np


def bayesian_false_discovery(probability: np.ndarray, *, alpha: float) -> np.ndarray:
    """Which places make the longest list with an expected error share of at most `alpha`?

    The list holds the most probable places, and the mean of (1 - probability) over it is at most `alpha`.

    Parameters
    ----------
    probability : array of float, shape (n,)
        Probability that the claim holds at each place. NaN is never listed.
    alpha : float
        Largest expected share of errors on the list.

    Returns
    -------
    array of bool, shape (n,)

    Notes
    -----
    Places with equal probability stand or fall together, so that the list does not depend on the order of the
    zones and nobody has to explain why one of two equal places is missing. `alpha` is an expected share of the
    whole list, no promise for a single place or for a part of it.

    References
    ----------
    Newton, Noueiry, Sarkar & Ahlquist (2004), Biostatistics 5(2), 155-176.
    Müller, Parmigiani & Rice (2007), Bayesian Statistics 8, 349-370.

    Examples
    --------
    Errors .01, .05 and .09 have mean .05; with .2 it would be .0875:

    >>> bayesian_false_discovery([0.8, 0.99, 0.91, 0.95], alpha=0.05).tolist()
    [False, True, True, True]
    """
    probability = np.asarray(probability, float)
    known = ~np.isnan(probability)
    values, place, times = np.unique(-probability[known], return_inverse=True, return_counts=True)
    errors = np.cumsum((1 + values) * times) / np.cumsum(times)
    listed = np.zeros(probability.shape, bool)
    # Running means of an increasing sequence increase: everything up to the last good one is good.
    # The small allowance lets a mean of exactly alpha pass in binary arithmetic.
    listed[known] = (errors <= alpha + 1e-12)[place]
    return listed


def false_discovery(p_values: np.ndarray, *, method: Literal["bh", "by"] = "bh") -> np.ndarray:
    """At which false discovery rate does each place just become a discovery?

    Parameters
    ----------
    p_values : array of float, shape (n,)
        NaN is no test: it stays NaN and does not count among the tests.
    method : "bh" or "by"
        Benjamini-Hochberg (independent or positively dependent tests, as of overlapping neighbourhoods),
        or Benjamini-Yekutieli (any dependence, and much fewer discoveries).

    Returns
    -------
    array of float, shape (n,)
        Adjusted p-values (q-values): list those at most the wanted rate.

    References
    ----------
    Benjamini & Hochberg (1995), JRSS B 57(1), 289-300; Benjamini & Yekutieli (2001), Annals of Statistics 29(4).

    Examples
    --------
    >>> false_discovery([0.01, 0.04, 0.03, float("nan")]).round(3).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    if method not in {"bh", "by"}:
        raise ValueError(f"Unknown method {method!r}: use 'bh' (Benjamini-Hochberg) or 'by' (Benjamini-Yekutieli).")
    p_values = np.asarray(p_values, float)
    known = ~np.isnan(p_values)
    p = p_values[known]
    if ((p < 0) | (p > 1)).any():
        raise ValueError("`p_values` must lie between 0 and 1.")
    q_values = np.full(p_values.shape, np.nan)
    if len(p) == 0:
        return q_values
    order = np.argsort(p)
    ranks = np.arange(1, len(p) + 1)
    penalty = (1 / ranks).sum() if method == "by" else 1.0
    adjusted = p[order] * len(p) * penalty / ranks
    q = np.empty_like(p)
    q[order] = np.minimum(np.minimum.accumulate(adjusted[::-1])[::-1], 1.0)
    q_values[known] = q
    return q_values
