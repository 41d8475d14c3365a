"""Where to invite a walk first: five parts, each a percentile among all places, and what other weights would say.

The score orders places for an invitation. It is no measure of safety: a place with few reports may be one where people
have stopped reporting, or stopped going.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

WEIGHTS: Mapping[str, float] = {
    "incidents": 0.30,
    "perception": 0.25,
    "transport": 0.20,
    "built": 0.15,
    "exposure": 0.10,
}
"""Parts and their weights."""

WEIGHT_SWING = 0.5
"""The rank range is over each weight made smaller or larger by this share."""

LEAST_WEIGHT = 0.5
"""A place of which parts with less weight than this are known is not ranked."""


def percentile(values: FloatArray) -> FloatArray:
    """Share of places below each, equal ones counted half; NaN where the value is unknown.

    Examples
    --------
    >>> percentile(np.array([10.0, 30.0, 10.0, np.nan, 20.0])).tolist()
    [0.25, 0.875, 0.25, nan, 0.625]
    """
    found = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    if known.any():
        from scipy.stats import rankdata  # loads slowly

        found[known] = (rankdata(values[known]) - 0.5) / known.sum()
    return found


def part(features: Sequence[FloatArray]) -> FloatArray:
    """A part made of several figures: the percentile of the mean of their percentiles, over the known ones.

    Examples
    --------
    >>> part([np.array([1.0, 2.0, 3.0]), np.array([np.nan, 5.0, 1.0])]).round(3).tolist()
    [0.167, 0.833, 0.5]
    """
    table = np.array([percentile(one) for one in features])
    known = ~np.isnan(table)
    mean = np.where(known.any(axis=0), np.nansum(table, axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)
    return percentile(mean)


@dataclass(frozen=True)
class Scores:
    """Scores of all places; arrays of shape (n_places,).

    Parameters
    ----------
    score : array of float
        0 to 100; NaN where too little is known.
    known_weight : array of float
        Sum of the weights of the known parts.
    rank, rank_low, rank_high : array of float
        1 is the first; best and worst over all 32 ways of halving each weight or raising it by half. NaN where not
        ranked.
    """

    score: FloatArray
    known_weight: FloatArray
    rank: FloatArray
    rank_low: FloatArray
    rank_high: FloatArray


def score_places(parts: pd.DataFrame, *, weights: Mapping[str, float] = WEIGHTS) -> Scores:
    """Score and rank places.

    Parameters
    ----------
    parts : DataFrame
        One row a place, a column of percentiles (0 to 1) for each part, NaN where unknown: the weight of an unknown part
        goes to the known ones.
    weights : mapping of part to weight

    Notes
    -----
    ``score = 100 * sum(w * p) / sum(w)`` over the known parts. Where the same parts are known of two places,
    the sign of their difference is linear in the weights: whichever of them can come first for some weights in the box
    does so at one of its corners. So ranks are taken at the 32 corners and at the weights themselves. Where different
    parts are known that is the definition and no proof.
    """
    names = list(weights)
    table = parts[names].to_numpy(dtype=float)
    known = ~np.isnan(table)
    base = np.array([weights[name] for name in names])
    known_weight = known @ base
    is_ranked = known_weight >= LEAST_WEIGHT * base.sum() - 1e-9

    def scored(weight: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            whole = 100 * np.nan_to_num(table) @ weight / (known @ weight)
        return np.where(is_ranked, np.round(whole, 4), np.nan)

    score = scored(base)
    swings = product((1 - WEIGHT_SWING, 1 + WEIGHT_SWING), repeat=len(base))
    ranks = np.array([_rank(score), *(_rank(scored(base * np.array(swing))) for swing in swings)])
    return Scores(score, known_weight, ranks[0], ranks.min(axis=0), ranks.max(axis=0))


def _rank(score: FloatArray) -> FloatArray:
    """1 for the highest; equal scores share the better rank."""
    found = np.full(len(score), np.nan)
    known = ~np.isnan(score)
    from scipy.stats import rankdata

    found[known] = rankdata(-score[known], method="min")
    return found
