"""Everything that was read and counted of a study, before any statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from geo_safety.boundaries import Study, Zones
from geo_safety.crosswalk import FeedMove
from geo_safety.cube import Coverage, Cube, Placement
from geo_safety.denominators import Denominator
from geo_safety.incidents import Feed, theme_matrix
from geo_safety.layers import Recording
from geo_safety.settings import Break, Settings


@dataclass(frozen=True)
class Place:
    """The study with all its layers.

    Parameters
    ----------
    drawings : tuple of Zones
        Zones of which no layer is made: other years of one, or what figures of the context come by.
    """

    study: Study
    layers: dict[str, Zones]
    drawings: tuple[Zones, ...] = ()


@dataclass(frozen=True)
class Counted:
    """Everything that was counted, before any statistics.

    Parameters
    ----------
    coverages : tuple of Coverage
        One a theme.
    cubes : mapping of (layer, theme) to Cube
        What makes the layers.
    second_cubes : tuple of Cube
        What confirms them.
    placements : mapping of (feed, layer) to Placement
        Where each feed's places lie.
    moves : tuple of FeedMove
        Feeds of area counts that were moved from the zones of other years.
    denominators : mapping of layer to name to Denominator
        What incidents can be divided by.
    notes : tuple of str
        What could not be used of the context, in words.
    """

    settings: Settings
    place: Place
    feeds: tuple[Feed, ...]
    coverages: tuple[Coverage, ...]
    cubes: dict[tuple[str, str], Cube]
    second_cubes: tuple[Cube, ...]
    placements: dict[tuple[str, str], Placement]
    moves: tuple[FeedMove, ...] = ()
    denominators: Mapping[str, Mapping[str, Denominator]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def carriers_of(coverage: Coverage, counted: Counted) -> list[Feed]:
    """The feeds that answer for a theme."""
    return [feed for feed in counted.feeds if feed.settings.name in coverage.feeds]


def same_incidents(theme: str, feeds: Iterable[Feed]) -> tuple[str, ...]:
    """Themes that count some of the same incidents as this one, itself among them; sorted."""
    matrices = [theme_matrix(feed) for feed in feeds]
    shared = {
        other for matrix in matrices if theme in matrix for other in matrix if (matrix[other] & matrix[theme]).any()
    }
    return tuple(sorted(shared))


def breaks_in(coverage: Coverage, settings: Settings) -> list[Break]:
    """Changes of recording that touch a feed of the theme."""
    return [one for one in settings.breaks if not one.feeds or set(one.feeds) & set(coverage.feeds)]


def recording_of(coverage: Coverage, counted: Counted) -> Recording:
    """How the theme's incidents were recorded, as far as readers must be told."""
    used = carriers_of(coverage, counted)
    precisions = [feed.settings.precision_m for feed in used if feed.settings.precision_m is not None]
    cube = counted.cubes[next(iter(counted.place.layers)), coverage.theme]
    share = 0.0
    if coverage.window is not None:
        months = cube.columns(coverage.window)
        unlocated = int(cube.unlocated[months].sum())
        everything = unlocated + int(cube.in_no_zone[months].sum() + cube.incidents[:, months].sum())
        share = unlocated / max(everything, 1)
    breaks = tuple((one.month, one.text) for one in breaks_in(coverage, counted.settings))
    return Recording(max(precisions, default=None), share, breaks)
