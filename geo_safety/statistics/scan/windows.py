"""What a scan statistic looks through: many overlapping windows, and the sum of any map over each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np


class Windows(Protocol):
    """A family of windows over the same zones, in layers of positions that are summed together.

    Some positions of a layer stand for no window (beside the study, or a circle that was left out): their centre is -1
    and their sums are meaningless.
    """

    @property
    def n(self) -> int:
        """Number of zones."""

    @property
    def layers(self) -> int:
        """Number of layers."""

    def sums(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Sum of each map over each window, layer by layer.

        Parameters
        ----------
        values : array of unsigned int, shape (n_maps, n)
            Sums are exact in the same type as long as they fit into it.

        Yields
        ------
        array of the type of `values`, shape (n_maps, positions)
            Overwritten by the next layer.
        """

    def exact_sums(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Sum of one map of floats, shape (n,), over each window: slower, with the precision of plain addition."""

    def centres(self, layer: int) -> np.ndarray:
        """The zone in the middle of each window, shape (positions,); -1 where there is no window."""

    def members(self, layer: int, position: int) -> np.ndarray:
        """The zones of one window, sorted."""

    def radius(self, layer: int, position: int) -> float:
        """How far one window reaches: rings of a disc, or the unit of a circle's coordinates."""
