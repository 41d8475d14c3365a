"""Discs of H3 cells: every cell with 0, 1, 2, ... rings around it, summed for all cells at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geo_safety import neighbours

REMEDY = "Scan its parts one by one, or scan circles around the cells' centres (`circles`)."


@dataclass(frozen=True, eq=False)
class Discs:
    """Discs of 0 to `rings` rings around every cell, as far as they lie inside the study; see `discs`.

    The cells lie on a parallelogram of two hexagonal axes, read row by row into one long line. A step along any of the
    three axes is then a step of fixed length on the line, and the sum over a disc takes six values of twice-summed
    lines, however many rings it has.

    Parameters
    ----------
    rings : int
        Of the largest disc. There is one layer for each number of rings.
    across, down : arrays of int, shape (n,)
        Each cell's place on two axes; its six neighbours differ by (1, 0), (0, 1), (1, -1) and their opposites.
    """

    rings: int
    across: np.ndarray
    down: np.ndarray

    @property
    def n(self) -> int:
        """Number of cells."""
        return len(self.across)

    @property
    def layers(self) -> int:
        """One for each number of rings."""
        return self.rings + 1

    @cached_property
    def _width(self) -> int:
        """Length of a row with its empty margins, so that a disc never runs on into the next row."""
        return int(np.ptp(self.across)) + 1 + 2 * self.layers

    @cached_property
    def _place(self) -> np.ndarray:
        """Each cell's place on the line."""
        row = self.down - self.down.min() + self.layers
        return np.asarray(row * self._width + self.across - self.across.min() + self.layers)

    @cached_property
    def _span(self) -> tuple[int, int]:
        """The stretch of the line from the first cell to behind the last: the positions of every layer."""
        return int(self._place.min()), int(self._place.max()) + 1

    def sums(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Sum of each map over each disc, layer by layer; see `Windows.sums`."""
        # A disc is a pile of rows, so a sum of (right end - left end) of the line summed along rows. Its right ends run
        # along the column and then along the falling axis, its left ends the other way round; their sums are again
        # differences, of that line summed along columns and along the falling axis. Overflow on the way does no harm.
        columns, falls = self._twice_summed(values)
        both = columns - falls
        first, last = self._span
        out = np.empty((len(values), last - first), values.dtype)
        for ring in range(self.layers):
            up, down = -(ring + 1) * self._width, ring * self._width
            np.add(both[:, first + ring : last + ring], both[:, first - ring - 1 : last - ring - 1], out=out)
            for line, step, join in (
                (columns, up + ring, np.subtract),
                (columns, down - ring - 1, np.subtract),
                (falls, down, np.add),
                (falls, up, np.add),
            ):
                join(out, line[:, first + step : last + step], out=out)
            yield out

    def _twice_summed(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The line summed along rows and then along columns, and along rows and then along the falling axis."""
        rows = int(np.ptp(self.down)) + 1 + 2 * self.layers
        width, fall = self._width, self._width - 1
        length = -(-rows * width // fall) * fall  # whole steps of both axes
        line = np.zeros((len(values), length), values.dtype)
        line[:, self._place] = values
        np.add.accumulate(line, axis=1, out=line)
        columns, falls = np.empty_like(line), np.empty_like(line)
        for summed, step, end in ((columns, width, rows * width), (falls, fall, length)):
            shape = (len(values), -1, step)
            np.add.accumulate(line[:, :end].reshape(shape), axis=1, out=summed[:, :end].reshape(shape))
        return columns, falls

    def exact_sums(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Sum of one map of floats over each disc, row by row; see `Windows.exact_sums`."""
        width = self._width
        rows = np.zeros((int(np.ptp(self.down)) + 1 + 2 * self.layers, width))
        rows.flat[self._place] = values
        line = np.cumsum(rows, axis=1).ravel()
        first, last = self._span
        for ring in range(self.layers):
            out = np.zeros(last - first)
            for row in range(-ring, ring + 1):
                right, left = row * width + min(ring, ring - row), row * width - min(ring, ring + row) - 1
                out += line[first + right : last + right] - line[first + left : last + left]
            yield out

    def centres(self, layer: int) -> np.ndarray:
        """The cell in the middle of each disc; -1 beside the study."""
        first, last = self._span
        centre = np.full(last - first, -1)
        centre[self._place - first] = np.arange(self.n)
        return centre

    def members(self, layer: int, position: int) -> np.ndarray:
        """The cells of one disc, sorted."""
        centre = self.centres(layer)[position]
        across, down = self.across - self.across[centre], self.down - self.down[centre]
        distance = np.maximum(np.maximum(abs(across), abs(down)), abs(across + down))
        return np.flatnonzero(distance <= layer)

    def radius(self, layer: int, position: int) -> float:
        """Rings of one disc."""
        return float(layer)


def discs(cell_ids: Sequence[str], *, rings: int = 20) -> Discs:
    """Every disc of up to so many rings around every cell of a study: the windows of a scan over cells.

    Parameters
    ----------
    cell_ids : sequence of str
        H3 indexes of one resolution, without repeats; their order numbers the zones. The study may have holes: a disc
        holds the cells that are there.
    rings : int
        Of the largest disc; 20 rings are 1,261 cells, some 7 km across at resolution 9.

    Raises
    ------
    ValueError
        If a cell comes twice, or the cells do not lie on one flat lattice: a study that spans far-off base cells of H3,
        or comes near one of its twelve pentagons.

    Examples
    --------
    A cell and its six neighbours: alone, each holds 1; with one ring, the middle holds all 7 and the others 4.

    >>> import h3
    >>> cells = h3.grid_disk("89195da49a3ffff", 1)
    >>> windows = discs(cells, rings=1)
    >>> sums = [layer[windows.centres(0) >= 0] for layer in windows.exact_sums(np.ones(7))]
    >>> [sorted(layer.tolist()) for layer in sums]
    [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 7.0]]
    """
    import h3

    if not len(cell_ids) or rings < 0:
        raise ValueError(f"{len(cell_ids)} cells and {rings} rings make no disc: give at least one cell and 0 rings.")
    near = neighbours.from_cells(cell_ids)
    ordered = sorted(cell_ids)
    study = set(ordered)
    for pentagon in h3.get_pentagons(h3.get_resolution(ordered[0])):
        # Around a pentagon a disc has five sides, and cells behind it would be put beside their place.
        if not study.isdisjoint(h3.grid_disk(pentagon, rings + 1)):
            raise ValueError(
                f"The study comes near {pentagon}, one of H3's pentagons, where discs lose a side. {REMEDY}"
            )
    try:
        places = [h3.cell_to_local_ij(ordered[len(ordered) // 2], cell) for cell in cell_ids]
    except h3.H3BaseException as reason:
        raise ValueError(f"The study is too far-flung for one flat lattice of hexagons. {REMEDY}") from reason
    across, falling = np.array(places, dtype=np.int64).T
    windows = Discs(rings, across, -falling)
    if not _is_flat(windows, near):
        raise ValueError(f"The study's cells do not fit one flat lattice of hexagons. {REMEDY}")
    return windows


def _is_flat(windows: Discs, near: neighbours.Neighbours) -> bool:
    """Whether the same cells are neighbours on the lattice and in H3."""
    across = windows.across[near.indices] - windows.across[near.rows]
    down = windows.down[near.indices] - windows.down[near.rows]
    all_near = bool((np.maximum(np.maximum(abs(across), abs(down)), abs(across + down)) <= 1).all())
    ones = Discs(1, windows.across, windows.down)
    on_lattice = list(ones.exact_sums(np.ones(windows.n)))[1][ones.centres(1) >= 0]
    return all_near and int(on_lattice.sum()) == len(near.indices)
