"""The tables of docs/results: what the real configs give, written between the marks of each page.

    python benchmarks/real_results.py            # run the five configs and renew the tables (some five minutes)
    python benchmarks/real_results.py --check    # say which tables would change, and leave with exit code 1 if any
    python benchmarks/real_results.py dialects   # only this page

Real data are read from `../shared/data` or the folder in GEO_SAFETY_DATA. Figures of releases are the open ones.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from surfaces import data_folder

from geo_safety import statistics
from geo_safety.counted import Counted
from geo_safety.entrenchment import History, judge_history
from geo_safety.history import HistoryReader
from geo_safety.hotspots import HotspotRules, Judgement, Surroundings, find_hotspots
from geo_safety.layers import make_layer
from geo_safety.manifest import METHOD_VERSION
from geo_safety.pipeline import count, run, theme_counts
from geo_safety.release import Release
from geo_safety.settings import read_settings

PAGES = Path(__file__).resolve().parents[1] / "docs" / "results"
MARK = re.compile(r"(<!-- table: ([a-z0-9-]+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)
DIALECTS = ("strict", "arcgis3", "arcgis2", "sfdep")
JULY_2022 = (2022 - 1970) * 12 + 6
WORKSHOP = tempfile.TemporaryDirectory(prefix="real-results-")
"""Where the releases are made; it goes when the script ends."""

FROM = 2017
"""First year whose second half has twelve months of points before it."""


@cache
def release_of(name: str) -> Release:
    """A config's release, made once."""
    return run(_data() / f"{name}.toml", Path(WORKSHOP.name) / name)


@dataclass(frozen=True)
class Told:
    """One theme on one layer: all that is known of it, and where its zones lie."""

    layer: str
    history: History
    surroundings: Surroundings
    rules: HotspotRules


@cache
def counted_of(name: str) -> Counted:
    """What a config reads and counts."""
    return count(read_settings(_data() / f"{name}.toml"))


@cache
def histories_of(name: str) -> tuple[Told, ...]:
    """The history of every theme on every layer, as a run gathers it."""
    counted = counted_of(name)
    layers, rules = counted.place.layers, counted.settings.hotspots
    judged: dict[str, dict[str, Judgement]] = {}
    found = []
    for zones in layers.values():
        layer = make_layer(zones, counted.place.study, wards=layers.get("wards"), boroughs=layers.get("boroughs"))
        counts = [theme_counts(one, counted.cubes[zones.layer, one.theme], counted) for one in counted.coverages]
        judged[zones.layer] = find_hotspots(counts, layer.surroundings, rules=rules)
        reader = HistoryReader(layer, counted, judged)
        found += [
            Told(zones.layer, reader.read(one, judgement), layer.surroundings, rules)
            for one in counted.coverages
            if (judgement := judged[zones.layer][one.theme]).why_not is None
        ]
    return tuple(found)


def _data() -> Path:
    folder = data_folder()
    if folder is None:
        sys.exit("There are no real data: set GEO_SAFETY_DATA to the folder that holds them.")
    return folder


# --- tables ---------------------------------------------------------------------------------------------------------


def entrenched_wards() -> str:
    """The wards with entrenched violence, the surest first."""
    wards = release_of("wards-mps").table("wards", theme="violence").to_pandas()
    boroughs = release_of("wards-mps").table("boroughs", theme="violence").to_pandas()
    wards["borough"] = wards["borough_code"].map(boroughs.set_index("zone_id")["name"])
    listed = wards[wards["is_entrenched"] == True]  # noqa: E712 - null is not listed
    listed = listed.sort_values(["borough", "name"])
    return _markdown(
        ("Borough", "Ward", "Class", "Stability", "Hot steps", "Sure of entrenched", "Times London's rate now (90 %)"),
        (
            (
                row["borough"], row["name"], row["class"], _stability(row["stability"]),
                f"{row['steps_hot']:.0f} of {row['steps']:.0f}", _percent(row["entrenched_probability"]),
                f"{row['ratio']:.1f} ({row['ratio_low']:.1f}-{row['ratio_high']:.1f})",
            )
            for _, row in listed.iterrows()
        ),
    )  # fmt: skip


def ward_summary() -> str:
    """How many wards of each theme are listed, of which class and tier, how stably."""
    rows = []
    release = release_of("wards-mps")
    for theme in release.themes:
        wards = release.table("wards", theme=theme).to_pandas()
        summary = release.manifest["themes"][theme]["layers"]["wards"]
        listed = wards[wards["is_entrenched"] == True]  # noqa: E712
        bands = pd.cut(listed["stability"].astype(float), [-1, 0.6, 0.8, 2], right=False).value_counts(sort=False)
        unstable, likely, stable = bands.tolist()
        rows.append(
            (theme, int(wards["class"].notna().sum()), summary["steps"], len(listed),
             _percent(summary["entrenched_error_share"], digits=1), stable, likely, unstable,
             _together(summary["tiers"]))
        )  # fmt: skip
    return _markdown(
        ("Theme", "Wards judged", "Steps", "Entrenched", "Expected errors", "Class stable (≥ 80 %)", "likely", "unstable",
         "Tiers (all wards)"), rows)  # fmt: skip


