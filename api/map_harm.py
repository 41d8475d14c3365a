"""Classes of harm for the map: the rank of a zone's harm per km², and many reports beside high harm.

Ranks and not sums: the two indexes differ most in their values and least in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .layers import Layer

WEIGHTS = {"cchi": "harm_cchi", "css": "harm_css"}
FROM_SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)
"""Shares of the zones with harm that lie below each class but the first, which is the lower half."""

HIGH_HARM = 0.9
"""From this share up, harm is high where it stands beside counts: the highest tenth."""

NO_FIGURE, NONE = -1, 0


def harm_classes(layer: Layer, theme: str, weights: str, *, many: int) -> dict[str, Any]:
    """Class of each zone in the order of the layer's zones, and the harm per km² from which classes begin.

    Parameters
    ----------
    weights : str
        A key of `WEIGHTS`.
    many : int
        Reports from which a zone has many.

    Returns
    -------
    dict
        `classes`: -1 without a figure, 0 below the upper half, 1 to 5 from the upper half to the highest 1 %;
        `both`: 0 without reports, 1 neither, 2 many reports, 3 high harm, 4 both; `from`: harm per km²; `differs`:
        places of the zones that the other index puts at least two classes away.
    """
    rows = layer.rows(theme)
    area = _floats(rows.table["area_km2"])
    # A sliver at the study's edge may round to no area at all: it has no density, rather than the highest one.
    harm = _floats(rows.table[WEIGHTS[weights]]) / np.where(area > 0, area, np.nan)
    counts = _floats(rows.table["incidents"])
    with_harm = harm[harm > 0]
    breaks = np.quantile(with_harm, FROM_SHARES) if len(with_harm) else np.zeros(len(FROM_SHARES))
    classes = np.where(np.isnan(harm), NO_FIGURE, np.where(harm > 0, (harm[:, None] >= breaks).sum(axis=1), NONE))
    is_high = harm >= (np.quantile(with_harm, HIGH_HARM) if len(with_harm) else np.inf)
    both = 1 + (counts >= many) + 2 * is_high
    both = np.where(np.isnan(harm), NO_FIGURE, np.where(counts == 0, NONE, both))
    return {
        "theme": theme,
        "weights": weights,
        "from": np.round(breaks, 1),
        "many": many,
        "classes": _by_zone(layer, rows.shape, classes),
        "both": _by_zone(layer, rows.shape, both),
        "differs": np.flatnonzero(_by_zone(layer, rows.shape, _differs(rows.table)) == 1),
    }


def _differs(table: pa.Table) -> np.ndarray:
    """1 where the two indexes put the zone at least two classes apart."""
    column = pc.fill_null(table["harm_rank_differs"], fill_value=False)
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=int)


def _by_zone(layer: Layer, shape: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of rows in the order of the layer's zones; zones without a row have no figure."""
    found = np.full(len(layer.shapes().ids), NO_FIGURE)
    found[shape] = values
    return found


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=float)
