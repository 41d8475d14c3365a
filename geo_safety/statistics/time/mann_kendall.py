"""Mann-Kendall: does a series rise or fall more steadily than chance would make it? All zones at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHORTEST = 3
"""Values below which no trend is told: two values can only go one way."""

CHUNK = 2_048
"""Series whose signs are counted together: their pairs stay in the processor's cache."""

SLOPE_CHUNK = 256
"""Series whose slopes are sorted together, for the same reason."""


@dataclass(frozen=True, eq=False)
class Trend:
    """Mann-Kendall's statistic of each series, arrays of shape (n_series,).

    Parameters
    ----------
    s : array of float
        Pairs that rise minus pairs that fall.
    variance : array of float
        Of `s` under the null hypothesis, ties taken off.
    z : array of float
        Standard score of `s`, with the continuity correction of one; positive: rising.
    p : array of float
        Two-sided p-value from the normal distribution.
    tau : array of float
        `s` over the number of pairs, -1 to 1.
    n : array of int
        Values of the series, gaps left out.
    """

    s: np.ndarray
    variance: np.ndarray
    z: np.ndarray
    p: np.ndarray
    tau: np.ndarray
    n: np.ndarray


def mann_kendall(series: np.ndarray) -> Trend:
    """Does each series rise or fall steadily, whatever the shape of its trend?

    Null hypothesis: the values of a series are exchangeable in time, every order of them is equally likely.

    Parameters
    ----------
    series : array of float, shape (n_series, n_steps) or (n_steps,)
        One row a zone, steps in order of time and equally far apart. NaN is a gap: its pairs do not count.

    Returns
    -------
    Trend
        Arrays of shape (n_series,); of shape () for a single series. `z`, `p` and `tau` are NaN where undefined:
        a constant series, or fewer than three values.

    Notes
    -----
    S = sum over pairs i < j of sign(x_j - x_i). Its variance is [n (n - 1)(2n + 5) - sum t (t - 1)(2t + 5)] / 18
    with t the sizes of groups of equal values. z = (S - sign S) / sqrt(variance).

    Do not use it on overlapping windows (rolling quarters): neighbouring values share incidents and every drift looks
    significant; give it the quarters themselves. Nor on months with a season (see `seasonal_mann_kendall`), nor
    across a recording break. It tells direction, not size: see `sen_slope`. Below about eight values the normal
    approximation is rough, and with four values even a perfect rise has p = 0.09.

    References
    ----------
    Mann (1945), Econometrica 13(3), 245-259; Kendall (1975), Rank Correlation Methods.
    Hipel & McLeod (1994), Time Series Modelling of Water Resources, chapter 23 (ties).

    Examples
    --------
    Of ten pairs, nine rise and one falls: S = 8, variance 5 x 4 x 15 / 18 = 16.67, z = 7 / 4.08.

    >>> trend = mann_kendall([1, 3, 2, 4, 5])
    >>> float(trend.s), float(trend.z.round(3)), float(trend.p.round(3))
    (8.0, 1.715, 0.086)
    """
    rows, single = _rows(series)
    s, variance = _scores(rows)
    n = (~np.isnan(rows)).sum(axis=1)
    return _trend(s, variance, n, n * (n - 1) / 2, single=single)


def seasonal_mann_kendall(series: np.ndarray, *, period: int) -> Trend:
    """Does each series rise or fall from year to year, each season compared with itself only?

    Null hypothesis: within each season (January with January, and so on) the values are exchangeable between years.

    Parameters
    ----------
    series : array of float, shape (n_series, n_steps) or (n_steps,)
        Steps in order of time; the last year may be incomplete. NaN is a gap.
    period : int
        Steps in a year: 12 for months, 4 for quarters.

    Returns
    -------
    Trend
        As of `mann_kendall`; `s` and `variance` are sums over the seasons, `tau` is over pairs of the same season.

    Raises
    ------
    ValueError
        If `period` is below 2.

    Notes
    -----
    S and its variance are added over the seasons as if these were independent. Months of the same year are not
    quite: where whole years run high or low, p-values are too small. Seasons that move in opposite directions
    cancel each other: then look at each season alone.

    References
    ----------
    Hirsch, Slack & Smith (1982), Water Resources Research 18(1), 107-121.

    Examples
    --------
    Two seasons in four years, winters high, both rising by one a year:

    >>> trend = seasonal_mann_kendall([9, 1, 10, 2, 11, 3, 12, 4], period=2)
    >>> float(trend.s), float(trend.tau), float(trend.p.round(3))
    (12.0, 1.0, 0.008)
    """
    if period < 2:
        raise ValueError(f"A period of {period} has no seasons: give the steps in a year, or use `mann_kendall`.")
    rows, single = _rows(series)
    s, variance, pairs = np.zeros((3, len(rows)))
    n = np.zeros(len(rows), np.int64)
    for season in range(min(period, rows.shape[1])):
        of_season = np.ascontiguousarray(rows[:, season::period])
        score, spread = _scores(of_season)
        known = (~np.isnan(of_season)).sum(axis=1)
        s, variance, n, pairs = s + score, variance + spread, n + known, pairs + known * (known - 1) / 2
    return _trend(s, variance, n, pairs, single=single)


