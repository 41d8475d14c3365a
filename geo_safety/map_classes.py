"""What every map of ours agrees on: the classes of counts, their colours, and how a theme reads in a sentence."""

from __future__ import annotations

import numpy as np

COLOURS = ("#e9f2cc", "#93d3b4", "#41b0c4", "#2c7fb8", "#253494")
"""Of the five classes of counts: tested for colour blindness; falling lightness, so grey prints work too."""

BREAKS: dict[tuple[str, str], tuple[int, ...]] = {
    ("cells-r9", "violence"): (1, 5, 20, 50, 100),
    ("cells-r9", "asb"): (1, 5, 20, 50, 100),
    ("cells-r9", "robbery"): (1, 5, 10, 25, 50),
}
"""First counts of the five classes, where they are fixed; the first class is always 1 to 4 (disclosure)."""

NOUNS = {
    "asb": "anti-social behaviour",
    "transport": "incidents at stations and on trains",
    "vawg_ps": "public-space incidents that bear on the safety of women and girls",
    "road_harm": "road collisions with injury",
}
"""How a theme reads in “Reported …”; others read as they are called."""

_ROUND_NUMBERS = tuple(int(step * 10**power) for power in range(9) for step in (1, 2, 2.5, 5) if step * 10**power >= 5)


def fixed_breaks(layer: str, theme: str) -> tuple[int, ...] | None:
    """First counts of the five classes where they are fixed for a layer and theme, else None."""
    return BREAKS.get((layer, theme))


def noun_of(theme: str) -> str:
    """How a theme reads in “Reported …”.

    Examples
    --------
    >>> noun_of("asb"), noun_of("bus_crime")
    ('anti-social behaviour', 'bus crime')
    """
    return NOUNS.get(theme, theme.replace("_", " "))


def breaks_of(counts: np.ndarray) -> tuple[int, ...]:
    """First counts of five classes for these counts (zeros included): 1 to 4 first, then rounder and rounder.

    The breaks come from 1, 2, 2.5, 5 times powers of ten, each at least twice the one before; as far as such
    numbers can, they let 40, 10 and 2 % of zones reach the upper three classes.

    Examples
    --------
    >>> breaks_of(np.repeat([0, 2, 8, 30, 70], [600, 300, 60, 30, 10]))
    (1, 5, 10, 20, 50)
    >>> breaks_of(np.array([180, 220, 260, 300, 340, 380, 420, 460, 620, 1100]))
    (1, 5, 250, 1000, 2000)
    """
    counts = np.sort(counts)
    breaks = [1, 5]
    for share in (0.4, 0.1, 0.02):
        bound = counts[min(int(len(counts) * (1 - share)), len(counts) - 1)] if len(counts) else 0
        possible = [number for number in _ROUND_NUMBERS if number >= 2 * breaks[-1]]
        reached = [number for number in possible if number <= bound]
        breaks.append(reached[-1] if reached else possible[0])
    return tuple(breaks)


def count_classes(counts: np.ndarray, hidden: np.ndarray, breaks: tuple[int, ...]) -> np.ndarray:
    """Class of each count: 1 to 5 by the breaks, 0 for none reported, -1 without data. Hidden counts are 1 to 4.

    Parameters
    ----------
    counts : array of float, shape (n,)
        NaN where hidden or without data.
    hidden : array of bool, shape (n,)

    Examples
    --------
    >>> count_classes(
    ...     np.array([0, np.nan, np.nan, 5, 70]), np.array([False, True, False, False, False]), (1, 5, 10, 25, 50)
    ... ).tolist()
    [0, 1, -1, 2, 5]
    """
    found = np.searchsorted(breaks, np.nan_to_num(counts), side="right").astype(np.int8)
    return np.where(hidden, np.int8(1), np.where(np.isnan(counts), np.int8(-1), found))
