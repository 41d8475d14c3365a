"""Which format a reply is in: `f`, else the best that `Accept` names, else JSON."""

from __future__ import annotations

from fastapi import Request

from geo_safety.outputs import FORMATS

from .problems import BadParameterError

GEOJSON = "application/geo+json"
JSON = "application/json"
HTML = "text/html; charset=utf-8"

OWN_STYLE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
}
"""Headers of a paper that carries its style sheet inside, to be kept as one file: no script, nothing is fetched."""

PAGE_FORMATS = ("json", "html")
"""What `f` can be for everything but items."""

FILES = {suffix.lstrip("."): form for suffix, form in FORMATS.items() if suffix not in (".geojson", ".pmtiles")}
"""Formats that are written as files: GeoJSON is made here from rows prepared once, and PMTiles have no pages."""

ARROW = "application/vnd.apache.arrow.stream"
VALUE_FORMATS = ("json", "arrow")
"""What `f` can be for columns of counts."""

ATOM = "application/atom+xml"
JSON_FEED = "application/feed+json"
FEED_FORMATS = ("json", "atom")
"""What `f` can be for the feed."""

COMPARISON_FORMATS = (*PAGE_FORMATS, "csv", "xlsx")
"""What `f` can be for tables without shapes."""

PDF = "application/pdf"

CARRYING_A_CLOCK = (FORMATS[".xlsx"].media_type, FORMATS[".gpkg"].media_type, PDF)
"""Media types whose files tell when or with which fonts they were written, so that the same rows give other bytes."""

ITEM_FORMATS = (*PAGE_FORMATS, *FILES)

ACCEPTED: dict[str, tuple[str, ...]] = {
    "json": (GEOJSON, JSON, "application/schema+json", "application/vnd.oai.openapi+json", JSON_FEED),
    "html": ("text/html", "application/xhtml+xml"),
    "arrow": (ARROW,),
    "atom": (ATOM,),
    **{name: (form.media_type.split(";")[0],) for name, form in FILES.items()},
}


def format_in(value: str | None, request: Request, offered: tuple[str, ...]) -> str:
    """The format of the reply: `f`, else the best that `Accept` names, else JSON."""
    if value is None:
        return accepted(request.headers.get("accept", ""), offered)
    if value not in offered:
        raise BadParameterError("f", f"The format {value!r} is not offered here. Use {', '.join(offered)}.", offered)
    return value


def accepted(accept: str, offered: tuple[str, ...]) -> str:
    """Which of the offered formats does an Accept header like best? JSON where it names none of them.

    Examples
    --------
    >>> accepted("text/html,application/xhtml+xml,*/*;q=0.8", ("json", "html"))
    'html'
    >>> accepted("*/*", ("json", "html"))
    'json'
    """
    best, best_weight = "json", 0.0
    for part in accept.split(","):
        media, *rest = (piece.strip() for piece in part.split(";"))
        weights = [piece[2:] for piece in rest if piece.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            continue
        for form in offered:
            if weight > best_weight and media.lower() in ACCEPTED[form]:
                best, best_weight = form, weight
    return best