def sen_slope(series: np.ndarray, *, period: int = 1) -> np.ndarray:
    """By how much does each series typically change from one step to the next?

    The median over all pairs of (x_j - x_i) / (j - i).

    Parameters
    ----------
    series : array of float, shape (n_series, n_steps) or (n_steps,)
        Steps in order of time. NaN is a gap: its pairs do not count, the others keep their distance in time.
    period : int
        With 12 on months, only pairs of the same season (Januaries with Januaries) count.

    Returns
    -------
    array of float, shape (n_series,) or ()
        In the unit of the values, per step. NaN for fewer than two values. Zero for a constant series, and often on
        sparse counts, where most pairs are equal: do not read that as "no change", read the p-value.

    References
    ----------
    Sen (1968), JASA 63, 1379-1389; Hirsch, Slack & Smith (1982) for the seasonal form.

    Examples
    --------
    Slopes 2, 1, 0 between neighbours, 1.5, 0.5 at distance two and 1 at three: the median is 1.

    >>> float(sen_slope([0, 2, 3, 3]))
    1.0
    """
    rows, single = _rows(series)
    slopes = np.empty(len(rows))
    for start in range(0, len(rows), SLOPE_CHUNK):
        part = slice(start, start + SLOPE_CHUNK)
        slopes[part] = _row_medians(_pair_slopes(rows[part], period))
    return slopes[0] if single else slopes


def _rows(series: np.ndarray) -> tuple[np.ndarray, bool]:
    rows = np.asarray(series, float)
    if rows.ndim not in {1, 2}:
        raise ValueError(f"`series` has {rows.ndim} dimensions: give one row a zone, or a single series.")
    return (rows[None, :] if rows.ndim == 1 else rows), rows.ndim == 1


def _trend(s: np.ndarray, variance: np.ndarray, n: np.ndarray, pairs: np.ndarray, *, single: bool) -> Trend:
    from scipy.special import ndtr

    told = (n >= SHORTEST) & (variance > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(told, (s - np.sign(s)) / np.sqrt(variance), np.nan)
        tau = np.where(told, s / pairs, np.nan)
    found = (s, variance, z, 2 * ndtr(-np.abs(z)), tau, n)
    return Trend(*(array[0] for array in found)) if single else Trend(*found)


def _scores(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S and its variance of each row. A comparison with NaN is false, so that gaps count in no pair."""
    s = np.empty(len(rows))
    variance = np.empty(len(rows))
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        s[part], variance[part] = _chunk_scores(rows[part])
    return s, variance


def _chunk_scores(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    steps, n_series = rows.shape[1], len(rows)
    ordered = np.sort(rows, axis=1)  # NaN last
    known = ~np.isnan(ordered)
    # Groups of equal values, numbered through all rows; gaps make groups of weight zero.
    fresh = np.ones(rows.shape, bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    group = np.cumsum(fresh.ravel()) - 1
    sizes = np.bincount(group, weights=known.ravel())
    row_of = np.repeat(np.arange(n_series), steps)[fresh.ravel()]
    tied = np.bincount(row_of, weights=sizes * (sizes - 1) * (2 * sizes + 5), minlength=n_series)
    n = known.sum(axis=1)
    variance = (n * (n - 1) * (2 * n + 5) - tied) / 18
    columns = np.ascontiguousarray(rows.T)
    net = np.zeros(n_series, np.int32)
    for lag in range(1, steps):
        later, earlier = columns[lag:], columns[:-lag]
        rises = np.greater(later, earlier).view(np.int8)
        falls = np.less(later, earlier).view(np.int8)
        net += np.add.reduce(rises - falls, axis=0, dtype=np.int32)
    return net.astype(float), variance


def _pair_slopes(rows: np.ndarray, period: int) -> np.ndarray:
    """Slope of every pair whose distance in time is a multiple of `period`; one row a series."""
    steps = rows.shape[1]
    slopes = np.empty((len(rows), sum(range(steps - period, 0, -period))))
    start = 0
    for lag in range(period, steps, period):
        pairs = slopes[:, start : start + steps - lag]
        np.subtract(rows[:, lag:], rows[:, :-lag], out=pairs)
        pairs /= lag
        start += steps - lag
    return slopes


def _row_medians(values: np.ndarray) -> np.ndarray:
    """Median of the known values of each row, which it sorts in place."""
    if values.shape[1] == 0:
        return np.full(len(values), np.nan)
    known = (~np.isnan(values)).sum(axis=1)
    values.sort(axis=1)  # NaN last
    row = np.arange(len(values))
    low, high = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, values.shape[1] - 1)
    return np.where(known > 0, (values[row, low] + values[row, high]) / 2, np.nan)
