"""How sure are we that a neighbourhood has at least so many times the study's rate?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from geo_safety.statistics.rates.context import fitted_log_ratio, strata_of
from geo_safety.statistics.rates.noise import check_dispersion, log_likelihood, upper_tail
from geo_safety.statistics.rates.prior import (
    ROUNDS,
    ROUNDS_IN_STRATUM,
    ROUNDS_TO_START,
    RateGrid,
    fit_prior,
    rate_grid,
    smooth_over,
)

FINE = 8
"""Parts of a bin for counts so large that their likelihood is hardly wider than a bin."""

NARROW = 350.0
"""Counts above this many times the dispersion are judged on the fine bins."""


@dataclass(frozen=True)
class Part:
    """Places judged on one grid.

    Parameters
    ----------
    zones, rows : arrays of int
        Places in the zone list, and the row of `weights` that holds for each.
    grid : RateGrid
    weights : array of float, shape (rows, bins)
        Posterior over the bins; rows sum to 1.
    """

    zones: np.ndarray
    rows: np.ndarray
    grid: RateGrid
    weights: np.ndarray


@dataclass(frozen=True)
class RatePosterior:
    """What is known about the rate ratio of every neighbourhood, after one fit.

    Parameters
    ----------
    width : array of float, shape (n,)
        Exposure of each neighbourhood.
    rate : float
        Study rate per unit of width; ratios are over it.
    parts : tuple of Part
        Together they hold every place that was answered for.
    prior_grid, prior : RateGrid and array of float
        The distribution of rate ratios over the whole map.
    """

    width: np.ndarray
    rate: float
    parts: tuple[Part, ...]
    prior_grid: RateGrid
    prior: np.ndarray

    def probability(self, level: float) -> np.ndarray:
        """Probability that the rate is at least `level` times the study's; continuous and falling in `level`.

        Parameters
        ----------
        level : float
            Positive.

        Returns
        -------
        array of float, shape (n,)
            NaN where not answered for.
        """
        if not level > 0:
            raise ValueError(f"`level` is {level:g}: give a positive number of times the study's rate.")
        return np.clip(self._each(lambda part: part.weights @ _share_above(part.grid, np.log(level))), 0.0, 1.0)

    def mean(self) -> np.ndarray:
        """Posterior mean of the rate ratio, shape (n,); NaN on a map without incidents."""
        return self._each(lambda part: np.where(part.weights.any(axis=1), part.weights @ part.grid.rates, np.nan))

    def interval(self, coverage: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end of the central interval of the rate ratio, each of shape (n,)."""
        tail = (1 - coverage) / 2
        low = self._each(lambda part: _quantile(part, tail))
        return low, self._each(lambda part: _quantile(part, 1 - tail))

    def predictive(self, *, level: float, rate: float, dispersion: float) -> np.ndarray:
        """Probability that another window shows at least `level` times its own mean, noise included.

        The event is a count of at least ceil(level x width x rate): what held-out months can check.

        Parameters
        ----------
        level : float
            Times the mean.
        rate : float
            The other window's mean rate per unit of width.
        dispersion : float
            Variance over mean of a count.

        Returns
        -------
        array of float, shape (n,)
        """
        phi = check_dispersion(dispersion)
        widths, place = np.unique(self.width, return_inverse=True)
        enough = np.ceil(level * widths * rate - 1e-9)
        out = np.full(len(self.width), np.nan)
        for part in self.parts:
            tails = upper_tail(enough[:, None], rate * widths[:, None] * part.grid.rates, phi)
            pairs, which = np.unique(np.stack([part.rows, place[part.zones]]), axis=1, return_inverse=True)
            out[part.zones] = np.einsum("ij,ij->i", part.weights[pairs[0]], tails[pairs[1]])[which]
        return out

    def _each(self, of_part: Callable[[Part], np.ndarray]) -> np.ndarray:
        out = np.full(len(self.width), np.nan)
        for part in self.parts:
            out[part.zones] = of_part(part)[part.rows]
        return out


