"""What one theme says of a scheme: did it change here, did it move, and how sure is that?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo_safety import statistics
from geo_safety.cube import Cube
from geo_safety.hotspots import typical_change
from geo_safety.impact.periods import Periods, Span
from geo_safety.impact.places import Places
from geo_safety.statistics import (
    Difference,
    DisplacementDifference,
    DisplacementIntervals,
    DisplacementQuotient,
    PreTrend,
)

FloatArray = NDArray[np.float64]

FEWEST_INCIDENTS = 30
"""Incidents before the scheme, in the place, its buffer and its comparison areas, below which nothing is said."""

FEWEST_EXPECTED = 10
"""Incidents expected during the scheme, likewise."""

ALPHA = 0.05
QUARTER = 3

TOO_FEW = "too few to say"
PLANNED = "not begun"
NOT_COMPARABLE = "not comparable"
NO_COMPARISON = "no comparison areas"
UNCLEAR = "not distinguishable"
FEWER, MORE = "fewer", "more"


@dataclass(frozen=True)
class Noise:
    """How much counts vary, and how much places go their own way.

    Parameters
    ----------
    dispersion : float
        Variance over mean of an area's monthly count.
    basis : str
        `measured` or `assumed`.
    drift, ring_drift : float
        Variance of the logarithm of an area's change beyond the others, and of a ring's.
    drift_basis : str
        `measured` or `assumed`.
    areas : int
        Areas on which they were measured.
    years : float
        Mean length of the two periods between which drift was measured.
    of_periods, of_ring_periods : float
        Variance over mean of an area's (a ring's) count of a whole period: `dispersion`, or less where areas changed
        less than the noise of their months says; never under 1.
    """

    dispersion: float
    basis: str
    drift: float
    ring_drift: float
    drift_basis: str
    areas: int
    years: float = 1.0
    of_periods: float = 1.0
    of_ring_periods: float = 1.0

    @property
    def drift_a_year(self) -> float:
        """Variance a year of a random walk that moves so far between means over two adjacent periods of this length."""
        return self.drift / (2 / 3 * self.years)

    @property
    def degrees(self) -> float:
        """Degrees of freedom of an interval that stands on them."""
        return float(max(self.areas - 1, 2)) if self.drift_basis == "measured" else float("inf")


@dataclass(frozen=True)
class Counts:
    """Incidents before and during the scheme; all arrays have two columns.

    Parameters
    ----------
    response : array, shape (n_places, 2)
    buffer : array, shape (1, 2)
    comparison, buffer_comparison : arrays, shape (n_areas, 2)
    sizes : tuple of float
        Of all places, comparison areas, buffers and their comparison rings together, in zones.
    """

    response: FloatArray
    comparison: FloatArray
    buffer: FloatArray
    buffer_comparison: FloatArray
    sizes: tuple[float, float, float, float]

    def total(self, name: str) -> FloatArray:
        """Sum over all rows of a kind."""
        values: FloatArray = getattr(self, name)
        return values.sum(axis=0)


@dataclass(frozen=True)
class Displacement:
    """Where a change went.

    Parameters
    ----------
    ring : Difference
        The buffer against the rings around the comparison areas, with noise and drift in the interval.
    published, widened : DisplacementDifference
        The weighted displacement difference with Poisson variance, as published, and with the measured dispersion.
    intervals : DisplacementIntervals
        Bootstrap intervals, with noise and drift.
    quotient : DisplacementQuotient
        In periods of the scheme's own length.
    """

    ring: Difference
    published: DisplacementDifference
    widened: DisplacementDifference
    intervals: DisplacementIntervals
    quotient: DisplacementQuotient


@dataclass(frozen=True)
class Effect:
    """One theme's answer.

    Parameters
    ----------
    verdict : str
        `fewer`, `more`, `not distinguishable`, `too few to say`, `not comparable`, `no comparison areas`, `not begun`.
    ring_verdict : str
        The same of the buffer; asked only where the place itself changed.
    difference : Difference or None
        The place against its comparison areas, with noise and drift in the interval.
    displacement : Displacement or None
        Place and buffer together.
    phases : tuple of (Span, Difference or None)
        Each phase against the months before.
    trend : PreTrend or None
    smallest : float
        Smallest reduction that would be found with 80 % power; NaN where none would.
    """

    theme: str
    periods: Periods
    counts: Counts
    noise: Noise
    verdict: str
    ring_verdict: str = UNCLEAR
    difference: Difference | None = None
    displacement: Displacement | None = None
    phases: tuple[tuple[Span, Difference | None], ...] = ()
    trend: PreTrend | None = None
    smallest: float = float("nan")
    why: str = ""


def effect_of(
    places: Places, cube: Cube, periods: Periods, width: FloatArray, *, breaks: Sequence[int] = (), moved: str = "",
    seed: int = 0,
) -> Effect:  # fmt: skip
    """What one theme says; the verdict stands for this theme alone (see `among_themes`).

    Parameters
    ----------
    width : array of float, shape (n_zones,)
        Size of each zone in units of the average zone.
    breaks : sequence of int
        Months, since 1970-01, at which recording changed.
    moved : str
        Why the months cannot be compared; empty where they can.
    """
    noise = measure_noise(places, cube, periods, breaks=breaks)
    counts = count(places, cube, periods.before, periods.after, width)
    smallest = statistics.minimum_detectable_change(
        counts.response[:, 0], counts.comparison[:, 0] if len(counts.comparison) else [0.0],
        period_lengths=periods.lengths, dispersion=noise.of_periods, drift=noise.drift, degrees=noise.degrees,
    )  # fmt: skip
    found = Effect(cube.theme, periods, counts, noise, PLANNED, smallest=smallest)
    if not places.is_matched:
        return replace(
            found, verdict=NO_COMPARISON, why="Fewer than three areas elsewhere had about this level before."
        )
    found = replace(found, trend=_trend(places, cube, periods, noise))
    if periods.is_planned:
        return replace(found, why="No month of the scheme has data yet.")
    spans = [(span, count(places, cube, periods.before, span, width)) for span in periods.phases]
    found = replace(
        found,
        difference=_difference(counts, noise),
        displacement=_displacement(counts, periods, noise, seed),
        phases=tuple((span, _difference(each, noise) if span.months else None) for span, each in spans),
    )
    if why := _too_few(counts):
        return replace(found, verdict=TOO_FEW, ring_verdict=TOO_FEW, why=why)
    if moved:
        return replace(found, verdict=NOT_COMPARABLE, ring_verdict=NOT_COMPARABLE, why=moved)
    return replace(found, verdict=_verdict(found.difference, ALPHA), ring_verdict=UNCLEAR)


def among_themes(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The same answers, so that all themes together claim a change that is none with 5 % at most (Holm's rule).

    Only then is the buffer looked at: what did not change here did not move.
    """
    asked = [number for number, one in enumerate(effects) if one.verdict in (FEWER, MORE, UNCLEAR)]
    order = sorted(asked, key=lambda number: _chance(effects[number].difference))
    found = list(effects)
    stands = True
    for place, number in enumerate(order):
        one = found[number]
        alpha = ALPHA / (len(order) - place)
        stands = stands and _chance(one.difference) <= alpha
        verdict = _verdict(one.difference, alpha) if stands else UNCLEAR
        ring = UNCLEAR
        if stands and one.counts.total("buffer")[0] < FEWEST_INCIDENTS:
            ring = TOO_FEW
        elif stands:
            ring = _verdict(None if one.displacement is None else one.displacement.ring, ALPHA)
        found[number] = replace(one, verdict=verdict, ring_verdict=ring)
    return tuple(found)


