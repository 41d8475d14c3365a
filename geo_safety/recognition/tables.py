"""From the first rows of an unknown table to the settings by which it can be read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geo_safety.recognition.classes import find_classes, label_guess
from geo_safety.recognition.gazetteer import city_in, nearest_city
from geo_safety.recognition.guess import Guess, Sample, share, words_of
from geo_safety.recognition.places import find_places
from geo_safety.recognition.times import find_times
from geo_safety.sources.values import parse_month

DEFAULT_TIME_ZONE = "Europe/London"
_GSS = re.compile(r"[EWSN]\d{8}")
_LAYER_OF_PREFIX = {
    "E05": "wards", "W05": "wards", "S13": "wards", "N08": "wards", "E06": "boroughs", "E07": "boroughs", "E08": "boroughs",
    "E09": "boroughs", "W06": "boroughs", "S12": "boroughs", "N09": "boroughs", "E01": "lsoas", "W01": "lsoas", "E02": "msoas",
    "W02": "msoas", "E12": "regions",
}  # fmt: skip


@dataclass(frozen=True)
class TableGuess:
    """What an unknown table is taken for.

    Parameters
    ----------
    kind : {'table', 'area_counts'} or None
        None where it holds no incidents that can be placed; `problem` says why.
    settings : mapping
        Settings of its `[[sources]]` entry, without kind, name and path.
    guesses : tuple of Guess
        The same one by one, with how sure each is.
    """

    kind: str | None
    settings: dict[str, Any] = field(default_factory=dict)
    guesses: tuple[Guess, ...] = ()
    problem: str = ""


def recognise_table(sample: Sample, *, crs: str | None = None) -> TableGuess:
    """What does this table hold, and by which settings can it be read?

    Parameters
    ----------
    sample : Sample
        Its first rows.
    crs : str, optional
        Coordinate system, where the user states it.

    Examples
    --------
    >>> rows = {
    ...     "lon": ["-0.1", "-0.2"],
    ...     "lat": ["51.5", "51.6"],
    ...     "when": ["2020-01", "2020-02"],
    ...     "what": ["Robbery", "Drugs"],
    ... }
    >>> found = recognise_table(Sample("a.csv", rows))
    >>> found.kind, found.settings["columns"]["time"], found.settings["labels"]
    ('table', 'when', 'police_uk')
    """
    if not sample.columns or not any(map(len, sample.columns.values())):
        return TableGuess(None, problem="it holds no rows")
    months = [name for name in sample.columns if parse_month(name) is not None]
    if len(months) >= 2:
        return _wide_counts(sample, months)
    places = find_places(sample, crs=crs)
    if places.longitude is None or places.latitude is None:
        return _long_counts(sample, problem=places.problem)
    taken = [places.longitude, places.latitude]
    times = find_times(sample, taken=taken)
    if not times.columns:
        return TableGuess(None, guesses=places.guesses, problem="no column says when")
    classes = find_classes(sample, taken=[*taken, *times.columns.values()])
    is_geometry = places.longitude not in sample.columns or places.longitude.startswith("geometry:")
    columns = {} if is_geometry else {"longitude": places.longitude, "latitude": places.latitude}
    guesses = (
        *places.guesses,
        *times.guesses,
        *classes.guesses,
        *_time_zone(sample, taken, places.guesses, has_offset=times.has_offset),
    )
    settings: dict[str, Any] = {"columns": {**columns, **times.columns, **classes.columns}, "labels": classes.labels}
    settings |= {
        guess.setting: guess.value
        for guess in guesses
        if guess.setting in ("crs", "decimal", "time_format", "time_zone")
    }
    settings = {name: value for name, value in settings.items() if value is not None}
    return TableGuess(
        "table", settings, tuple(guess for guess in guesses if guess.value is not None or "format" in guess.setting)
    )


def _time_zone(sample: Sample, taken: Sequence[str], places: Sequence[Guess], *, has_offset: bool) -> tuple[Guess, ...]:
    """The zone of a table's local time, from the nearest city that the time-zone database knows."""
    decimal = next((guess.value for guess in places if guess.setting == "decimal"), ".")
    is_degrees = any(guess.setting == "crs" and guess.value == "EPSG:4326" for guess in places)
    city = city_in(sample.name)
    if is_degrees:
        middle = [
            float(
                np.median(
                    [float(text.replace(decimal, ".")) for text in sample.filled(name) if _is_number(text, decimal)]
                )
            )
            for name in taken
        ]
        city = nearest_city(*middle)
    if city is None or city.time_zone == DEFAULT_TIME_ZONE:
        return ()
    because = f"the nearest reference city of the time-zone database is {city.name}"
    if not has_offset:
        because += "; the file's times carry no offset, so nothing is moved by it"
    return (Guess("time_zone", city.time_zone, "likely", because),)


