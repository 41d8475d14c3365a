"""Names of the layers that hold the grid's cells."""

from __future__ import annotations

import re

_NAME = re.compile(r"cells-r(\d+)")


def cell_layer(resolution: int) -> str:
    """What is the layer of the grid's cells called?

    Examples
    --------
    >>> cell_layer(9)
    'cells-r9'
    """
    return f"cells-r{resolution}"


def resolution_of(layer: str) -> int | None:
    """The H3 resolution of a layer's cells; None for layers of other zones.

    Examples
    --------
    >>> resolution_of("cells-r10"), resolution_of("wards")
    (10, None)
    """
    found = _NAME.fullmatch(layer)
    return None if found is None else int(found[1])


def is_cells(layer: str) -> bool:
    """Whether a layer holds the grid's cells."""
    return resolution_of(layer) is not None