def hotspot_probability(
    counts: np.ndarray,
    width: np.ndarray,
    *,
    level: float,
    dispersion: float,
    context: np.ndarray | None = None,
    rate: float | None = None,
) -> np.ndarray:
    """How sure are we that this neighbourhood has at least `level` times the study area's rate?

    Parameters
    ----------
    counts : array of float, shape (n,)
        Incidents of each neighbourhood. NaN: not answered for, left out of everything.
    width : array of float, shape (n,)
        Number of cells of each neighbourhood, or any exposure (area, residents).
    level : float
        Times the study rate.
    dispersion : float
        Variance over mean of a count, 1 (Poisson) or more; see `dispersion`.
    context : array of float, shape (n, covariates), optional
        What the surroundings say; see `context_of`. Without it one prior holds for the whole map.
    rate : float, optional
        Study rate per unit of width; by default all counts over all widths.

    Returns
    -------
    array of float, shape (n,)
        Probabilities about the **neighbourhood**, never about its middle cell. NaN where the count is; 0 on a map
        without incidents.

    Notes
    -----
    The rate ratio of a place is a draw from the distribution of rates over the map, which is learnt from the counts.
    With `context` it is what the surroundings suggest times a draw from the distribution learnt from places in
    similar surroundings. `posterior` gives several levels, ratios and intervals from one fit. This is no test: there
    is no null hypothesis.

    Examples
    --------
    Ninety-nine quiet places and a busy one:

    >>> hotspot_probability([1] * 99 + [30], [1] * 100, level=3, dispersion=1.5)[[0, 99]].round(2).tolist()
    [0.0, 1.0]
    """
    fitted = posterior(counts, width, dispersion=dispersion, context=context, rate=rate)
    return fitted.probability(level)


def posterior(
    counts: np.ndarray,
    width: np.ndarray,
    *,
    dispersion: float,
    context: np.ndarray | None = None,
    rate: float | None = None,
) -> RatePosterior:
    """What do the counts say about every neighbourhood's rate? Fitted once, asked for any level.

    Parameters
    ----------
    counts, width, dispersion, context, rate
        As for `hotspot_probability`.

    Returns
    -------
    RatePosterior

    Raises
    ------
    ValueError
        If shapes do not agree, a count is negative or a width is not positive.

    References
    ----------
    Laird (1978), JASA 73, 805-811; Silverman, Jones, Wilson & Nychka (1990), JRSS B 52(2), 271-324;
    Efron (2016), Biometrika 103(1), 1-20.
    """
    phi = check_dispersion(dispersion)
    counts, width = np.asarray(counts, float), np.asarray(width, float)
    _check_shapes(counts, width, context)
    zones = np.flatnonzero(~np.isnan(counts) & ~np.isnan(width))
    total = float(counts[zones].sum())
    if rate is None:
        rate = total / float(width[zones].sum()) if len(zones) else 0.0
    if total == 0 or rate == 0:
        return _nothing_seen(width, zones, rate)
    seen = counts[zones]
    expected = rate * width[zones]
    suggested, strata = np.zeros(len(zones)), np.zeros(len(zones), int)
    if context is not None and np.shape(context)[1] > 0:
        suggested = fitted_log_ratio(seen, expected, np.asarray(context, float)[zones], dispersion=phi)
        strata = strata_of(suggested, seen)
    parts, grid, prior = _fit(zones, seen, expected, suggested, strata, phi)
    return RatePosterior(width, rate, parts, grid, prior)


def _check_shapes(counts: np.ndarray, width: np.ndarray, context: np.ndarray | None) -> None:
    if counts.ndim != 1 or width.shape != counts.shape:
        raise ValueError(f"`counts` {counts.shape} and `width` {width.shape} must be one number a neighbourhood.")
    if context is not None and (np.ndim(context) != 2 or len(context) != len(counts)):
        raise ValueError(f"`context` has shape {np.shape(context)}: give {len(counts)} rows, one column a covariate.")
    if (counts < 0).any():
        raise ValueError("`counts` holds a negative number: counts start at zero, NaN means not answered for.")
    if (width[~np.isnan(counts)] <= 0).any():
        raise ValueError(
            "`width` must be positive wherever there is a count: set the count to NaN to leave a place out."
        )


def _nothing_seen(width: np.ndarray, zones: np.ndarray, rate: float) -> RatePosterior:
    """On a map without incidents nothing is above any level, and no ratio is known: all weight below every bin."""
    grid = rate_grid(1.0)
    part = Part(zones, np.zeros(len(zones), int), grid, np.zeros((1, len(grid.middles))))
    return RatePosterior(width, rate, (part,), grid, np.zeros(len(grid.middles)))


