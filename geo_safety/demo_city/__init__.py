"""Doggerland: a fictional city with planted truth, so that everything can be tried without real data or a network.

It lies on the Dogger Bank, a shoal in the middle of the North Sea, and all its names are invented. The pipeline reads
its files as it would any city's; only tests read the truth that is written beside them.

| written | holds |
|---|---|
| `demo.toml` | the configuration |
| `police-uk/`, `resupplied/` | street files of a city force and a transport force, with the oddities of real ones |
| `collisions/`, `ward-counts/` | collisions in the STATS19 layout; the city force's own ward counts, a second source |
| `boundaries/` | outline, boroughs, wards, small areas |
| `context/` | stations with footfall, lines, bus stops and routes, parks, shops and other uses, street lights, population |
| `truth.json`, `truth.geojson` | every planted place; oddities and accounting in exact numbers |
| `truth_cells.csv` | the true rate of every cell, neighbourhood and theme |
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from geo_safety.demo_city import police_files
from geo_safety.demo_city.city import City, draw_city, lsoa_code, ward_code, write_boundaries, write_context
from geo_safety.demo_city.files import CONFIG, write_collisions, write_ward_counts
from geo_safety.demo_city.geography import FloatArray
from geo_safety.demo_city.incidents import (
    CATEGORIES,
    COLLISIONS,
    STRAY_SHARE,
    TRANSPORT_DISPERSION,
    draw_city_incidents,
    draw_collisions,
    draw_transport_incidents,
    expected_incidents,
    month_factors,
)
from geo_safety.demo_city.places import Place, background, plant_places, rate_ratios
from geo_safety.demo_city.public_space import inner_boroughs, write_public_space
from geo_safety.demo_city.streets import scatter
from geo_safety.demo_city.truth import Truth, write_truth
from geo_safety.errors import OutputError

__all__ = ["make_demo_city"]

LAST_MONTH = np.datetime64("2025-12")
LEAST_MONTHS = 24
COLLISION_MONTHS = 36
HEADING = "# Doggerland"  # how our configuration starts
OWN_FOLDERS = ("boundaries", "collisions", "context", "police-uk", "resupplied", "ward-counts")
BREAK_RISE = 1.12  # violence recorded after the change of the recording system, over before
CATEGORIES_OF = {
    "violence": ("Violence and sexual offences",),
    "robbery": ("Robbery",),
    "asb": ("Anti-social behaviour",),
    "vawg_ps": ("Robbery", "Theft from the person", "Public order"),
}


def make_demo_city(folder: Path, *, seed: int = 1, months: int = 84) -> Path:
    """Write the raw files of one Doggerland and say where its configuration is.

    Parameters
    ----------
    folder : Path
        Where to write; made if need be. A Doggerland that is already there is replaced.
    seed : int
        Another seed gives another city of the same kind: coast, names, places and incidents differ. The same seed
        gives the same bytes.
    months : int
        Length of the series that ends with December 2025, at least 24.

    Returns
    -------
    Path
        `demo.toml` in the folder. Beside it lie `truth.json`, `truth.geojson` and `truth_cells.csv`, which only tests
        read.

    Raises
    ------
    OutputError
        If the folder holds data that is not a Doggerland's, or too few months are asked for.
    """
    if months < LEAST_MONTHS:
        raise OutputError(f"A demo city of {months} months is too short.", f"Ask for at least {LEAST_MONTHS} months.")
    odd = police_files.Oddities.of(months)
    names = [str(LAST_MONTH - back) for back in range(months - 1, -1, -1)]
    _clear(folder)
    # First of all, so that an interrupted city is known for what it is.
    break_date = f"{names[odd.recording_break]}-01"
    _write_config(folder, break_date=break_date, inner=())
    city = draw_city(seed)
    _write_config(folder, break_date=break_date, inner=inner_boroughs(city))
    streams = [np.random.default_rng([seed, 100 + part]) for part in range(9)]
    places = plant_places(streams[0], city.cells, city.streets, city.cell_borough, months)
    ratios = _ratios(streams[1], city, places, months)
    per_month = _per_month(streams[2], months, odd)
    means = [expected_incidents(category, ratios, per_month[category.name]) for category in CATEGORIES]

    write_boundaries(folder / "boundaries", city)
    write_context(streams[3], folder / "context", city)
    write_public_space(np.random.default_rng([seed, 200]), folder / "context", city)
    transport_mean, tallies = _write_incidents(streams[4:7], folder, city, places, means, per_month, names, odd)
    collision_mean = _write_collisions(streams[7], folder, city, ratios, names)
    expected = _published(city, means, transport_mean, collision_mean)
    facts = {
        "seed": seed,
        "months": {"first": names[0], "last": names[-1]},
        "dispersion": {c.name: c.dispersion for c in CATEGORIES} | {"transport": TRANSPORT_DISPERSION},
        "oddities": {what: names[number] for what, number in asdict(odd).items()},
        "accounting": tallies,
    }
    write_truth(folder, Truth(expected, city.cells, names), places, city.streets, facts)
    return folder / "demo.toml"


def _write_config(folder: Path, *, break_date: str, inner: Sequence[str]) -> None:
    config = CONFIG.format(break_date=break_date, inner=", ".join(f'"{code}"' for code in inner))
    (folder / "demo.toml").write_text(config, encoding="utf-8", newline="")


def _clear(folder: Path) -> None:
    """Make room for a new city, but only where an older one stands: nobody's own data is ever deleted."""
    there = [folder / name for name in (*OWN_FOLDERS, "demo.toml") if (folder / name).exists()]
    config = folder / "demo.toml"
    if there and not (config.exists() and config.read_text(encoding="utf-8").startswith(HEADING)):
        raise OutputError(
            f"{folder} already holds {there[0].name}, which is not a demo city's.", "Choose a new or empty folder."
        )
    for path in there[:-1]:
        shutil.rmtree(path)
    folder.mkdir(parents=True, exist_ok=True)


