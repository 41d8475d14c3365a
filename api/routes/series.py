"""A zone month by month."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from ..formats import JSON
from ..json_text import to_json
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
    rows = published.series(layer.name, row_id, theme, ["feed", "month", "incidents_band", "incidents"])
    if rows.num_rows == 0:
        raise UnknownResourceError(
            f"The layer {layer.name} has no series of the theme {theme} for you. "
            f"Its rows are at /collections/{layer.name}/items."
        )
    months = sorted(pc.unique(rows["month"]).to_pylist())
    document = {
        "layer": layer.name,
        "zone_id": row_id,
        "theme": theme,
        "months": [f"{month:%Y-%m}" for month in months],
        "feeds": [_of_feed(rows, feed, months) for feed in sorted(pc.unique(rows["feed"]).to_pylist())],
        "attribution": published.attribution,
        "publication": published.publication(layer.name, theme).as_dict(),
    }
    return Response(to_json(document), media_type=JSON)


def _of_feed(rows: pa.Table, feed: str, months: list) -> dict[str, object]:
    """One feed's counts in the order of the months; null where the feed has no such month."""
    mine = rows.filter(pc.equal(rows["feed"], feed))
    place = np.searchsorted(np.array(months, dtype="datetime64[D]"), mine["month"].to_numpy())
    columns: dict[str, object] = {"feed": feed}
    for name in ("incidents_band", "incidents"):
        values: list[object] = [None] * len(months)
        for where, value in zip(place.tolist(), mine[name].to_pylist(), strict=True):
            values[where] = value
        columns[name] = values
    return columns
