"""What changed since another release, and what is worth a message."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_safety.alerts import STEPS, Alert, persistent_areas
from geo_safety.changes import CHANGES, compare
from geo_safety.outputs.geojson import DECIMALS

from ..formats import ATOM, FEED_FORMATS, GEOJSON, HTML, JSON_FEED, PAGE_FORMATS, format_in
from ..json_text import to_json
from ..links import address, home_of, link, same_address
from ..pages import page, paragraph, table
from ..parameters import Current, choice_in, query_text, zone_named
from ..problems import BadParameterError
from ..store import Published

AREAS = "hotspot-areas"

router = APIRouter()


@router.get("/changes")
def changes(request: Request, published: Current) -> Response:
    """Hotspot areas that are new, gone, grown or shrunk since another release, and months that were revised."""
    text = query_text(request, ("since", "theme", "change", "f"))
    form = format_in(text.get("f"), request, PAGE_FORMATS)
    before = request.state.store.earlier(_since_in(request, published, text.get("since")), request.state.reader)
    words = None if "change" not in text else choice_in(text["change"], "change", CHANGES)
    found = compare(before, published.view, themes=_themes_in(text.get("theme"), published), with_same=words == "same")
    rows = [row for row in found.areas if words in (None, row["change"])]
    publication = published.publication(AREAS, text.get("theme"))
    if form == "html":
        columns = ("change", "theme", "area_id", "name", "cells_before", "cells", "class", "tier")
        months = ("theme", "feed", "month", "zones_revised", "incidents_before", "incidents")
        body = page(
            f"Changes since {before.release_id}",
            paragraph(f"{len(rows)} hotspot areas have changed. Can I publish this? {publication.answer}"),
            table(columns, [tuple(row[name] for name in columns) for row in rows]),
            paragraph(f"{len(found.months)} months were revised by their sources."),
            table(months, [tuple(row[name] for name in months) for row in found.months]),
            home=home_of(request),
            notes=(*publication.caveats, published.attribution),
        )
        return Response(body, media_type=HTML)
    document = {
        "type": "FeatureCollection",
        "since": before.release_id,
        "release_id": published.release_id,
        "counts": {word: sum(row["change"] == word for row in rows) for word in CHANGES},
        "revised_months": found.months,
        "numberMatched": len(rows),
        "numberReturned": len(rows),
        "links": [
            link("self", same_address(request), GEOJSON, "This document"),
            link("alternate", same_address(request, f="html"), "text/html", "This document as a page"),
            link("collection", address(request, "collections", AREAS), "application/json", AREAS),
        ],
        "attribution": published.attribution,
        "publication": publication.as_dict(),
        "features": [_feature(row) for row in rows],
    }
    return Response(to_json(document), media_type=GEOJSON)


@router.get("/feed")
def feed(request: Request, published: Current) -> Response:
    """Hotspot areas that have stayed high for three steps or more, as JSON Feed or Atom."""
    text = query_text(request, ("theme", "borough", "f"))
    form = format_in(text.get("f"), request, FEED_FORMATS)
    borough = zone_named(text["borough"], "borough", published) if "borough" in text else None
    alerts = persistent_areas(published.view, themes=_themes_in(text.get("theme"), published), borough=borough)
    title = f"{published.manifest['study']['name']}: places that have stayed high for {STEPS} steps or more"
    if form == "atom":
        return Response(_atom(request, published, title, alerts), media_type=ATOM)
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": home_of(request),
        "feed_url": same_address(request),
        "description": _about(published),
        "language": "en-GB",
        "items": [
            {
                "id": _identity(alert),
                "url": _page_of(request, alert),
                "title": alert.title,
                "content_text": alert.text,
                "date_published": _moment(alert),
                "tags": [alert.theme, *alert.boroughs],
                "_geo_safety": {
                    "area_id": alert.area_id, "theme": alert.theme, "since": alert.since, "class": alert.emerging_class,
                    "tier": alert.tier, "release_id": published.release_id, "wards": alert.wards,
                },
            }
            for alert in alerts
        ],
    }  # fmt: skip
    return Response(to_json(document), media_type=JSON_FEED)


def _since_in(request: Request, published: Published, value: str | None) -> str:
    """The release to compare with: by name, or the newest one whose data end in a month."""
    others = tuple(one for one in request.state.store.release_ids() if one != published.release_id)
    of_month = [one for one in others if value is not None and one[:7] == value]
    if value is None or (value not in others and not of_month):
        asked = "`since` is needed" if value is None else f"There is no other release {value!r} here"
        there = ", ".join(others) or "none besides the current one"
        raise BadParameterError("since", f"{asked}: a release, or the last month of one. There are {there}.", others)
    return of_month[0] if of_month else value


def _themes_in(value: str | None, published: Published) -> tuple[str, ...]:
    """One theme, or all of those whose areas this reader may see."""
    known = published.view.themes_of(AREAS) if AREAS in published.view.layers else ()
    return known if value is None else (choice_in(value, "theme", known),)


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    shape = shapely.from_wkb(row["geometry"])
    rounded = shapely.transform(shapely.orient_polygons(shape), lambda places: np.round(places, DECIMALS))
    properties = {name: value for name, value in row.items() if name != "geometry"}
    geometry = None if shape is None else shapely.geometry.mapping(rounded)
    return {"type": "Feature", "id": row["area_id"], "geometry": geometry, "properties": properties}


def _atom(request: Request, published: Published, title: str, alerts: list[Alert]) -> bytes:
    """The feed by RFC 4287."""
    entries = "".join(
        f"<entry><id>{escape(_identity(alert))}</id><title>{escape(alert.title)}</title>"
        f"<updated>{_moment(alert)}</updated><link href={quoteattr(_page_of(request, alert))}/>"
        f"<category term={quoteattr(alert.theme)}/><summary>{escape(alert.text)}</summary></entry>"
        for alert in alerts
    )
    updated = max(map(_moment, alerts), default=_end_of(published.manifest["months"]["last"]))
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">'
        f"<id>{escape(home_of(request))}feed</id><title>{escape(title)}</title><subtitle>{escape(_about(published))}</subtitle>"
        f"<updated>{updated}</updated><author><name>geo-safety</name></author>"
        f'<link rel="self" href={quoteattr(same_address(request))}/>{entries}</feed>'
    ).encode()


def _about(published: Published) -> str:
    return f"Data up to {published.manifest['months']['last']}, release {published.release_id}. {published.attribution}"


def _identity(alert: Alert) -> str:
    """The same area is told of once: a reader of feeds shows what it has not seen."""
    return f"tag:geo-safety,2026:persistent:{alert.area_id}"


def _page_of(request: Request, alert: Alert) -> str:
    return address(request, "collections", AREAS, "items", alert.area_id, theme=alert.theme, f="html")


def _moment(alert: Alert) -> str:
    return _end_of(alert.last_month)


def _end_of(month: str) -> str:
    """The last second of a month: data have no other clock."""
    first = dt.date.fromisoformat(f"{month}-01")
    following = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return f"{following - dt.timedelta(days=1)}T23:59:59Z"
