"""Is a place busy for the people who live there, pass through or for its streets, and not only for its size?

The hotspot rule itself knows no area: a zone has a *width*, and the claim is about incidents over width. Here the width
is an exposure (residents, workday population, station entries, street length), and everything else is the same rule:
noise, prior, surroundings, conditions and expected error share. Two things are different. A zone with too little of the
exposure, or with an unknown one, is left out of everything, as a zone is that no feed answers for: of its
neighbourhood, of the study's rate and of the list. And no permutation test is made, because zones of unequal exposure
cannot be exchanged.

The list by exposure stands **beside** the list by area and never replaces it: in the West End and at stations few of
the people who are there live there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from geo_safety.denominators import FEWEST_PEOPLE
from geo_safety.hotspots import (
    FloatArray,
    HotspotRules,
    Judgement,
    Surroundings,
    ThemeCounts,
    find_hotspots,
)

EXPOSURES: dict[str, float] = {
    "residents": FEWEST_PEOPLE,
    "by_day": FEWEST_PEOPLE,
    "households": 100,
    "footfall": 100_000,  # entries and exits a year: fewer is a halt, or a counter that failed
}
"""Exposures that a config may name, each with the least of it that a zone must have to get a rate."""

COLUMNS = {"ratio": "ratio_exposure", "probability": "probability_exposure", "is_hotspot": "is_hotspot_exposure"}


def with_exposure(
    judgements: Mapping[str, Judgement],
    counts: Sequence[ThemeCounts],
    surroundings: Surroundings,
    exposure: FloatArray | None,
    *,
    name: str,
    rules: HotspotRules,
    fewest: float = 0.0,
) -> dict[str, Judgement]:
    """Add what the same rule says with an exposure in place of the zones' size.

    Parameters
    ----------
    judgements : mapping of theme to Judgement
        By area, for the same counts and zones.
    exposure : array of float, shape (n_zones,), or None
        People, entries, kilometres of street, in any unit; NaN where unknown. None: of other zones than these.
    name : str
        What it is, as the column `exposure` says it.
    rules : HotspotRules
        Its `exposure_level` is the level of this list.
    fewest : float
        A zone with less is left out, as is one with nothing.

    Returns
    -------
    dict of theme to Judgement
        With the columns `exposure`, `ratio_exposure`, `probability_exposure` and `is_hotspot_exposure`, null where a
        zone is left out. Unchanged where no zone is fit.
    """
    fit = None if exposure is None else is_fit(exposure, fewest=fewest)
    if exposure is None or fit is None or not fit.any():
        return dict(judgements)
    found = find_by_exposure(counts, surroundings, exposure, rules=rules, fewest=fewest)
    return {theme: _beside(one, found[theme], fit, name) for theme, one in judgements.items()}


def find_by_exposure(
    counts: Sequence[ThemeCounts],
    surroundings: Surroundings,
    exposure: FloatArray,
    *,
    rules: HotspotRules,
    fewest: float = 0.0,
) -> dict[str, Judgement]:
    """Which zones have at least `rules.exposure_level` times the study's rate per unit of exposure?

    Parameters
    ----------
    exposure, fewest
        As for `with_exposure`.

    Returns
    -------
    dict of theme to Judgement
        As `find_hotspots` makes it, without the strict test, Gi* and the forecast; null in zones that are left out.
    """
    fit = is_fit(exposure, fewest=fewest)
    kept = [_only(one, fit) for one in counts]
    return find_hotspots(
        kept, by_exposure(surroundings, exposure, fit), rules=replace(rules, level=rules.exposure_level), in_full=False
    )


def is_fit(exposure: FloatArray, *, fewest: float = 0.0) -> np.ndarray:
    """Which zones have enough of the exposure for a rate?

    Examples
    --------
    >>> is_fit([1000.0, 249.0, np.nan, 0.0], fewest=250).tolist()
    [True, False, False, False]
    """
    known = np.nan_to_num(np.asarray(exposure, dtype=float))
    return (known > 0) & (known >= fewest)


def by_exposure(surroundings: Surroundings, exposure: FloatArray, fit: np.ndarray) -> Surroundings:
    """The same zones with the exposure as their width, in units of the mean over fit zones."""
    width = np.where(fit, np.nan_to_num(exposure), 0.0)
    # What is not fit is never counted; its width must only be a number.
    return replace(
        surroundings, width=np.where(fit, width / width[fit].mean(), 1.0), is_exchangeable=False, residents=None
    )


def _only(one: ThemeCounts, fit: np.ndarray) -> ThemeCounts:
    """The counts of fit zones; the others count as not answered for."""
    before = None if one.before is None else np.where(fit, one.before, np.nan)
    return replace(one, monthly=np.where(fit[:, None], one.monthly, np.nan), before=before)


def _beside(one: Judgement, found: Judgement, fit: np.ndarray, name: str) -> Judgement:
    if one.why_not is not None or found.why_not is not None:
        return one
    columns = {new: found.table[old].astype(object).where(fit, None) for old, new in COLUMNS.items()}
    names = pd.Series(np.full(len(fit), name, dtype=object)).where(fit, None)
    added = pd.DataFrame({"exposure": names, **columns})
    return replace(one, table=pd.concat([one.table, added], axis=1))
