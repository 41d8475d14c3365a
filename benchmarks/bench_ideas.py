"""Where counts are tiny and outside inner London, the list finds little: do other ideas find more, and stay as honest?

Four ways to the same probability, on London's robberies, judged by the same list:

- *context*, the product's: rings 2 and 3-4 and the borough suggest a rate, the count corrects it;
- *last year*: the neighbourhood's count of the window before as one more covariate (the product takes it where there
  is one; this tells what it brings);
- *residents*: people living in the neighbourhood as one more covariate;
- *CAR*: a proper conditional autoregressive model of single cells (Besag 1974), Poisson with noise allowed for, smoothing
  fitted by Laplace's approximation, 200 draws of every cell's rate, summed over the neighbourhood.

1. Known surfaces: false share of the list and share of true places found, all and outer London.
2. Held-out months of the newest real year: log score per place (odd months fit, even judge).

    python benchmarks/bench_ideas.py [--quick] [--redraws N]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from bench_entrenched import measured_dispersion
from grounds import london_cells
from scipy.sparse import csc_matrix, diags
from scipy.sparse.linalg import SuperLU, splu
from scipy.stats import nbinom
from surfaces import city, draw_months, robbery_by_month, say_where

from geo_safety.statistics import bayesian_false_discovery, context_of, posterior

LEVEL, ALPHA, PHI = 3.0, 0.05, 1.5
MEANS = (0.52, 0.17, 0.04)
DRIFT = 0.28
DRAWS, NEWTON_STEPS = 200, 12
DEPENDENCE = 0.99
"""Of a cell on those around it, below 1 so that the model is proper; the fitted smoothing matters, this hardly."""

STIFFNESS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="one redraw of one mean; figures mean nothing")
    arguments.add_argument("--redraws", type=int, default=5, help="of each mean")
    options = arguments.parse_args()
    say_where()
    known_surfaces(1 if options.quick else options.redraws, MEANS[1:2] if options.quick else MEANS)
    held_out()


# --- the ways -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What one way says of every neighbourhood: chance of the level, and log score of counts it has not seen."""

    probability: np.ndarray
    log_score: np.ndarray | None = None


def by_context(
    own: np.ndarray, phi: float, *, before: np.ndarray | None = None, residents: bool = False,
    later: np.ndarray | None = None,
) -> Answer:  # fmt: skip
    """The product's way, with one more covariate or none."""
    place = city()
    context = context_of(own, place.near, rings=[place.ring_2, place.ring_3_4], boroughs=place.borough, previous=before)
    if residents:
        people = place.near.sum(london_cells().residents)
        column = np.log((people + 100) / (people.mean() / place.width.mean() * place.width + 100))
        context = np.column_stack([context, column])
    fitted = posterior(place.near.sum(own), place.width, dispersion=phi, context=context)
    return Answer(fitted.probability(LEVEL), None if later is None else _score_of_bins(fitted, later, phi))


def _score_of_bins(fitted, later: np.ndarray, phi: float) -> np.ndarray:
    """Log probability of the neighbourhoods' later counts under the posterior over bins."""
    place, out = city(), np.full(len(later), np.nan)
    seen = place.near.sum(later)
    expected = place.width * seen.sum() / place.width.sum()
    for part in fitted.parts:
        chance = _chance(seen[part.zones][:, None], expected[part.zones][:, None] * part.grid.rates, phi)
        out[part.zones] = np.log((chance * part.weights[part.rows]).sum(axis=1))
    return out


def _chance(counts: np.ndarray, mean: np.ndarray, phi: float) -> np.ndarray:
    """Chance of a count with this mean and phi times the variance of Poisson's; never quite 0."""
    return np.maximum(nbinom.pmf(counts, mean / (phi - 1), 1 / phi), 1e-12)


