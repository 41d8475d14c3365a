"""A drawn shape as an address holds it."""

from __future__ import annotations

from urllib.parse import quote


def polyline(ring: list[list[float]]) -> str:
    """An encoded polyline, percent-encoded for an address."""
    text, before = "", (0, 0)
    for lon, lat in ring:
        now = (round(lat * 1e5), round(lon * 1e5))
        for value in (now[0] - before[0], now[1] - before[1]):
            left = ~(value << 1) if value < 0 else value << 1
            while left >= 0x20:
                text += chr((0x20 | (left & 0x1F)) + 63)
                left >>= 5
            text += chr(left + 63)
        before = now
    return quote(text)
