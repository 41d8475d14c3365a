"""How much do places change from one window to the next, beyond the noise of their counts?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from geo_safety.statistics.rates.noise import check_dispersion

TYPICAL_CHANGE: Mapping[str, float] = MappingProxyType({"default": 0.20, "violence": 0.10, "robbery": 0.28})
"""Theme → usual relative change of a busy place from year to year, seen in London's data."""

FROM_HALVES = 1.5
"""Squared change from window to window over that between the halves of one window: places drift on."""

FEWEST_PLACES = 20
"""Squared changes of fewer places say nothing: the typical change is assumed."""


@dataclass(frozen=True)
class Drift:
    """How far places drift from one window to the next.

    Parameters
    ----------
    cv2 : float
        Squared relative change of a place's rate ratio beyond noise; may be negative by chance.
    basis : "measured", "extrapolated" or "assumed"
        From two full windows; from the halves of one and the theme's typical change; from the latter alone.
    places : int
        Places that it was measured on.
    """

    cv2: float
    basis: Literal["measured", "extrapolated", "assumed"]
    places: int

    @property
    def sigma2(self) -> float:
        """Variance of the log rate ratio's step, never negative."""
        return float(np.log1p(max(self.cv2, 0.0)))


def drift(
    earlier: np.ndarray,
    later: np.ndarray,
    width: np.ndarray,
    *,
    level: float,
    dispersion: float,
    typical: float,
    blocks: Literal["windows", "halves"] = "windows",
) -> Drift:
    """How much do busy places change from one window to the next, beyond the noise of their counts?

    Parameters
    ----------
    earlier, later : arrays of float, shape (n,)
        Incidents of each neighbourhood in two blocks of equal length, the second right after the first.
        NaN: not answered for.
    width : array of float, shape (n,)
        Number of cells of each neighbourhood, or any exposure.
    level : float
        Places with at least half of it take part.
    dispersion : float
        Variance over mean of a count.
    typical : float
        The theme's usual relative change (`TYPICAL_CHANGE`).
    blocks : "windows" or "halves"
        Two full windows, or the two halves of one: then the result is the mean of 1.5 times what the halves show
        and of `typical` squared, marked `extrapolated`.

    Returns
    -------
    Drift

    Notes
    -----
    With counts n, the blocks' totals N, S = n_A + n_B and weights v = S^-1.5:
    CV² = sum v [(n_B/N_B - n_A/N_A)² - phi (S/N) (1/N_A + 1/N_B)] / sum v n_A n_B / (N_A N_B).
    Only changes *within* the study count: what the whole study gained or lost has been divided out.

    Examples
    --------
    Forty busy places among many quiet ones, half of which gain as much as the others lose:

    >>> quiet, up, down = [100] * 400, [600] * 20, [400] * 20
    >>> drift(quiet + up + down, quiet + down + up, [1] * 440, level=3, dispersion=1, typical=0.2).cv2
    0.162...
    """
    phi = check_dispersion(dispersion)
    earlier, later, width = (np.asarray(values, float) for values in (earlier, later, width))
    known = ~np.isnan(earlier) & ~np.isnan(later)
    a, b, width = earlier[known], later[known], width[known]
    busy = busy_places(a + b, width, lowest=level / 2)
    totals = float(a.sum()), float(b.sum())
    squared, scale = change_sums(a[busy], b[busy], totals, (a + b)[busy] ** -1.5, phi) if min(totals) > 0 else (0, 0)
    places = int(busy.sum())
    if places < FEWEST_PLACES or scale <= 0:
        return Drift(typical**2, "assumed", places)
    if blocks == "halves":
        return Drift((FROM_HALVES * max(squared / scale, 0.0) + typical**2) / 2, "extrapolated", places)
    return Drift(squared / scale, "measured", places)


def busy_places(counts: np.ndarray, width: np.ndarray, *, lowest: float) -> np.ndarray:
    """Which places have at least `lowest` times the mean rate? Array of bool; empty places never."""
    if counts.sum() == 0:
        return np.zeros(counts.shape, bool)
    return (counts > 0) & (counts >= lowest * width * (counts.sum() / width.sum()))


def change_sums(
    a: np.ndarray, b: np.ndarray, totals: tuple[float, float], weight: np.ndarray, phi: float
) -> tuple[float, float]:
    """Numerator and denominator of the squared relative change between two blocks, noise removed.

    Parameters
    ----------
    a, b : arrays of float, shape (n,)
        Incidents of the places that take part.
    totals : pair of float
        The blocks' totals over the whole study.
    weight : array of float, shape (n,)
    phi : float
        Variance over mean of a count.
    """
    total_a, total_b = totals
    noise = phi * (a + b) / (total_a + total_b) * (1 / total_a + 1 / total_b)
    squared = (b / total_b - a / total_a) ** 2 - noise
    return float((weight * squared).sum()), float((weight * a * b).sum() / (total_a * total_b))