def count(places: Places, cube: Cube, before: Span, after: Span, width: FloatArray) -> Counts:
    """Incidents of all places and areas in two spans."""
    both = np.column_stack([cube.incidents[:, span.columns].sum(axis=1) for span in (before, after)]).astype(float)

    def rows(groups: Sequence[NDArray[np.int64]]) -> FloatArray:
        return np.array([both[zones].sum(axis=0) for zones in groups], dtype=float).reshape(-1, 2)

    def size(groups: Sequence[NDArray[np.int64]]) -> float:
        return max(float(sum(width[zones].sum() for zones in groups)), 1e-9)

    kinds = (places.parts, places.areas, (places.buffer,), places.rings)
    response, comparison, buffer, around = (rows(kind) for kind in kinds)
    sizes = size(kinds[0]), size(kinds[1]), size(kinds[2]), size(kinds[3])
    return Counts(response, comparison, buffer, around, sizes)


def measure_noise(places: Places, cube: Cube, periods: Periods, *, breaks: Sequence[int] = ()) -> Noise:
    """How noisy are areas like the place, and how much do they change by themselves between the same months?"""
    columns = np.concatenate([periods.before.columns, periods.after.columns])
    monthly = _sums(places.pool, cube.incidents[:, columns].astype(float))
    gaps = np.flatnonzero(np.diff(columns) > 1) + 1
    broken = {int(place) for month in breaks for place in np.flatnonzero(columns + cube.first_month == month)}
    spread = statistics.dispersion_details(monthly, breaks=sorted(broken | set(gaps.tolist())))
    if periods.is_planned:
        half = periods.before.months // 2
        parts = periods.before.columns[:half], periods.before.columns[-half:]
    else:
        parts = periods.before.columns, periods.after.columns
    usual = typical_change(cube.theme)
    drifts, of_periods = [], []
    for groups in (places.pool, places.pool_rings):
        earlier, later = (_sums(groups, cube.incidents[:, part].astype(float)).sum(axis=1) for part in parts)
        alike = np.ones(len(groups))
        found = statistics.drift(earlier, later, alike, level=0.0, dispersion=spread.value, typical=usual)
        drifts.append(found)
        of_periods.append(_of_periods(earlier, later, spread.value, found.cv2))
    of_areas, of_rings = drifts
    years = max(float(np.mean([len(part) for part in parts])) / 12, 1e-9)
    return Noise(
        spread.value,
        spread.basis,
        of_areas.sigma2,
        of_rings.sigma2,
        of_areas.basis,
        len(places.pool),
        years,
        *of_periods,
    )


