"""Which incidents happened in Doggerland? Counts drawn around the truth, noisier than Poisson, on map points."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geo_safety.demo_city.geography import FloatArray, IntArray
from geo_safety.demo_city.places import Place
from geo_safety.demo_city.railway import Railway
from geo_safety.demo_city.streets import MapPoints

TRANSPORT_PER_CELL_YEAR = 1.3  # rows of the transport force for each cell of the study and year
VENUE_SHARE = 0.93  # of its cell's incidents that lie on a venue's one point
STRAY_SHARE = 0.005  # rows of the city's force that lie beyond the outline


@dataclass(frozen=True)
class Category:
    """One police.uk category: how many a cell and year on average, how noisy, how often without coordinates.

    `follows` says which planted themes its places follow, in which shares; the rest follows a background of its own.
    """

    name: str
    per_cell_year: float
    dispersion: float
    unlocated: float
    follows: Mapping[str, float]


CATEGORIES = (
    Category("Anti-social behaviour", 14.0, 1.6, 0.02, {"asb": 1.0}),
    Category("Bicycle theft", 0.3, 1.3, 0.02, {}),
    Category("Burglary", 0.6, 1.3, 0.02, {}),
    Category("Criminal damage and arson", 0.8, 1.3, 0.02, {}),
    Category("Drugs", 0.4, 1.3, 0.02, {}),
    Category("Other crime", 0.2, 1.3, 0.05, {}),
    Category("Other theft", 0.7, 1.3, 0.03, {}),
    Category("Possession of weapons", 0.1, 1.3, 0.02, {}),
    Category("Public order", 1.0, 1.3, 0.03, {"violence": 0.4}),
    Category("Robbery", 2.0, 1.35, 0.03, {"robbery": 1.0}),
    Category("Shoplifting", 0.6, 1.3, 0.02, {}),
    Category("Theft from the person", 0.9, 1.3, 0.03, {"robbery": 0.5}),
    Category("Vehicle crime", 0.6, 1.3, 0.02, {}),
    Category("Violence and sexual offences", 13.0, 1.4, 0.06, {"violence": 1.0}),
)
NAMES = tuple(category.name for category in CATEGORIES)
COLLISIONS = Category("Collisions", 1.35, 1.2, 0.0, {"road_harm": 1.0})
TRANSPORT_DISPERSION = 1.5
TRANSPORT_MIX = {
    "Bicycle theft": 0.07,
    "Criminal damage and arson": 0.15,
    "Drugs": 0.12,
    "Other theft": 0.09,
    "Possession of weapons": 0.02,
    "Public order": 0.20,
    "Robbery": 0.03,
    "Shoplifting": 0.02,
    "Theft from the person": 0.07,
    "Violence and sexual offences": 0.23,
}
"""A transport force records no ASB here, as the real one since 2020."""


@dataclass(frozen=True)
class Incidents:
    """One row per incident, ordered by month: `category` counts in `CATEGORIES`, `point` in the force's map points.

    `point` is -1 where the force published no coordinates.
    """

    month: IntArray
    category: IntArray
    point: IntArray
    lsoa: IntArray

    def __len__(self) -> int:
        return len(self.month)


def expected_incidents(category: Category, ratios: Mapping[str, FloatArray], per_month: FloatArray) -> FloatArray:
    """Mean number of incidents of a category, shape (n_cells, months); `ratios` holds a surface for each theme."""
    own = 1 - sum(category.follows.values())
    ratio = own * ratios["background"]
    for theme, share in category.follows.items():
        ratio = ratio + share * ratios[theme]
    return category.per_cell_year / 12 * ratio * per_month


def month_factors(rng: np.random.Generator, months: int) -> FloatArray:
    """How much busier than usual is each month? A summer, a slow change and a little noise around 1."""
    month = np.arange(months)
    season = 1 + 0.08 * np.sin(2 * np.pi * (month % 12 - 3) / 12)
    return season * np.linspace(0.97, 1.03, months) * rng.lognormal(0, 0.02, months)


def draw_counts(rng: np.random.Generator, mean: FloatArray, dispersion: float) -> IntArray:
    """Negative-binomial counts with variance `dispersion` times the mean (over 1), of the same shape as `mean`."""
    extra = dispersion - 1
    return rng.poisson(rng.standard_gamma(mean / extra) * extra)


def draw_city_incidents(
    rng: np.random.Generator, expected: list[FloatArray], points: MapPoints, beyond: MapPoints, places: list[Place]
) -> Incidents:
    """Every incident that the city's force records, on its map points: those of `points`, then those of `beyond`."""
    parts = []
    for number, (category, mean) in enumerate(zip(CATEGORIES, expected, strict=True)):
        cell, month = _rows_of(draw_counts(rng, mean, category.dispersion))
        point = _points_in_cells(rng, points, cell)
        for place in places:
            if place.point >= 0 and any(category.follows.get(theme) == 1 for theme in place.recipe.themes):
                there = (cell == place.centre) & np.isin(month, place.at_point) & (rng.random(len(cell)) < VENUE_SHARE)
                point[there] = place.point
        unlocated = rng.random(len(cell)) < category.unlocated
        parts.append((month, np.full(len(cell), number), point, unlocated))
    month, kind, point, unlocated = (np.concatenate(column) for column in zip(*parts, strict=True))
    strays = np.flatnonzero(rng.random(len(month)) < STRAY_SHARE)
    point[strays] = len(points) + rng.integers(0, len(beyond), len(strays))
    lsoa = np.concatenate([points.lsoa, beyond.lsoa])[point]
    order = np.lexsort((kind, lsoa, unlocated, month))
    return Incidents(month[order], kind[order], np.where(unlocated, -1, point)[order], lsoa[order])


