"""Counts by the zones of one year on the zones of another: whose shares, and how sure?

Wards are drawn anew every few years. Points can be counted by any drawing; counts that come by ward cannot. They are
moved by the share of each old ward that lies in each new one, where share means: of the incidents of the same theme,
where points of them are known; else of the residents; else of the area. Measured on London's points of 2018 to 2020
(wards of 2020 to those of 2022, shares from the first year, judged on the second): 4 % of robberies come to the wrong
ward by incidents, 8 % by residents or area.

No incident is lost, doubled or split: the incidents of a zone and category, in the order of their months, go one by one
to the new zone that is most behind its share (Webster's method). Rounding each month for itself would give every lone
incident to the largest part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_safety.area_counts import AreaCounts, added_up
from geo_safety.boundaries import Zones
from geo_safety.interpolation import FloatArray, IntpArray, Pieces, cut, shares
from geo_safety.shapes import EqualArea
from geo_safety.sources.feed import renumbered

DRAWING_M = 20.0
"""Pieces of a smaller mean width are two drawings of one border: official files are generalised to 20 m."""

LEAST_ANSWERED = 0.5
"""A zone is answered for when at least this share of its area lies in zones that the feed names."""

PRIOR_INCIDENTS = 10.0
"""Incidents that the residents or the area count for beside those that were seen."""

SURE_AS = {"area": 5.0, "residents": 6.0, "incidents": 60.0}
"""How many incidents the shares are worth, at most: what London's second year said of shares from the first."""

BASES = ("incidents", "residents", "area")

FEWEST_FOR_SHARE = 20
"""No percentage is given of fewer incidents."""

WORTH_SAYING = 0.05
"""A zone of which a smaller share was moved needs no caution."""

_MEANING = {
    "incidents": "where incidents of this theme lie",
    "residents": "where people live",
    "area": "area alone",
}


@dataclass(frozen=True)
class Crosswalk:
    """Which share of each zone of one drawing belongs to which zone of another.

    Parameters
    ----------
    origin_id, target_id : array of str
        Codes, sorted.
    origin, target : array of int, shape (n_shares,)
        Indices into them, sorted by origin, then target.
    share : array of float, shape (n_shares,)
        They add up to one in every origin that has any.
    worth : array of float, shape (n_shares,)
        The number of incidents that a share is worth: its uncertainty is that of such a sample.
    basis : str
        The best of `BASES` that was to be had.
    """

    origin_id: NDArray[np.str_]
    target_id: NDArray[np.str_]
    origin: IntpArray
    target: IntpArray
    share: FloatArray
    worth: FloatArray
    basis: str


@dataclass(frozen=True)
class Moved:
    """Counts on their new zones, and how much of each was split on the way.

    Parameters
    ----------
    areas : AreaCounts
        On the new zones: those that are answered for.
    split : mapping of category code to array of int, shape (n_zones,)
        Incidents of each new zone that came from an old zone that lies in several.
    variance : mapping of category code to array of float, shape (n_zones,)
        Of the count over all months.
    """

    areas: AreaCounts
    split: Mapping[int, NDArray[np.int64]]
    variance: Mapping[int, FloatArray]


