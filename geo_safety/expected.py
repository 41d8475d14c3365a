"""What a borough or a ward may expect next year, as its reader may see it; for anything smaller, why not."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.errors import AnalysisError
from geo_safety.products.expectation import EXPECTED_FOR
from geo_safety.view import View

LAYER = "expectation"

COLUMNS = ("zone_id", "name", "theme", "window_start", "window_end", "incidents_band", "incidents", "expected_start",
           "expected_end", "expected", "expected_low", "expected_high", "method", "naive_low", "naive_high", "coverage",
           "coverage_lowest", "years_tested", "caution")  # fmt: skip


def refusal(layer: str) -> str | None:
    """Why there is no expectation for the zones of a layer; None where there may be one.

    Examples
    --------
    >>> refusal("wards") is None, refusal("cells-r9")[:50]
    (True, 'There is no expectation for cells-r9: so small a p')
    """
    if layer in EXPECTED_FOR:
        return None
    return (
        f"There is no expectation for {layer}: so small a place has no forecast that would be fair to it. It would be read as "
        "a forecast of people, and would send attention where records already point."
    )


def expected_rows(view: View, layer: str, theme: str, *, borough: str | None = None) -> pa.Table:
    """The expectation of a theme for each borough or ward.

    Parameters
    ----------
    layer : {'boroughs', 'wards'}
    borough : str, optional
        Code: only what lies in it.

    Returns
    -------
    Table
        `COLUMNS`, in the order of `zone_id`.

    Raises
    ------
    AnalysisError
        For layers of smaller zones, and where the release holds no expectation of the theme: with the reason.
    """
    why = refusal(layer)
    if why is not None:
        raise AnalysisError(why, f"Ask for {' or '.join(EXPECTED_FOR)}.")
    if LAYER not in view.layers or theme not in view.themes_of(LAYER):
        told = view.manifest.get("products", {}).get(LAYER, {})
        reasons = [told.get("why_not"), *(note for note in told.get("notes", ()) if note.startswith(f"{theme} on"))]
        reason = " ".join(filter(None, reasons))
        raise AnalysisError(
            f"This release holds no expectation of {theme}.{' ' if reason else ''}{reason}",
            "It needs five years of months in a row: add older files, or take another theme.",
        )
    rows = view.table(LAYER, theme=theme, columns=[*COLUMNS, "of_layer", "boroughs"])
    rows = rows.filter(pc.equal(rows["of_layer"], layer))
    if borough is not None:
        rows = rows.filter(pc.equal(rows["boroughs"], borough))
    return rows.select(list(COLUMNS)).sort_by("zone_id")
