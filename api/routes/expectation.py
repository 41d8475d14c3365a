"""What a borough or a ward may expect next year; cells are refused, with the reason."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_safety.errors import AnalysisError
from geo_safety.expected import COLUMNS, LAYER, expected_rows, refusal
from geo_safety.products.expectation import EXPECTED_FOR

from .. import tally
from ..formats import COMPARISON_FORMATS, format_in
from ..parameters import Current, choice_in, query_text, zone_named
from ..problems import BadParameterError, UnknownResourceError
from .comparison import table_reply

router = APIRouter()


@router.get("/analysis/expectation")
def expectation(request: Request, published: Current) -> Response:
    """The range of reports of the next twelve months for each borough or ward, if nothing changes."""
    text = query_text(request, ("layer", "theme", "borough", "f"))
    form = format_in(text.get("f"), request, COMPARISON_FORMATS)
    usual = next((name for name in EXPECTED_FOR if name in published.collections), EXPECTED_FOR[0])
    layer = text.get("layer", usual)
    why = refusal(layer)
    if why is not None:
        choice_in(layer, "layer", (*published.collections,))
        raise BadParameterError("layer", f"{why} Ask for {' or '.join(EXPECTED_FOR)}.", EXPECTED_FOR)
    known = published.view.themes_of(LAYER) if LAYER in published.collections else ()
    theme = choice_in(text.get("theme", (*known, *published.themes)[0]), "theme", published.themes)
    borough = zone_named(text["borough"], "borough", published) if "borough" in text else None
    try:
        rows = tally.add(expected_rows(published.view, layer, theme, borough=borough))
    except AnalysisError as error:
        raise UnknownResourceError(str(error)) from error
    title = f"{layer}: {theme}, what next year may bring if nothing changes"
    head = {"layer": layer, "theme": theme}
    return table_reply(request, published, rows, form, name="expectation", title=title, head=head, columns=COLUMNS,
                       publication=published.publication(LAYER, theme))  # fmt: skip
