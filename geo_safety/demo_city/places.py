"""What is the truth about Doggerland? Planted places, and the expected rate of every cell and month.

The expected rate of a cell is a ratio to the study's mean rate of the month. Away from planted places it is a smooth
background that stays far below three; in a planted place it is exactly what `RECIPES` says. The pipeline never reads
any of this: tests compare what it finds with what was planted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import h3
import numpy as np

from geo_safety.demo_city.geography import FloatArray, IntArray
from geo_safety.demo_city.streets import Cells, MapPoints

BACKGROUND_LIMIT, CELL_LIMIT = 1.9, 2.6  # no unplanted neighbourhood and no single cell has a higher ratio
SPIKE_BASE, SPIKE_MONTHS_LEFT = 2.4, 6  # busy, but no hotspot; then one month as busy as many


@dataclass(frozen=True)
class Recipe:
    """One place to plant: which kind, for which themes, how many rings around its centre, which ratio."""

    kind: str
    themes: tuple[str, ...]
    rings: int
    ratio: float
    crosses_border: bool = False


V, R, A, H = ("violence",), ("robbery",), ("asb",), ("road_harm",)

RECIPES = (
    Recipe("busy", A, 5, 1.7),
    Recipe("busy", V, 4, 1.9),
    Recipe("busy", R, 4, 1.6),
    Recipe("busy", H, 3, 1.5),
    Recipe("persistent", V + R + A, 2, 5.0),
    Recipe("persistent", V + R, 2, 4.0, crosses_border=True),
    Recipe("persistent", R, 2, 3.5),
    Recipe("persistent", A, 2, 4.5, crosses_border=True),
    Recipe("persistent", V + A, 1, 6.5),
    Recipe("persistent", V, 1, 8.0),
    Recipe("persistent", V, 2, 3.6),
    Recipe("persistent", R, 1, 5.5),
    Recipe("persistent", R, 1, 8.0),
    Recipe("persistent", A, 1, 8.0),
    Recipe("persistent", A, 2, 3.6),
    Recipe("persistent", H, 1, 4.0),
    Recipe("persistent", H, 1, 6.0),
    Recipe("persistent", H, 1, 8.0),
    Recipe("intensifying", V, 2, 8.0),
    Recipe("intensifying", V, 1, 7.0),
    Recipe("intensifying", R, 2, 8.0),
    Recipe("intensifying", A, 1, 8.0),
    Recipe("diminishing", V, 2, 8.0),
    Recipe("diminishing", R, 2, 8.0),
    Recipe("diminishing", A, 1, 8.0),
    Recipe("new", V, 1, 8.0),
    Recipe("new", R, 2, 8.0),
    Recipe("new", A, 1, 8.0),
    Recipe("consecutive", V, 2, 5.0),
    Recipe("consecutive", R, 2, 6.0),
    Recipe("consecutive", A, 1, 6.0),
    Recipe("sporadic", V, 1, 6.0),
    Recipe("sporadic", R, 2, 6.0),
    Recipe("sporadic", A, 2, 5.0),
    Recipe("historical", V, 1, 6.0),
    Recipe("historical", R, 2, 6.0),
    Recipe("historical", A, 1, 6.0),
    Recipe("near_miss", V, 2, 2.7),
    Recipe("near_miss", V, 2, 2.4),
    Recipe("near_miss", V, 2, 2.0),
    Recipe("near_miss", R, 2, 2.7),
    Recipe("near_miss", R, 2, 2.2),
    Recipe("near_miss", A, 2, 2.7),
    Recipe("near_miss", A, 2, 2.3),
    Recipe("near_miss", H, 2, 2.5),
    Recipe("venue", V, 0, 4.5),
    Recipe("venue", R, 0, 5.0),
    Recipe("venue", A, 0, 5.0),
    Recipe("spike", R, 1, 3.6),  # one only, of the rarest theme: on a map this small more would pass for noise
)

# Ratio by months left (the newest month has 1 left); NaN where the place is as its background. New places rise and
# historical ones fall over two months: a jump of the truth within the newest year would pass for noise.
PROFILES: dict[str, Callable[[IntArray, float], FloatArray]] = {
    "persistent": lambda left, ratio: np.full(len(left), ratio),
    "intensifying": lambda left, ratio: np.linspace(3.4, ratio, len(left)),
    "diminishing": lambda left, ratio: np.linspace(ratio, 3.4, len(left)),
    "new": lambda left, ratio: np.select([left <= 4, left == 5, left == 6], [ratio, 0.75 * ratio, 0.4 * ratio], np.nan),
    "consecutive": lambda left, ratio: np.where(left <= 21, ratio, np.nan),
    "sporadic": lambda left, ratio: np.where((left - 1) // 12 % 2 == 0, ratio, np.nan),
    "historical": lambda left, ratio: np.select(
        [left > 10, left == 10, left == 9], [ratio, 0.7 * ratio, 0.4 * ratio], np.nan
    ),
    "near_miss": lambda left, ratio: np.full(len(left), ratio),
    "busy": lambda left, ratio: np.full(len(left), ratio),
    "venue": lambda left, ratio: np.full(len(left), ratio),
    "spike": lambda left, _: np.full(len(left), SPIKE_BASE),
}
ONE_POINT_KINDS = ("venue", "spike")


@dataclass(frozen=True)
class Place:
    """One planted place: `cells` have the ratio of `profile` in each month; for a venue or spike one point holds it.

    The ratio of a venue and of a spike is that of the *neighbourhood* (a spike's: over the newest year, which its one
    month lifts to it); the ratio of all others is that of each cell.
    """

    place_id: str
    recipe: Recipe
    centre: int
    cells: IntArray
    point: int
    profile: FloatArray

    @property
    def active(self) -> IntArray:
        """The months, counted from the first, in which the place differs from its background."""
        return np.flatnonzero(~np.isnan(self.profile))

    @property
    def at_point(self) -> IntArray:
        """The months in which the incidents of the centre gather at the one point."""
        if self.recipe.kind == "spike":
            return self.active[[-SPIKE_MONTHS_LEFT]]
        return self.active if self.recipe.kind == "venue" else self.active[:0]


def plant_places(
    rng: np.random.Generator, cells: Cells, points: MapPoints, cell_borough: IntArray, months: int
) -> list[Place]:
    """Choose a spot for every recipe: all its cells have map points, and places of one theme keep apart.

    `cell_borough` is the borough that holds most of a cell's map points, -1 in none.
    """
    index = {cell: i for i, cell in enumerate(cells.ids)}
    weight = np.bincount(points.cell, points.weight, len(cells.ids))
    left = np.arange(months, 0, -1)
    taken: dict[str, set[int]] = {theme: set() for recipe in RECIPES for theme in recipe.themes}
    places = []
    for number, recipe in enumerate(RECIPES, start=1):
        for centre in rng.permutation(np.flatnonzero(weight > 0.5 * weight.mean())).tolist():
            disk = [index.get(cell, -1) for cell in sorted(h3.grid_disk(cells.ids[centre], max(recipe.rings, 1)))]
            boroughs = set(cell_borough[disk]) - {-1}
            if min(disk) < 0 or weight[disk].min() == 0 or (recipe.crosses_border and len(boroughs) < 2):
                continue
            if any(taken[theme].intersection(disk) for theme in recipe.themes):
                continue
            break
        else:
            raise ValueError(f"no room for {recipe}; plant fewer places or draw a larger city")
        held = np.array([centre] if recipe.rings == 0 else disk)
        margin = h3.grid_disk(cells.ids[centre], max(recipe.rings, 1) + 3)
        for theme in recipe.themes:
            taken[theme].update(index[cell] for cell in margin if cell in index)
        own_points = np.flatnonzero(points.cell == centre)
        point = int(own_points[np.argmax(points.weight[own_points])]) if recipe.kind in ONE_POINT_KINDS else -1
        places.append(Place(f"P{number:02d}", recipe, centre, held, point, PROFILES[recipe.kind](left, recipe.ratio)))
    return places


def background(rng: np.random.Generator, cells: Cells, points: MapPoints, lon_lat: FloatArray) -> FloatArray:
    """Ratio of each cell (shape n_cells, mean 1) where nothing is planted: density, gentle waves, some roughness."""
    waves = rng.normal(0, 2 * np.pi / 0.07, (10, 2)) * (0.58, 1.0)  # about 4.5 km long
    ripple = np.cos(lon_lat @ waves.T + rng.uniform(0, 2 * np.pi, 10)).mean(axis=1)
    ratio = np.bincount(points.cell, points.weight, len(cells.ids)) * np.exp(0.5 * ripple)
    ratio *= rng.lognormal(0, 0.15, len(ratio))
    for _ in range(5):
        ratio = np.minimum(ratio / ratio.mean(), CELL_LIMIT)
        ratio *= np.minimum(1, BACKGROUND_LIMIT / np.maximum(cells.around(ratio) / cells.width, 1e-9))
    return ratio / ratio.mean()


def rate_ratios(theme: str, base: FloatArray, places: list[Place], cells: Cells, months: int) -> FloatArray:
    """Ratio of every cell and month to the study's mean rate of that month, shape (n_cells, months).

    Columns have mean 1, so that a planted ratio is exact; a spike comes on top, as it would otherwise press down the
    whole city in its month.
    """
    ratio = np.full((len(base), months), np.nan)
    mine = [place for place in places if theme in place.recipe.themes]
    for place in mine:
        if place.recipe.kind == "venue":
            others = cells.rings[place.centre]
            ring = base[others[(others >= 0) & (others != place.centre)]].sum()
            ratio[place.centre] = place.recipe.ratio * cells.width[place.centre] - ring
        else:
            ratio[place.cells] = place.profile
    planted = ~np.isnan(ratio)
    room = len(base) - np.nansum(ratio, axis=0)
    scale = room / np.where(planted, 0, base[:, None]).sum(axis=0)
    ratio = np.where(planted, ratio, base[:, None] * scale)
    for place in mine:
        if place.recipe.kind == "spike":
            around = cells.rings[place.centre]
            missing = place.recipe.ratio - ratio[around[around >= 0], -12:].mean()
            ratio[place.centre, place.at_point] += 12 * cells.width[place.centre] * missing
    return ratio
