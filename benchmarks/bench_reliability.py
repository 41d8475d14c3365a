"""Do the probabilities hold on real London? The odd months fit and the even months judge, then the other way round.

Violence, ASB and robbery of 2025-05 to 2025-12. The event is one that can be seen: the months that judge show at least
three times their own mean in the neighbourhood. Its predictive probability, noise included, comes from the months
that fit alone (the dispersion from all months). Bands of at least 300 places are bound to max(3 points, 2.5 standard
deviations with a design effect of 1.5). The bound is on both ways together, as in every release: judging each place
twice earns no tighter bound, and a half of the year that is more concentrated than the other (a season, and no fault
of the probabilities) cancels. Each way by itself is printed beside, marked where it leaves the same bound.

    python benchmarks/bench_reliability.py [--quick]
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise

import numpy as np
from surfaces import city, data_folder, hex_counts, robbery_by_month, say_where

from geo_safety.statistics import context_of, dispersion, near_level, posterior

LEVEL, FEWEST, DESIGN_EFFECT = 3, 300, 1.5
ODD, EVEN = slice(0, None, 2), slice(1, None, 2)
BANDS = (0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0001)
THEMES = {"violence": "Violence and sexual offences", "asb": "Anti-social behaviour", "robbery": "Robbery"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="robbery only")
    themes = ["robbery"] if arguments.parse_args().quick else list(THEMES)
    say_where()
    if data_folder() is None:
        tables, themes = {"robbery": robbery_by_month()[:, -8:]}, ["robbery"]
    else:
        tables = {theme: hex_counts(category) for theme, category in THEMES.items()}
    kept = all([_theme(theme, tables) for theme in themes])  # noqa: C419  (every theme is printed)
    print(f"\n{'All bounds kept' if kept else 'SOME BOUNDS BROKEN'}")
    sys.exit(0 if kept else 1)


def _theme(theme: str, tables: dict[str, np.ndarray]) -> bool:
    months = tables[theme]
    print(f"\n{theme}: {months[:, ODD].sum(axis=1).mean():.2f} incidents a cell fit")
    kept = True
    for name, others in (("context", []), ("context and other themes", [one for one in tables if one != theme])):
        ways = [_judged(theme, tables, others, fit, judge) for fit, judge in ((ODD, EVEN), (EVEN, ODD))]
        totals = ", ".join(f"{stated.sum():,.0f} places foretold, {seen.sum():,} seen" for stated, seen in ways)
        print(f"  {name}: {totals} (the other way round)")
        kept &= _bands(*(np.stack(parts) for parts in zip(*ways, strict=True)))
    return kept


def _judged(
    theme: str, tables: dict[str, np.ndarray], others: list[str], fit: slice, judge: slice
) -> tuple[np.ndarray, np.ndarray]:
    """Predictive probability of the event, and whether it came."""
    place, months = city(), tables[theme]
    early, late = months[:, fit].sum(axis=1), months[:, judge].sum(axis=1)
    measured = dispersion(place.near.sum(months)[near_level(place.ring_2.sum(early), place.ring_2.sizes)])
    rings, beside = [place.ring_2, place.ring_3_4], [tables[one][:, fit].sum(axis=1) for one in others]
    context = context_of(early, place.near, rings=rings, boroughs=place.borough, others=beside)
    fitted = posterior(place.near.sum(early), place.width, dispersion=measured, context=context)
    rate = place.near.sum(late).sum() / place.width.sum()
    stated = fitted.predictive(level=LEVEL, rate=rate, dispersion=measured)
    return stated, place.near.sum(late) >= np.ceil(LEVEL * place.width * rate - 1e-9)


def _bands(stated: np.ndarray, seen: np.ndarray) -> bool:
    """Print every band; arrays have a row for each way."""
    inner, kept, ways = city().is_inner, True, len(stated)
    print(f"    {'zone':6} {'band':>10} {'places':>7} {'stated':>7} {'seen':>6} {'bound':>6}   each way: seen - stated")
    for zone, among in (("all", np.ones(len(inner), bool)), ("inner", inner), ("outer", ~inner)):
        for low, high in _wide_enough(stated[:, among].ravel(), fewest=ways * FEWEST):
            band = among & (stated >= low) & (stated < high)
            said, held = stated[band].mean(), seen[band].mean()
            noise = np.sqrt(ways * DESIGN_EFFECT * (stated[band] * (1 - stated[band])).sum()) / band.sum()
            bound = max(0.03, 2.5 * noise)
            each = [seen[way, band[way]].mean() - stated[way, band[way]].mean() for way in range(ways)]
            broken = abs(said - held) > bound
            kept &= not broken
            print(
                f"    {zone:6} {low:4.2f}-{min(high, 1):4.2f} {band.sum() // ways:7} {said:7.3f} {held:6.3f} {bound:6.3f}  "
                + " ".join(f"{one:+.3f}{'*' if abs(one) > bound else ' '}" for one in each)
                + ("  BROKEN" if broken else "")
            )
    return kept


def _wide_enough(stated: np.ndarray, *, fewest: int) -> list[tuple[float, float]]:
    """Bands joined upwards until each holds enough judgements; what is left at the top joins the last."""
    ends = [BANDS[0]]
    for end in BANDS[1:]:
        if ((stated >= ends[-1]) & (stated < end)).sum() >= fewest:
            ends.append(end)
    ends[-1] = BANDS[-1]
    return list(pairwise(ends))


if __name__ == "__main__":
    main()