def _fit(
    zones: np.ndarray,
    counts: np.ndarray,
    expected: np.ndarray,
    suggested: np.ndarray,
    strata: np.ndarray,
    phi: float,
) -> tuple[tuple[Part, ...], RateGrid, np.ndarray]:
    """Learn how rates scatter about what the surroundings suggest, overall and in each stratum; judge each place."""
    grid = rate_grid(float((counts / expected * np.maximum(1.0, np.exp(-suggested))).max()))
    # What is suggested counts in whole pairs of bins: places in alike surroundings then share their prior.
    shift = 2 * np.rint(suggested / (2 * grid.step)).astype(int)
    scatter = _scatter(counts, expected * np.exp(shift * grid.step), float(np.median(expected)), strata, grid, phi)
    # Places with the same count, width and surroundings are one row: a few thousand rows instead of all places.
    (stratum, moved), surroundings = _distinct(strata, shift)
    priors = _moved(scatter[stratum], moved)
    (count, mean), pair_of_place = _distinct(counts, expected)
    (kind, pair), row_of_place = _distinct(surroundings, pair_of_place)
    likelihood, narrow, fine = _likelihood(count, mean, grid, phi)
    large = narrow[pair]
    parts = []
    if not large.all():
        parts.append(_part(zones, row_of_place, ~large, grid, likelihood[pair[~large]] * priors[kind[~large]]))
    if large.any():
        number = np.cumsum(narrow) - 1
        exact = fine[number[pair[large]]] * np.repeat(priors[kind[large]], FINE, axis=1)
        parts.append(_part(zones, row_of_place, large, _finer(grid), exact))
    return tuple(parts), grid, np.bincount(surroundings) @ priors / len(zones)


def _scatter(
    counts: np.ndarray, suggested: np.ndarray, usual: float, strata: np.ndarray, grid: RateGrid, phi: float
) -> np.ndarray:
    """How rates scatter about what the surroundings suggest, in each stratum.

    Only here, counts and means are rounded, far below what a count can tell (a quarter of its standard deviation;
    7 % of the mean, with the usual mean exact): a tenth of the rows teach the same.

    Parameters
    ----------
    counts, suggested : arrays of float, shape (n,)
        Incidents, and the mean that the surroundings suggest.
    usual : float
        The mean of most places where nothing is suggested.
    strata : array of int, shape (n,)
    grid : RateGrid
    phi : float

    Returns
    -------
    array of float, shape (strata, bins)
        Each row sums to 1.
    """
    bins = len(grid.middles)
    flat, smooth = np.full(bins, 1 / bins), smooth_over(grid)
    if not strata.any():
        _, likelihood, times = _rounded(counts, suggested, usual, strata, grid, phi)
        return fit_prior(likelihood, times, flat, smooth, ROUNDS)[None, :]
    # All strata together are only what each of them starts from: there the means may be four times as rough.
    _, likelihood, times = _rounded(counts, suggested, usual, np.zeros_like(strata), grid, phi, rough=4)
    overall = fit_prior(likelihood, times, flat, smooth, ROUNDS_TO_START)
    stratum, likelihood, times = _rounded(counts, suggested, usual, strata, grid, phi)
    bounds = np.searchsorted(stratum, np.arange(stratum.max() + 2))  # rows are sorted by stratum
    return np.stack(
        [fit_prior(likelihood[a:b], times[a:b], overall, smooth, ROUNDS_IN_STRATUM) for a, b in pairwise(bounds)]
    )