@dataclass(frozen=True)
class FeedMove:
    """What became of a feed that was moved to the zones shown.

    Parameters
    ----------
    vintages : tuple of str
        Drawings that its codes are of.
    vintage : str
        The drawing that is shown.
    basis : mapping of theme to str
        What the shares were taken from.
    zone_id : array of str, shape (n_zones,)
        Zones of the layer that the feed answers for, sorted.
    total, split, error : mapping of theme to array, shape (n_zones,)
        Incidents of all months; those of them that came from zones that lie in several; and how far the total may be
        off (90 % interval, one side).
    """

    feed: str
    layer: str
    vintages: tuple[str, ...]
    vintage: str
    basis: Mapping[str, str]
    zone_id: NDArray[np.str_]
    total: Mapping[str, NDArray[np.int64]]
    split: Mapping[str, NDArray[np.int64]]
    error: Mapping[str, FloatArray]

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "feed": self.feed,
            "layer": self.layer,
            "from": list(self.vintages),
            "to": self.vintage,
            "themes": {
                theme: {
                    "shares_by": self.basis[theme],
                    "incidents": int(self.total[theme].sum()),
                    "from_split_zones": int(self.split[theme].sum()),
                    "zones_touched": int((self.split[theme] > 0).sum()),
                }
                for theme in self.basis
            },
        }

    def as_text(self) -> str:
        """For people, in one line."""
        years = " and ".join(self.vintages)
        themes = ", ".join(
            f"{theme} by {self.basis[theme]} ({int(self.split[theme].sum()):,} of {int(self.total[theme].sum()):,} "
            f"reports come from zones that now lie in several)"
            for theme in self.basis
        )
        return f"{self.feed}: moved from {self.layer} of {years} to {self.vintage}: {themes}"

    def cautions(self, theme: str, zone_id: NDArray[np.str_]) -> NDArray[np.object_]:
        """What has to be said beside the figures of these zones; None where nothing has."""
        said = np.full(len(zone_id), None, dtype=object)
        if theme not in self.basis:
            return said
        place = {zone: number for number, zone in enumerate(self.zone_id.tolist())}
        years = " and ".join(year for year in self.vintages if year != self.vintage)
        origin = f"moved here from {self.layer} of {years} by {_MEANING[self.basis[theme]]}"
        for row, zone in enumerate(zone_id.tolist()):
            number = place.get(zone)
            if number is None or not self.split[theme][number]:
                continue
            total, split = int(self.total[theme][number]), int(self.split[theme][number])
            if split < WORTH_SAYING * total:
                continue
            if total < FEWEST_FOR_SHARE:
                said[row] = f"Some of its reports were {origin}."
            else:
                off = min(1.0, float(self.error[theme][number]) / total)
                said[row] = f"{split / total:.0%} of its reports were {origin}; its count may be off by {off:.0%}."
        return said


def border_pieces(origin: Zones, target: Zones, projection: EqualArea) -> Pieces:
    """The pieces of two drawings, without the slivers along borders that did not move.

    A code that stands in both drawings means the same zone, as in official statistics, unless less than nine tenths of
    it lie there. An origin that is nothing but slivers keeps its largest piece.
    """
    pieces = cut(origin.geometry, target.geometry, projection)
    width = 2 * pieces.area_m2 / shapely.length(projection.project(pieces.geometry))
    is_largest = _is_largest(pieces)
    pieces = pieces.take((width >= DRAWING_M) | is_largest)
    is_same = origin.zone_id[pieces.origin] == target.zone_id[pieces.target]
    by_area = shares(pieces, len(origin))
    stays = np.zeros(len(origin), dtype=bool)
    stays[pieces.origin[is_same & (by_area >= 0.9)]] = True
    return pieces.take(is_same | ~stays[pieces.origin])


def make_crosswalk(
    origin: Zones,
    target: Zones,
    pieces: Pieces,
    *,
    residents: FloatArray | None = None,
    incidents: NDArray[np.int64] | None = None,
) -> Crosswalk:
    """Which share of each old zone belongs to which new one?

    Parameters
    ----------
    pieces : Pieces
        Of `border_pieces`.
    residents : array of float, shape (n_pieces,), optional
        People who live in each piece.
    incidents : array of int, shape (n_pieces,), optional
        Incidents of the same theme seen in each piece.
    """
    share = shares(pieces, len(origin), weights=residents)
    worth = np.full(len(share), SURE_AS["area"] if residents is None else SURE_AS["residents"])
    basis = "area" if residents is None else "residents"
    if incidents is not None and incidents.sum() > 0:
        seen = np.bincount(pieces.origin, weights=incidents, minlength=len(origin))[pieces.origin]
        share = (incidents + PRIOR_INCIDENTS * share) / (seen + PRIOR_INCIDENTS)
        worth = np.where(seen > 0, 1 / (1 / (seen + PRIOR_INCIDENTS) + 1 / SURE_AS["incidents"]), worth)
        basis = "incidents"
    return Crosswalk(origin.zone_id, target.zone_id, pieces.origin, pieces.target, share, worth, basis)


