"""The study with its zones, each feed cut to it and placed on them, and all of them counted there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import shapely

from geo_safety.boundaries import Study, Zones, clip_to_study, inside, make_study
from geo_safety.cell_layers import is_cells
from geo_safety.counted import Place
from geo_safety.crosswalk import FeedMove
from geo_safety.cube import Coverage, Cube, Placement, build_cube
from geo_safety.denominators import LocatedFigure
from geo_safety.errors import SourceError
from geo_safety.extent import outline_around
from geo_safety.grid import locate_in, make_cells
from geo_safety.incidents import Feed, FeedFiles, distinct_incidents, joined, keep_zones
from geo_safety.presence import BoolArray
from geo_safety.settings import Settings
from geo_safety.sources.feed import FloatArray
from geo_safety.sources.values import looks_swapped
from geo_safety.vintages import check_vintage, move_feed, needs_move


def make_place(settings: Settings, boundaries: Sequence[Zones], feeds: Sequence[FeedFiles]) -> Place:
    """The study, its cells and its boundary layers, and the drawings that make no layer.

    Where the config knows no boundary, the outline is drawn around the points of the feeds that it names.
    """
    points = [joined(feed).incidents for feed in feeds if feed.settings.name in settings.around]
    points_around = [incidents for incidents in points if incidents is not None]
    around = outline_around(*distinct_incidents(points_around)) if points_around else None
    shown = [zones for entry, zones in zip(settings.boundaries, boundaries, strict=True) if entry.is_shown]
    others = [zones for entry, zones in zip(settings.boundaries, boundaries, strict=True) if not entry.is_shown]
    study = make_study(settings.name, shown, outline=settings.outline, within=settings.within, around=around)
    cells = [make_cells(study, resolution) for resolution in settings.resolutions]
    layers = [*cells, *(clip_to_study(zones, study) for zones in shown)]
    drawings = tuple(clip_to_study(zones, study) for zones in others)
    return Place(study, {zones.layer: zones for zones in layers}, drawings)


def found_text(zones: Zones) -> str | None:
    """What of a boundary file was found rather than stated, for people; None where the config says everything."""
    told = zones.columns.as_text() if zones.columns else ""
    return f"Layer {zones.layer}: the config does not say, so these were taken: {told}" if told else None


def cut_to_study(read: FeedFiles, place: Place) -> Feed:
    """The feed without what lies outside the study; refused where nothing, or hardly anything, is left."""
    feed = joined(read, partial(_in_study, read.settings.name, place.study))
    if feed.area_counts is None or needs_move(feed, place):
        return feed
    check_vintage(feed, place)
    kept = keep_zones(feed, place.layers[str(feed.settings.layer)].zone_id)
    if kept.area_counts is None or not len(kept.area_counts.zone_id):
        raise SourceError(
            f"Feed {feed.settings.name!r}: none of its zone codes is in the layer {feed.settings.layer!r}.",
            "Use boundaries of the same vintage as the counts, or correct `columns` and `layer`.",
        )
    return kept


def _in_study(feed: str, study: Study, longitude: FloatArray, latitude: FloatArray) -> BoolArray:
    """Which places of a feed lie in the study? Refused where none does."""
    is_inside = inside(longitude, latitude, study)
    if is_inside.any():
        return is_inside
    if looks_swapped(longitude, latitude, tuple(shapely.bounds(study.outline).tolist())):
        raise SourceError(
            f"Feed {feed!r}: its longitudes lie in the study as latitudes, and the other way round.",
            "Exchange `longitude` and `latitude` in `columns`.",
        )
    raise SourceError(
        f"Feed {feed!r}: none of its {len(longitude):,} places lies in the study.",
        "Correct `crs` or `columns` of the feed, or the study's outline.",
    )


def on_shown_zones(
    feed: Feed, place: Place, points: Sequence[Feed], residents: LocatedFigure | None
) -> tuple[Feed, FeedMove | None]:
    """The feed with every count on zones that are shown, and what was moved for it.

    Parameters
    ----------
    points : sequence of Feed
        Feeds of points, cut to the study, which tell where incidents lie.
    residents : LocatedFigure, optional
        What tells it where there are no points.
    """
    if feed.area_counts is None or not needs_move(feed, place):
        return feed, None
    return move_feed(feed, place, points, residents=residents)


def place_feed(feed: Feed, layer: str, place: Place) -> Placement:
    """Where the feed's places lie in one layer; counts by area also add up to the layer of their parents."""
    zones = place.layers[layer]
    everywhere = np.ones(len(zones), dtype=bool)
    if feed.incidents is not None:
        of_location = locate_in(feed.incidents.longitude, feed.incidents.latitude, zones)
        return Placement(everywhere, zone_of_location=of_location)
    assert feed.area_counts is not None
    named = feed.area_counts.zone_id
    if layer == feed.settings.layer:
        return Placement(np.isin(zones.zone_id, named), code_of_zone=named)
    children = place.layers[str(feed.settings.layer)]
    parent = dict(zip(children.zone_id, children.parent, strict=True))
    if is_cells(layer) or not set(parent.values()) <= set(zones.zone_id):
        return Placement(~everywhere)
    # A parent is answered for when every one of its children is: half a borough is no borough.
    unknown = {parent[child] for child in set(children.zone_id) - set(named)}
    is_parent = np.isin(zones.zone_id, list(set(parent.values()) - unknown))
    return Placement(is_parent, code_of_zone=np.array([parent[child] for child in named]))


def count_layers(
    feeds: Sequence[Feed], place: Place, coverages: Sequence[Coverage], *, workers: int
) -> dict[str, tuple[dict[str, Placement], list[Cube]]]:
    """Of each layer where the places of each feed lie and the cube of each theme; layers are counted side by side."""

    def counted_on(layer: str) -> tuple[dict[str, Placement], list[Cube]]:
        placements = {feed.settings.name: place_feed(feed, layer, place) for feed in feeds}
        return placements, [cube_on(one, place.layers[layer], feeds, placements) for one in coverages]

    with ThreadPoolExecutor(workers) as threads:
        return dict(zip(place.layers, threads.map(counted_on, place.layers), strict=True))


def cube_on(coverage: Coverage, zones: Zones, feeds: Sequence[Feed], placements: Mapping[str, Placement]) -> Cube:
    """The cube of a theme on one layer, from the feeds that answer for it."""
    carriers = [feed for feed in feeds if feed.settings.name in coverage.feeds]
    return build_cube(coverage, zones, carriers, [placements[feed.settings.name] for feed in carriers])
