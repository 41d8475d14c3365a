"""Sums of draws without replacement, exactly: a neighbourhood's count when all counts are shuffled over the map.

The sum over k zones of a shuffled map is the sum of k draws without replacement from all its values, so that
P(sum = s) = [y^k z^s] prod_i (1 + y z^(x_i)) / C(n, k), for every k at once. Two roads lead there:

- *by distinct values*: multiply the polynomial out, one distinct value at a time. Positive terms only, so every
  probability is right to nearly all digits, however small. Its cost grows with the number of distinct values.
- *by transform*: at each root of unity the coefficient of y^k is an elementary symmetric polynomial, found from
  power sums by Newton's identities; the power sums are a Fourier transform of the histogram, read at stride. Its
  cost hardly depends on the distinct values; its error is about 1e-16 in absolute terms, so small probabilities
  are found again with the histogram tilted towards them.

Macdonald, Symmetric Functions and Hall Polynomials, I.2.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Road = Literal["values", "transform"]

CHEAP_PRODUCT = 3e6
"""Elementary steps up to which the road by distinct values is taken (about 5 ms)."""

AFFORDABLE_PRODUCT = 1e9
"""Steps up to which that road takes over what the transform could not make precise (about a second)."""

WANTED = 1e-10
"""Relative error that the transform must reach."""

SMALL = 1e-5
"""Probabilities below this are not left to an absolute error of 1e-16 where more precision is affordable."""

MOST_TILTS = 16


def fill_urn(values: np.ndarray, *, what: str) -> np.ndarray:
    """The values as whole numbers, the smallest of them 0.

    Raises
    ------
    ValueError
        If a value is not a whole number; `what` needs them.

    Examples
    --------
    >>> fill_urn(np.array([3.0, 5.0]), what="Exact Gi*").tolist()
    [0, 2]
    """
    above = values - values.min()
    urn = np.rint(above).astype(np.int64)
    if not np.allclose(urn, above, rtol=0, atol=1e-9):
        raise ValueError(f"{what} needs whole numbers: put the values on an integer grid first, see `mid_rank_grid`.")
    return urn


def upper_tails(values: np.ndarray, draws: np.ndarray, sums: np.ndarray, *, road: Road | None = None) -> np.ndarray:
    """How likely do so many draws without replacement add up to at least so much?

    Parameters
    ----------
    values : array of int, shape (n,)
        What is in the urn; from 0.
    draws, sums : arrays of int, shape (m,)
        Number of draws (0 to n), and the sum that is asked about.
    road : "values" or "transform", optional
        By default the cheaper one.

    Returns
    -------
    array of float, shape (m,)
        P(sum of `draws` values >= `sums`).

    Examples
    --------
    Two of the three values 0, 0, 1: the 1 is among them two times in three.

    >>> upper_tails(np.array([0, 0, 1]), np.array([2]), np.array([1])).round(4).tolist()
    [0.6667]
    """
    most = int(draws.max(initial=0))
    histogram = np.bincount(values)
    length = _largest_sum(histogram, most) + 1
    cost = _product_cost(histogram, most, length)
    if road == "values" or (road is None and cost <= CHEAP_PRODUCT):
        return _product_tails(histogram, len(values), most, length)[draws, sums]
    tails, unsure = _tilted_tails(histogram, len(values), draws, sums, length)
    if unsure.any() and road is None and cost <= AFFORDABLE_PRODUCT:
        tails[unsure] = _product_tails(histogram, len(values), most, length)[draws[unsure], sums[unsure]]
    return tails


def upper_tails_without(
    values: np.ndarray, taken: np.ndarray, draws: np.ndarray, sums: np.ndarray, *, road: Road | None = None
) -> np.ndarray:
    """The same when each question first takes one value out of the urn.

    Parameters
    ----------
    values : array of int, shape (n,)
    taken : array of int, shape (m,)
        The value taken out, one of `values`; `draws` (0 to n - 1) and `sums` are about the rest.
    draws, sums, road
        As for `upper_tails`. By transform (urns of many values only) the error is about 1e-16 in absolute terms.
    """
    most = int(draws.max(initial=0))
    histogram = np.bincount(values)
    length = _largest_sum(histogram, most) + 1
    affordable = AFFORDABLE_PRODUCT / max(_product_cost(histogram, most, length), 1.0)
    stable = len(values) >= 4 * most**2  # Newton's identities lose digits in small urns
    symmetric = _symmetric(histogram, most, _fast_length(length), 0.0)[0] if road != "values" and stable else None
    tails = np.empty(len(taken))
    for value in np.unique(taken).tolist():
        here = np.flatnonzero(taken == value)
        if symmetric is not None:
            tails[here] = _look_up(_divided_tails(symmetric, value, len(values), length), draws[here], sums[here])
            here = here[tails[here] < SMALL] if road is None and affordable >= 1 else here[:0]
        if len(here):
            rest = histogram - (np.arange(len(histogram)) == value)
            tails[here] = _look_up(_product_tails(rest, len(values) - 1, most, length), draws[here], sums[here])
            affordable -= 1
    return tails


def _look_up(table: np.ndarray, draws: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Entries of the table; sums beyond its end cannot come up."""
    end = table.shape[1] - 1
    return np.where(sums <= end, table[draws, np.minimum(sums, end)], 0.0)


