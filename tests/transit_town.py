"""The street of `product_town` with incidents at chosen points, stations and stops: what transport products get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
from product_town import FIRST, PROJECTION, WINDOW, town

from geo_safety.cube import Coverage, Window
from geo_safety.incidents import Feed
from geo_safety.point_counts import Incidents
from geo_safety.presence import Presence
from geo_safety.products import ContextTable, Inputs
from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import POLICE_UK, STATS19

MONTHS = 36
BTP, STREET, COLLISIONS = "rail police", "street police", "collisions"
_BACK = pyproj.Transformer.from_crs(
    f"+proj=laea +lat_0={PROJECTION.latitude} +lon_0={PROJECTION.longitude} +datum=WGS84", "EPSG:4326", always_xy=True
)


def at(east: float, north: float) -> tuple[float, float]:
    """Longitude and latitude of a place so many metres east and north of the middle of the street's southern side."""
    return _BACK.transform(east, north)


def points(name: str, rows: Sequence[tuple], *, labels=POLICE_UK, force: str = "", access: str = "open",
           precision_m: float | None = None, use: tuple[str, ...] | None = None) -> Feed:  # fmt: skip
    """A feed of points: rows of (category, east, north, month of the newest year 0-11 or before, incidents[, time])."""
    categories = tuple(sorted({row[0] for row in rows}))
    ordered = sorted(rows, key=lambda row: row[0])
    places = sorted({at(row[1], row[2]) for row in rows})
    number = {place: index for index, place in enumerate(places)}
    weight = np.array([row[4] for row in ordered], dtype=np.int64)
    times = [row[5] for row in ordered if len(row) > 5]
    incidents = Incidents(
        feed=name,
        categories=categories,
        forces=(force,) * len(categories),
        longitude=np.array([place[0] for place in places]),
        latitude=np.array([place[1] for place in places]),
        location=np.array([number[at(row[1], row[2])] for row in ordered], dtype=np.int32),
        month=np.array([WINDOW.start + row[3] for row in ordered], dtype=np.int32),
        starts=[sum(row[0] < name for row in rows) for name in categories] + [len(rows)],
        weight=weight,
        date=np.array(times, dtype="datetime64[m]") if times else None,
    )
    settings = FeedSettings(
        kind="police_uk", name=name, path=(Path("none"),), labels=labels, access=access, precision_m=precision_m, use=use,
        forces=(force,) if force else (),
    )  # fmt: skip
    presence = Presence(
        (force or name,), FIRST, np.ones((1, MONTHS, len(categories)), dtype=np.int64), np.ones((1, MONTHS), bool)
    )
    return Feed(settings, (), presence, (), incidents=incidents)


def table(
    kind: str, rows: Sequence[Mapping[str, object]], *, file: str | None = None, year: str | None = None
) -> ContextTable:
    """A file of the context; `east` and `north` of its rows become longitude and latitude."""
    written = []
    for row in rows:
        kept = {name: value for name, value in row.items() if name not in ("east", "north")}
        if "east" in row:
            kept |= dict(zip(("longitude", "latitude"), at(row["east"], row["north"]), strict=True))
        written.append(kept)
    return ContextTable(kind, file or f"{kind}.csv", pd.DataFrame(written), year)


def transit_town(
    feeds: Mapping[Feed, Sequence[str]] | Sequence[tuple[Feed, Sequence[str]]],
    context: Mapping[str, Sequence[ContextTable]],
    *,
    window: Window = WINDOW,
    beside: Mapping[str, frozenset[str]] | None = None,
) -> Inputs:
    """What a product gets of the street with these feeds, each with the themes that it makes."""
    pairs = list(feeds.items()) if isinstance(feeds, Mapping) else list(feeds)
    themes = list(dict.fromkeys(theme for _, made in pairs for theme in made))
    inputs = town(
        {theme: {} for theme in themes},
        context={kind: tuple(tables) for kind, tables in context.items()},
        beside=beside,
    )
    has_data = np.ones(MONTHS, dtype=bool)
    coverages = {
        theme: Coverage(
            theme, tuple(feed.settings.name for feed, made in pairs if theme in made), FIRST, has_data, window, {}
        )
        for theme in themes
    }
    return replace(inputs, feeds=tuple(feed for feed, _ in pairs), coverages=coverages)


__all__ = ["BTP", "COLLISIONS", "MONTHS", "POLICE_UK", "STATS19", "STREET", "at", "points", "table", "transit_town"]
