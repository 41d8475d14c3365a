"""A case on a release, for one reader: what is read of it, and what leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow.compute as pc
import shapely

from geo_safety.analysis import Ground, read_ground
from geo_safety.case_file import Case
from geo_safety.disclosure import OPEN, Reader, may_leave
from geo_safety.disclosure.open_set import Seen
from geo_safety.errors import AnalysisError, ConfigError
from geo_safety.harm import EDITIONS
from geo_safety.impact import Impact, assess
from geo_safety.impact.document import document_of
from geo_safety.months import month_number
from geo_safety.publication import Publication
from geo_safety.release import Release
from geo_safety.schema import ZONES, table_of_layer
from geo_safety.sources.police_uk import MAP_POINTS_RENEWED
from geo_safety.view import View

DECIMALS = 6


@dataclass(frozen=True)
class Report:
    """What leaves.

    Parameters
    ----------
    document : mapping
        Figures and words, as `document.document_of` gives them, with what must travel with them.
    places : mapping
        Boundary, ring and comparison areas as a GeoJSON FeatureCollection.
    """

    document: Mapping[str, Any]
    places: Mapping[str, Any]
    publication: Publication


def layer_for(case: Case, release: Release, *, reader: Reader = OPEN) -> str:
    """The layer on which a case is counted: the one it names, else the one whose hotspots the release joins to areas.

    Raises
    ------
    ConfigError
        The release has no such layer for this reader.
    """
    access: Seen = "internal" if reader.access == "internal" else "open"
    known = [name for name in release.layers if table_of_layer(name) is ZONES and may_leave(name, access=access)]
    layer = case.layer or release.manifest.get("rules", {}).get("layer")
    if layer not in known:
        raise ConfigError(
            f"The release has no layer {layer!r} on which a case can be counted.", f"Name one of {', '.join(known)}."
        )
    return str(layer)


def report_on(case: Case, release: Release, *, reader: Reader = OPEN, ground: Ground | None = None) -> Report:
    """Judge a case, and cut what this reader may see.

    Parameters
    ----------
    reader : Reader
        Internal: exact figures of all themes. Others: themes of open feeds, by the open rule (what partners lend comes
        in fixed windows, and no case can be made of these).
    ground : Ground, optional
        The layer, where it is at hand already; with the themes that this reader may have counted anew.

    Raises
    ------
    ConfigError, WindowError, BoundaryError, AnalysisError
        The case does not fit the release.
    """
    view = View(release, reader)
    layer = layer_for(case, release, reader=reader)
    lent = [theme for theme in case.themes if theme in release.themes and theme not in view.recounted_themes]
    if lent:
        raise ConfigError(
            f"The figures of {', '.join(lent)} come from a partner, for fixed windows only.",
            f"Take {', '.join(view.recounted_themes) or 'another release'}, or ask as an internal reader.",
        )
    ground = ground or read_ground(release, layer, themes=view.recounted_themes)
    impact = assess(
        case,
        ground,
        base_map=release.base_map(),
        harm_per_incident=_harm_per_incident(release, layer, ground),
        points_moved={theme: _points_moved(release, facts.feeds) for theme, facts in ground.facts.items()},
    )
    access: Seen = "internal" if reader.access == "internal" else "open"
    names = _names(impact, ground, release)
    publication = view.publication(layer, impact.effects[0].theme)
    document = document_of(impact, ground.cubes, names, access=access)
    document |= {"publication": publication.as_dict(), "disclosure": view.disclosure}
    return Report(document, _shapes(impact, ground, names), publication)


def _harm_per_incident(release: Release, layer: str, ground: Ground) -> dict[str, dict[str, float]]:
    """Edition → theme → harm of an average incident, as the release weighs it."""
    found: dict[str, dict[str, float]] = {edition: {} for edition in EDITIONS}
    columns = ["incidents", *(f"harm_{edition}" for edition in EDITIONS)]
    for theme in ground.cubes:
        try:
            table = release.table(layer, access="internal", theme=theme, columns=columns)
        except OSError as error:
            raise AnalysisError(
                "This process cannot read the release's exact counts, and a case is counted from nothing else.",
                "Run it as the owner of the release's files.",
            ) from error
        incidents = pc.sum(table["incidents"]).as_py() or 0
        for edition in EDITIONS:
            harm = pc.sum(table[f"harm_{edition}"]).as_py()
            if incidents and harm:
                found[edition][theme] = float(harm) / incidents
    return found


def _points_moved(release: Release, feeds: tuple[str, ...]) -> list[int]:
    """Months in which the map points of these feeds were renewed: as configured, or as known of police.uk."""
    kinds = {one["kind"] for one in release.manifest["sources"] if one["name"] in feeds}
    found = []
    for entry in release.manifest["settings"].get("breaks", []):
        if entry.get("feeds") and not set(entry["feeds"]) & set(feeds):
            continue
        month = month_number(str(entry["date"]))
        told = entry.get("moves_points")
        if told or (told is None and month == MAP_POINTS_RENEWED and "police_uk" in kinds):
            found.append(month)
    return found


def _names(impact: Impact, ground: Ground, release: Release) -> list[str]:
    """What each comparison area is called: by the zone in its middle."""
    of_code: dict[str, str] = {}
    for layer in ("wards", "boroughs"):
        if layer in release.layers:
            table = release.table(layer, theme=release.themes[0], columns=["zone_id", "name"])
            of_code |= dict(zip(table["zone_id"].to_pylist(), table["name"].to_pylist(), strict=True))
    zones, gazetteer = ground.layer.zones, ground.layer.gazetteer
    found = []
    for area in impact.places.areas:
        middle = int(area[0])
        own = zones.name[middle]
        ward, borough = (of_code.get(codes[middle] or "") for codes in (gazetteer.ward_code, gazetteer.borough_code))
        parts = [str(one) for one in dict.fromkeys((own or ward, borough)) if one]
        found.append(f"Around {', '.join(parts)}" if parts else f"Around {zones.zone_id[middle]}")
    return found


def _shapes(impact: Impact, ground: Ground, names: list[str]) -> dict[str, Any]:
    """Boundary, ring and comparison areas, in the zones that were counted."""
    outlines, places = ground.layer.zones.geometry, impact.places
    kinds = [("place", impact.case.name, part) for part in places.parts]
    kinds.append(("ring", f"Ring around {impact.case.name}", places.buffer))
    kinds += [("comparison area", name, area) for name, area in zip(names, places.areas, strict=True)]
    features = []
    for number, (kind, name, zones) in enumerate(kinds):
        if not len(zones):
            continue
        shape = shapely.transform(shapely.union_all(outlines[zones]), lambda corners: np.round(corners, DECIMALS))
        features.append(
            {
                "type": "Feature",
                "id": number,
                "properties": {"kind": kind, "name": name, "zones": len(zones)},
                "geometry": orjson.loads(shapely.to_geojson(shape)),
            }
        )
    return {"type": "FeatureCollection", "features": features}
