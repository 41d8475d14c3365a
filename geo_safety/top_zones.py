"""How much lies in the busiest zones? The share in the top 1, 5 and 10 %, zones without incidents included.

Worked out from published figures alone, so that it tells no more than the tables do: where a hidden count has a say,
the answer is a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo_safety.disclosure import band_ends
from geo_safety.statistics import share_in_top
from geo_safety.view import View

SHARES = (0.01, 0.05, 0.10)


@dataclass(frozen=True)
class TopShare:
    """What the busiest zones hold.

    Parameters
    ----------
    share_of_zones : float
        Of all zones that a feed answers for.
    zones : int
        Their number, a part of a zone counting as a whole one.
    low, high : float or None
        The least and the most that they can hold of all incidents; the same where no hidden count has a say. None
        where there are no incidents.
    """

    share_of_zones: float
    zones: int
    low: float | None
    high: float | None


def top_shares(view: View, layer: str, theme: str) -> tuple[TopShare, ...]:
    """Which share of a theme's incidents lies in the busiest 1, 5 and 10 % of a layer's zones?"""
    table = view.table(layer, theme=theme, columns=["incidents_band", "incidents"])
    low, high = count_bounds(table)
    return shares_of(low, high)


def shares_of(low: NDArray[np.int64], high: NDArray[np.int64]) -> tuple[TopShare, ...]:
    """The same from the least and the most that each zone can have.

    Examples
    --------
    Ten zones, one with 30 incidents and one with 1 to 4:

    >>> found = shares_of(np.array([30, 1] + [0] * 8), np.array([30, 4] + [0] * 8))[-1]
    >>> found.zones, round(found.low, 3), round(found.high, 3)
    (1, 0.882, 0.968)
    """
    zones = [int(np.ceil(round(share * len(low), 9))) for share in SHARES]
    known = len(low) > 0 and bool(low.sum())
    if not known:
        return tuple(TopShare(share, number, None, None) for share, number in zip(SHARES, zones, strict=True))
    # All hidden counts alike make the top as small a part as it can be; those inside high and outside low, as large.
    alike = np.minimum(share_in_top(low, SHARES), share_in_top(high, SHARES))
    apart = [share_in_top(np.where(_is_top(high, number), high, low), (share,))[0]
             for number, share in zip(zones, SHARES, strict=True)]  # fmt: skip
    return tuple(
        TopShare(share, number, float(least), float(most))
        for share, number, least, most in zip(SHARES, zones, alike, apart, strict=True)
    )


def as_rows(shares: tuple[TopShare, ...]) -> list[dict[str, Any]]:
    """The same as plain values, rounded as they are published."""

    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 4)

    return [
        {"share_of_zones": one.share_of_zones, "zones": one.zones, "low": rounded(one.low), "high": rounded(one.high)}
        for one in shares
    ]


def _is_top(counts: NDArray[np.int64], number: int) -> NDArray[np.bool_]:
    top = np.zeros(len(counts), dtype=np.bool_)
    top[np.argsort(-counts, kind="stable")[:number]] = True
    return top


def count_bounds(table: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The least and the most that each zone can have; zones that no feed answers for are left out.

    Parameters
    ----------
    table : Table
        With `incidents` and `incidents_band`, as the reader may see them.

    Examples
    --------
    >>> table = pa.table({"incidents": pa.array([30, None, None]), "incidents_band": ["30", "1-4", None]})
    >>> low, high = count_bounds(table)
    >>> low.tolist(), high.tolist()
    ([30, 1], [30, 4])
    """
    low, high = [], []
    for count, band in zip(table["incidents"].to_pylist(), table["incidents_band"].to_pylist(), strict=True):
        ends = band_ends(band) or (None if count is None else (count, count))
        if ends is not None:
            low.append(ends[0])
            high.append(ends[1])
    return np.array(low, dtype=np.int64), np.array(high, dtype=np.int64)
