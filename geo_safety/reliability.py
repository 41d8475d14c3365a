"""Do the probabilities hold on months that they have not seen? The table that every release carries.

The odd months of a theme's window fit and the even months judge, then the other way round. The event must be one that
can be seen, so it is not "the rate is at or above the level" but "the months that judge show a count at or above the
level times their own mean"; its predictive probability, noise included, comes from the months that fit alone. Only the
dispersion is measured on all months, because it speaks of adjacent ones.

Both ways, because one half of a year can be a little more concentrated than the other (anti-social behaviour in London
in 2025: 1,389 places foretold and 1,343 seen one way, 1,353 and 1,388 the other). That is a season and not a fault of
the probabilities, and it cancels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_safety.boundaries import Study, Zones
from geo_safety.hotspots import BoolArray, FloatArray, Surroundings, ThemeCounts, fit_rates, measure_dispersion

EDGES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Where bands of stated probability may begin and end."""

FEWEST_PLACES = 300
"""Bands join their neighbours until they hold so many places, on small studies a 25th of the zone's places and at
least 20; a row of fewer than 300 says so."""

TOO_FEW = 20
"""So few places cannot judge a probability at all."""

LEAST_BOUND, DEVIATIONS, DESIGN_EFFECT = 0.03, 2.5, 1.5
"""Stated and seen may differ by 3 points or 2.5 standard deviations; neighbourhoods overlap, hence the design effect."""

FEWEST_MONTHS = 4
"""Two months that fit and two that judge."""

ODD, EVEN = slice(0, None, 2), slice(1, None, 2)
WAYS = ((ODD, EVEN), (EVEN, ODD))
"""Months that fit, months that judge."""

DECIMALS = 4


def inner_half(zones: Zones, study: Study, counts: Sequence[FloatArray]) -> BoolArray:
    """Which zones make the half of the study's area that lies nearest to the centre of its incidents?

    A split that every city has: no list of inner boroughs is needed. The centre is the mean of the themes' own
    centres (each the mean of the zones' centroids weighted by incidents), so that no theme outweighs another and
    themes that count the same incidents are not added.

    Parameters
    ----------
    zones : Zones
        One layer, clipped to the study.
    counts : sequence of arrays of float, shape (n_zones,)
        Incidents of each theme; NaN where not answered for. Without any incident the middle of the zones is taken.

    Returns
    -------
    array of bool, shape (n_zones,)
    """
    middles = shapely.centroid(zones.geometry)
    points = np.stack(study.projection.metres(shapely.get_x(middles), shapely.get_y(middles)), axis=1)
    weights = [np.nan_to_num(one) for one in counts if np.nansum(one) > 0] or [np.ones(len(zones))]
    centre = np.mean([np.average(points, axis=0, weights=weight) for weight in weights], axis=0)
    order = np.argsort(np.hypot(*(points - centre).T), kind="stable")
    area = np.cumsum(zones.area_km2[order])
    is_inner = np.zeros(len(zones), dtype=bool)
    # A zone that straddles the half is inner when its own middle is.
    is_inner[order] = area - zones.area_km2[order] / 2 <= area[-1] / 2
    return is_inner


def reliability_rows(
    counts: Sequence[ThemeCounts], surroundings: Surroundings, *, layer: str, is_inner: BoolArray, level: float
) -> list[dict[str, Any]]:
    """What did one half of the months state of each place, and what did the other half show?

    Parameters
    ----------
    counts : sequence of ThemeCounts
        All themes of the layer; those without a whole window, or with fewer than four months, have no rows.
    is_inner : array of bool, shape (n_zones,)
        See `inner_half`.
    level : float
        Times the study's rate.

    Returns
    -------
    list of dict
        `theme`, `layer`, `zone` ("inner" or "outer"), `band` of stated probability, `places`, `stated` and `seen`
        (means over the band), `bound` and whether their difference is `within` it (None with fewer than 20 places),
        `note` where the band is small.
    """
    judged = [one for one in counts if one.is_judged and one.monthly.shape[1] >= FEWEST_MONTHS]
    rows: list[dict[str, Any]] = []
    for one in judged:
        ways = [_stated_and_seen(one, judged, way, surroundings, level=level) for way in WAYS]
        stated, seen = np.concatenate([way[0] for way in ways]), np.concatenate([way[1] for way in ways])
        for zone, among in (("inner", is_inner), ("outer", ~is_inner)):
            known = np.tile(among, len(WAYS)) & ~np.isnan(stated)
            place = {"theme": one.theme, "layer": layer, "zone": zone}
            rows += [place | band for band in bands(stated[known], seen[known], times=len(WAYS))]
    return rows


