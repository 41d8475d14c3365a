"""Doggerland with schemes of known effect: true rates, counts drawn around them, prevented and moved incidents planted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import h3
import numpy as np
import shapely

from geo_safety.analysis import Ground, ThemeFacts
from geo_safety.areas import Gazetteer
from geo_safety.boundaries import Zones
from geo_safety.buffers import ring_around
from geo_safety.case_file import Case, Phase
from geo_safety.cube import Cube, Window
from geo_safety.demo_city.city import draw_city
from geo_safety.demo_city.geography import shape_in_degrees
from geo_safety.demo_city.incidents import CATEGORIES, draw_counts, expected_incidents, month_factors
from geo_safety.demo_city.places import background, plant_places, rate_ratios
from geo_safety.hotspots import HotspotRules
from geo_safety.impact.effect import Effect, among_themes, effect_of
from geo_safety.impact.periods import Periods, periods_of
from geo_safety.impact.places import Places, find_places, with_comparison
from geo_safety.impact.watch import Watch, watch
from geo_safety.layers import Layer, Recording, make_surroundings
from geo_safety.shapes import EqualArea

MONTHS, FIRST = 84, 49 * 12  # 2019-01 to 2025-12
START, HOLD, BUILD = FIRST + 60, FIRST + 66, FIRST + 72
OF_THEME = {"violence": "Violence and sexual offences", "robbery": "Robbery", "asb": "Anti-social behaviour"}


@dataclass(frozen=True)
class Town:
    """Doggerland's cells with the true mean of every cell and month, by theme."""

    ground: Ground
    mean: dict[str, np.ndarray]
    dispersion: dict[str, float]


@dataclass(frozen=True)
class Scheme:
    """What is planted: a share of the incidents of the place is prevented, a share of these comes in the ring instead.

    `back` times the held level comes from the hold phase on; `drift` is the standard deviation by which places change
    from year to year.
    """

    prevented: float = 0.0
    moved: float = 0.0
    back: float = 1.0
    drift: float = 0.0
    size: int = 7


@dataclass(frozen=True)
class Found:
    """One scheme as it was drawn and judged; the truth is in incidents of the scheme's own months."""

    effect: Effect
    watch: Watch
    places: Places
    truth_local: float
    truth_displaced: float


@lru_cache(maxsize=4)
def town(seed: int = 1, *, is_held: bool = True) -> Town:
    """One Doggerland; `is_held`: without the births and deaths of its own hotspots, so that the planted truth is all."""
    city = draw_city(seed)
    rng = np.random.default_rng([seed, 77])
    planted = plant_places(rng, city.cells, city.streets, city.cell_borough, MONTHS)
    ratios = {
        theme: rate_ratios(
            theme, background(rng, city.cells, city.streets, city.cell_centres), planted, city.cells, MONTHS
        )
        for theme in (*OF_THEME, "background")
    }
    of_name = {one.name: one for one in CATEGORIES}
    mean = {
        theme: expected_incidents(of_name[name], ratios, month_factors(rng, MONTHS)) for theme, name in OF_THEME.items()
    }
    if is_held:
        mean = {theme: _held(rates) for theme, rates in mean.items()}
    shapes = np.array(
        [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in city.cells.ids],
        dtype=object,
    )
    west, south, east, north = shapely.total_bounds(np.array([shape_in_degrees(city.land.outline)])).tolist()
    projection = EqualArea((west + east) / 2, (south + north) / 2)
    none = np.full(len(shapes), None, dtype=object)
    zones = Zones("cells-r9", np.array(city.cells.ids), none, none, shapes, projection.area_km2(shapes))
    layer = Layer(zones, Gazetteer(none, none), make_surroundings(zones, projection, none))
    facts = {
        theme: ThemeFacts(Window(FIRST + MONTHS - 12, FIRST + MONTHS - 1, is_complete=True), ("police",), (theme,),
                          Recording(90.0, 0.0, ()))
        for theme in OF_THEME
    }  # fmt: skip
    spread = {theme: of_name[name].dispersion for theme, name in OF_THEME.items()}
    blank = {theme: cube_of(theme, zones, np.zeros((len(shapes), MONTHS), np.int64)) for theme in OF_THEME}
    return Town(Ground(layer, blank, facts, HotspotRules()), mean, spread)


