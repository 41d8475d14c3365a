"""Lists on the map: marks of the rows that fit a query, and one row in words."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from geo_safety.marks import MARKINGS

from ..formats import JSON
from ..json_text import to_json
from ..parameters import Current, LayerOf, items_query, query_text, theme_in
from ..problems import UnknownResourceError
from ..product_lists import marks_of
from ..product_words import summary_of
from .items import row_of

MARKS_PARAMETERS = ("theme", "borough", "ward", "filter", "filter-lang", "hours")

router = APIRouter()


@router.get("/map/marks/{layer}")
def marks(request: Request, published: Current, layer: LayerOf) -> Response:
    """Name, place and class of each row of a list that fits the query."""
    query_text(request, MARKS_PARAMETERS)
    _refuse_others(layer.name)
    return Response(to_json(marks_of(published, layer, items_query(request, published, layer))), media_type=JSON)


@router.get("/map/summary/{layer}/{row_id}")
def summary(request: Request, published: Current, layer: LayerOf, row_id: Annotated[str, Path()]) -> Response:
    """One row of a list in words, with each number under the name of its column."""
    asked = query_text(request, ("theme",))
    _refuse_others(layer.name)
    theme = theme_in(asked.get("theme"), layer)
    place = row_of(layer, theme, row_id)
    row = layer.taken(theme, np.array([place])).select(layer.columns).to_pylist()[0]
    return Response(to_json(summary_of(request, published, layer, theme, row).as_dict()), media_type=JSON)


def _refuse_others(name: str) -> None:
    if name not in MARKINGS:
        raise UnknownResourceError(f"The layer {name} is no list with marks. There are {', '.join(MARKINGS)}.")
