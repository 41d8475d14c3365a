"""London's cells, their robbery surface and counts drawn from surfaces that are known: what the benchmarks share.

Real data are read from `../shared/data` or the folder in GEO_SAFETY_DATA. Where they are absent, a made-up city of
the same kind stands in, and the table says so.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import h3
import numpy as np
import pandas as pd

from geo_safety import neighbours
from geo_safety.neighbours import Neighbours

RESOLUTION = 9


@dataclass(frozen=True)
class City:
    """Study cells, their neighbourhoods and surroundings, boroughs and zones (inner, outer)."""

    name: str
    cells: tuple[str, ...]
    borough: np.ndarray
    is_inner: np.ndarray

    @cached_property
    def near(self) -> Neighbours:
        return neighbours.from_cells(self.cells)

    @cached_property
    def width(self) -> np.ndarray:
        return self.near.sizes.astype(float)

    @cached_property
    def ring_2(self) -> Neighbours:
        return self.near.rings(2)

    @cached_property
    def ring_3_4(self) -> Neighbours:
        return self.near.rings(3, 4)


def data_folder() -> Path | None:
    """Folder of the real data, or None."""
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("GEO_SAFETY_DATA", default))
    return folder if (folder / "incidents").is_dir() else None


def say_where() -> None:
    folder = data_folder()
    print("data: real London" if folder else "data: SYNTHETIC city (no real data at ../shared/data or GEO_SAFETY_DATA)")


@lru_cache(maxsize=1)
def city() -> City:
    """London at resolution 9 (17,342 cells), or the made-up city of about that size."""
    folder = data_folder()
    if folder is None:
        return _synthetic_city()
    outline = _shape(folder / "boundaries" / "greater_london_outline.geojson")
    cells = tuple(sorted(h3.h3shape_to_cells_experimental(outline, RESOLUTION, contain="overlap")))
    points = _centres(cells)
    return City("London", cells, _borough_of(points, folder), _inner_of(points, folder))


@lru_cache(maxsize=1)
def robbery_by_month() -> np.ndarray:
    """Robberies of 24 months, 2018-02 to 2020-01, cells x months; made up where there are no real data."""
    folder = data_folder()
    if folder is None:
        return _synthetic_robberies()
    rows = pd.read_csv(
        folder / "incidents" / "london-points" / "robbery.csv.gz", usecols=["month", "longitude", "latitude"]
    )
    return cell_months(rows.assign(weight=1))


def hex_counts(category: str) -> np.ndarray:
    """Counts of a police.uk category, 2025-05 to 2025-12, cells x months."""
    rows = _hex_rows()
    return cell_months(rows[rows["crime_type"] == category])


@lru_cache(maxsize=1)
def _hex_rows() -> pd.DataFrame:
    folder = data_folder()
    if folder is None:
        sys.exit("This needs the real London hex counts: set GEO_SAFETY_DATA to the data folder.")
    files = sorted((folder / "incidents" / "london-hex-counts").glob("*.csv.gz"))
    columns = ["month", "crime_type", "longitude", "latitude", "crime_count"]
    return pd.concat([pd.read_csv(file, usecols=columns) for file in files]).rename(columns={"crime_count": "weight"})


def cell_months(rows: pd.DataFrame) -> np.ndarray:
    """Counts by study cell and month; each distinct coordinate is looked up once."""
    rows = rows.dropna(subset=["longitude", "latitude"])
    places = rows.groupby(["latitude", "longitude"], sort=False).ngroup().to_numpy()
    first = np.unique(places, return_index=True)[1]
    latitude, longitude = rows["latitude"].to_numpy()[first], rows["longitude"].to_numpy()[first]
    number = {cell: i for i, cell in enumerate(city().cells)}
    at = [h3.latlng_to_cell(a, b, RESOLUTION) for a, b in zip(latitude, longitude, strict=True)]
    cell = np.array([number.get(c, -1) for c in at])[places]
    month, months = pd.factorize(rows["month"], sort=True)
    table = np.zeros((len(number), len(months)))
    inside = cell >= 0
    np.add.at(table, (cell[inside], month[inside]), rows["weight"].to_numpy()[inside])
    return table


def draw_months(mean: np.ndarray, *, dispersion: float, months: int, rng: np.random.Generator) -> np.ndarray:
    """Counts by cell and month whose expectation over all months is `mean`; variance = dispersion x mean."""
    monthly = np.repeat(mean[:, None] / months, months, axis=1)
    if dispersion == 1:
        return rng.poisson(monthly).astype(float)
    size = np.maximum(monthly / (dispersion - 1), 1e-12)
    return rng.negative_binomial(size, 1 / dispersion).astype(float)


def _shape(path: Path) -> h3.H3Shape:
    found = json.loads(path.read_text())
    geometry = found["features"][0]["geometry"] if found["type"] == "FeatureCollection" else found
    return h3.geo_to_h3shape(geometry)


def _centres(cells: tuple[str, ...]) -> np.ndarray:
    """Longitude and latitude of each cell's centre."""
    return np.array([h3.cell_to_latlng(cell)[::-1] for cell in cells])


def _borough_of(points: np.ndarray, folder: Path) -> np.ndarray:
    import geopandas as gpd

    boroughs = gpd.read_file(folder / "boundaries" / "boroughs_lad2022_london_gen20_bng_shp.zip")
    located = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points.T, crs="EPSG:4326").to_crs(boroughs.crs))
    # Cells over the edge have their centre outside: the nearest borough is theirs.
    nearest = located.sjoin_nearest(boroughs[["LAD22CD", "geometry"]])
    return nearest[~nearest.index.duplicated()]["LAD22CD"].to_numpy()


def _inner_of(points: np.ndarray, folder: Path) -> np.ndarray:
    import shapely
    from shapely.geometry import shape

    for feature in json.loads((folder / "boundaries" / "greater_london_inner_outer.geojson").read_text())["features"]:
        if feature["properties"]["name"].startswith("Inner"):
            inner = shape(feature["geometry"])
            shapely.prepare(inner)
            return shapely.contains_xy(inner, *points.T)
    raise ValueError("No feature is called 'Inner London': check greater_london_inner_outer.geojson.")


def _synthetic_city() -> City:
    cells = tuple(sorted(h3.grid_disk(h3.latlng_to_cell(54.7, 1.7, RESOLUTION), 75)))
    points = _centres(cells)
    east, north = (points - points.mean(axis=0)).T
    sector = np.floor((np.arctan2(north, east) + np.pi) / (2 * np.pi) * 16).astype(int)
    distance = np.hypot(east * 0.58, north)
    is_inner = distance < np.quantile(distance, 0.21)
    return City("made-up city", cells, np.array([f"{s}{i}" for s, i in zip(sector, is_inner, strict=True)]), is_inner)


def _synthetic_robberies() -> np.ndarray:
    """A busy centre, high streets and estates: log-normal fields of several widths."""
    rng = np.random.default_rng(20180201)
    place = city()
    field = np.where(place.is_inner, 1.0, 0.0)
    for spread, weight in ((1, 1.0), (4, 0.7), (12, 0.5)):
        noise = rng.normal(size=len(place.cells))
        for _ in range(spread):
            noise = place.near.sum(noise) / place.near.sizes
        field = field + weight * noise / noise.std()
    mean = np.exp(field + 0.6 * rng.normal(size=len(field)))
    return draw_months(mean * (4.2 * len(field) / mean.sum()), dispersion=1.3, months=24, rng=rng)