class Car:
    """Cells that depend on those around them: log rate = level + a Gaussian field of precision s (D - 0.99 A)."""

    def __init__(self) -> None:
        near = city().near
        rows, columns = near.rows, near.indices
        edge = rows < columns
        self.one, self.other, self.n = rows[edge], columns[edge], near.n
        pairs = np.ones(len(self.one))
        adjacent = csc_matrix((pairs, (self.one, self.other)), shape=(self.n, self.n))
        self.degree = (near.sizes - 1).astype(float)
        self.structure = (diags(self.degree + 1e-3) - DEPENDENCE * (adjacent + adjacent.T)).tocsc()

    def fit(self, own: np.ndarray, phi: float, stiffness: float) -> tuple[float, np.ndarray, SuperLU]:
        """Log marginal likelihood by Laplace, the most likely log rate ratios, and the factor of their precision."""
        expected, prior = own.mean(), stiffness * self.structure
        field = np.zeros(self.n)
        level = 0.0
        for _ in range(NEWTON_STEPS):
            mean = expected * np.exp(level + field)
            weight = mean / phi
            factor = _factor(prior + diags(weight))
            step = factor.solve((own - mean) / phi - prior @ field)
            field = field + np.clip(step, -2, 2)
            level = np.log(own.sum() / (expected * np.exp(field)).sum())
            if np.abs(step).max() < 1e-4:
                break
        mean = expected * np.exp(level + field)
        factor = _factor(prior + diags(mean / phi))
        fit = (own * (level + field) - mean).sum() / phi - 0.5 * field @ (prior @ field)
        return fit + 0.5 * (_log_det(_factor(prior)) - _log_det(factor)), level + field, factor

    def stiffness(self, own: np.ndarray, phi: float) -> float:
        """The smoothing that makes the counts likeliest."""
        return max(STIFFNESS, key=lambda stiffness: self.fit(own, phi, stiffness)[0])

    def answer(
        self,
        own: np.ndarray,
        phi: float,
        stiffness: float,
        rng: np.random.Generator,
        *,
        later: np.ndarray | None = None,
    ) -> Answer:
        """Draw every cell's rate, and judge the neighbourhoods."""
        place = city()
        _, field, factor = self.fit(own, phi, stiffness)
        # Noise whose covariance is the precision: solving by the precision gives draws of the field.
        noise = np.zeros((self.n, DRAWS))
        between = np.sqrt(stiffness * DEPENDENCE) * rng.normal(size=(len(self.one), DRAWS))
        np.add.at(noise, self.one, between)
        np.subtract.at(noise, self.other, between)
        alone = stiffness * ((1 - DEPENDENCE) * self.degree + 1e-3) + own.mean() * np.exp(field) / phi
        noise += np.sqrt(alone)[:, None] * rng.normal(size=noise.shape)
        rates = np.exp(field[:, None] + factor.solve(noise))
        ratios = place.near.sum(rates / rates.mean(axis=0)) / place.width[:, None]
        score = None
        if later is not None:
            seen = place.near.sum(later)
            expected = place.width * seen.sum() / place.width.sum()
            score = np.log(_chance(seen[:, None], expected[:, None] * ratios, phi).mean(axis=1))
        return Answer((ratios >= LEVEL).mean(axis=1), score)


