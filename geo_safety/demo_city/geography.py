"""Where does Doggerland lie, and what is its land, river, parks and zones?

Everything is drawn on a flat plane in metres around `ORIGIN` (east, north) and turned into degrees (lon, lat) at the end
by two constants, not by a projection library: the same seed then gives the same bytes wherever it runs.
"""

from dataclasses import dataclass

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ORIGIN = (1.7, 54.7)  # lon, lat: open sea today, dry land until about 8,000 years ago
METRES_PER_DEGREE = (64_471.0, 111_319.0)  # east, north, at the latitude of the origin (WGS84)
DECIMALS = 6  # about 0.1 m; what police.uk prints

AREA_KM2 = 300.0  # gives about 3,500 cells at resolution 9
N_BOROUGHS, N_WARDS, N_LSOAS, N_PARKS = 8, 120, 480, 24


@dataclass(frozen=True)
class Density:
    """How built-up is each place? One centre, a few town centres, smooth variation; 1 is a dense inner suburb."""

    centre: FloatArray
    towns: FloatArray
    heights: FloatArray
    waves: FloatArray
    phases: FloatArray

    def __call__(self, metres: FloatArray) -> FloatArray:
        """Density at points of shape (n, 2), east before north, in metres; shape (n,), always positive."""
        east_north = np.asarray(metres, dtype=float).reshape(-1, 2)
        from_centre = np.hypot(*(east_north - self.centre).T)
        value = 0.32 + 1.0 * np.exp(-from_centre / 3_600)
        for town, height in zip(self.towns, self.heights, strict=True):
            value += height * np.exp(-((np.hypot(*(east_north - town).T) / 1_300) ** 2) / 2)
        ripple = np.cos(east_north @ self.waves.T + self.phases).mean(axis=1)
        return value * np.exp(0.35 * ripple)


@dataclass(frozen=True)
class Zones:
    """Small areas, wards and boroughs in degrees: each list is tiled exactly by the one before it."""

    lsoas: list[BaseGeometry]
    wards: list[BaseGeometry]
    boroughs: list[BaseGeometry]
    lsoa_ward: IntArray
    ward_borough: IntArray
    lsoa_mass: FloatArray


@dataclass(frozen=True)
class Geography:
    """The land of one Doggerland. Shapes in metres, except `zones` and what `degrees` turns."""

    outline: BaseGeometry
    river: BaseGeometry
    centreline: BaseGeometry
    mainland: BaseGeometry
    parks: list[BaseGeometry]
    density: Density
    zones: Zones


def make_geography(rng: np.random.Generator) -> Geography:
    """Draw one city: an outline with a coast, a tidal river, an island, parks, and zones that tile the dry land."""
    turn = rng.uniform(0, 2 * np.pi)  # which way the sea lies
    centreline, water = _river(rng)
    land = _left_of_coast(rng)
    city = _largest(_blob(rng, (0.0, 0.0), 11_500, rough=0.07, points=500).intersection(land))
    to_size = (AREA_KM2 * 1e6 / city.area) ** 0.5
    city, land = (shapely.affinity.scale(shape, to_size, to_size, origin=(0, 0)) for shape in (city, land))
    # The centre lies just off the river, nearer to the coast than to the far edge.
    course = centreline.intersection(city)
    centre = shapely.get_coordinates(course.interpolate(0.62 * course.length))[0] + np.array([0.0, 500.0])
    drawn = (city.union(_island(rng, city)), water.intersection(city), centreline, land)
    outline, river, centreline, mainland = (
        shapely.affinity.rotate(shape, turn, (0, 0), use_radians=True) for shape in drawn
    )
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    density = _density(rng, outline, rotation @ centre)
    parks = _parks(rng, outline.difference(river.buffer(40)), density)
    zones = _zones(rng, outline, river, density)
    return Geography(outline, river, centreline, mainland, parks, density, zones)


def degrees(metres: FloatArray) -> FloatArray:
    """Where on the globe are these points? Metres (n, 2), east before north, to (lon, lat) at six decimals.

    Examples
    --------
    >>> degrees(np.array([[0.0, 0.0], [64_471.0, 111_319.0]])).tolist()
    [[1.7, 54.7], [2.7, 55.7]]
    """
    return np.round(np.asarray(metres) / METRES_PER_DEGREE + ORIGIN, DECIMALS)


def shape_in_degrees(shape: BaseGeometry) -> BaseGeometry:
    """The same shape in degrees (lon, lat), valid after rounding."""
    turned = shapely.transform(shape, degrees)
    return turned if turned.is_valid else _polygons_only(shapely.make_valid(turned))