def burglary_confirmed() -> str:
    """What the ward counts confirmed, layer by layer, and what would have been listed without them."""
    rows = []
    for told in histories_of("london-burglary"):
        confirmed = told.history.is_confirmed
        if told.layer == "boroughs" or confirmed is None:
            continue
        found = judge_history(told.history, told.surroundings, rules=told.rules).table
        freely = judge_history(replace(told.history, points_moved=False), told.surroundings, rules=told.rules).table
        listed, would = (table["is_entrenched"].to_numpy() == True for table in (found, freely))  # noqa: E712
        tiers = found["tier"].value_counts()
        rows.append(
            (told.layer, len(found), int(would.sum()), int((would & confirmed).sum()), int(listed.sum()),
             int(tiers.get("A", 0)), int(tiers.get("B", 0)), int(tiers.get("C", 0)))
        )  # fmt: skip
    return _markdown(
        ("Layer", "Zones", "Entrenched if points had not moved", "of these confirmed", "Entrenched", "Tier A", "Tier B",
         "Tier C (emerging)"), rows)  # fmt: skip


def burglary_points() -> str:
    """Whether incidents still lie on the map points that were in use in the year before."""
    feed = counted_of("london-burglary").feeds[0]
    incidents = feed.incidents
    assert incidents is not None
    places = np.round(np.stack([incidents.longitude, incidents.latitude], axis=1), 6)
    _, point = np.unique(places, axis=0, return_inverse=True)

    def points(first: int, months: int) -> tuple[np.ndarray, np.ndarray]:
        """Map point and number of burglaries of each row: equal rows may have been added up."""
        keep = (incidents.month >= first) & (incidents.month < first + months) & (incidents.location >= 0)
        return point[incidents.location[keep]], incidents.weight[keep]

    rows = []
    for year in range(FROM, 2023):
        july = JULY_2022 - 12 * (2022 - year)
        after, burglaries = points(july, 6)
        known = np.isin(after, points(july - 12, 12)[0])
        share = burglaries[known].sum() / burglaries.sum()
        rows.append((f"July to December {year}", f"{burglaries.sum():,.0f}", _percent(share, digits=1)))
    return _markdown(("Half-year", "Burglaries with a place", "at a map point in use in the 12 months before"), rows)


def burglary_change() -> str:
    """Relative change of busy places from the first to the second half of each year, noise taken off."""
    wanted = (
        ("single cells (r9)", "cells-r9", False),
        ("neighbourhoods (r9)", "cells-r9", True),
        ("single cells (r8)", "cells-r8", False),
        ("wards", "wards", False),
    )
    told = {one.layer: one for one in histories_of("london-burglary")}
    rows = []
    for name, layer, together in wanted:
        one = told[layer]
        near = one.surroundings.neighbourhood
        cells = []
        for year in range(FROM - 1, 2023):
            first = JULY_2022 - 12 * (2022 - year) - 6 - one.history.first_month
            halves = [one.history.monthly[:, first + 6 * k : first + 6 * k + 6].sum(axis=1) for k in (0, 1)]
            width = one.surroundings.width
            if together:
                halves, width = [near.sum(np.nan_to_num(half)) for half in halves], near.sum(width)
            moved = statistics.drift(*halves, width, level=3, dispersion=one.history.dispersion, typical=0.2)
            cells.append(_percent(max(moved.cv2, 0.0) ** 0.5))
        rows.append((name, *cells))
    return _markdown(("Busy places", *(f"{year}" for year in range(FROM - 1, 2023))), rows)


def city_classes() -> str:
    """The city's classes by theme and layer."""
    release = release_of("city")
    rows = [
        (theme, layer, summary["steps"], _together(summary["classes"]), summary["entrenched"])
        for theme in release.themes
        for layer, summary in release.manifest["themes"][theme]["layers"].items()
        if layer != "boroughs"
    ]
    return _markdown(("Theme", "Layer", "Judged steps", "Zones by class", "Entrenched"), rows)


def city_gaps() -> str:
    """What the city's zones are told beside their figures."""
    release = release_of("city")
    return _markdown(("Theme", "What every ward's `caution` says"), _cautions(release))


def too_short() -> str:
    """What themes whose series is too short are told."""
    rows = []
    for name in ("london-robbery", "london-2025"):
        rows += [(f"`{name}.toml`", *row) for row in _cautions(release_of(name))]
    return _markdown(("Config", "Theme", "What every ward's `caution` says"), rows)