def _factor(matrix) -> SuperLU:
    return splu(csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def _log_det(factor: SuperLU) -> float:
    return float(np.log(np.abs(factor.U.diagonal())).sum())


# --- 1: known surfaces ----------------------------------------------------------------------------------------------


def known_surfaces(redraws: int, means: tuple[float, ...]) -> None:
    """Print false and found shares of each way's list on the smoothed robbery surface."""
    print(f"\n1. Known surfaces, {redraws} redraws each, dispersion {PHI:g}; percent\n")
    print(f"{'mean':>5} {'way':12}{'listed':>8}{'false':>7}{'found':>7} | outer: {'listed':>7}{'false':>7}{'found':>7}"
          f" |{'s a map':>8}")  # fmt: skip
    place, real, car = city(), robbery_by_month().sum(axis=1), Car()
    surface = np.maximum((real + place.near.sum(real) / place.width) / 2, 0.02)
    for mean in means:
        rates = surface * mean / surface.mean()
        truth = place.near.sum(rates) / place.width >= LEVEL * mean
        tallies: dict[str, list[tuple[np.ndarray, float]]] = {}
        stiffness = None
        for number in range(redraws):
            rng = np.random.default_rng([41, number, round(100 * mean)])
            months = draw_months(rates, dispersion=PHI, months=12, rng=rng)
            moved = rates * rng.lognormal(-np.log1p(DRIFT**2) / 2, np.sqrt(np.log1p(DRIFT**2)), len(rates))
            before = draw_months(moved, dispersion=PHI, months=1, rng=rng)[:, 0]
            own, phi = months.sum(axis=1), measured_dispersion(months)
            if stiffness is None:
                stiffness = car.stiffness(own, phi)
            for name, way in _ways(car, own, before, phi, stiffness, rng).items():
                start = time.process_time()
                listed = bayesian_false_discovery(way().probability, alpha=ALPHA)
                tallies.setdefault(name, []).append((listed, time.process_time() - start))
        for name, drawn in tallies.items():
            shares = []
            for among in (np.ones(len(truth), bool), ~place.is_inner):
                listed = np.array([(one & among).sum() for one, _ in drawn])
                right = np.array([(one & truth & among).sum() for one, _ in drawn])
                false = 100 * (1 - right.sum() / max(listed.sum(), 1))
                shares += [listed.mean(), false, 100 * right.mean() / (truth & among).sum()]
            seconds = np.mean([one for _, one in drawn])
            print(f"{mean:5} {name:12}{shares[0]:8.0f}{shares[1]:7.1f}{shares[2]:7.1f} |       {shares[3]:8.0f}"
                  f"{shares[4]:7.1f}{shares[5]:7.1f} |{seconds:8.1f}", flush=True)  # fmt: skip


def _ways(
    car: Car, own: np.ndarray, before: np.ndarray, phi: float, stiffness: float, rng: np.random.Generator
) -> dict[str, Callable[[], Answer]]:
    return {
        "context": partial(by_context, own, phi),
        "last year": partial(by_context, own, phi, before=before),
        "residents": partial(by_context, own, phi, residents=True),
        "CAR": partial(car.answer, own, phi, stiffness, rng),
    }


# --- 2: held-out months ---------------------------------------------------------------------------------------------


def held_out() -> None:
    """Print each way's log score of the even months, fitted on the odd ones, and its difference from the product's."""
    place, months = city(), robbery_by_month()
    year, before = months[:, 12:], months[:, :12].sum(axis=1)
    odd, even, phi = year[:, ::2].sum(axis=1), year[:, 1::2].sum(axis=1), measured_dispersion(year)
    car = Car()
    ways = {
        "context": by_context(odd, phi, later=even),
        "last year": by_context(odd, phi, before=before, later=even),
        "residents": by_context(odd, phi, residents=True, later=even),
        "both": by_context(odd, phi, before=before, residents=True, later=even),
        "CAR": car.answer(odd, phi, car.stiffness(odd, phi), np.random.default_rng(1), later=even),
    }
    base = ways["context"].log_score
    assert base is not None
    print(f"\n2. Real robbery, newest year, {odd.mean():.2f} a cell fit: log score per place of the even months\n")
    print(f"{'way':12}{'score':>9}{'better by':>11}{'+/-':>8} |{'inner':>9}{'outer':>9}")
    for name, one in ways.items():
        assert one.log_score is not None
        gain = one.log_score - base
        # Neighbourhoods overlap: seven of them share what they say.
        error = np.sqrt(7) * gain.std() / np.sqrt(len(gain))
        print(f"{name:12}{one.log_score.mean():9.4f}{gain.mean():11.4f}{error:8.4f} |"
              f"{one.log_score[place.is_inner].mean():9.4f}{one.log_score[~place.is_inner].mean():9.4f}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
