"""What is known of one theme on one layer over its whole span, gathered for the judgement of classes."""

from __future__ import annotations

from collections.abc import Mapping

import h3
import numpy as np
from numpy.typing import NDArray

from geo_safety.areas import holders
from geo_safety.cell_layers import cell_layer, is_cells
from geo_safety.counted import Counted, breaks_in
from geo_safety.cube import Coverage, Cube
from geo_safety.disclosure import ACCESS_CLASSES, strictest
from geo_safety.entrenchment import History, confirmed_zones
from geo_safety.grid_shift import SHIFTS, count_shifts_hot, shifted_zones
from geo_safety.hotspots import EVEN_CHANCE, Judgement
from geo_safety.incidents import Feed, theme_matrix
from geo_safety.layers import Layer
from geo_safety.point_counts import Incidents
from geo_safety.settings import Break
from geo_safety.sources.police_uk import MAP_POINTS_RENEWED

FloatArray = NDArray[np.float64]


class HistoryReader:
    """Gathers histories of one layer; what does not depend on the theme is looked up once.

    Parameters
    ----------
    judged : mapping of layer to theme to Judgement
        The layers judged before this one, coarser grids among them.
    """

    def __init__(self, layer: Layer, counted: Counted, judged: Mapping[str, Mapping[str, Judgement]]) -> None:
        self._layer = layer
        self._counted = counted
        self._judged = judged
        self._shifted: dict[str, NDArray[np.int32]] = {}

    def read(self, coverage: Coverage, judgement: Judgement) -> History:
        """The history of one theme up to the end of its window.

        Parameters
        ----------
        coverage : Coverage
            With a complete window.
        judgement : Judgement
            The layer's judgement of that window, for its dispersion.
        """
        window = coverage.window
        assert window is not None
        assert judgement.dispersion is not None
        cube = self._counted.cubes[self._layer.name, coverage.theme]
        first = int(np.flatnonzero(cube.has_data)[0])
        monthly = _monthly(cube)[:, first : window.end - cube.first_month + 1]
        first_month = cube.first_month + first
        breaks = [one for one in breaks_in(coverage, self._counted.settings) if first_month < one.month <= window.end]
        confirmed = self._confirmed(coverage.theme, window.end)
        cells = is_cells(self._layer.name)
        return History(
            layer=self._layer.name,
            theme=coverage.theme,
            zone_id=self._layer.zones.zone_id.tolist(),
            monthly=monthly,
            first_month=first_month,
            dispersion=judgement.dispersion.value,
            breaks=tuple(one.month for one in breaks),
            points_moved=any(self._moves_points(one, coverage) for one in breaks),
            top_location=self._top_location(coverage, first_month, window.end),
            shifts_hot=self._shifts_hot(coverage, first_month, judgement.dispersion.value) if cells else None,
            parent_is_hot=self._parent_is_hot(coverage.theme) if cells else None,
            is_confirmed=confirmed[1] if confirmed else None,
            confirmed_by=confirmed[0] if confirmed else "",
        )

    def _feeds(self, coverage: Coverage) -> list[tuple[Feed, Incidents]]:
        """The feeds of points that answer for a theme."""
        return [
            (feed, feed.incidents)
            for feed in self._counted.feeds
            if feed.settings.name in coverage.feeds and feed.incidents is not None
        ]

    def _moves_points(self, one: Break, coverage: Coverage) -> bool:
        """Whether single cells cannot be compared across this break: as configured, or as known of police.uk."""
        if one.moves_points is not None:
            return one.moves_points
        kinds = {feed.settings.kind for feed, _ in self._feeds(coverage)}
        return one.month == MAP_POINTS_RENEWED and "police_uk" in kinds

    def _top_location(self, coverage: Coverage, first: int, last: int) -> FloatArray | None:
        """Incidents of each zone's busiest location over the span; None where a feed has no points."""
        feeds = self._feeds(coverage)
        if len(feeds) < len(coverage.feeds):
            return None
        busiest = np.zeros(len(self._layer.zones))
        for feed, incidents in feeds:
            zone = self._counted.placements[feed.settings.name, self._layer.name].zone_of_location
            assert zone is not None
            counts = incidents.by_location(theme_matrix(feed)[coverage.theme], first, last)
            np.maximum.at(busiest, zone[zone >= 0], counts[zone >= 0])
        return busiest

    def _shifts_hot(self, coverage: Coverage, first_month: int, dispersion: float) -> NDArray[np.int64]:
        """Half-cell shifts under which each cell's neighbourhood is hot: in the window, or over the span if under more.

        One year is noisier than the claim that it checks: of Doggerland's planted places of seven cells and ratio 6 a
        third was lost to it that the whole span keeps. A place that is new is hot in the window alone.
        """
        window = coverage.window
        assert window is not None
        counts = self._shifted_counts(coverage, window.start, window.end)
        over_span = self._shifted_counts(coverage, first_month, window.end)
        near, level = self._layer.surroundings.neighbourhood, self._counted.settings.hotspots.level
        return np.maximum(
            count_shifts_hot(counts, near, level=level, dispersion=dispersion),
            count_shifts_hot(over_span, near, level=level, dispersion=dispersion),
        )

    def _shifted_counts(self, coverage: Coverage, first: int, last: int) -> FloatArray:
        """Incidents of each cell of each moved grid, from one month to another, both inside."""
        zones = self._layer.zones
        counts = np.zeros((SHIFTS, len(zones)))
        for feed, incidents in self._feeds(coverage):
            name = feed.settings.name
            if name not in self._shifted:
                self._shifted[name] = shifted_zones(incidents.longitude, incidents.latitude, zones)
            at_location = incidents.by_location(theme_matrix(feed)[coverage.theme], first, last)
            for shift, zone in enumerate(self._shifted[name]):
                counts[shift] += np.bincount(zone[zone >= 0], at_location[zone >= 0], minlength=len(zones))
        return counts

    def _parent_is_hot(self, theme: str) -> NDArray[np.bool_] | None:
        """Whether each cell's parent on the next coarser grid is hot; None where that grid is not made."""
        resolution = h3.get_resolution(self._layer.zones.zone_id[0])
        coarser = cell_layer(resolution - 1)
        if coarser not in self._judged or "probability" not in self._judged[coarser][theme].table:
            return None
        hot = self._judged[coarser][theme].table["probability"].to_numpy(dtype=float) >= EVEN_CHANCE
        is_hot = dict(zip(self._counted.place.layers[coarser].zone_id.tolist(), hot.tolist(), strict=True))
        parents = [h3.cell_to_parent(cell, resolution - 1) for cell in self._layer.zones.zone_id.tolist()]
        return np.array([is_hot.get(parent, False) for parent in parents], dtype=bool)

    def _confirmed(self, theme: str, last: int) -> tuple[str, NDArray[np.bool_]] | None:
        """Name of the second source and the zones that it confirms; None where there is none, or too little of it."""
        for cube in self._counted.second_cubes:
            feed = next(feed for feed in self._counted.feeds if feed.settings.name in cube.feeds)
            if cube.theme != theme or cube.layer != feed.settings.layer or self._is_more_closed(feed, theme):
                continue
            zones = self._counted.place.layers[cube.layer]
            found = confirmed_zones(_monthly(cube)[:, : max(last - cube.first_month + 1, 0)], zones.area_km2)
            if found is not None:
                codes = set(zones.zone_id[found].tolist())
                return feed.settings.name, np.isin(holders(self._layer.zones, zones).astype(str), list(codes))
        return None

    def _is_more_closed(self, feed: Feed, theme: str) -> bool:
        """Whether fewer may see the feed than the theme: what it confirms would tell of it."""
        own = [other.settings.access for other in self._counted.feeds
               if other.settings.role == "primary" and theme in theme_matrix(other)]  # fmt: skip
        return ACCESS_CLASSES.index(feed.settings.access) > ACCESS_CLASSES.index(strictest(own))


def _monthly(cube: Cube) -> FloatArray:
    """A cube's counts with NaN in gaps and for zones without an answer."""
    return np.where(cube.is_answered[:, None] & cube.has_data[None, :], cube.incidents, np.nan)