def _stated_and_seen(
    one: ThemeCounts,
    judged: Sequence[ThemeCounts],
    way: tuple[slice, slice],
    surroundings: Surroundings,
    *,
    level: float,
) -> tuple[FloatArray, BoolArray]:
    """Predictive probability of the event at each place, NaN where there is none, and whether it came."""
    fit, judge = way
    fitting = {other.theme: other.monthly[:, fit].sum(axis=1) for other in judged}
    spread = measure_dispersion(one, surroundings)
    later, width = surroundings.neighbourhood.totals(one.monthly[:, judge].sum(axis=1), surroundings.width)
    if not np.nansum(fitting[one.theme]) > 0 or not np.nansum(later) > 0:
        return np.full(len(later), np.nan), np.zeros(len(later), dtype=bool)
    rates = fit_rates(replace(one, monthly=one.monthly[:, fit]), fitting, surroundings, dispersion=spread.value)
    rate = float(np.nansum(later) / np.nansum(width))
    stated = rates.predictive(level=level, rate=rate, dispersion=spread.value)
    with np.errstate(invalid="ignore"):
        # The allowance lets a count that equals the level pass in binary arithmetic.
        return stated, np.asarray(later >= np.ceil(level * width * rate - 1e-9))


def bands(stated: FloatArray, seen: BoolArray, *, times: int = 1) -> Iterator[dict[str, Any]]:
    """Does each band of stated probability come true as often as it says?

    Parameters
    ----------
    stated : array of float, shape (judgements,)
        Probability of the event.
    seen : array of bool, shape (judgements,)
        Whether it came.
    times : int
        How often each place was judged. That makes no band larger and no bound tighter: the judgements of one place
        are not independent, so they count as one.

    Yields
    ------
    dict
        `band`, `places`, `stated`, `seen`, `bound`, `within`, `note`; lowest band first.

    Examples
    --------
    Two hundred places of which a tenth is said to be busy, and is; two hundred said to be busy, of which half are:

    >>> stated, seen = np.repeat([0.1, 0.96], 200), np.arange(400) % np.repeat([10, 2], 200) == 0
    >>> [(row["band"], row["seen"], row["within"]) for row in bands(stated, seen)]
    [('0.1-0.95', 0.1, True), ('0.95-1', 0.5, False)]
    """
    if not len(stated):
        return
    fewest = min(FEWEST_PLACES, max(TOO_FEW, len(stated) // times // 25))
    place = np.clip(np.searchsorted(EDGES, stated, side="right") - 1, 0, len(EDGES) - 2)
    for first, last in _joined(np.bincount(place, minlength=len(EDGES) - 1), fewest * times):
        held = (place >= first) & (place <= last)
        judgements, said, came = int(held.sum()), float(stated[held].mean()), float(seen[held].mean())
        number = judgements // times
        deviation = float(np.sqrt(DESIGN_EFFECT * times * (stated[held] * (1 - stated[held])).sum())) / judgements
        bound = max(LEAST_BOUND, DEVIATIONS * deviation)
        yield {
            "band": f"{EDGES[first]:g}-{EDGES[last + 1]:g}",
            "places": number,
            "stated": round(said, DECIMALS),
            "seen": round(came, DECIMALS),
            "bound": round(bound, DECIMALS),
            "within": None if number < TOO_FEW else abs(said - came) <= bound,
            "note": f"fewer than {FEWEST_PLACES} places" if number < FEWEST_PLACES else None,
        }


def _joined(places: NDArray[np.int64], fewest: int) -> list[tuple[int, int]]:
    """First and last narrow band of each joined one, lowest first.

    Joined from the top, where few places stand and most is at stake; the lowest band, which holds nearly all places
    of a city, would drown any other and stays alone.
    """
    found: list[tuple[int, int]] = []
    last, held = len(places) - 1, 0
    for first in range(len(places) - 1, 0, -1):
        held += int(places[first])
        if held >= fewest:
            found.append((first, last))
            last, held = first - 1, 0
    if held and found:
        found[-1] = (1, found[-1][1])
    elif held:
        found.append((1, last))
    return [*([(0, 0)] if places[0] else []), *found[::-1]]