def random_points(rng: np.random.Generator, shape: BaseGeometry, count: int) -> FloatArray:
    """Points spread evenly over a shape: array (count, 2) in the shape's own units."""
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    kept = np.empty((0, 2))
    while len(kept) < count:
        tries = rng.uniform((west, south), (east, north), size=(2 * count, 2))
        kept = np.vstack([kept, tries[shapely.contains_xy(shape, tries)]])
    return kept[:count]


def _blob(
    rng: np.random.Generator, middle: tuple[float, float], radius: float, *, rough: float, points: int
) -> BaseGeometry:
    """A round shape with an irregular edge: waves along the rim whose height falls with their number."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    order = np.arange(2, max(3, points // 6))
    height = rng.normal(0, rough, len(order)) * (2.0 / order) ** 1.1
    rim = radius * np.clip(
        1 + np.cos(np.outer(angle, order) + rng.uniform(0, 2 * np.pi, len(order))) @ height, 0.5, 1.5
    )
    return Polygon(np.column_stack([middle[0] + rim * np.cos(angle), middle[1] + rim * np.sin(angle)])).buffer(0)


def _left_of_coast(rng: np.random.Generator) -> BaseGeometry:
    """All land west of a ragged coast: bays and headlands at every size, smaller ones lower."""
    north = np.linspace(-32_000, 32_000, 1_281)
    order = np.arange(1, 180)
    height = rng.normal(0, 2_000, len(order)) / order**1.1
    wave = np.cos(np.outer(north, order) * 2 * np.pi / 64_000 + rng.uniform(0, 2 * np.pi, len(order)))
    east = wave @ height
    east += 5_500 - east[np.abs(north) < 3_000].mean()  # the sea stays about as near to the centre
    coast = np.column_stack([np.clip(east, 2_000, 11_000), north])
    return Polygon(np.vstack([[(-32_000, -32_000)], coast, [(-32_000, 32_000)]])).buffer(0)


def _river(rng: np.random.Generator) -> tuple[BaseGeometry, BaseGeometry]:
    """A meandering river from west to east, 150 m wide inland, over 600 m at its mouth: centre line and water."""
    east = np.linspace(-20_000, 14_000, 400)
    long, short = rng.uniform(0, 2 * np.pi, 2)
    north = 1_100 * np.sin(2 * np.pi * east / 9_500 + long) + 350 * np.sin(2 * np.pi * east / 3_700 + short)
    north -= np.interp(3_000, east, north) * 0.5
    line = np.column_stack([east, north])
    width = 150 + 500 / (1 + np.exp(-(east - 4_500) / 1_300))
    along = np.gradient(line, axis=0)
    side = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None] * width[:, None] / 2
    return LineString(line), Polygon(np.vstack([line + side, (line - side)[::-1]])).buffer(0)


def _island(rng: np.random.Generator, city: BaseGeometry) -> BaseGeometry:
    """A small island off the coast, clear of the mainland."""
    middle_north = rng.choice([-1, 1]) * rng.uniform(3_500, 5_500)
    island = _blob(rng, (0.0, middle_north), 850, rough=0.1, points=120)
    while island.distance(city) < 350 or island.centroid.x < city.centroid.x:
        island = shapely.affinity.translate(island, xoff=200)
    return island


def _density(rng: np.random.Generator, outline: BaseGeometry, centre: FloatArray) -> Density:
    spots = random_points(rng, outline.buffer(-900), 60)
    spots = spots[np.hypot(*(spots - centre).T) > 3_000]
    towns = spots[[0]]
    for spot in spots[1:]:
        if len(towns) < 9 and np.hypot(*(towns - spot).T).min() > 3_200:
            towns = np.vstack([towns, spot])
    waves = rng.normal(0, 2 * np.pi / 4_500, (14, 2))
    return Density(centre, towns, rng.uniform(0.2, 0.5, len(towns)), waves, rng.uniform(0, 2 * np.pi, 14))


def _parks(rng: np.random.Generator, dry: BaseGeometry, density: Density) -> list[BaseGeometry]:
    """Open spaces from 4 hectares up, larger ones further out, none touching another."""
    spots = random_points(rng, dry, 400)
    parks: list[BaseGeometry] = []
    for spot, built in zip(spots, density(spots), strict=True):
        if len(parks) == N_PARKS:
            break
        radius = float(np.exp(rng.uniform(np.log(120), np.log(260 + 420 / built))))
        park = _blob(rng, (spot[0], spot[1]), radius, rough=0.12, points=72).intersection(dry)
        if park.geom_type == "Polygon" and park.area > 40_000 and all(park.distance(other) > 250 for other in parks):
            parks.append(park)
    return parks


def _zones(rng: np.random.Generator, outline: BaseGeometry, river: BaseGeometry, density: Density) -> Zones:
    """Voronoi cells of evenly loaded seeds on each bank, joined into wards and these into boroughs."""
    banks = _banks(outline.difference(river))
    sample = random_points(rng, outline, 40_000)
    weight = density(sample)
    on_bank = [shapely.contains_xy(bank, sample) for bank in banks]
    mass = np.array([weight[inside].sum() for inside in on_bank])
    n_lsoas = _share_out(N_LSOAS, mass)
    n_wards = _share_out(N_WARDS, mass)
    n_boroughs = _share_out(N_BOROUGHS, np.where(mass > 0.05 * mass.sum(), mass, 0), least=0)
    lsoas: list[BaseGeometry] = []
    ward_of, borough_of = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    ward_seeds = np.empty((0, 2))
    for bank, inside, few, some, many in zip(banks, on_bank, n_boroughs, n_wards, n_lsoas, strict=True):
        seeds = _even_seeds(rng, sample[inside], weight[inside], many)
        wards = _even_seeds(rng, seeds, np.ones(many), some)
        if few:
            boroughs = _even_seeds(rng, wards, np.ones(some), few)
            joined = _nearest(boroughs, wards) + len(np.unique(borough_of))
        else:  # the island, too small for a borough of its own, goes with the ward across the water
            joined = borough_of[_nearest(ward_seeds, wards)]
        ward_of = np.concatenate([ward_of, _nearest(wards, seeds) + len(borough_of)])
        borough_of = np.concatenate([borough_of, joined])
        ward_seeds = np.vstack([ward_seeds, wards])
        lsoas += _voronoi(seeds, bank)
    shapes = [shape_in_degrees(shape) for shape in lsoas]
    ward_shapes = [_join(shapes, np.flatnonzero(ward_of == ward)) for ward in range(N_WARDS)]
    borough_shapes = [_join(ward_shapes, np.flatnonzero(borough_of == b)) for b in range(N_BOROUGHS)]
    held = np.bincount(_nearest(np.array([s.centroid.coords[0] for s in lsoas]), sample), weight, N_LSOAS)
    return Zones(shapes, ward_shapes, borough_shapes, ward_of, borough_of, held.astype(float))


def _banks(dry: BaseGeometry) -> list[BaseGeometry]:
    """The large pieces of dry land, biggest first; slivers are joined to the piece they lie nearest to."""
    pieces = sorted(shapely.get_parts(dry), key=lambda piece: -piece.area)
    banks = [piece for piece in pieces if piece.area > 1e6]
    for sliver in pieces[len(banks) :]:
        nearest = min(range(len(banks)), key=lambda i: banks[i].distance(sliver))
        banks[nearest] = banks[nearest].union(sliver)
    return banks


def _share_out(total: int, mass: FloatArray, *, least: int = 1) -> IntArray:
    """Whole numbers in proportion to mass that add up to the total: largest remainders, at least `least` each.

    Examples
    --------
    >>> _share_out(8, np.array([5.0, 3.0, 0.1])).tolist()
    [4, 3, 1]
    """
    spare = total - least * len(mass)
    exact = spare * mass / mass.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: spare - whole.sum()]] += 1
    return whole + least


def _even_seeds(rng: np.random.Generator, points: FloatArray, weight: FloatArray, count: int) -> FloatArray:
    """Seeds that each draw about the same weight of points: a few rounds of Lloyd's weighted k-means."""
    seeds = points[np.sort(rng.choice(len(points), count, replace=False, p=weight / weight.sum()))]
    for _ in range(6):
        owner = _nearest(seeds, points)
        held = np.bincount(owner, weight, count)
        moved = np.column_stack([np.bincount(owner, weight * axis, count) for axis in points.T])
        seeds = np.where(held[:, None] > 0, moved / np.maximum(held, 1e-9)[:, None], seeds)
    return seeds


def _nearest(seeds: FloatArray, points: FloatArray) -> IntArray:
    return cKDTree(seeds).query(points)[1].astype(np.int64)


def _voronoi(seeds: FloatArray, bank: BaseGeometry) -> list[BaseGeometry]:
    cells = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=bank.envelope.buffer(5_000), ordered=True)
    return [_polygons_only(cell.intersection(bank)) for cell in shapely.get_parts(cells)]


def _join(shapes: list[BaseGeometry], members: IntArray) -> BaseGeometry:
    return shapely.normalize(shapely.union_all([shapes[i] for i in members]))


def _polygons_only(shape: BaseGeometry) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _largest(shape: BaseGeometry) -> BaseGeometry:
    return max(shapely.get_parts(shape), key=lambda part: part.area)
