"""What stands around Doggerland's streets: shops and other uses, and the street lights that one borough has listed."""

from pathlib import Path

import numpy as np

from geo_safety.demo_city import names
from geo_safety.demo_city.city import City, borough_code
from geo_safety.demo_city.files import write_rows
from geo_safety.demo_city.geography import METRES_PER_DEGREE, ORIGIN, FloatArray, degrees

USES = ("cafe", "restaurant", "pub", "convenience (shop)", "clothes (shop)", "hairdresser (shop)", "supermarket (shop)",
        "bakery (shop)", "bank", "library", "post_office", "community_centre")  # fmt: skip
PREMISES = ("school", "clinic", "place_of_worship", "hostel", "vacant (shop)")
"""Kinds that a list of uses holds too, and that make no place to walk to."""

PER_STREET, STREET_M = 60, 260.0
SCATTERED, NEAR_PREMISES = 900, 260
LAMPS, PATHS, LAMPS_PER_PATH = 2_400, 8, 5
INNER_M = 5_000.0
"""Boroughs with their middle so near the centre are the inner zone."""


def write_public_space(rng: np.random.Generator, folder: Path, city: City) -> None:
    """Write `places.csv` (uses by kind) and `lights.csv` (street lights of the first borough, with their streets)."""
    uses = np.vstack([_high_streets(rng, city), _near_streets(rng, city, SCATTERED)])
    premises = _near_streets(rng, city, NEAR_PREMISES)
    kinds = [*rng.choice(USES, len(uses)).tolist(), *rng.choice(PREMISES, len(premises)).tolist()]
    write_rows(
        folder / "places.csv",
        ("place_id", "kind", "longitude", "latitude"),
        [
            (f"DGU{i:05d}", kind, f"{lon:.6f}", f"{lat:.6f}")
            for i, (kind, (lon, lat)) in enumerate(zip(kinds, np.vstack([uses, premises]), strict=True), start=1)
        ],
    )
    write_rows(folder / "lights.csv", ("light_id", "street", "longitude", "latitude"), _lights(rng, city))


def inner_boroughs(city: City) -> list[str]:
    """Codes of the boroughs around the centre."""
    centre = city.land.density.centre
    middles = [(np.array(shape.centroid.coords[0]) - ORIGIN) * METRES_PER_DEGREE for shape in city.land.zones.boroughs]
    near = [number for number, middle in enumerate(middles) if np.hypot(*(middle - centre)) < INNER_M]
    return [borough_code(number) for number in near or [int(np.argmin([np.hypot(*(one - centre)) for one in middles]))]]


def _high_streets(rng: np.random.Generator, city: City) -> FloatArray:
    """Uses along one street through each town centre, and three through the middle of the city."""
    density = city.land.density
    middles = np.vstack([density.centre + rng.normal(0, 700, (3, 2)), density.towns])
    turn = rng.uniform(0, np.pi, len(middles))
    along = rng.uniform(-STREET_M / 2, STREET_M / 2, (len(middles), PER_STREET))
    spots = middles[:, None, :] + along[..., None] * np.column_stack([np.cos(turn), np.sin(turn)])[:, None, :]
    return degrees(spots.reshape(-1, 2) + rng.normal(0, 9, (len(middles) * PER_STREET, 2)))


def _near_streets(rng: np.random.Generator, city: City, count: int) -> FloatArray:
    chosen = rng.choice(len(city.streets), count, p=city.streets.weight / city.streets.weight.sum())
    return np.round(city.streets.lon_lat[chosen] + rng.normal(0, 2e-4, (count, 2)), 6)


def _lights(rng: np.random.Generator, city: City) -> list[tuple[str, str, str, str]]:
    """Lights along the first borough's streets, and along a few paths of its own."""
    ward = city.streets.ward
    own = np.flatnonzero((ward >= 0) & (city.land.zones.ward_borough[ward] == 0))
    chosen = np.sort(rng.choice(own, min(LAMPS, len(own)), replace=False))
    rows = [
        (city.locations[place].removeprefix("On or near "), city.streets.lon_lat[place]) for place in chosen.tolist()
    ]
    starts, stems = rng.choice(own, PATHS, replace=False), rng.permutation(names.STEMS)[:PATHS]
    for start, stem in zip(city.streets.lon_lat[starts], stems, strict=True):
        heading = rng.uniform(0, 2 * np.pi)
        step = 45 * np.array([np.cos(heading), np.sin(heading)]) / METRES_PER_DEGREE
        rows += [(f"{stem} Path", start + number * step) for number in range(LAMPS_PER_PATH)]
    return [(f"DGL{i:05d}", street, f"{lon:.6f}", f"{lat:.6f}") for i, (street, (lon, lat)) in enumerate(rows, start=1)]
