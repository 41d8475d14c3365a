"""A feed that counts by the wards of other years, brought to the wards that the release shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geo_safety.boundaries import Zones, locate
from geo_safety.counted import Place
from geo_safety.counts import count_zones
from geo_safety.crosswalk import (
    BASES,
    Crosswalk,
    FeedMove,
    Moved,
    answered,
    border_pieces,
    join_crosswalks,
    make_crosswalk,
    move_counts,
    only,
)
from geo_safety.denominators import LocatedFigure, by_piece
from geo_safety.errors import SourceError
from geo_safety.incidents import Feed, keep_zones, theme_matrix
from geo_safety.interpolation import FloatArray, Pieces
from geo_safety.shapes import some

_SPREAD_90 = 1.645
"""Standard deviations on either side that hold 90 % of a normal distribution."""


def drawing_of(place: Place, layer: str, vintage: str) -> Zones | None:
    """The zones of a layer as drawn in one year, shown or not; None where there are none."""
    for zones in (*place.layers.values(), *place.drawings):
        if zones.layer == layer and zones.vintage == vintage:
            return zones
    return None


def check_vintage(feed: Feed, place: Place) -> None:
    """Refuse counts by codes that only another drawing has: they would be lost as lying outside.

    Raises
    ------
    SourceError
        Naming the drawing that has them.
    """
    layer, areas = str(feed.settings.layer), feed.area_counts
    assert areas is not None
    unknown = np.setdiff1d(areas.zone_id, place.layers[layer].zone_id)
    for zones in place.drawings:
        theirs = np.intersect1d(unknown, zones.zone_id)
        if zones.layer == layer and len(theirs):
            raise SourceError(
                f"Feed {feed.settings.name!r}: {len(theirs)} of its codes ({some(theirs)}) are of {layer} of "
                f"{zones.vintage}, not of {place.layers[layer].vintage}.",
                f'Say which its codes are of: vintage = "{zones.vintage}", or a list of several.',
            )


def needs_move(feed: Feed, place: Place) -> bool:
    """Whether a feed counts by other zones than those that are shown."""
    shown = place.layers[str(feed.settings.layer)].vintage
    return any(vintage != shown for vintage in feed.settings.vintage)


def move_feed(
    feed: Feed, place: Place, points: Iterable[Feed], *, residents: LocatedFigure | None = None
) -> tuple[Feed, FeedMove]:
    """Bring a feed of area counts to the zones that are shown.

    Parameters
    ----------
    feed : Feed
        Its settings name the vintages of its codes. Codes of none of them are `outside` in its accounts.
    points : iterable of Feed
        Feeds of points, cut to the study: where they hold incidents of a theme, these make the shares.

    Raises
    ------
    SourceError
        None of its codes is of these vintages, or two of them draw different zones under one code.
    """
    settings, layer = feed.settings, str(feed.settings.layer)
    target = place.layers[layer]
    # The drawing that is shown comes first: a code of it stays where it is.
    vintages = sorted(settings.vintage, key=lambda vintage: vintage != target.vintage)
    origins = [_drawing(place, layer, vintage) for vintage in vintages]
    pieces = [border_pieces(origin, target, place.study.projection) for origin in origins]
    known = np.unique(np.concatenate([origin.zone_id for origin in origins]))
    feed = keep_zones(feed, known)
    areas = feed.area_counts
    assert areas is not None
    if not len(areas.zone_id):
        raise SourceError(
            f"Feed {settings.name!r}: none of its zone codes is of {layer} of {', '.join(vintages)}.",
            "Correct `vintage`, `columns` or `layer`.",
        )
    named = [np.isin(origin.zone_id, areas.zone_id) for origin in origins]
    _check_one_meaning(settings.name, origins, pieces, named)
    living = [None if residents is None else by_piece(residents, one, place.study.projection) for one in pieces]
    by_theme = {theme: _crosswalk(theme, origins, target, pieces, points, living) for theme in theme_matrix(feed)}
    is_answered = answered(next(iter(by_theme.values())), pieces, named)
    by_theme = {theme: only(crosswalk, is_answered) for theme, crosswalk in by_theme.items()}
    one = next(iter(by_theme.values()))
    reachable = np.unique(one.origin)
    feed = keep_zones(feed, one.origin_id[reachable])
    assert feed.area_counts is not None
    crosswalk_of = _by_category(feed, by_theme)
    moved = move_counts(feed.area_counts, crosswalk_of)
    return replace(feed, area_counts=moved.areas), _account(feed, moved, crosswalk_of, vintages, target)


def _drawing(place: Place, layer: str, vintage: str) -> Zones:
    zones = drawing_of(place, layer, vintage)
    assert zones is not None  # the settings were checked
    return zones


def _check_one_meaning(
    feed: str, origins: Sequence[Zones], pieces: Sequence[Pieces], named: Sequence[NDArray[np.bool_]]
) -> None:
    """Refuse a code that stands in two drawings for different zones: nobody can know which is meant."""
    meanings: dict[str, set[tuple[int, ...]]] = {}
    for origin, one, is_named in zip(origins, pieces, named, strict=True):
        for zone in np.flatnonzero(is_named).tolist():
            targets = one.target[one.origin == zone].tolist()
            meanings.setdefault(str(origin.zone_id[zone]), set()).add(tuple(targets))
    doubtful = sorted(code for code, found in meanings.items() if len(found) > 1)
    if doubtful:
        raise SourceError(
            f"Feed {feed!r}: {some(doubtful)} mean different zones in the vintages that it names.",
            "Make a feed for each vintage, with the files that use it.",
        )


def _crosswalk(
    theme: str,
    origins: Sequence[Zones],
    target: Zones,
    pieces: Sequence[Pieces],
    points: Iterable[Feed],
    residents: Sequence[FloatArray | None],
) -> Crosswalk:
    feeds = [feed for feed in points if feed.incidents is not None and theme in theme_matrix(feed)]
    found = []
    for origin, one, living in zip(origins, pieces, residents, strict=True):
        seen = [_incidents_by_piece(feed, theme, origin, target, one) for feed in feeds]
        incidents = np.sum(seen, axis=0) if seen else None
        found.append(make_crosswalk(origin, target, one, residents=living, incidents=incidents))
    return join_crosswalks(found)


def _incidents_by_piece(feed: Feed, theme: str, origin: Zones, target: Zones, pieces: Pieces) -> NDArray[np.int64]:
    incidents = feed.incidents
    assert incidents is not None
    old = locate(incidents.longitude, incidents.latitude, origin).astype(np.int64)
    new = locate(incidents.longitude, incidents.latitude, target).astype(np.int64)
    keys = pieces.origin.astype(np.int64) * len(target) + pieces.target
    wanted = np.where((old >= 0) & (new >= 0), old * len(target) + new, -1)
    piece = np.searchsorted(keys, wanted)
    is_piece = keys[np.minimum(piece, len(keys) - 1)] == wanted
    counted = count_zones(
        incidents,
        np.where(is_piece, piece, -1).astype(np.int32),
        n_zones=len(keys),
        first_month=feed.presence.first_month,
        n_months=feed.presence.has_file.shape[1],
        category_mask=theme_matrix(feed)[theme],
    )
    return np.asarray(counted.incidents.sum(axis=1))


def _by_category(feed: Feed, by_theme: Mapping[str, Crosswalk]) -> list[Crosswalk]:
    """The crosswalk of each category: that of its first theme, and one with incidents before all others."""
    matrix = theme_matrix(feed)
    order = sorted(by_theme, key=lambda theme: by_theme[theme].basis != "incidents")
    areas = feed.area_counts
    assert areas is not None
    plain = min(by_theme.values(), key=lambda crosswalk: crosswalk.basis == "incidents")
    return [
        next((by_theme[theme] for theme in order if matrix[theme][code]), plain)
        for code in range(len(areas.categories))
    ]


def _account(
    feed: Feed, moved: Moved, crosswalk_of: Sequence[Crosswalk], vintages: Sequence[str], target: Zones
) -> FeedMove:
    areas = moved.areas
    basis, total, split, error = {}, {}, {}, {}
    for theme, codes in theme_matrix(feed).items():
        wanted = codes[areas.category]
        counts = np.bincount(areas.zone[wanted], weights=areas.count[wanted], minlength=len(areas.zone_id))
        total[theme] = counts.astype(np.int64)
        carried = np.flatnonzero(codes).tolist()
        # A theme is as well founded as the worst of its categories.
        basis[theme] = max((crosswalk_of[code].basis for code in carried), key=BASES.index)
        nothing = np.zeros(len(areas.zone_id))
        split[theme] = np.sum([moved.split.get(code, nothing) for code in carried], axis=0).astype(np.int64)
        # Categories of one theme share their shares' error: it adds up, not its square.
        error[theme] = _SPREAD_90 * np.sum([np.sqrt(moved.variance.get(code, nothing)) for code in carried], axis=0)
    name, layer = feed.settings.name, str(feed.settings.layer)
    return FeedMove(name, layer, tuple(vintages), str(target.vintage), basis, areas.zone_id, total, split, error)