def _ratios(rng: np.random.Generator, city: City, places: list[Place], months: int) -> Mapping[str, FloatArray]:
    """A surface of rate ratios for each planted theme, and one without places for all other categories."""
    surfaces = {}
    for theme in ("violence", "robbery", "asb", "road_harm", "background"):
        base = background(rng, city.cells, city.streets, city.cell_centres)
        surfaces[theme] = rate_ratios(theme, base, places, city.cells, months)
    return surfaces


def _per_month(rng: np.random.Generator, months: int, odd: police_files.Oddities) -> Mapping[str, FloatArray]:
    """How much busier than usual each month is, by category; violence rises where the recording system changes."""
    factors = {category.name: month_factors(rng, months) for category in CATEGORIES}
    factors["Violence and sexual offences"][odd.recording_break :] *= BREAK_RISE
    return factors | {"transport": month_factors(rng, months)}


def _write_incidents(
    streams: list[np.random.Generator],
    folder: Path,
    city: City,
    places: list[Place],
    means: list[FloatArray],
    per_month: Mapping[str, FloatArray],
    months: list[str],
    odd: police_files.Oddities,
) -> tuple[FloatArray, dict[str, dict[str, int]]]:
    """Draw and write both forces' files and the ward counts.

    Returns the transport force's expected incidents by station and month, and what became of each feed's rows.
    """
    draw, write, count = streams
    codes, lsoas = [lsoa_code(i) for i in range(len(city.lsoas))], city.lsoas
    incidents = draw_city_incidents(draw, means, city.streets, city.beyond, places)
    locations = list(city.locations)
    for place in places:
        if place.point >= 0:
            locations[place.point] = "On or near Shopping Area"
    texts = police_files.Texts.of([city.streets, city.beyond], locations, codes, lsoas)
    city_tally = police_files.write_city_files(write, folder, incidents, texts, months, odd)
    police_files.write_other_kinds(folder, texts, months[odd.other_kinds])

    on_rails, transport_mean = draw_transport_incidents(draw, city.railway, len(city.cells.ids), per_month["transport"])
    stations = [f"On or near {name} (Station)" for name in city.railway.names]
    texts = police_files.Texts.of([city.railway.points], stations, codes, lsoas)
    transport_tally = police_files.write_transport_files(folder, on_rails, texts, months)

    located = (incidents.point >= 0) & (incidents.point < len(city.streets))
    ward = np.where(located, city.land.zones.lsoa_ward[incidents.lsoa], -1)
    wards = [(name, ward_code(i), city.boroughs[city.borough_of_ward(i)]) for i, name in enumerate(city.wards)]
    write_ward_counts(count, folder / "ward-counts" / "ward-counts.csv", incidents, ward, wards, months)
    tallies = {"police.uk city": asdict(city_tally), "police.uk transport": asdict(transport_tally)}
    return transport_mean, tallies


def _write_collisions(
    rng: np.random.Generator, folder: Path, city: City, ratios: Mapping[str, FloatArray], months: list[str]
) -> FloatArray:
    """Draw and write the collisions of the newest months; returns their expected number, NaN before."""
    mean = expected_incidents(COLLISIONS, {**ratios, "background": np.zeros(1)}, np.ones(len(months)))
    last = min(COLLISION_MONTHS, len(months))
    roads = scatter(rng, city.streets, city.land, city.cells)
    month, point = draw_collisions(rng, mean[:, -last:], roads)
    write_collisions(rng, folder / "collisions" / "collisions.csv", month, roads.lon_lat[point], months[-last:])
    return np.where(np.arange(len(months)) >= len(months) - last, mean, np.nan)


def _published(
    city: City, means: list[FloatArray], transport_mean: FloatArray, collision_mean: FloatArray
) -> dict[str, FloatArray]:
    """Expected incidents with coordinates inside the study, by theme, cell and month."""
    located = {
        category.name: mean * (1 - category.unlocated) * (1 - STRAY_SHARE)
        for category, mean in zip(CATEGORIES, means, strict=True)
    }
    expected = {theme: np.sum([located[name] for name in names], axis=0) for theme, names in CATEGORIES_OF.items()}
    transport = np.zeros_like(collision_mean)
    inside = city.railway.points.cell >= 0
    np.add.at(transport, city.railway.points.cell[inside], transport_mean[inside])
    return expected | {"transport": transport, "road_harm": collision_mean}
