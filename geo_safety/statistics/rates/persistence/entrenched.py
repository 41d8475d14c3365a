"""How sure are we, over all steps together, that a neighbourhood was and is above the level?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from geo_safety.statistics.rates.noise import check_dispersion
from geo_safety.statistics.rates.persistence.drift import TYPICAL_CHANGE
from geo_safety.statistics.rates.persistence.quarters import (
    QUARTERS,
    Against,
    Quarters,
    global_rates,
    lowest_level,
    quarterly,
    step_sums,
    step_totals,
)
from geo_safety.statistics.rates.persistence.variation import Variation, variation
from geo_safety.statistics.rates.persistence.walk import (
    Walk,
    count_likelihood,
    draw_paths,
    reversible_walk,
    uniforms_of,
)
from geo_safety.statistics.rates.posterior import posterior
from geo_safety.statistics.rates.prior import RateGrid

SHARE_OF_STEPS = 0.9
"""An entrenched place is at or above the level in at least this share of the judged steps, and in the last one."""

FEWEST_STEPS = 9
"""Judged steps that the claim needs: twelve quarters without a gap have nine."""

CANDIDATE = 0.005
"""Places that are less sure than this in the window of every step are not drawn: their answer is 0."""

FEWEST_QUARTERS = 3
"""Fewer quarters have no trend."""

PATHS = 200
BLOCK = 256
"""Places drawn at a time: keeps memory flat."""


@dataclass(frozen=True)
class Persistence:
    """Paths of the rate ratio of every place that may matter, drawn once and asked for any level.

    Parameters
    ----------
    lowest_level : float
        Lowest level that may be asked for: other places were not drawn.
    zones : array of int, shape (m,)
        Places that were drawn, as indices in the zone list.
    is_answered : array of bool, shape (n,)
    states : array of int16, shape (m, paths, quarters)
        Bins of `grid`.
    inside : array of float, shape (m, paths)
        Place of a path inside its bins, -0.5 to 0.5.
    grid : RateGrid
    quarters : Quarters
        The counts that the paths come from.
    variation : Variation
        How places move from quarter to quarter.
    """

    lowest_level: float
    zones: np.ndarray
    is_answered: np.ndarray
    states: np.ndarray
    inside: np.ndarray
    grid: RateGrid
    quarters: Quarters
    variation: Variation

    @property
    def is_judged(self) -> np.ndarray:
        """Steps without a gap month, shape (steps,)."""
        return self.quarters.is_judged

    def hot(self, level: float, *, against: Against = "step") -> np.ndarray:
        """On which paths and in which steps is the rate at or above the level?

        The rate of a step is the mean of its four quarters' rates, weighted by the study's totals.

        Parameters
        ----------
        against : "step" or "cube"
            Times the study's rate in that step, or its mean rate over all judged steps (the global window of emerging
            hot spots). Against the cube, a year in which the whole study was busy makes more places hot.

        Returns
        -------
        array of bool, shape (m, paths, steps)
            For the places of `zones`; steps that are not judged as well. Without any incident nothing is hot.
        """
        self._check(level, against)
        needed = level * global_rates(self.quarters, against=against)
        needed[step_sums(self.quarters) == 0] = np.inf
        over = np.empty((*self.inside.shape, len(needed)), bool)
        for block, seen in self._step_rates():
            over[block] = seen >= needed
        return over

    def cold(self, level: float, *, against: Against = "step") -> np.ndarray:
        """On which paths and in which steps is the rate at or below one over the level? As `hot`."""
        most = global_rates(self.quarters, against=against) / level
        most[step_sums(self.quarters) == 0] = -np.inf
        under = np.empty((*self.inside.shape, len(most)), bool)
        for block, seen in self._step_rates():
            under[block] = seen <= most
        return under

    def hot_probability(self, level: float, *, against: Against = "step") -> np.ndarray:
        """How sure are we of each step by itself? Share of paths at or above the level.

        Returns
        -------
        array of float, shape (n, steps)
            0 for places that were not drawn; NaN where not answered for and in steps that are not judged.
        """
        return self.everywhere_judged(self.hot(level, against=against).mean(axis=1))

    def entrenched_probability(self, level: float) -> np.ndarray:
        """Share of paths at or above the level in at least 90 % of the judged steps and in the last judged one.

        Returns
        -------
        array of float, shape (n,)
            0 for places that were not drawn; NaN where not answered for, and everywhere with fewer than 9 judged
            steps.
        """
        self._check(level)
        steps = int(self.is_judged.sum())
        if steps < FEWEST_STEPS:
            return np.full(len(self.is_answered), np.nan)
        hot = self.hot(level)[:, :, self.is_judged]
        often = hot.sum(axis=2) >= SHARE_OF_STEPS * steps - 1e-9
        return self._everywhere((often & hot[:, :, -1]).mean(axis=1))

    def ratio(self) -> np.ndarray:
        """Mean rate ratio over the paths in each quarter, shape (m, quarters)."""
        out = np.empty((len(self.zones), self.states.shape[2]))
        for block, rates in self._rates():
            out[block] = rates.mean(axis=1)
        return out

    def trend(self, *, against: Against = "step") -> tuple[np.ndarray, np.ndarray]:
        """Does a path rise or fall over its quarters? Mann and Kendall's score of each path.

        Over quarters, because rolling steps overlap, and over those with a month of data, in which a count has a say.
        Against the "cube" the study's own rise or fall counts as well.

        Returns
        -------
        z, p : arrays of float, shape (m, paths)
            Score (rising: positive) and two-sided p-value. Quarters in one bin count as equal and the variance is
            that without ties, so p errs on the large side. NaN with fewer than three quarters.
        """
        known = self.quarters.months > 0
        states = self.states[:, :, known]
        if against == "cube":  # the study's own rate, in bins
            study = np.log(np.maximum(self.quarters.totals, 0.5)[known] / self.quarters.months[known])
            states = states + study / self.grid.step
        times = states.shape[2]
        score = np.zeros(states.shape[:2])
        for lag in range(1, times):
            score += np.sign(states[:, :, lag:] - states[:, :, :-lag]).sum(axis=2)
        if times < FEWEST_QUARTERS:
            return np.full(score.shape, np.nan), np.full(score.shape, np.nan)
        z = (score - np.sign(score)) / np.sqrt(times * (times - 1) * (2 * times + 5) / 18)
        return z, 2 * ndtr(-np.abs(z))

    def _rates(self) -> Iterator[tuple[slice, np.ndarray]]:
        for first in range(0, len(self.zones), BLOCK):
            block = slice(first, first + BLOCK)
            yield block, self.grid.rates[self.states[block]] * np.exp(self.grid.step * self.inside[block, :, None])

    def _step_rates(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Rate times study total, summed over the quarters of each step."""
        for block, rates in self._rates():
            parts = np.cumsum(np.pad(rates * self.quarters.totals, ((0, 0), (0, 0), (1, 0))), axis=2)
            yield block, parts[:, :, QUARTERS:] - parts[:, :, :-QUARTERS]

    def everywhere_judged(self, drawn: np.ndarray) -> np.ndarray:
        """Figures of the drawn places, shape (m, steps), for all places: 0, or NaN, as `hot_probability` says."""
        shares = self._everywhere(drawn)
        shares[:, ~self.is_judged] = np.nan
        return shares

    def _everywhere(self, drawn: np.ndarray) -> np.ndarray:
        out = np.zeros((len(self.is_answered), *drawn.shape[1:]))
        out[~self.is_answered] = np.nan
        out[self.zones] = drawn
        return out

    def _check(self, level: float, against: Against = "step") -> None:
        if lowest_level(self.quarters, level, against=against) < self.lowest_level:
            raise ValueError(
                f"`level` is {level:g}, but places were drawn for {self.lowest_level:g} and above:"
                " call `persistence` with the lowest level that is wanted (`lowest_level`)."
            )


