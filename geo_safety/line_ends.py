"""Text for pages, in which no line ends between a number and its unit."""

from __future__ import annotations

import html
import re

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|k?m²?)(?!\w))")
"""Percent signs and units of length and area; the map's scripts hold the same rule (`unbroken` in `dom.ts`)."""


def escape(text: str) -> str:
    """Text as HTML; the blank before a percent sign or a unit is one at which no line ends.

    Data keep the blank that they have: this is for what is read on a screen or on paper.

    Examples
    --------
    >>> escape("5 % of 0.7 km² & 250 m more").replace(chr(160), "_")
    '5_% of 0.7_km² &amp; 250_m more'
    """
    return html.escape(_BEFORE_UNIT.sub("\u00a0", text))
