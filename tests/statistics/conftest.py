from dataclasses import dataclass

import h3
import numpy as np
import pytest

from geo_safety import neighbours
from geo_safety.neighbours import Neighbours


@dataclass(frozen=True)
class Town:
    """A disc of cells with its surroundings, and rates as uneven as a city's (mean 1)."""

    near: Neighbours
    rings: list[Neighbours]
    rates: np.ndarray

    def monthly(self, *, mean, dispersion, seed, months=12, rates=None):
        """Counts by cell and month: `mean` a cell over all months, variance = dispersion x mean."""
        rng = np.random.default_rng(seed)
        expected = np.repeat((self.rates if rates is None else rates)[:, None] * mean / months, months, axis=1)
        if dispersion == 1:
            return rng.poisson(expected)
        return rng.negative_binomial(np.maximum(expected / (dispersion - 1), 1e-12), 1 / dispersion)


@pytest.fixture(scope="session")
def town():
    near = neighbours.from_cells(sorted(h3.grid_disk(h3.latlng_to_cell(54.7, 1.7, 9), 30)))  # 2,791 cells
    rng = np.random.default_rng(42)
    field = np.zeros(near.n)
    for smooths in (1, 5, 15):
        layer = rng.normal(size=near.n)
        for _ in range(smooths):
            layer = near.sum(layer) / near.sizes
        field += layer / layer.std()
    rates = np.exp(0.8 * field)
    return Town(near, [near.rings(2), near.rings(3, 4)], rates / rates.mean())