def entrenched_probability(
    monthly: np.ndarray,
    width: np.ndarray,
    *,
    first_month: int,
    zone_id: Sequence[str],
    level: float,
    dispersion: float,
    seed: int,
    typical: float = TYPICAL_CHANGE["default"],
) -> np.ndarray:
    """How sure are we that a neighbourhood was at or above the level nearly always, and still is?

    The shortest way to the answer for one level; arguments as for `persistence`, which gives several levels, single
    steps and trends from one set of paths.

    Returns
    -------
    array of float, shape (n,)
        Probability of at least `level` times the study's rate in at least 90 % of the judged rolling years **and**
        in the last one. NaN where not answered for, and everywhere with fewer than 9 judged steps.

    Examples
    --------
    Three years of 59 quiet places and a busy one:

    >>> monthly = np.full((60, 36), 2.0)
    >>> monthly[0] = 15
    >>> names = [f"z{i}" for i in range(60)]
    >>> entrenched_probability(monthly, np.ones(60), first_month=603, zone_id=names, level=3, dispersion=1.5, seed=1)[
    ...     :2
    ... ].tolist()
    [1.0, 0.0]
    """
    found = persistence(
        monthly,
        width,
        first_month=first_month,
        zone_id=zone_id,
        level=level,
        dispersion=dispersion,
        seed=seed,
        typical=typical,
    )
    return found.entrenched_probability(level)