def draw_transport_incidents(
    rng: np.random.Generator, railway: Railway, n_cells: int, per_month: FloatArray
) -> tuple[Incidents, FloatArray]:
    """Every incident that the transport force records, and the expected number by station and month."""
    share = railway.points.weight / railway.points.weight.sum()
    mean = np.outer(share, per_month) * n_cells * TRANSPORT_PER_CELL_YEAR / 12
    station, month = _rows_of(draw_counts(rng, mean, TRANSPORT_DISPERSION))
    numbers = [NAMES.index(name) for name in TRANSPORT_MIX]
    kind = rng.choice(numbers, len(station), p=np.array(list(TRANSPORT_MIX.values())))
    order = np.lexsort((kind, station, month))
    return Incidents(month[order], kind[order], station[order], railway.points.lsoa[station[order]]), mean


def draw_collisions(rng: np.random.Generator, mean: FloatArray, points: MapPoints) -> tuple[IntArray, IntArray]:
    """Month and point of every collision; `points` are exact places, not the publisher's map points."""
    cell, month = _rows_of(draw_counts(rng, mean, COLLISIONS.dispersion))
    return month, _points_in_cells(rng, points, cell)


def _rows_of(counts: IntArray) -> tuple[IntArray, IntArray]:
    """One row per incident of a table of counts: its row and its column."""
    rows = np.repeat(np.arange(counts.size), counts.ravel())
    return rows // counts.shape[1], rows % counts.shape[1]


def _points_in_cells(rng: np.random.Generator, points: MapPoints, cell: IntArray) -> IntArray:
    """A map point for each incident, drawn among those of its cell by their weights."""
    order = np.argsort(points.cell, kind="stable")
    upto = np.cumsum(points.weight[order])
    cells = np.arange(-1, points.cell.max() + 1)
    ends = np.searchsorted(points.cell[order], cells, side="right")  # where each cell's points end
    edges = np.concatenate([[0.0], upto])[ends]
    low, high = edges[cell], edges[cell + 1]
    drawn = np.searchsorted(upto, low + rng.random(len(cell)) * (high - low), side="right")
    return order[np.clip(drawn, ends[cell], ends[cell + 1] - 1)]
