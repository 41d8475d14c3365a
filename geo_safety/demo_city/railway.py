"""Where do Doggerland's trains run and how many people use its stations?"""

from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops

from geo_safety.demo_city.geography import FloatArray, Geography
from geo_safety.demo_city.streets import Cells, MapPoints, locate_points

LINES = (("Silver Pit Line", "rail"), ("Outer Shoal Line", "rail"), ("Mammoth Line", "metro"))
BETWEEN_STATIONS_M = 1_250.0
BEYOND = 2  # stations that each line has outside the outline, where there is land


@dataclass(frozen=True)
class Railway:
    """Stations (the hub first); `stops` lists the stations of each line, in order."""

    points: MapPoints
    names: list[str]
    stops: list[list[int]]
    entries: FloatArray
    exits: FloatArray


def make_railway(rng: np.random.Generator, land: Geography, cells: Cells, ward_names: list[str]) -> Railway:
    """Three lines that cross at one hub in the centre; the lines run on a little beyond the outline."""
    dry = land.outline.difference(land.river.buffer(25))
    hub = np.array(shapely.ops.nearest_points(dry, shapely.Point(land.density.centre))[0].coords[0])
    metres, stops = [hub], []
    first = rng.uniform(0, np.pi)
    for i in range(len(LINES)):
        heading = first + i * np.pi / len(LINES) + rng.normal(0, 0.12)
        there, back = (_half_line(rng, land, dry, hub, heading + turn) for turn in (0, np.pi))
        numbers = np.arange(len(metres), len(metres) + len(back) + len(there))
        stops.append([*numbers[: len(back)][::-1].tolist(), 0, *numbers[len(back) :].tolist()])
        metres += [*back, *there]
    built = land.density(np.array(metres))
    entries = 900_000 * built**1.5 * rng.lognormal(0, 0.45, len(metres))
    entries[0] = 4 * entries[1:].max()
    points = locate_points(np.array(metres), entries**0.8, land, cells)
    exits = entries * rng.normal(1, 0.02, len(entries))
    return Railway(points, _station_names(points, ward_names), stops, np.round(entries), np.round(exits))


def _half_line(
    rng: np.random.Generator, land: Geography, dry: shapely.Geometry, hub: FloatArray, heading: float
) -> list[FloatArray]:
    """Stations from the hub outwards along a gentle bend, up to the sea or a little beyond the outline."""
    bend = rng.normal(0, 4e-5)
    place, beyond, found = hub, 0, []
    while beyond < BEYOND:
        length = BETWEEN_STATIONS_M * rng.uniform(0.85, 1.2)
        heading += bend * length
        place = place + length * np.array([np.cos(heading), np.sin(heading)])
        if not shapely.contains_xy(land.mainland, *place) or np.hypot(*place) > 25_000:
            break  # the sea, or the end of the map
        if shapely.contains_xy(dry, *place):
            found.append(place)
        elif not shapely.contains_xy(land.outline, *place):
            found.append(place)
            beyond += 1
    return found


def _station_names(points: MapPoints, ward_names: list[str]) -> list[str]:
    """The ward's name, with a word added where the ward has several stations; the hub is Doggerland Central."""
    names = ["Doggerland Central"]
    words = ["", " Road", " Halt", " Junction", " Parkway", " North", " South", " East", " West"]
    for i, ward in enumerate(points.ward[1:], start=1):
        base = ward_names[ward] if ward >= 0 else f"Far Shoal {i}"
        names.append(next(base + word for word in words if base + word not in names))
    return names
