"""Does a case file keep what it says? Schemes of known effect in Doggerland, and schemes that never were on London's wards.

Goals, for 95 % intervals: the truth in 90 to 98 %; no effect claimed in at most 5 %, false signals of the control chart in at most
5 % of years (and two standard deviations of so many schemes), also on wards; of 700 incidents, 60 % of which move, the move is
found in the ring four times in five.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from planted_schemes import Found, Scheme, draw, draw_case, judge, one_scheme, town
from surfaces import data_folder

from geo_safety.analysis import read_ground
from geo_safety.case_file import Case, Phase
from geo_safety.errors import GeoSafetyError
from geo_safety.impact.effect import FEWER, MORE, UNCLEAR, among_themes, effect_of
from geo_safety.impact.periods import periods_of
from geo_safety.impact.places import find_places, with_comparison
from geo_safety.impact.watch import watch
from geo_safety.pipeline import run

ASKED = (FEWER, MORE, UNCLEAR)
HEAD = (
    "condition", "schemes", "claimed", "ratio", "local", "moved", "total", "published", "in the ring", "signals", "check before"
)  # fmt: skip


def share(values) -> float:
    values = list(values)
    return float(np.mean(values)) if values else float("nan")


def line(name: str, found: list[Found], truth: float) -> dict[str, float]:
    """Shares of the schemes that were judged."""
    judged = [one for one in found if one.effect.verdict in ASKED]
    moves = [(one.effect.displacement, one) for one in judged]
    row = {
        "claimed": share(one.effect.verdict != UNCLEAR for one in judged),
        "ratio": share(one.effect.difference.low <= truth <= one.effect.difference.high for one in judged),
        "local": share(d.intervals.local[0] <= one.truth_local <= d.intervals.local[1] for d, one in moves),
        "moved": share(d.intervals.displaced[0] <= one.truth_displaced <= d.intervals.displaced[1] for d, one in moves),
        "total": share(
            d.intervals.total[0] <= one.truth_local + one.truth_displaced <= d.intervals.total[1] for d, one in moves
        ),
        "published": share(
            d.published.low <= one.truth_local + one.truth_displaced <= d.published.high for d, one in moves
        ),
        "in the ring": share(one.effect.ring_verdict == MORE for one in judged),
        "signals": share(one.watch.chart.is_signal[:12].any() for one in judged if one.watch.chart is not None),
        "check before": share(one.effect.trend.p <= 0.05 for one in judged),
    }
    print(
        "| " + " | ".join([name, str(len(judged)), *(f"{100 * value:.1f} %" for value in row.values())]) + " |",
        flush=True,
    )
    return row


def doggerland(schemes: int) -> list[str]:
    """Known effects, with and without drift; returns what missed its goal."""
    missed = []
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    allowed = 0.05 + 2 * np.sqrt(0.05 * 0.95 / schemes)
    for theme in ("violence", "robbery"):
        for scheme in (
            Scheme(),
            Scheme(drift=0.15),
            Scheme(0.4),
            Scheme(0.4, drift=0.15),
            Scheme(0.5, moved=0.8, drift=0.1),
        ):
            rng = np.random.default_rng(20)
            found = [one_scheme(rng, town(1 + number % 4), theme, scheme) for number in range(schemes)]
            name = (
                f"{theme}, {scheme.prevented:.0%} prevented, {scheme.moved:.0%} of it moved, drift {scheme.drift:.0%}"
            )
            row = line(name, found, 1 - scheme.prevented)
            missed += [
                f"{name}: {key} {row[key]:.1%}"
                for key in ("ratio", "local", "moved", "total")
                if not 0.9 <= row[key] <= 0.98
            ]
            if scheme.prevented == 0 and row["claimed"] > allowed:
                missed.append(f"{name}: claimed {row['claimed']:.1%}")
            if row["signals"] > allowed:
                missed.append(f"{name}: signals {row['signals']:.1%}")
    return missed


def displacement(schemes: int) -> list[str]:
    """Everything that is prevented moves to the ring: how often is it found there, by how much there is to be seen?"""
    print(
        "\n| incidents before (24 months) | prevented, all of it moved | fewer here | more in the ring | signal when it comes back |"
    )
    print("|---|---|---|---|---|")
    missed = []
    place = town(1)
    for least in (60, 200, 400, 700):
        for prevented in (0.4, 0.6):
            rng = np.random.default_rng(21)
            here, ring, back, before = [], [], [], []
            decides = least == 700 and prevented == 0.6
            for _ in range(4 * schemes if decides else schemes):
                case = draw_case(rng, place, "violence", 7, least=least)
                cube, _, _ = draw(rng, place, "violence", case, Scheme(prevented, 1.0, drift=0.05))
                effect, _, _ = judge(place, "violence", case, cube)
                cube, _, _ = draw(rng, place, "violence", case, Scheme(prevented, back=1 / (1 - prevented), drift=0.05))
                watched = judge(place, "violence", case, cube)[1]
                here.append(effect.verdict == FEWER)
                ring.append(effect.ring_verdict == MORE)
                back.append(watched.signal is not None)
                before.append(effect.counts.total("response")[0])
            print(
                f"| {np.median(before):.0f} | {prevented:.0%} | {share(here):.0%} | {share(ring):.0%} | {share(back):.0%} |",
                flush=True,
            )
            if decides and share(ring) < 0.8:
                missed.append(f"displacement of {prevented:.0%} at {least} incidents found in {share(ring):.0%}")
    return missed


def bad_years(schemes: int) -> None:
    """Places that were picked because they had just been at their worst, without any scheme."""
    rng = np.random.default_rng(22)
    place, found = town(1), []
    for _ in range(schemes):
        whole = draw_case(rng, place, "violence", 7)
        cube, _, _ = draw(rng, place, "violence", whole, Scheme(drift=0.15))
        case = draw_case(rng, place, "violence", 7, bad_year=True, counts=cube.incidents)
        found.append(judge(place, "violence", case, cube)[0])
    judged = [one for one in found if one.verdict in ASKED]
    fewer = share(one.verdict == FEWER for one in judged)
    print(f"\nPicked in a bad year, no scheme, drift 15 %: {len(judged)} judged, {fewer:.1%} seem to have worked.")


def wards_without_schemes(schemes: int) -> list[str]:
    """Wards and months of London drawn at random: nothing was done there, so every claim is false."""
    folder = data_folder()
    if folder is None:
        print("\nLondon's wards: no real data (set GEO_SAFETY_DATA).")
        return []
    with tempfile.TemporaryDirectory() as releases:
        release = run(folder / "wards-mps.toml", Path(releases), workers=2)
        ground = read_ground(release, "wards")
    missed = []
    print(
        "\n| London's wards 2010-2024, no scheme | judged | too few | claimed | whole in the published interval | drift | signals a year |"
    )
    print("|---|---|---|---|---|---|---|")
    for theme in ("violence", "robbery"):
        cube, width = ground.cubes[theme], ground.layer.surroundings.width
        months = np.flatnonzero(cube.has_data) + cube.first_month
        answered = ground.layer.zones.zone_id[cube.is_answered]
        rng = np.random.default_rng(23)
        verdicts, published, drifts, signals = [], [], [], []
        for _ in range(schemes):
            start = int(rng.integers(months[0] + 36, months[-1] - 23))
            phases = (Phase("clear", start, start + 5), Phase("hold", start + 6, start + 17))
            case = Case("none", np.empty(0, dtype=object), phases, zones=(str(rng.choice(answered)),))
            one = replace(ground, cubes={theme: cube})
            try:
                periods = periods_of(case, cube)
                places = with_comparison(find_places(case, one), case, one, cube, periods)
            except GeoSafetyError as error:
                sys.exit(str(error))
            (effect,) = among_themes([effect_of(places, cube, periods, width)])
            verdicts.append(effect.verdict)
            if effect.verdict in ASKED:
                published.append(effect.displacement.published.low <= 0 <= effect.displacement.published.high)
                drifts.append(np.sqrt(effect.noise.drift))
                chart = watch(places, cube, periods, effect.noise).chart
                signals += [] if chart is None else [bool(chart.is_signal[:12].any())]
        judged = [one for one in verdicts if one in ASKED]
        claimed = share(one != UNCLEAR for one in judged)
        print(
            f"| {theme} | {len(judged)} | {len(verdicts) - len(judged)} | {claimed:.1%} | {share(published):.0%} | "
            f"{np.median(drifts):.0%} | {share(signals):.1%} |", flush=True,
        )  # fmt: skip
        allowed = 0.05 + 2 * np.sqrt(0.05 * 0.95 / max(len(judged), 1))
        missed += [f"wards, {theme}: claimed {claimed:.1%}"] if claimed > allowed else []
        missed += [f"wards, {theme}: signals {share(signals):.1%}"] if share(signals) > allowed else []
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few schemes of each kind, to see that it runs")
    options = parser.parse_args()
    begun = time.process_time()
    schemes = 12 if options.quick else 240
    missed = doggerland(schemes)
    missed += displacement(schemes // 8 if options.quick else 40)
    bad_years(schemes // 2)
    missed += wards_without_schemes(schemes)
    print(f"\n{time.process_time() - begun:.0f} s of processor time.")
    for one in missed:
        print(f"missed: {one}")
    if missed and not options.quick:
        sys.exit(1)


if __name__ == "__main__":
    main()
