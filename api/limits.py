"""How much one caller may ask: every request has a price, and every caller an allowance that fills up again."""

from __future__ import annotations

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

CALLERS = 10_000
"""Callers that each process remembers; the least recent one is forgotten, which gives it its whole allowance again."""

_FREE = ("/healthz", "/readyz", "/metrics", "/style.css")
_FILES = re.compile(r"(^|,)\s*(text/csv|application/(vnd|geopackage|flatgeobuf|topo)[^,]*)")


@dataclass(frozen=True)
class Rate:
    """An allowance: units that it holds, and units that come back each second. A unit is about a tile.

    Parameters
    ----------
    burst : float
        Infinite for no limit at all.
    """

    burst: float
    per_second: float


class Allowances:
    """What each caller has left.

    Parameters
    ----------
    clock : function
        Seconds that only grow.

    Examples
    --------
    >>> now = 0.0
    >>> allowances = Allowances(Rate(burst=10, per_second=2), clock=lambda: now)
    >>> allowances.take("a", 8), allowances.take("a", 8), allowances.take("b", 8)
    (0.0, 3.0, 0.0)
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, price: float) -> float:
        """Take a price; 0 where there was enough, else the seconds to wait, and nothing is taken.

        What costs more than a whole allowance costs a whole allowance.
        """
        if math.isinf(self.rate.burst):
            return 0.0
        now, price = self._clock(), min(price, self.rate.burst)
        with self._lock:
            left, then = self._left.pop(caller, (self.rate.burst, now))
            left = min(self.rate.burst, left + (now - then) * self.rate.per_second)
            enough = left >= price
            self._left[caller] = (left - price if enough else left, now)
            if len(self._left) > CALLERS:
                self._left.popitem(last=False)
        return 0.0 if enough else (price - left) / self.rate.per_second

    def peek(self, caller: str) -> float:
        """Seconds until one more unit is left; 0 where there is one."""
        with self._lock:
            left, then = self._left.get(caller, (self.rate.burst, self._clock()))
        left = min(self.rate.burst, left + (self._clock() - then) * self.rate.per_second)
        return 0.0 if left >= 1 else (1 - left) / self.rate.per_second


def price_of(path: str, query: str, accept: str) -> float:
    """What a request costs, in tiles.

    Examples
    --------
    >>> [
    ...     price_of(path, query, "")
    ...     for path, query in (
    ...         ("/healthz", ""),
    ...         ("/tiles/wards/0/0/0.mvt", ""),
    ...         ("/collections/wards/items", "limit=1000"),
    ...         ("/collections/wards/items", "limit=10000&f=gpkg"),
    ...         ("/analysis/hotspots", ""),
    ...     )
    ... ]
    [0, 1, 3, 260, 500]
    """
    if path in _FREE:
        return 0
    if path.startswith(("/analysis", "/packs")) or path.endswith("/similar"):
        return 500
    if path in ("/map/standalone", "/map/print") or path.endswith(".pmtiles"):
        return 50
    if path.endswith("/items"):
        asked = parse_qs(query)
        text = asked.get("limit", ["10"])[0]
        rows = min(int(text), 10_000) if text.isascii() and text.isdigit() and len(text) < 10 else 10
        form = asked.get("f", [""])[0]
        is_file = form not in {"", "json", "html"} or (not form and bool(_FILES.search(accept)))
        return (10 + rows // 40) if is_file else 2 + rows // 1000
    return 1
