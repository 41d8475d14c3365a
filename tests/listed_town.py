"""The tiny town with every list that a map shows: a row of each class, a hidden count in each, none of it estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from releases import INPUTS_HASH, cell_shape, cells, tiny_content

from geo_safety import schema
from geo_safety.release import Release, write_release

CAUTION = "Places are approximate."
NORTH = {"boroughs": "X09000001", "borough_names": "Northbank", "wards": "X05000001", "theme": "robbery", "caution": CAUTION,
         "window_start": date(2025, 1, 1), "window_end": date(2025, 12, 1)}  # fmt: skip
SAYS = {
    "chb-candidates": ["Screened on recorded incidents only: this is no list of Clear Hold Build sites."],
    "wsa-shortlist": ["A list of places to invite people to walk together; no place on it has been found unsafe."],
    "stations": ["Incidents inside and on the way are never added."],
    "stop-clusters": ["Street incidents within 50 m of stops."],
    "corridors": ["Routes share streets: rows are never added."],
    "road-harm-clusters": ["Road harm is never added to crime."],
}


def point(place: int) -> shapely.Point:
    """A point inside one of the town's cells."""
    return cell_shape(cells()[place]).centroid


def stations() -> list[dict[str, Any]]:
    """One of each class: stands out, above, same, below, too few, without a rate."""
    rates = [(200, 9.0, 8.0, 10.0, True), (60, 4.0, 3.0, 5.0, False), (30, 2.0, 1.5, 2.6, False), (9, 0.6, 0.3, 1.0, False),
             (3, 0.4, 0.1, 0.9, False)]  # fmt: skip
    rows = [
        {
            **NORTH, "station_id": f"S{n}", "name": f"Quay {n}", "mode": "metro", "modes": "metro;plateway" if n == 0 else "metro", "incidents": count,
            "entries_exits": 1_000_000 * (n + 1), "rate_observed": rate, "rate": rate, "rate_low": low, "rate_high": high,
            "mode_median": 2.0, "mode_p90": 8.5, "ratio": rate / 2, "probability": 0.99 if is_hot else 0.2, "rank": n + 1,
            "rank_low": max(1, n), "rank_high": n + 2, "is_hotspot": is_hot, "why": "at least 10 incidents: yes",
            "approach_incidents": 40 - n, "approach_window_start": date(2025, 1, 1), "approach_window_end": date(2025, 12, 1),
            "longitude": point(n).x, "latitude": point(n).y, "geometry": point(n),
        }
        for n, (count, rate, low, high, is_hot) in enumerate(rates)
    ]  # fmt: skip
    bare = {name: rows[0][name] for name in (*NORTH, "mode", "modes")}
    rows.append({**bare, "station_id": "S8", "name": "Quay 8", "incidents": 50, "why": "The list leaves national rail out.",
                 "geometry": point(8)})  # fmt: skip
    rows.append(
        {
            **bare,
            "station_id": "S9",
            "name": "Quay 9",
            "incidents": None,
            "approach_incidents": 12,
            "geometry": point(9),
        }
    )
    return rows