def _rounded(
    counts: np.ndarray,
    means: np.ndarray,
    usual: float,
    strata: np.ndarray,
    grid: RateGrid,
    phi: float,
    *,
    rough: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of places whose rounded count and mean are equal: stratum, likelihood and number of places of each."""
    about = np.rint(np.sqrt(counts / phi) / 0.25).astype(int)
    about = np.where(about < 12, -np.rint(counts).astype(int), about)  # small counts as they are
    _, count_of = np.unique(about, return_inverse=True)
    distinct = np.bincount(count_of, weights=counts) / np.bincount(count_of)
    bins_a_step = 2 * rough
    steps = np.rint(np.log(means / usual) / (bins_a_step * grid.step)).astype(int)
    (stratum, count_of_row, steps_of_row), row = _distinct(strata, count_of, steps)
    # A mean so many steps higher is a grid so many bins further on: every row is a window of one long table.
    first = bins_a_step * int(steps.min())
    bins, longer = len(grid.middles), bins_a_step * int(np.ptp(steps))
    long = RateGrid(grid.middles[0] + grid.step * (first + np.arange(bins + longer)), grid.step)
    table = _likelihood(distinct, np.full(len(distinct), usual), long, phi)[0]
    windows = sliding_window_view(table, bins, axis=1)[count_of_row, bins_a_step * steps_of_row - first]
    likelihood = windows / np.maximum(windows.max(axis=1, keepdims=True), 1e-300)
    return stratum, likelihood.astype(np.float32), np.bincount(row).astype(float)


def _moved(scatter: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Each row's distribution moved by so many bins; what would leave the grid stays in its last bin."""
    bins = scatter.shape[1]
    priors = np.zeros_like(scatter)
    for row, by in enumerate(moved.tolist()):
        np.add.at(priors[row], np.clip(np.arange(bins) + by, 0, bins - 1), scatter[row])
    return priors


def _likelihood(
    count: np.ndarray, mean: np.ndarray, grid: RateGrid, phi: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Likelihood of each count in each bin, which counts are narrow, and of those the likelihood in the fine bins."""
    log_seen = log_likelihood(count[:, None], mean[:, None] * grid.rates, phi)
    log_seen -= log_seen.max(axis=1, keepdims=True)
    narrow = count > NARROW * phi
    fine = _between(log_seen[narrow])
    likelihood = np.exp(log_seen)
    likelihood[narrow] = fine.reshape(len(fine), len(grid.middles), FINE).mean(axis=2)
    return likelihood, narrow, fine


def _distinct(*columns: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Distinct rows of a table given by its columns, sorted by them, and the one that each row is.

    Sorting numbers of distinct values is ten times as fast as sorting rows.
    """
    values, codes = zip(*(np.unique(column, return_inverse=True) for column in columns), strict=True)
    sizes = tuple(len(value) for value in values)
    keys, place = np.unique(np.ravel_multi_index(codes, sizes), return_inverse=True)
    chosen = np.unravel_index(keys, sizes)
    return [value[code] for value, code in zip(values, chosen, strict=True)], place


def _part(zones: np.ndarray, row: np.ndarray, chosen: np.ndarray, grid: RateGrid, weights: np.ndarray) -> Part:
    """The places of the chosen rows; `weights` holds these rows alone, not yet normalised."""
    number = np.cumsum(chosen) - 1
    held = chosen[row]
    return Part(zones[held], number[row[held]], grid, weights / weights.sum(axis=1, keepdims=True))


def _finer(grid: RateGrid) -> RateGrid:
    step = grid.step / FINE
    first = grid.middles[0] - grid.step / 2 + step / 2
    return RateGrid(first + step * np.arange(len(grid.middles) * FINE), step)


def _between(log_likelihood: np.ndarray) -> np.ndarray:
    """Likelihood at the fine bins, from its smooth logarithm at the coarse ones (quartic interpolation).

    Interpolating costs a tenth of the log gamma functions that the fine bins would need.
    """
    rows, bins = log_likelihood.shape
    padded = (
        np.pad(log_likelihood, ((0, 0), (2, 2)), mode="reflect", reflect_type="odd")
        if rows
        else np.empty((0, bins + 4))
    )
    out = np.empty((rows, bins, FINE))
    nodes = np.arange(-2, 3)
    for part in range(FINE):
        at = (part + 0.5) / FINE - 0.5
        terms = (
            np.prod([(at - other) / (node - other) for other in nodes if other != node]) * padded[:, k : k + bins]
            for k, node in enumerate(nodes)
        )
        out[:, :, part] = sum(terms)
    out -= out.max(axis=(1, 2), keepdims=True) if rows else 0.0
    return np.exp(out.reshape(rows, bins * FINE))


def _share_above(grid: RateGrid, log_level: float) -> np.ndarray:
    """Share of each bin that lies above the level: a bin crossed by it is split in proportion in log rate."""
    return np.clip((grid.middles + grid.step / 2 - log_level) / grid.step, 0.0, 1.0)


def _quantile(part: Part, share: float) -> np.ndarray:
    """Rate ratio below which `share` of each row's weight lies."""
    below = np.cumsum(part.weights, axis=1)
    bin_ = np.minimum((below < share).sum(axis=1), below.shape[1] - 1)
    row = np.arange(len(below))
    weight = part.weights[row, bin_]
    inside = np.divide(share - (below[row, bin_] - weight), weight, out=np.full(len(row), np.nan), where=weight > 0)
    return np.exp(part.grid.middles[bin_] + part.grid.step * (np.clip(inside, 0.0, 1.0) - 0.5))