def persistence(
    monthly: np.ndarray,
    width: np.ndarray,
    *,
    first_month: int,
    zone_id: Sequence[str],
    level: float,
    dispersion: float,
    seed: int,
    typical: float = TYPICAL_CHANGE["default"],
    paths: int = PATHS,
    breaks: Sequence[int] = (),
    moves: Variation | None = None,
) -> Persistence:
    """Which paths may the neighbourhoods' rates have taken? Drawn once, asked for any level.

    Parameters
    ----------
    monthly : array of float, shape (n, months)
        Incidents of each neighbourhood in time order, zeros included. A column of NaN is a gap; a row that misses
        another month is not answered for.
    width : array of float, shape (n,)
        Number of cells of each neighbourhood, or any exposure.
    first_month : int
        Months from January 1970 to the first column.
    zone_id : sequence of str, shape (n,)
        Each zone's random numbers come from its id: its paths are the same whichever other zones are drawn.
    level : float
        Lowest level that will be asked for.
    dispersion : float
        Variance over mean of a monthly count; see `dispersion`.
    seed : int
        Another seed, other paths: give each theme and layer its own.
    typical : float
        The theme's usual relative change from year to year (`TYPICAL_CHANGE`): weighs where counts are small.
    paths : int
        Paths of each place.
    breaks : sequence of int
        Months from January 1970 at which recording changed: the movement of places is not measured across them.
    moves : Variation, optional
        How places move; by default measured, see `variation`.

    Returns
    -------
    Persistence

    Notes
    -----
    The state is the log rate ratio in a financial quarter, on the grid of `posterior`. A count is negative binomial
    with mean ratio x width x the study's rate in the quarter and variance phi mu + kappa mu². The state walks by
    normal steps that keep the distribution of ratios over the map (the mean over the steps' maps). A quarter without
    data says nothing; one with one or two months says what they say. No test: there is no null hypothesis.

    References
    ----------
    Frühwirth-Schnatter (1994), J. Time Series Analysis 15(2), 183-202.
    """
    phi = check_dispersion(dispersion)
    width = np.asarray(width, float)
    if len(zone_id) != len(width) or len(monthly) != len(width):
        raise ValueError("`monthly`, `width` and `zone_id` must have one entry a neighbourhood, in the same order.")
    quarters = quarterly(monthly, first_month=first_month)
    answered = ~np.isnan(quarters.counts).any(axis=1)
    if moves is None:
        moves = variation(quarters, width, level=level, dispersion=phi, typical=typical, breaks=breaks)
    zones, grid, prior = _candidates(quarters, np.where(answered, width, 1.0), level=level, phi=phi)
    walk = reversible_walk(grid, prior, variance=moves.step)
    expected = np.outer(width[zones], quarters.totals / max(width[answered].sum(), 1e-300))
    times = len(quarters.totals)
    states, inside = np.empty((len(zones), paths, times), np.int16), np.empty((len(zones), paths))
    for first in range(0, len(zones), BLOCK):
        block = slice(first, first + BLOCK)
        numbers = np.stack(
            [uniforms_of(str(zone_id[zone]), seed=seed, times=times, paths=paths) for zone in zones[block]]
        )
        seen = _likelihoods(quarters.counts[zones[block]], expected[block], walk, phi=phi, swing=moves.swing)
        states[block], inside[block] = draw_paths(walk, seen, numbers)
    return Persistence(level, zones, answered, states, inside, grid, quarters, moves)


def _candidates(
    quarters: Quarters, width: np.ndarray, *, level: float, phi: float
) -> tuple[np.ndarray, RateGrid, np.ndarray]:
    """Places that may be above the level in some step, and the mean distribution of ratios over the steps."""
    counts = step_totals(quarters)
    fitted = [posterior(counts[:, k], width, dispersion=phi) for k in range(counts.shape[1])]
    fitted = [one for one in fitted if one.prior.sum() > 0]
    if not fitted:
        return np.zeros(0, int), RateGrid(np.zeros(1), 1.0), np.ones(1)
    grid = max((one.prior_grid for one in fitted), key=lambda one: len(one.middles))
    prior = np.zeros(len(grid.middles))
    sure = np.zeros(len(width))
    for one in fitted:
        prior[: len(one.prior)] += one.prior / len(fitted)
        sure = np.fmax(sure, one.probability(level))
    return np.flatnonzero(sure > CANDIDATE), grid, prior


def _likelihoods(
    counts: np.ndarray, expected: np.ndarray, walk: Walk, *, phi: float, swing: float
) -> list[np.ndarray | None]:
    return [
        count_likelihood(counts[:, t], expected[:, t], walk.grid, dispersion=phi, swing=swing)
        if expected[:, t].any()
        else None
        for t in range(counts.shape[1])
    ]
