"""Places that the community names: one in five of the list is theirs, because low reports may mean low reporting.

A nomination says what the place is called and where it is, and which organisation passed it on; nobody's name. It has no
score and needs none. Sheets, records and comparisons are the same as for places of the shortlist.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo_safety.audit_places import is_protected, tidy
from geo_safety.errors import ReleaseError, WalkError
from geo_safety.schema.wsa_shortlist import PLACE_TYPES
from geo_safety.state_file import held
from geo_safety.view import View
from geo_safety.walks import without_contact

FILE = "nominations.json"
PREFIX = "nominated_"
"""First letters of the ids of these places."""

LONGEST_NAME = 100


def nominate(
    state: Path, view: View, *, name: str, type: str, longitude: float, latitude: float, by: str
) -> dict[str, Any]:
    """Keep a place that the community named.

    Parameters
    ----------
    name : str
        What people call it; no premises, no house number, nobody's name.
    longitude, latitude : float
        WGS84; inside one of the release's boroughs, where it has any.
    by : str
        Organisation that passed it on.

    Raises
    ------
    WalkError
        What was given cannot be a place to walk to, or is kept already.
    """
    name, by = tidy(name), by.strip()
    for what, text in (("name", name), ("organisation", by)):
        if not text or len(text) > LONGEST_NAME or not text.isprintable():
            raise WalkError(f"The {what} is empty, too long or no line of text.", f"Give 1 to {LONGEST_NAME} letters.")
        try:
            without_contact(text)
        except ValueError as error:
            raise WalkError(f"The {what} cannot be kept: {error}.", "Give a place and an organisation.") from None
    if is_protected(name):
        raise WalkError(
            f"{name!r} names premises or a house.",
            "Name the street, the stop or the park: a place is never a building.",
        )
    if type not in PLACE_TYPES:
        raise WalkError(f"There is no kind of place {type!r}.", f"There are: {', '.join(PLACE_TYPES)}.")
    place = {
        "place_id": f"{PREFIX}{latitude:.4f}_{longitude:.4f}", "name": name, "type": type, "by": by,
        "longitude": round(longitude, 6), "latitude": round(latitude, 6),
        **_borough_of(view, longitude, latitude),
    }  # fmt: skip
    with held(state, FILE) as kept:
        if place["place_id"] in (one["place_id"] for one in kept):
            raise WalkError(f"A place is named there already: {place['place_id']}.", "Nothing was changed.")
        kept.append(place)
    return place


def nominations(state: Path, *, boroughs: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """The places that the community named, in the order in which they came; of some boroughs where asked."""
    with held(state, FILE) as kept:
        found = list(kept)
    allowed = None if boroughs is None else set(boroughs)
    return [one for one in found if allowed is None or one["borough_code"] in allowed]


def forget(state: Path, place_id: str) -> None:
    """Take a nomination back; walks that were made there stay.

    Raises
    ------
    WalkError
        There is none of this id.
    """
    with held(state, FILE) as kept:
        if place_id not in (one["place_id"] for one in kept):
            raise WalkError(f"No place {place_id!r} is named.", "Look at `geo-safety walks nominations`.")
        kept[:] = [one for one in kept if one["place_id"] != place_id]


def _borough_of(view: View, longitude: float, latitude: float) -> dict[str, str | None]:
    """Code and name of the borough that the point lies in; None of both where the release has no boroughs."""
    try:
        table = view.table("boroughs", theme=view.themes_of("boroughs")[0], columns=["zone_id", "name", "geometry"])
    except (ReleaseError, IndexError):
        return {"borough_code": None, "borough_name": None}
    shapes = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    inside = np.flatnonzero(shapely.intersects_xy(shapes, longitude, latitude))
    if not len(inside):
        raise WalkError(
            f"The point {latitude:.4f}, {longitude:.4f} lies in no borough.", "Give latitude before longitude."
        )
    row = table.slice(int(inside[0]), 1).to_pylist()[0]
    return {"borough_code": row["zone_id"], "borough_name": row["name"]}
