"""Everything that was read and counted of a study, before any statistics."""

from __future__ import annotations

from dataclasses import dataclass

from geo_safety.boundaries import Study, Zones
from geo_safety.cube import Coverage, Cube, Placement
from geo_safety.incidents import Feed
from geo_safety.settings import Settings


@dataclass(frozen=True)
class Place:
    """The study with all its layers."""

    study: Study
    layers: dict[str, Zones]


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
    """

    settings: Settings
    place: Place
    feeds: tuple[Feed, ...]
    coverages: tuple[Coverage, ...]
    cubes: dict[tuple[str, str], Cube]
    second_cubes: tuple[Cube, ...]
    placements: dict[tuple[str, str], Placement]