def _is_number(text: str, decimal: str) -> bool:
    try:
        return bool(np.isfinite(float(text.replace(decimal, "."))))
    except ValueError:
        return False


def _wide_counts(sample: Sample, months: list[str]) -> TableGuess:
    zone = _zone_column(sample, months)
    if zone is None:
        return TableGuess(None, problem="it has a column for each month, but no column of area codes")
    because = f"{len(months)} columns are months, {months[0]} to {months[-1]}"
    return _counts(
        sample, {"zone_id": zone.value}, [zone, Guess("kind", "area_counts", "certain", because)], taken=months
    )


def _long_counts(sample: Sample, *, problem: str) -> TableGuess:
    zone = _zone_column(sample, ())
    if zone is None:
        return TableGuess(None, problem=f"{problem}, and no column holds area codes")
    times = find_times(sample, taken=[zone.value])
    if not times.columns or "time" not in times.columns:
        return TableGuess(None, problem=f"{problem}, and no column says when")
    columns = {"zone_id": zone.value, "time": times.columns["time"]}
    found = _counts(sample, columns, [zone, *times.guesses], taken=list(columns.values()))
    time_format = next((guess.value for guess in times.guesses if guess.setting == "time_format"), None)
    if time_format is not None:
        found.settings["time_format"] = time_format
    return found


def _counts(sample: Sample, columns: dict[str, str], guesses: list[Guess], *, taken: list[str]) -> TableGuess:
    classes = find_classes(sample, taken=[*taken, *columns.values()])
    if "category" in classes.columns:
        labels, guess = label_guess(Counter(sample.filled(classes.columns["category"])), sample.name)
    else:
        labels, guess = classes.labels, classes.guesses[-1]
    columns |= {use: name for use, name in classes.columns.items() if use == "category" or "time" in columns}
    layer = layer_of(set(sample.filled(columns["zone_id"])))
    settings = {"columns": columns, "labels": labels, "layer": layer or "areas"}
    return TableGuess("area_counts", settings, (*guesses, guess))


def _zone_column(sample: Sample, taken: Sequence[str]) -> Guess | None:
    """The column of the smallest areas: of several columns of codes the one with most different values."""
    coded = [
        (len(set(texts)), name)
        for name in sample.columns
        if name not in taken
        and (texts := sample.filled(name))
        and share([bool(_GSS.fullmatch(text)) for text in texts]) > 0.9
    ]
    if coded:
        number, name = max(coded)
        return Guess("columns.zone_id", name, "certain", f"{number} official area codes")
    return None


def layer_of(codes: set[str]) -> str | None:
    """The layer that official area codes belong to, by their prefix; None for other codes, or where they are mixed.

    Examples
    --------
    >>> layer_of({"E05009317", "E05013570"}), layer_of({"T01"})
    ('wards', None)
    """
    kinds = Counter(_LAYER_OF_PREFIX.get(code[:3]) if _GSS.fullmatch(code) else None for code in codes)
    if not kinds:
        return None
    (layer, times), *_ = kinds.most_common(1)
    return layer if times > 0.9 * len(codes) else None


def looks_like_names(sample: Sample) -> str | None:
    """A column that names areas rather than coding them, for the message why such a table is left out."""
    wanted = {"ward", "borough", "district", "neighbourhood", "neighborhood", "area"}
    return next((name for name in sample.columns if set(words_of(name)) & wanted and sample.filled(name)), None)
