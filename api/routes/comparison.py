"""One window against the one before, zone by zone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_safety.comparison import COLUMNS, compare_windows

from .. import tally
from ..formats import COMPARISON_FORMATS, FILES, HTML, JSON, format_in
from ..json_text import to_json
from ..links import home_of, link, same_address
from ..pages import page, paragraph, table
from ..parameters import Current, query_text, theme_in, zone_named, zones_layer_in

router = APIRouter()


@router.get("/analysis/comparison")
def comparison(request: Request, published: Current) -> Response:
    """Counts of this window and of the one before in each zone, and of what has no place."""
    text = query_text(request, ("layer", "theme", "borough", "f"))
    form = format_in(text.get("f"), request, COMPARISON_FORMATS)
    layer = zones_layer_in(text.get("layer"), published)
    theme = theme_in(text.get("theme"), layer)
    borough = zone_named(text["borough"], "borough", published) if "borough" in text else None
    rows = tally.add(compare_windows(published.view, layer.name, theme, borough=borough))
    publication = published.publication(layer.name, theme)
    if form == "html":
        body = page(
            f"{layer.name}: {theme}, this window and the one before",
            paragraph(f"Can I publish this? {publication.answer}"),
            table(COLUMNS, [tuple(row.values()) for row in rows.to_pylist()]),
            home=home_of(request),
            notes=(*publication.caveats, published.attribution),
        )
        return Response(body, media_type=HTML)
    if form == "json":
        document = {
            "layer": layer.name,
            "theme": theme,
            "rows": rows.to_pylist(),
            "links": [link("self", same_address(request), JSON, "This document")],
            "attribution": published.attribution,
            "publication": publication.as_dict(),
        }
        return Response(to_json(document), media_type=JSON)
    with tempfile.TemporaryDirectory(prefix="geo-safety-") as folder:
        path = Path(folder) / f"comparison.{form}"
        FILES[form].write(rows, path, publication)
        body = path.read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="comparison.{form}"'}
    return Response(body, media_type=FILES[form].media_type, headers=headers)