def _largest_sum(histogram: np.ndarray, draws: int) -> int:
    present = np.flatnonzero(histogram)[::-1]
    before = np.concatenate(([0], np.cumsum(histogram[present])[:-1]))
    return int((present * np.clip(draws - before, 0, histogram[present])).sum())


def _upper_sums(probability: np.ndarray) -> np.ndarray:
    """Sums from the far end, where the terms are small."""
    return np.minimum(np.cumsum(probability[:, ::-1], axis=1)[:, ::-1], 1.0)


# --- by distinct values ---------------------------------------------------------------------------------------------


def _product_cost(histogram: np.ndarray, most: int, length: int) -> float:
    times = np.minimum(histogram[histogram > 0], most)
    return float((times * (most - (times - 1) / 2)).sum()) * length / 2


def _product_tails(histogram: np.ndarray, n: int, most: int, length: int) -> np.ndarray:
    """Upper tails for 0 to `most` draws out of n values, shape (most + 1, length)."""
    coefficients = np.zeros((most + 1, length))
    coefficients[0, 0] = 1.0
    last = 0  # the largest value so far: k draws reach at most k times as far
    for value in np.flatnonzero(histogram).tolist():
        times = int(histogram[value])
        before = coefficients[:, : min(most * last, length - 1) + 1].copy()
        way = 1.0
        for t in range(1, min(times, most) + 1):
            way *= (times - t + 1) / (t * n)  # C(times, t) / n^t: the powers keep large urns within floating point
            end = min((most - t) * last + 1, length - t * value)
            if end <= 0:
                break
            coefficients[t:, t * value : t * value + end] += way * before[: most + 1 - t, :end]
        last = value
    # What is left of 1 / C(n, k) after the powers of n.
    drawn = np.arange(min(most, n))
    scale = np.cumprod((drawn + 1) * (n / (n - drawn)))
    coefficients[1 : len(scale) + 1] *= scale[:, None]
    return _upper_sums(coefficients)


# --- by transform ---------------------------------------------------------------------------------------------------


def _fast_length(length: int) -> int:
    from scipy.fft import next_fast_len

    return int(next_fast_len(length, real=True))


