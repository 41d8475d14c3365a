"""A zone month by month."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from ..formats import JSON
from ..json_text import to_json
from ..months import months_of
from ..parameters import Current, LayerOf, query_text, theme_in
from ..problems import UnknownResourceError
from .items import row_of

router = APIRouter()


@router.get("/collections/{layer}/items/{row_id}/series")
def series(request: Request, published: Current, layer: LayerOf, row_id: Annotated[str, Path()]) -> Response:
    """Months and counts of one zone; a gap is null, not zero."""
    text = query_text(request, ("theme",))
    theme = theme_in(text.get("theme"), layer)
    row_of(layer, theme, row_id)
    if not published.has_series:
        raise UnknownResourceError("This release holds no series. Look at the items of the layer instead.")
    found = months_of(published, layer, row_id, theme)
    if found is None:
        raise UnknownResourceError(
            f"The layer {layer.name} has no series of the theme {theme} for you. "
            f"Its rows are at /collections/{layer.name}/items."
        )
    document = {
        "layer": layer.name,
        "zone_id": row_id,
        "theme": theme,
        **found,
        "attribution": published.attribution,
        "publication": published.publication(layer.name, theme).as_dict(),
    }
    return Response(to_json(document), media_type=JSON)