def _of_periods(earlier: FloatArray, later: FloatArray, dispersion: float, excess: float) -> float:
    """Variance over mean of a whole period's count: where areas changed less than their months' noise, so much less."""
    known = (earlier > 0) & (later > 0)
    if excess >= 0 or not known.any():
        return dispersion
    return max(1.0, dispersion + excess / float((1 / earlier[known] + 1 / later[known]).mean()))


def _sums(groups: Sequence[NDArray[np.int64]], values: FloatArray) -> FloatArray:
    return np.array([values[zones].sum(axis=0) for zones in groups], dtype=float).reshape(len(groups), values.shape[1])


def _displacement(counts: Counts, periods: Periods, noise: Noise, seed: int) -> Displacement:
    """Place and buffer together, over the whole scheme."""
    response, comparison, buffer, around = (
        counts.total(name) for name in ("response", "comparison", "buffer", "buffer_comparison")
    )
    before, after = periods.lengths
    sizes = (1.0, counts.sizes[1] / counts.sizes[0], 1.0, counts.sizes[3] / counts.sizes[2])
    lengths = before / after, 1.0  # in incidents of the scheme's own length
    published, widened = (
        statistics.weighted_displacement_difference(
            response, comparison, buffer, around, period_lengths=lengths, area_sizes=sizes, dispersion=dispersion
        )
        for dispersion in (1.0, noise.of_periods)
    )
    scale = np.array([after / before, 1.0])
    few = min(response[0], buffer[0], comparison[0]) < FEWEST_INCIDENTS
    pairs = [_pair(total * scale) for total in (response, buffer, comparison / sizes[1])]
    return Displacement(
        statistics.difference_in_differences(
            counts.buffer,
            counts.buffer_comparison,
            dispersion=noise.of_ring_periods,
            drift=noise.ring_drift,
            degrees=noise.degrees,
        ),
        published,
        widened,
        statistics.displacement_intervals(
            counts.response,
            counts.comparison,
            counts.buffer,
            counts.buffer_comparison,
            period_lengths=periods.lengths,
            area_sizes=counts.sizes,
            dispersion=noise.of_periods,
            drift=(noise.drift, noise.ring_drift),
            seed=seed,
        ),
        statistics.weighted_displacement_quotient(pairs[0], pairs[1], pairs[2], minimum=float("inf") if few else 0.0),
    )


def _pair(values: FloatArray) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _chance(difference: Difference | None) -> float:
    return 1.0 if difference is None or np.isnan(difference.p) else difference.p


def _difference(counts: Counts, noise: Noise) -> Difference:
    return statistics.difference_in_differences(
        counts.response,
        counts.comparison,
        dispersion=noise.of_periods,
        drift=noise.drift,
        degrees=noise.degrees,
    )


def _trend(places: Places, cube: Cube, periods: Periods, noise: Noise) -> PreTrend:
    """The check of what went before, by quarters of a year."""
    columns = periods.before.columns
    columns = columns[len(columns) % QUARTER :]
    monthly = cube.incidents[:, columns].astype(float)
    own, others = (
        _sums(groups, monthly).sum(axis=0).reshape(-1, QUARTER).sum(axis=1) for groups in (places.parts, places.areas)
    )
    return statistics.pre_trend(
        own, others, steps_per_year=12 // QUARTER, dispersion=noise.dispersion, drift=noise.drift_a_year
    )


def _too_few(counts: Counts) -> str:
    """Why nothing is said; empty where there are enough."""
    for name, words in (("response", "the place"), ("comparison", "its comparison areas")):
        if counts.total(name)[0] < FEWEST_INCIDENTS:
            return f"Fewer than {FEWEST_INCIDENTS} incidents before the scheme in {words}."
    own, others = counts.total("response"), counts.total("comparison")
    if own[0] * others[1] / others[0] < FEWEST_EXPECTED:
        return f"Fewer than {FEWEST_EXPECTED} incidents are to be expected in the months of the scheme so far."
    return ""


def _verdict(difference: Difference | None, alpha: float) -> str:
    if difference is None or not difference.p <= alpha:
        return UNCLEAR
    return FEWER if difference.ratio < 1 else MORE