def _held(rates: np.ndarray) -> np.ndarray:
    """Every cell at its mean rate, through the city's own seasons and trend."""
    of_month = rates.sum(axis=0)
    return rates.mean(axis=1, keepdims=True) * of_month / of_month.mean()


def cube_of(theme: str, zones: Zones, incidents: np.ndarray) -> Cube:
    n, months = incidents.shape
    nothing = np.zeros(months, np.int64)
    return Cube("cells-r9", theme, zones.zone_id, FIRST, incidents, np.ones(months, bool), np.ones(n, bool), ("police",),
                nothing, nothing)  # fmt: skip


def draw_case(rng: np.random.Generator, place: Town, theme: str, size: int, *, least: float = 60.0, bad_year: bool = False,
              counts: np.ndarray | None = None) -> Case:  # fmt: skip
    """A case somewhere in the town: any place with enough incidents, or (`bad_year`) one that was just at its worst."""
    zones = place.ground.layer.zones
    touching = place.ground.layer.surroundings.touching
    before = slice(START - FIRST - 24, START - FIRST)
    around = touching.sum(place.mean[theme][:, before].sum(axis=1))
    eligible = np.flatnonzero((around >= least * 7 / size) & (touching.sizes == 7))
    if bad_year:
        assert counts is not None
        year = touching.sum(counts[:, START - FIRST - 12 : START - FIRST].sum(axis=1))
        usual = touching.sum(counts[:, START - FIRST - 36 : START - FIRST - 12].sum(axis=1)) / 2
        eligible = eligible[np.argsort(usual[eligible] - year[eligible], kind="stable")][:20]
    centre = int(rng.choice(eligible))
    members = [centre, *ring_around(np.array([centre]), touching, rings=1).tolist()][:size]
    phases = (Phase("clear", START, HOLD - 1), Phase("hold", HOLD, BUILD - 1), Phase("build", BUILD, None))
    return Case("planted", np.empty(0, dtype=object), phases, zones=tuple(zones.zone_id[members].tolist()))


def draw(rng: np.random.Generator, place: Town, theme: str, case: Case, scheme: Scheme) -> tuple[Cube, float, float]:
    """Counts with the scheme in them, and what it truly changed in the place and in its ring."""
    zones, touching = place.ground.layer.zones, place.ground.layer.surroundings.touching
    mean = place.mean[theme] * drifting(rng, place, scheme.drift)
    own = np.isin(zones.zone_id, list(case.zones))
    ring = ring_around(np.flatnonzero(own), touching, rings=2)
    since = slice(START - FIRST, MONTHS)
    prevented = mean[own, since].sum(axis=0) * scheme.prevented
    mean = mean.copy()
    mean[own, since] *= 1 - scheme.prevented
    mean[own, HOLD - FIRST :] *= scheme.back
    mean[ring, since] += scheme.moved * prevented / len(ring)
    counts = draw_counts(rng, mean, place.dispersion[theme]).astype(np.int64)
    return cube_of(theme, zones, counts), -float(prevented.sum()), float(scheme.moved * prevented.sum())


def drifting(rng: np.random.Generator, place: Town, sd: float) -> np.ndarray:
    """Factors by which cells go their own way: a random walk from year to year, alike in neighbouring cells."""
    touching = place.ground.layer.surroundings.touching
    if sd == 0:
        return np.ones((touching.n, 1))
    step = rng.normal(size=(touching.n, MONTHS // 12))
    for _ in range(2):
        step = touching.sum(step) / touching.sizes[:, None]
    walk = np.cumsum(step / step.std() * sd, axis=1)
    return np.exp(np.repeat(walk, 12, axis=1))


def judge(place: Town, theme: str, case: Case, cube: Cube) -> tuple[Effect, Watch, Places]:
    """What the engine says of one theme: the whole way but for the history."""
    ground = replace(place.ground, cubes={theme: cube})
    periods: Periods = periods_of(case, cube)
    places = with_comparison(find_places(case, ground), case, ground, cube, periods)
    (effect,) = among_themes([effect_of(places, cube, periods, ground.layer.surroundings.width)])
    return effect, watch(places, cube, periods, effect.noise), places


def one_scheme(rng: np.random.Generator, place: Town, theme: str, scheme: Scheme) -> Found:
    """Draw a scheme and judge it."""
    case = draw_case(rng, place, theme, scheme.size)
    cube, local, displaced = draw(rng, place, theme, case, scheme)
    effect, watched, places = judge(place, theme, case, cube)
    return Found(effect, watched, places, local, displaced)