def busy(id_column: str, extra: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """Places on the list, above, not distinguishable from and below the mean, and one with too few."""
    rates = [(90, 4.0, 3.2, 5.0, True), (40, 1.8, 1.3, 2.4, False), (22, 1.0, 0.7, 1.4, False), (8, 0.4, 0.2, 0.7, False),
             (2, 0.1, 0.0, 0.5, False)]  # fmt: skip
    return [
        {
            **NORTH, id_column: f"P{n}", "name": f"Around Lamp {n}, Northbank", "incidents": count, "ratio": ratio,
            "ratio_low": low, "ratio_high": high, "probability": 0.98 if is_hot else 0.1, "is_hotspot": is_hot, "rank": n + 1,
            "rank_low": max(1, n), "rank_high": n + 2, "has_hours": False, **extra(n),
        }
        for n, (count, ratio, low, high, is_hot) in enumerate(rates)
    ]  # fmt: skip


def stop_clusters() -> list[dict[str, Any]]:
    """Discs around stops."""
    return busy(
        "cluster_id",
        lambda n: {"stops": n + 1, "area_km2": 0.01, "per_km2": 100.0, "geometry": point(n).buffer(0.0006)},
    )


def corridors() -> list[dict[str, Any]]:
    """Lines across the town; the second counts at stations."""

    def extra(n: int) -> dict[str, Any]:
        line = shapely.LineString([point(n), point(30 - n)])
        return {"mode": "bus", "counts_of": "stations" if n == 1 else "street", "km": 2.5, "per_km": 8.0, "stops": 6,
                "busiest_incidents": 9, "busiest_from": "Dab Street", "busiest_to": "Ray Row", "geometry": line}  # fmt: skip

    return busy("corridor_id", extra)


def road_harm() -> list[dict[str, Any]]:
    """One beside a list, one alone, one of three collisions, which is hidden."""
    rows = [(9, "robbery;violence", 2), (6, None, 0), (3, None, 1)]
    return [
        {**NORTH, "cluster_id": f"ksi-{n}", "name": f"Around Pier {n}, Northbank", "incidents": count, "months": 36,
         "window_start": date(2023, 1, 1), "chance_share": 0.2, "fatal": fatal, "slight": 12, "incidents_night": 5,
         "has_hours": True, "also_listed": beside, "safety_layer": "cells-r9", "geometry": point(n).buffer(0.001)}
        for n, (count, beside, fatal) in enumerate(rows)
    ]  # fmt: skip


def walk_places() -> list[dict[str, Any]]:
    """Two on the list, one that was ranked, one of which too little is known."""
    rows = [("station approach", True, 1, None), ("park edge", True, 2, None), ("bus node", False, 3, "Others filled the list."),
            ("estate path", False, None, "Too little is known.")]  # fmt: skip
    return [
        {**NORTH, "place_id": f"place_{n}", "name": f"Walk {n}", "type": kind, "ward_name": "Tidewater", "is_listed": listed,
         "excluded_because": why, "rank": rank, "rank_low": rank and max(1, rank - 1), "rank_high": rank and rank + 1,
         "score": 80.0 - n if rank else None, "part_incidents": 90.0, "part_perception": None, "part_transport": 50.0,
         "part_built": 20.0, "part_exposure": 10.0, "weight_known": 0.75, "parts_missing": "perception",
         "stops_within_150m": 3.0, "geometry": point(n).buffer(0.0015)}
        for n, (kind, listed, rank, why) in enumerate(rows)
    ]  # fmt: skip


def candidates() -> list[dict[str, Any]]:
    """One of each outcome on cells, and the first once more on wards."""
    rows = [
        ("all met", 7, 0, 0),
        ("none failed, some unknown", 5, 0, 2),
        ("not all met", 3, 3, 1),
        ("all met", 7, 0, 0),
    ]
    names = ("size", "entrenched", "second_theme", "harm_cchi", "harm_css", "daytime", "not_venue")
    found = []
    for n, (outcome, met, failed, unknown) in enumerate(rows):
        answers = ["met"] * met + ["not met"] * failed + ["unknown"] * unknown
        found.append(
            {**NORTH, "candidate_id": f"c-{n}", "name": f"Around Shoal {n}, Northbank", "incidents": 240 - n,
             "of_layer": "wards" if n == 3 else "cells-r8", "zones": cells()[n], "is_cross_border": n == 1, "outcome": outcome,
             "criteria_met": met, "criteria_not_met": failed, "criteria_unknown": unknown,
             **{f"meets_{name}": answer for name, answer in zip(names, answers, strict=True)}, "why": "Size: met.",
             "second_themes": "violence", "area_km2": 0.7, "ratio": 5.0, "class": "persistent", "tier": "A", "stability": 0.9,
             "steps_hot": 17, "steps": 17, "harm_cchi": 9000.0, "harm_cchi_top_share": 0.02, "weights_differ": n == 2,
             "residents": 900.0, "geometry": cell_shape(cells()[n])}
        )  # fmt: skip
    return found


ROWS = {
    "chb-candidates": candidates,
    "wsa-shortlist": walk_places,
    "stations": stations,
    "stop-clusters": stop_clusters,
    "corridors": corridors,
    "road-harm-clusters": road_harm,
}


def listed_release(folder: Path, *, without: tuple[str, ...] = (), themes: tuple[str, ...] = ("robbery",)) -> Release:
    """The town with its lists, written as the current release of `folder`; it may name themes of which no list has a row."""
    content = tiny_content()
    made = {name: make() for name, make in ROWS.items() if name not in without}
    layers = {name: schema.to_arrow(pd.DataFrame(rows), schema.PRODUCT_TABLES[name]) for name, rows in made.items()}
    told = {
        name: {"why_not": "No file of the config holds them." if name in without else None,
               "themes": [] if name in without else list(themes), "says": [] if name in without else SAYS[name], "notes": []}
        for name in ROWS
    }  # fmt: skip
    content = replace(content, layers={**content.layers, **layers}, manifest={**content.manifest, "products": told})
    return write_release(content, folder, inputs_hash=INPUTS_HASH)
