"""What is in one Doggerland before anything happens there? Land, cells, map points, railway, names; and their files."""

from dataclasses import dataclass
from pathlib import Path

import h3
import numpy as np

from geo_safety.demo_city import names
from geo_safety.demo_city.files import write_bus_routes, write_layer, write_lines, write_rows, write_stations
from geo_safety.demo_city.geography import FloatArray, Geography, IntArray, make_geography, shape_in_degrees
from geo_safety.demo_city.railway import Railway, make_railway
from geo_safety.demo_city.streets import (
    BRIDGES,
    Cells,
    MapPoints,
    make_cells,
    make_streets,
    points_beyond,
)

RESIDENTS_PER_LSOA = 2_600
STOPS = 1_400
WOMEN = 0.51  # share of residents


@dataclass(frozen=True)
class City:
    """One Doggerland. `locations` are the texts of the street points and then of those beyond the outline."""

    land: Geography
    cells: Cells
    cell_centres: FloatArray
    cell_borough: IntArray
    streets: MapPoints
    beyond: MapPoints
    railway: Railway
    boroughs: list[str]
    wards: list[str]
    lsoas: list[str]
    locations: list[str]
    residents: IntArray

    def borough_of_ward(self, ward: int) -> int:
        """Number of the borough that a ward belongs to."""
        return int(self.land.zones.ward_borough[ward])


def draw_city(seed: int) -> City:
    """Draw the city of a seed. Each part has a random stream of its own, so that one part's change moves no other."""
    streams = [np.random.default_rng([seed, part]) for part in range(6)]
    land = make_geography(streams[0])
    cells = make_cells(shape_in_degrees(land.outline))
    streets = make_streets(streams[1], land, cells)
    beyond = points_beyond(streams[2], land, cells)
    zones = land.zones
    boroughs = names.borough_names(streams[3], len(zones.boroughs))
    wards = names.ward_names(streams[3], zones.ward_borough)
    locations = names.street_names(streams[3], len(streets) + len(beyond))
    stems = streams[3].permutation(names.STEMS)[:BRIDGES]
    first = len(streets) - 2 * BRIDGES
    locations[first : len(streets)] = [f"On or near {stem} Bridge" for stem in stems for _ in range(2)]
    railway = make_railway(streams[4], land, cells, wards)
    held = np.zeros((len(cells.ids), len(boroughs)))
    on_land = streets.ward >= 0
    np.add.at(held, (streets.cell[on_land], zones.ward_borough[streets.ward[on_land]]), streets.weight[on_land])
    lsoa_residents = zones.lsoa_mass / zones.lsoa_mass.mean() * RESIDENTS_PER_LSOA
    lsoa_residents *= streams[5].lognormal(0, 0.08, len(lsoa_residents))
    return City(
        land=land,
        cells=cells,
        cell_centres=np.array([h3.cell_to_latlng(cell)[::-1] for cell in cells.ids]),
        cell_borough=np.where(held.any(axis=1), held.argmax(axis=1), -1),
        streets=streets,
        beyond=beyond,
        railway=railway,
        boroughs=boroughs,
        wards=wards,
        lsoas=_lsoa_names(zones.ward_borough[zones.lsoa_ward], boroughs),
        locations=locations,
        residents=np.bincount(zones.lsoa_ward, lsoa_residents).round().astype(np.int64),
    )


def borough_code(borough: int) -> str:
    """Code of a borough, unlike any official one."""
    return f"DGB{borough + 1:03d}"


def ward_code(ward: int) -> str:
    """Code of a ward, unlike any official one."""
    return f"DGW{ward + 1:04d}"


def lsoa_code(lsoa: int) -> str:
    """Code of a small area, unlike any official one."""
    return f"DGL{lsoa + 1:05d}"


def write_boundaries(folder: Path, city: City) -> None:
    """Write outline, boroughs, wards and small areas as GeoJSON."""
    zones = city.land.zones
    write_layer(folder / "outline.geojson", [shape_in_degrees(city.land.outline)], [{"name": "Doggerland"}])
    write_layer(
        folder / "boroughs.geojson",
        zones.boroughs,
        [{"borough_code": borough_code(i), "borough_name": name} for i, name in enumerate(city.boroughs)],
    )
    write_layer(
        folder / "wards.geojson",
        zones.wards,
        [
            {"ward_code": ward_code(i), "ward_name": name, "borough_code": borough_code(city.borough_of_ward(i))}
            for i, name in enumerate(city.wards)
        ],
    )
    write_layer(
        folder / "lsoas.geojson",
        zones.lsoas,
        [
            {"lsoa_code": lsoa_code(i), "lsoa_name": name, "ward_code": ward_code(int(zones.lsoa_ward[i]))}
            for i, name in enumerate(city.lsoas)
        ],
    )


def write_context(rng: np.random.Generator, folder: Path, city: City) -> None:
    """Write stations and lines, bus stops, parks and ward population."""
    write_stations(folder / "stations.csv", city.railway)
    write_lines(folder / "lines.geojson", city.railway)
    parks = [shape_in_degrees(park) for park in city.land.parks]
    stems = rng.permutation(names.STEMS)[: len(parks)]
    endings = rng.choice(("Common", "Green", "Park", "Marsh"), len(parks))
    write_layer(
        folder / "parks.geojson",
        parks,
        [
            {"park_id": f"DGP{i:03d}", "name": f"{stem} {ending}"}
            for i, (stem, ending) in enumerate(zip(stems, endings, strict=True), start=1)
        ],
    )
    chosen = np.sort(rng.choice(len(city.streets) - 2 * BRIDGES, STOPS, replace=False))
    stop_places = np.round(city.streets.lon_lat[chosen] + rng.normal(0, 2e-4, (STOPS, 2)), 6)
    stop_names = [city.locations[point].removeprefix("On or near ") for point in chosen]
    write_rows(
        folder / "stops.csv",
        ("stop_id", "name", "longitude", "latitude"),
        [
            (f"DGT{i:05d}", name, f"{lon:.6f}", f"{lat:.6f}")
            for i, (name, (lon, lat)) in enumerate(zip(stop_names, stop_places, strict=True), start=1)
        ],
    )
    write_bus_routes(folder / "bus-routes.geojson", rng, stop_places)
    write_rows(
        folder / "population.csv",
        ("ward_code", "ward_name", "borough_code", "residents", "women"),
        [
            (
                ward_code(i),
                name,
                borough_code(city.borough_of_ward(i)),
                int(city.residents[i]),
                int(city.residents[i] * WOMEN),
            )
            for i, name in enumerate(city.wards)
        ],
    )


def _lsoa_names(lsoa_borough: IntArray, boroughs: list[str]) -> list[str]:
    """Borough, number and letter, four letters a number: Amberquay 001A."""
    counted = [0] * len(boroughs)
    found = []
    for borough in lsoa_borough.tolist():
        number, letter = divmod(counted[borough], 4)
        found.append(f"{boroughs[borough]} {number + 1:03d}{'ABCD'[letter]}")
        counted[borough] += 1
    return found
