"""Do the probabilities hold on real London? The odd months fit, the even months judge.

Violence, ASB and robbery of 2025-05 to 2025-12. The event is one that can be seen: the even months show at least
three times their own mean in the neighbourhood. Its predictive probability, noise included, comes from the odd
months alone (the dispersion from all months). Bands of at least 300 places are bound to max(3 points, 2.5 standard
deviations with a design effect of 1.5).

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
    place, months = city(), tables[theme]
    odd, even = months[:, ::2].sum(axis=1), months[:, 1::2].sum(axis=1)
    measured = dispersion(place.near.sum(months)[near_level(place.ring_2.sum(odd), place.ring_2.sizes)])
    rings = [place.ring_2, place.ring_3_4]
    others = [table[:, ::2].sum(axis=1) for name, table in tables.items() if name != theme]
    print(f"\n{theme}: {odd.mean():.2f} incidents a cell fit, dispersion {measured:.2f}")
    kept = True
    for name, beside in (("context", []), ("context and other themes", others)):
        context = context_of(odd, place.near, rings=rings, boroughs=place.borough, others=beside)
        fitted = posterior(place.near.sum(odd), place.width, dispersion=measured, context=context)
        rate = place.near.sum(even).sum() / place.width.sum()
        stated = fitted.predictive(level=LEVEL, rate=rate, dispersion=measured)
        seen = place.near.sum(even) >= np.ceil(LEVEL * place.width * rate - 1e-9)
        kept &= _bands(name, stated, seen)
    return kept


def _bands(name: str, stated: np.ndarray, seen: np.ndarray) -> bool:
    inner = city().is_inner
    print(f"  {name}\n    {'zone':6} {'band':>10} {'places':>7} {'stated':>7} {'seen':>6} {'bound':>6}")
    kept = True
    for zone, among in (("all", np.ones(len(inner), bool)), ("inner", inner), ("outer", ~inner)):
        for low, high in _wide_enough(stated[among]):
            band = among & (stated >= low) & (stated < high)
            said, held = stated[band].mean(), seen[band].mean()
            noise = np.sqrt(DESIGN_EFFECT * (stated[band] * (1 - stated[band])).sum()) / band.sum()
            bound = max(0.03, 2.5 * noise)
            broken = abs(said - held) > bound
            kept &= not broken
            mark = "  BROKEN" if broken else ""
            print(
                f"    {zone:6} {low:4.2f}-{min(high, 1):4.2f} {band.sum():7} {said:7.3f} {held:6.3f} {bound:6.3f}{mark}"
            )
    return kept


def _wide_enough(stated: np.ndarray) -> list[tuple[float, float]]:
    """Bands joined upwards until each holds at least 300 places; what is left at the top joins the last."""
    ends = [BANDS[0]]
    for end in BANDS[1:]:
        if ((stated >= ends[-1]) & (stated < end)).sum() >= FEWEST:
            ends.append(end)
    ends[-1] = BANDS[-1]
    return list(pairwise(ends))


if __name__ == "__main__":
    main()