def dialect_shares() -> str:
    """Which share of zones has another class than in our own dialect."""
    rows = []
    for name, layer, theme, classes in _classes_by_dialect():
        strict = classes["strict"]
        ever = strict != "none"
        rows.append(
            (f"`{name}.toml`", layer, theme, len(strict), int(ever.sum()),
             *(_share((classes[other] != strict).sum(), ever.sum()) for other in DIALECTS[1:]),
             _share((classes["cube"] != strict).sum(), (ever | (classes["cube"] != "none")).sum()))
        )  # fmt: skip
    return _markdown(
        ("Config", "Layer", "Theme", "Zones", "Ever hot", "arcgis3 differs", "arcgis2 differs", "sfdep differs",
         "strict, whole cube differs"), rows)  # fmt: skip


def dialect_pairs() -> str:
    """From which class to which: every combination of the four dialects that does not agree."""
    rows = []
    for name, layer, theme, classes in _classes_by_dialect():
        table = pd.DataFrame({dialect: classes[dialect] for dialect in DIALECTS}).value_counts().reset_index()
        differs = table[table[list(DIALECTS)].ne(table["strict"], axis=0).any(axis=1)]
        differs = differs.sort_values(["count", *DIALECTS], ascending=[False] + [True] * len(DIALECTS))
        rows += [(f"`{name}.toml`", layer, theme, *row) for row in differs.itertuples(index=False)]
    return _markdown(("Config", "Layer", "Theme", *DIALECTS, "Zones"), rows)


@cache
def _classes_by_dialect() -> tuple[tuple[str, str, str, Mapping[str, np.ndarray]], ...]:
    found = []
    for name, layers in (("wards-mps", {"wards"}), ("london-burglary", {"wards", "cells-r9"})):
        for told in histories_of(name):
            if told.layer not in layers:
                continue
            rules = {dialect: replace(told.rules, dialect=dialect) for dialect in DIALECTS}
            rules["cube"] = replace(told.rules, global_window="cube")
            tables = {key: judge_history(told.history, told.surroundings, rules=one) for key, one in rules.items()}
            known = tables["strict"].table["class"].notna().to_numpy()
            classes = {key: one.table["class"].to_numpy()[known] for key, one in tables.items()}
            found.append((name, told.layer, told.history.theme, classes))
    return tuple(found)


def version() -> str:
    """Under which rules the page's tables were made."""
    return f"Method version {METHOD_VERSION}.\n"


# --- words ----------------------------------------------------------------------------------------------------------


def _cautions(release: Release) -> Iterator[tuple[str, str]]:
    for theme in release.themes:
        said = release.table("wards", theme=theme).to_pandas()["caution"].fillna("nothing").unique().tolist()
        yield theme, min(said, key=len)


def _together(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items()) or "none"


def _stability(share: float) -> str:
    word = "stable" if share >= 0.8 else "likely" if share >= 0.6 else "unstable"
    return f"{word} ({_percent(share)})"


def _share(part: float, whole: float) -> str:
    return f"{part:,.0f} ({_percent(part / whole)})"


def _percent(share: float, *, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def _markdown(head: Sequence[str], rows: Iterator[Sequence[Any]] | Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


TABLES: Mapping[str, Callable[[], str]] = {
    "version": version,
    "entrenched-wards": entrenched_wards,
    "ward-summary": ward_summary,
    "burglary-confirmed": burglary_confirmed,
    "burglary-points": burglary_points,
    "burglary-change": burglary_change,
    "city-classes": city_classes,
    "city-gaps": city_gaps,
    "too-short": too_short,
    "dialect-shares": dialect_shares,
    "dialect-pairs": dialect_pairs,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 where a table would change"
    )
    pages = {page.stem: page for page in sorted(PAGES.glob("*.md"))}
    arguments.add_argument("page", nargs="*", help=f"some of {', '.join(pages)}; all where none is named")
    asked = arguments.parse_args()
    if unknown := set(asked.page) - set(pages):
        arguments.error(f"there is no page {', '.join(sorted(unknown))}")
    changed = []
    for page in (pages[name] for name in asked.page or pages):
        before = page.read_text(encoding="utf-8")
        after = MARK.sub(lambda mark: mark[1] + TABLES[mark[2]]() + mark[3], before)
        if after != before:
            changed.append(page.name)
            if not asked.check:
                page.write_text(after, encoding="utf-8")
        print(f"{page.name}: {'changed' if after != before else 'as it was'}", flush=True)
    if asked.check and changed:
        sys.exit(f"These pages no longer say what the data give: {', '.join(changed)}. Run it without --check.")


if __name__ == "__main__":
    main()