def join_crosswalks(crosswalks: Sequence[Crosswalk]) -> Crosswalk:
    """One crosswalk for a feed whose codes are of several drawings; a code is taken from the first that has it."""
    first = crosswalks[0]
    origin_id = np.unique(np.concatenate([one.origin_id for one in crosswalks]))
    taken = np.zeros(len(origin_id), dtype=bool)
    parts = []
    for one in crosswalks:
        place = np.searchsorted(origin_id, one.origin_id)
        mine = ~taken[place]
        kept = mine[one.origin]
        parts.append((place[one.origin[kept]], one.target[kept], one.share[kept], one.worth[kept]))
        taken[place] = True
    origin, target, share, worth = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.lexsort((target, origin))
    return Crosswalk(origin_id, first.target_id, origin[order], target[order], share[order], worth[order], first.basis)


def answered(crosswalk: Crosswalk, pieces: Sequence[Pieces], named: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Which new zones lie, by more than half of their area, in old zones that the feed names?

    Parameters
    ----------
    pieces, named : sequences of the same length
        For each drawing that the feed uses: its pieces, and which of its zones the feed names.
    """
    found = np.zeros(len(crosswalk.target_id), dtype=bool)
    for one, is_named in zip(pieces, named, strict=True):
        whole = np.bincount(one.target, weights=one.area_m2, minlength=len(found))
        own = np.bincount(one.target, weights=one.area_m2 * is_named[one.origin], minlength=len(found))
        found |= own > LEAST_ANSWERED * np.maximum(whole, 1e-9)
    return found


def only(crosswalk: Crosswalk, targets: NDArray[np.bool_]) -> Crosswalk:
    """The crosswalk to some of the new zones; each old zone goes wholly to those of them that it meets."""
    kept = targets[crosswalk.target]
    share, origin = crosswalk.share[kept], crosswalk.origin[kept]
    total = np.bincount(origin, weights=share, minlength=len(crosswalk.origin_id))[origin]
    count = np.bincount(origin, minlength=len(crosswalk.origin_id))[origin]
    share = np.where(total > 0, share / np.where(total > 0, total, 1.0), 1.0 / np.maximum(count, 1))
    return replace(crosswalk, origin=origin, target=crosswalk.target[kept], share=share, worth=crosswalk.worth[kept])


def move_counts(areas: AreaCounts, crosswalk_of: Sequence[Crosswalk]) -> Moved:
    """Move counts to new zones, incident by incident.

    Parameters
    ----------
    areas : AreaCounts
        By codes that are all origins of the crosswalks, each with a share.
    crosswalk_of : sequence of Crosswalk
        One for each category code; all from and to the same zones.

    Returns
    -------
    Moved
        The total of every category and month is what it was.
    """
    one = crosswalk_of[0]
    places = np.searchsorted(one.origin_id, areas.zone_id)  # of the feed's zones among the origins
    reached = np.unique(one.target[np.isin(one.origin, places)])
    new_number = np.full(len(one.target_id), -1, dtype=np.int64)
    new_number[reached] = np.arange(len(reached))
    order = np.lexsort((areas.month, areas.zone, areas.category))
    zone, month, category, count = (array[order] for array in (areas.zone, areas.month, areas.category, areas.count))
    edges = np.flatnonzero((np.diff(zone) != 0) | (np.diff(category) != 0)) + 1
    groups = np.split(np.arange(len(order)), edges) if len(order) else []
    parts: list[NDArray[np.int64]] = [np.zeros((4, 0), dtype=np.int64)]
    split: dict[int, NDArray[np.int64]] = {}
    variance: dict[int, FloatArray] = {}
    for rows in groups:
        code = int(category[rows[0]])
        crosswalk = crosswalk_of[code]
        origin = places[zone[rows[0]]]
        begin, end = np.searchsorted(crosswalk.origin, [origin, origin + 1])
        targets, share = new_number[crosswalk.target[begin:end]], crosswalk.share[begin:end]
        turn, months, counts = _divided(share, month[rows], count[rows])
        parts.append(np.stack([targets[turn], months, np.full(len(turn), code), counts]))
        if len(targets) > 1:
            total = int(counts.sum())
            got = np.bincount(turn, weights=counts, minlength=len(targets)).astype(np.int64)
            split.setdefault(code, np.zeros(len(reached), dtype=np.int64))[targets] += got
            spread = share * (1 - share) * (total + total**2 / (crosswalk.worth[begin:end] + 1))
            variance.setdefault(code, np.zeros(len(reached)))[targets] += spread
    rows_by_column = np.concatenate(parts, axis=1)
    arrays = added_up(
        rows_by_column[0].astype(np.int32),
        rows_by_column[1].astype(np.int32),
        rows_by_column[2].astype(np.int16),
        rows_by_column[3],
    )
    moved = replace(
        areas,
        zone_id=one.target_id[reached],
        zone=arrays[0],
        month=arrays[1],
        category=arrays[2],
        count=arrays[3],
        # A row of the file may now lie in several zones; it is known by its largest part.
        row_zone=renumbered(areas.row_zone, new_number[_largest_target(one)[places]].astype(np.int32)),
    )
    return Moved(moved, split, variance)


def _divided(
    share: FloatArray, month: NDArray, count: NDArray
) -> tuple[IntpArray, NDArray[np.int64], NDArray[np.int64]]:
    """Whose and of which month are the incidents of one old zone and category, and how many: sorted by both."""
    if len(share) == 1:
        return np.zeros(len(month), dtype=np.intp), month.astype(np.int64), count
    turn = take_turns(share, int(count.sum()))
    keys, number = np.unique(np.stack([turn, np.repeat(month, count)]), axis=1, return_counts=True)
    return keys[0], keys[1], number


def take_turns(share: FloatArray, n: int) -> IntpArray:
    """Whose turn is it, n times, so that everybody is at any time as near to their share as can be?

    Parameters
    ----------
    share : array of float, shape (n_zones,)
        Adding up to one.

    Returns
    -------
    array of int, shape (n,)
        Index of the zone of each incident. The first m of them are Webster's (Sainte-Laguë's) apportionment of m, for
        every m; of two with the same claim the earlier zone comes first.

    References
    ----------
    Balinski and Young (2001), Fair Representation, 2nd edition, chapters 4 and 12.

    Examples
    --------
    >>> take_turns(np.array([0.7, 0.3]), 10).tolist()
    [0, 1, 0, 0, 0, 1, 0, 0, 1, 0]
    """
    has_share = np.flatnonzero(share > 0)
    most = np.floor(n * share[has_share]).astype(np.int64) + len(has_share) + 1
    zone = np.repeat(has_share, most)
    turn = np.arange(len(zone)) - np.repeat(np.cumsum(most) - most, most)
    return zone[np.lexsort((zone, (turn + 0.5) / share[zone]))[:n]]


def _is_largest(pieces: Pieces) -> NDArray[np.bool_]:
    order = np.lexsort((pieces.target, -pieces.area_m2, pieces.origin))
    _, first = np.unique(pieces.origin[order], return_index=True)
    found = np.zeros(len(pieces.origin), dtype=bool)
    found[order[first]] = True
    return found


def _largest_target(crosswalk: Crosswalk) -> IntpArray:
    """The new zone that gets the largest share of each old one; the first where there is none."""
    found = np.zeros(len(crosswalk.origin_id), dtype=np.intp)
    order = np.lexsort((-crosswalk.target, crosswalk.share))
    found[crosswalk.origin[order]] = crosswalk.target[order]
    return found
