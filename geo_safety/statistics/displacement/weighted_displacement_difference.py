"""The weighted displacement difference of Wheeler and Ratcliffe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class DisplacementDifference:
    """How many incidents fewer (below zero) or more than the comparison leads one to expect.

    Parameters
    ----------
    local : float
        In the response area, beyond the change in its comparison area.
    displaced : float
        In the buffer around it, beyond the change in the buffer's comparison area.
    total : float
        Both together: the weighted displacement difference.
    variance : float
        Of `total`.
    z, p : float
        Standard score of `total` and its two-sided p-value; NaN where there are no incidents.
    low, high : float
        Interval of `total`.
    """

    local: float
    displaced: float
    total: float
    variance: float
    z: float
    p: float
    low: float
    high: float


def weighted_displacement_difference(
    response: ArrayLike,
    comparison: ArrayLike,
    buffer: ArrayLike = (0, 0),
    buffer_comparison: ArrayLike = (0, 0),
    *,
    period_lengths: tuple[float, float] = (1.0, 1.0),
    area_sizes: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    harm: ArrayLike | None = None,
    dispersion: float = 1.0,
    confidence: float = 0.95,
) -> DisplacementDifference:
    """By how many incidents did the response area and its buffer change beyond their comparison areas?

    Null hypothesis: counts are Poisson (or have `dispersion` times its variance), and response area and buffer change
    by as many incidents as their comparison areas do.

    Parameters
    ----------
    response, comparison, buffer, buffer_comparison : array of float, shape (2,) or (n_categories, 2)
        Incidents before and after. Without buffers these default to zero.
    period_lengths : (before, after)
        Lengths of the two periods in any unit; counts are divided by them.
    area_sizes : (response, comparison, buffer, buffer comparison)
        Sizes in any unit, where comparison areas differ in size; counts are divided by them.
    harm : array of float, shape (n_categories,), optional
        Harm of one incident of each category; the result is then in its unit (days). By default all count one.
    dispersion : float
        Variance of counts over their mean, from `statistics.dispersion`; real incidents have 1.2 to 1.9.
    confidence : float
        Of the interval.

    Returns
    -------
    DisplacementDifference

    Raises
    ------
    ValueError
        If a count is below zero, or shapes do not fit.

    Notes
    -----
    WDD = (R_a - R_b) - (C_a - C_b) + (D_a - D_b) - (E_a - E_b), each count divided by its weights; its variance is the
    sum of counts over squared weights, times the squares of harm.

    It compares numbers, not percentages: choose comparison areas of about the same level, or trends at another level
    will look like an effect. The normal approximation asks for some tens of incidents; below that say "too few to
    say". It does not show that the scheme caused the change.

    References
    ----------
    Wheeler & Ratcliffe (2018), Crime Science 7, 11. Weights for periods and areas: Wheeler, R package ptools, `wdd`.

    Examples
    --------
    The worked example of the paper:

    >>> found = weighted_displacement_difference((207, 110), (308, 318), (178, 157), (150, 140))
    >>> found.total, found.variance, round(found.z, 2)
    (-118.0, 1568.0, -2.98)
    """
    from scipy.stats import norm

    local, local_variance = _contrast(response, comparison, period_lengths, area_sizes[:2], harm)
    displaced, displaced_variance = _contrast(buffer, buffer_comparison, period_lengths, area_sizes[2:], harm)
    total, variance = local + displaced, dispersion * (local_variance + displaced_variance)
    error = float(np.sqrt(variance))
    z = total / error if error > 0 else float("nan")
    reach = float(norm.ppf((1 + confidence) / 2)) * error
    p = float(2 * norm.sf(abs(z)))
    return DisplacementDifference(local, displaced, total, variance, z, p, total - reach, total + reach)


def _contrast(
    treated: ArrayLike,
    compared: ArrayLike,
    lengths: tuple[float, float],
    sizes: tuple[float, ...],
    harm: ArrayLike | None,
) -> tuple[float, float]:
    """Change of the one beyond that of the other, and its variance for Poisson counts."""
    if min(*lengths, *sizes) <= 0:
        raise ValueError("A length of period or size of area is not above zero: give them in any one unit.")
    total, variance = 0.0, 0.0
    for sign, counts, size in ((1, treated, sizes[0]), (-1, compared, sizes[1])):
        held = np.asarray(counts, float)
        if held.shape[-1:] != (2,) or held.ndim > 2:
            raise ValueError(f"Counts have shape {held.shape}: give before and after, one row for each category.")
        if not (held >= 0).all():
            raise ValueError("A count is missing or below zero: compare only periods that are whole in every area.")
        weight = np.ones(1) if harm is None else np.asarray(harm, float)
        rows = held.reshape(-1, 2)
        if harm is not None and rows.any() and len(rows) != len(weight):
            raise ValueError(
                f"{len(rows)} rows of counts and {len(weight)} harm weights: give one weight for each category."
            )
        if not rows.any():
            continue
        scale = np.array(lengths) * size
        change = np.array([-1.0, 1.0]) / scale
        total += sign * float((weight[:, None] * rows * change).sum())
        variance += float((weight[:, None] ** 2 * rows / scale**2).sum())
    return total, variance