def _symmetric(histogram: np.ndarray, most: int, size: int, tilt: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Elementary symmetric polynomials at the roots of unity, of values weighted by exp(tilt x value).

    Returns
    -------
    polynomials : array of complex, shape (most + 1, size // 2 + 1)
        Of weights divided by their sum.
    cancellation : array of float, shape (most + 1,)
        Factor by which Newton's identities lose precision.
    log_sum : float
        Logarithm of the sum of weights, relative to the weight of the largest value.
    """
    top = len(histogram) - 1
    weights = np.exp(tilt * (np.arange(top + 1) - top)) if tilt else np.ones(top + 1)
    total = float(histogram @ weights)
    weights = weights / total
    roots = np.arange(size // 2 + 1)
    spectrum = np.fft.fft(histogram * weights, size)
    powers = np.empty((most + 1, len(roots)), complex)
    for j in range(1, most + 1):
        if tilt and j > 1:
            spectrum = np.fft.fft(histogram * weights**j, size)
        powers[j] = spectrum[(roots * j) % size]
        if not tilt:
            powers[j] *= weights[0] ** (j - 1)
    polynomials = np.empty((most + 1, len(roots)), complex)
    polynomials[0] = 1.0
    cancellation = np.ones(most + 1)
    for k in range(1, most + 1):
        terms = polynomials[k - 1 :: -1][:k] * powers[1 : k + 1]
        polynomials[k] = (terms[::2].sum(axis=0) - terms[1::2].sum(axis=0)) / k
        result = abs(polynomials[k, 0])
        lost = np.abs(terms[:, 0]).sum() / k
        cancellation[k] = np.inf if result <= 0 else (lost / result) * cancellation[:k].max()
    return polynomials, cancellation, float(np.log(total))


def _tilted_tails(
    histogram: np.ndarray, n: int, draws: np.ndarray, sums: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Upper tails by transform, and which of them are less precise than wanted."""
    tails, errors = _transform_tails(histogram, n, draws, sums, length, 0.0)
    unsure = errors > WANTED * tails
    given_up = np.zeros(len(draws), bool)
    for _ in range(MOST_TILTS):
        waiting = np.flatnonzero(unsure & ~given_up)
        if len(waiting) == 0:
            break
        per_draw = sums[waiting] / draws[waiting]
        target = waiting[np.argsort(per_draw)[len(waiting) // 2]]
        tilt = _tilt_towards(histogram, sums[target] / draws[target])
        found, error = _transform_tails(histogram, n, draws[waiting], sums[waiting], length, tilt)
        better = error < errors[waiting]
        tails[waiting[better]], errors[waiting[better]] = found[better], error[better]
        unsure[waiting] = errors[waiting] > WANTED * tails[waiting]
        given_up[target] = True
    return np.clip(tails, 0.0, 1.0), unsure


def _transform_tails(
    histogram: np.ndarray, n: int, draws: np.ndarray, sums: np.ndarray, length: int, tilt: float
) -> tuple[np.ndarray, np.ndarray]:
    """Upper tails at the wanted sums and their absolute errors."""
    most = int(draws.max())
    size = _fast_length(length)
    polynomials, cancellation, log_sum = _symmetric(histogram, most, size, tilt)
    density = np.fft.irfft(polynomials, size, axis=1)[:, :length]
    k = np.arange(most)
    # log of (sum of weights)^k / C(n, k), then of the tilt undone.
    log_scale = np.concatenate(([0.0], np.cumsum(np.log((k + 1) / (n - k)) + log_sum)))
    s = np.arange(length)
    noise = 4 * np.finfo(float).eps * cancellation / np.sqrt(size) * polynomials[:, 0].real
    with np.errstate(over="ignore", invalid="ignore"):
        if tilt:
            undo = np.exp(
                log_scale[:, None] - tilt * (s[None, :] - np.arange(most + 1)[:, None] * (len(histogram) - 1))
            )
        else:
            undo = np.broadcast_to(np.exp(log_scale)[:, None], density.shape)
        tails = np.cumsum((density * undo)[:, ::-1], axis=1)[:, ::-1][draws, sums]
        errors = np.sqrt(np.cumsum(((noise[:, None] * undo) ** 2)[:, ::-1], axis=1))[:, ::-1][draws, sums]
    broken = ~np.isfinite(tails) | ~np.isfinite(errors)
    return np.where(broken, 0.0, tails), np.where(broken, np.inf, errors)


def _tilt_towards(histogram: np.ndarray, mean: float) -> float:
    """Tilt under which one draw has this mean."""
    values = np.flatnonzero(histogram)
    times, top = histogram[values], values[-1]
    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        weights = times * np.exp(middle * (values - top))
        low, high = (middle, high) if weights @ values < mean * weights.sum() else (low, middle)
    return high


def _divided_tails(symmetric: np.ndarray, value: int, n: int, length: int) -> np.ndarray:
    """Upper tails of the urn without one zone of this value: the polynomial divided by (1 + y z^value)."""
    size = _fast_length(length)
    shift = np.exp(-2j * np.pi * ((np.arange(symmetric.shape[1]) * value) % size) / size) / n
    rest = np.empty_like(symmetric)
    rest[0] = 1.0
    for k in range(1, len(symmetric)):
        rest[k] = symmetric[k] - shift * rest[k - 1]
    drawn = np.arange(len(symmetric) - 1)
    scale = np.concatenate(([1.0], np.cumprod((drawn + 1) * (n / np.maximum(n - 1 - drawn, 1)))))
    return np.clip(_upper_sums(np.fft.irfft(rest, size, axis=1)[:, :length] * scale[:, None]), 0.0, 1.0)
