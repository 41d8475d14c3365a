"""The grounds that rules are tried on, as a run sees them: London's cells, a town of cells, and London's wards.

Each has residents, so that rules can be tried by exposure; without real data a made-up number stands in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import h3
import numpy as np
import pandas as pd
from surfaces import city, data_folder

from geo_safety import neighbours
from geo_safety.hotspots import Surroundings

METRES = "EPSG:27700"


@dataclass(frozen=True)
class Ground:
    """Zones and how they lie among each other; `residents` is in `surroundings`."""

    name: str
    zone_id: tuple[str, ...]
    surroundings: Surroundings

    @property
    def n(self) -> int:
        return len(self.zone_id)

    @property
    def residents(self) -> np.ndarray:
        assert self.surroundings.residents is not None
        return self.surroundings.residents


@lru_cache(maxsize=1)
def london_cells() -> Ground:
    """London at resolution 9; residents of the Census 2021 spread evenly over their small areas."""
    place, folder = city(), data_folder()
    around = _of_cells(place.near, place.borough)
    residents = _made_up_residents(around) if folder is None else _residents_of_cells(place.cells, folder)
    return Ground("London, cells", place.cells, replace(around, residents=residents))


@lru_cache(maxsize=1)
def town_cells() -> Ground:
    """A disc of 1,261 cells: small enough for a thousand maps."""
    cells = tuple(sorted(h3.grid_disk(h3.latlng_to_cell(54.7, 1.7, 9), 20)))
    around = _of_cells(neighbours.from_cells(cells), np.full(len(cells), None, dtype=object))
    return Ground("town, cells", cells, replace(around, residents=_made_up_residents(around)))


@lru_cache(maxsize=1)
def london_wards() -> Ground:
    """London's wards of 2022 that the police's ward counts name, by area; a made-up city's without real data."""
    folder = data_folder()
    if folder is None:
        return _made_up_wards()
    import geopandas as gpd

    shapes = gpd.read_file(f"/vsigzip/{folder}/boundaries/wards_2022_london_bgc.geojson.gz").to_crs(METRES)
    wards = shapes[shapes["WD22CD"].isin(ward_months("violence").index)].reset_index(drop=True)
    small = _small_areas(folder)
    small["geometry"] = small.representative_point()
    found = small.sjoin(wards[["WD22CD", "geometry"]]).groupby("WD22CD")["residents"].sum()
    ring = neighbours.from_polygons(wards.geometry.to_numpy())
    around = _of_wards(ring, wards.area.to_numpy() / 1e6, wards["LAD22CD"].to_numpy(object))
    residents = found.reindex(wards["WD22CD"]).to_numpy(float)
    return Ground("London, wards", tuple(wards["WD22CD"]), replace(around, residents=residents))


@lru_cache(maxsize=2)
def ward_months(theme: str) -> pd.DataFrame:
    """The police's own counts by ward of 2022 and month, 2010-04 to 2024-02."""
    folder = data_folder()
    assert folder is not None
    table = pd.read_csv(folder / "incidents" / "mps-counts" / "mps-ward-historical.csv.gz")
    months = [name for name in table.columns if name.isdigit()]
    label = {"violence": "VIOLENCE AGAINST THE PERSON", "robbery": "ROBBERY"}[theme]
    return table[table["majortext"] == label].groupby("wardcode")[months].sum()


def ward_surface(theme: str) -> np.ndarray:
    """Incidents of the newest year by ward; made up without real data."""
    if data_folder() is None:
        return np.exp(np.random.default_rng(8).normal(size=london_wards().n)) * london_wards().surroundings.width
    return ward_months(theme).reindex(london_wards().zone_id).iloc[:, -12:].sum(axis=1).to_numpy(float)


def _of_cells(near: neighbours.Neighbours, borough: np.ndarray) -> Surroundings:
    return Surroundings(
        neighbourhood=near,
        touching=near,
        near=near.rings(2),
        wider=near.rings(3, 4),
        width=np.ones(near.n),
        borough=borough.astype(object),
        is_exchangeable=True,
    )


def _of_wards(touching: neighbours.Neighbours, area: np.ndarray, borough: np.ndarray) -> Surroundings:
    return Surroundings(
        neighbourhood=neighbours.itself(touching.n),
        touching=touching,
        near=touching.rings(1),
        wider=touching.rings(2),
        width=area / area.mean(),
        borough=borough,
        is_exchangeable=False,
    )


def _made_up_residents(around: Surroundings) -> np.ndarray:
    """Uneven as a city's: a smooth field and roughness, 600 in the mean cell."""
    rng = np.random.default_rng(12)
    smooth = rng.normal(size=around.touching.n)
    for _ in range(3):
        smooth = around.touching.sum(smooth) / around.touching.sizes
    people = np.exp(0.5 * smooth / smooth.std() + 0.5 * rng.normal(size=len(smooth)))
    return np.asarray(600 * people / people.mean())


def _made_up_wards() -> Ground:
    rng = np.random.default_rng(3)
    points = rng.random((680, 2)) * 40
    gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    lists = np.argsort(gaps, axis=1)[:, :7].tolist()
    pairs = {(i, j) for i, row in enumerate(lists) for j in row} | {(j, i) for i, row in enumerate(lists) for j in row}
    touching = neighbours.from_lists([[j for k, j in sorted(pairs) if k == i] for i in range(len(points))])
    around = _of_wards(touching, np.exp(0.8 * rng.normal(size=680)), np.full(680, None, dtype=object))
    people = 20 * _made_up_residents(around)
    return Ground("made-up wards", tuple(f"W{i:03d}" for i in range(680)), replace(around, residents=people))


def _small_areas(folder: Path):
    import geopandas as gpd

    small = gpd.read_file(f"/vsigzip/{folder}/boundaries/lsoa_2021_london_bgc.geojson.gz").to_crs(METRES)
    people = pd.read_csv(folder / "context" / "population" / "census2021_lsoa21_age_london.csv.gz")
    by_code = people.groupby("lsoa21_code")["usual_residents"].sum()
    return small.assign(residents=small["LSOA21CD"].map(by_code).fillna(0.0))


def _residents_of_cells(cells: tuple[str, ...], folder: Path) -> np.ndarray:
    """Density of the small area at seven points of each cell, times the cell's area: the total holds to a percent."""
    import geopandas as gpd

    children = [h3.cell_to_children(cell, 10) for cell in cells]
    centre = np.array([h3.cell_to_latlng(child)[::-1] for each in children for child in each])
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*centre.T, crs="EPSG:4326").to_crs(METRES))
    small = _small_areas(folder)
    small["density"] = small["residents"] / (small.area / 1e6)
    found = points.sjoin(small[["density", "geometry"]], how="left")
    density = found[~found.index.duplicated()]["density"].fillna(0.0).to_numpy()
    area = np.array([h3.cell_area(cell) for cell in cells])
    sizes = np.array([len(each) for each in children])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.add.reduceat(density, starts) / sizes * area
