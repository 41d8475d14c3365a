"""Is this the area of the last release? Ids that stay, and what became of every area: birth, merge, split, end.

An area keeps its id as long as it shares at least half of its zones with itself in the release before, so
that lists, alerts and reports can name it for years. All is decided from the two releases alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

KEPT_FROM = 0.5
"""An area keeps its id where the zones of both releases' areas overlap (Jaccard) by at least this share."""

GREW_FROM = 0.5
"""An area grew out of an earlier one where they share at least this part of the smaller of the two."""

_READ = ("area_id", "theme", "name", "zones", "first_hot", "window_end")


@dataclass(frozen=True)
class KnownAreas:
    """The areas of the release before.

    Parameters
    ----------
    release_id, manifest_sha256 : str
        Which release it is: it counts as an input of the next one.
    areas : DataFrame
        Its areas in the columns of `schema.AREAS`.
    used_before : tuple of str
        Ids of still earlier areas, which are never given again.
    """

    release_id: str
    manifest_sha256: str
    areas: pd.DataFrame
    used_before: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Overlap:
    """Zones that an area of the release before (`old`) and one of this release (`new`, its row) share."""

    old: str
    new: int
    shared: int
    old_size: int
    new_size: int

    @property
    def jaccard(self) -> float:
        return self.shared / (self.old_size + self.new_size - self.shared)

    @property
    def of_smaller(self) -> float:
        return self.shared / min(self.old_size, self.new_size)


def follow(
    areas: Sequence[pd.DataFrame], before: KnownAreas | None, *, judged_themes: Sequence[str]
) -> tuple[list[pd.DataFrame], dict[str, Any]]:
    """Which areas lived before, under which id, and what became of the others?

    Parameters
    ----------
    areas : sequence of DataFrame
        One a theme, as `areas.join_hotspots` makes them; ids name the theme and the peak.
    before : KnownAreas, optional
        The release before; None where there is none.
    judged_themes : sequence of str
        Themes that this release could judge. Areas of other themes have not ended: they are unknown.

    Returns
    -------
    areas : list of DataFrame
        The same rows in the same order with `area_id`, `first_hot`, `predecessors` and `life` set. `predecessors`
        are the areas of the release before that this one grew out of, itself first where it kept its id.
        Without a release before, `predecessors` and `life` are null and `first_hot` is the window's last month.
    summary : dict
        What the manifest says: ids of births, merges, splits, changes and ends.

    Notes
    -----
    Pairs of one theme are taken from the largest overlap down (equal ones in the order of their ids) and an id
    is kept where the overlap is at least `KEPT_FROM`. A new id is theme and peak; where an earlier area had that
    id, `-2`, `-3` … follow it, so that no id ever means two areas.

    Examples
    --------
    The area lost one zone of three to nobody and grew by one:

    >>> import datetime as dt
    >>> def one(zones, month):
    ...     row = {"area_id": "asb-" + zones[0], "theme": "asb", "name": "x", "zones": zones, "first_hot": None}
    ...     return pd.DataFrame([{**row, "window_end": dt.date(2025, month, 1)}])
    >>> now, summary = follow([one("d;b;c", 4)], KnownAreas("r1", "0", one("a;b;c", 1)), judged_themes=["asb"])
    >>> now[0][["area_id", "first_hot", "life"]].values.tolist()
    [['asb-a', datetime.date(2025, 1, 1), 'kept']]
    """
    known = [frame for frame in areas if len(frame)]
    columns = [column for column in _READ if column != "first_hot"]
    together = pd.concat([pd.DataFrame(columns=columns), *(frame[columns] for frame in known)], ignore_index=True)
    lives = _live(together, before)
    ends = np.cumsum([0, *(len(frame) for frame in known)])
    lived = [
        frame.assign(
            **{name: pd.Series(values[start:end], index=frame.index, dtype=object) for name, values in lives.items()}
        )
        for frame, start, end in zip(known, ends[:-1], ends[1:], strict=True)
    ]
    return lived, _summary(lives, before, judged_themes)


def _live(areas: pd.DataFrame, before: KnownAreas | None) -> dict[str, np.ndarray]:
    """The columns that tell of the areas' past, one element an area."""
    if before is None:
        none = np.full(len(areas), None, dtype=object)
        ids, months = (areas[name].to_numpy(dtype=object) for name in ("area_id", "window_end"))
        return {"area_id": ids, "first_hot": months, "predecessors": none, "life": none}
    overlaps = list(_overlaps(before.areas, areas))
    kept = _kept(overlaps, areas)
    grown = [one for one in overlaps if one.of_smaller >= GREW_FROM]
    origins = [_origins(row, grown, kept) for row in range(len(areas))]
    heirs = Counter(old for from_ in origins for old in from_)
    first_hot = _first_hot(before.areas)
    taken = {*before.areas["area_id"], *before.used_before}
    rows = []
    for row, (area_id, month) in enumerate(zip(areas["area_id"], areas["window_end"], strict=True)):
        old = kept.get(row)
        rows.append({
            "area_id": _unused(area_id, taken) if old is None else old,
            "first_hot": month if old is None else first_hot[old],
            "predecessors": ";".join(origins[row]) or None,
            "life": _life(origins[row], heirs, has_kept_id=old is not None),
        })  # fmt: skip
    return {
        name: np.array([row[name] for row in rows], dtype=object)
        for name in ("area_id", "first_hot", "predecessors", "life")
    }


def _overlaps(old: pd.DataFrame, new: pd.DataFrame) -> Iterable[_Overlap]:
    """All pairs of one theme that share a zone. Areas of one theme and release share none among themselves."""
    zones_of = {area_id: zones.split(";") for area_id, zones in zip(old["area_id"], old["zones"], strict=True)}
    home = {
        (theme, zone): area_id
        for area_id, theme in zip(old["area_id"], old["theme"], strict=True)
        for zone in zones_of[area_id]
    }
    for row, (theme, text) in enumerate(zip(new["theme"], new["zones"], strict=True)):
        zones = text.split(";")
        shared = Counter(home[theme, zone] for zone in zones if (theme, zone) in home)
        for area_id, count in shared.items():
            yield _Overlap(area_id, row, count, len(zones_of[area_id]), len(zones))


def _kept(overlaps: Iterable[_Overlap], areas: pd.DataFrame) -> dict[int, str]:
    """Row of each area that keeps an id → the id."""
    ids = areas["area_id"].tolist()
    kept: dict[int, str] = {}
    for one in sorted(overlaps, key=lambda pair: (-pair.jaccard, pair.old, ids[pair.new])):
        if one.jaccard >= KEPT_FROM and one.new not in kept and one.old not in kept.values():
            kept[one.new] = one.old
    return kept


def _origins(row: int, grown: Sequence[_Overlap], kept: Mapping[int, str]) -> list[str]:
    """Earlier areas that a new one grew out of: itself first, then the others in the order of their ids."""
    return sorted({one.old for one in grown if one.new == row}, key=lambda old: (old != kept.get(row), old))


def _first_hot(old: pd.DataFrame) -> dict[str, Any]:
    """Since when each earlier area is known; releases that did not say so count from their own window."""
    return dict(zip(old["area_id"], old["first_hot"].where(old["first_hot"].notna(), old["window_end"]), strict=True))


def _unused(area_id: str, taken: set[str]) -> str:
    name, number = area_id, 1
    while name in taken:
        number += 1
        name = f"{area_id}-{number}"
    return name


def _life(origins: Sequence[str], heirs: Mapping[str, int], *, has_kept_id: bool) -> str:
    if not origins:
        return "birth"
    if len(origins) > 1:
        return "merge"
    if heirs[origins[0]] > 1:
        return "split"
    return "kept" if has_kept_id else "changed"


def _summary(
    lived: Mapping[str, np.ndarray], before: KnownAreas | None, judged_themes: Sequence[str]
) -> dict[str, Any]:
    rules = {"kept_from": KEPT_FROM, "grew_from": GREW_FROM}
    if before is None:
        return {"compared_with": None, "rules": rules, "used_before": []}
    old = before.areas.sort_values("area_id")
    # Plain lists: a frame would turn what is absent into a number.
    new = sorted(zip(*(lived[name].tolist() for name in ("area_id", "predecessors", "life")), strict=True))
    came_from = {area_id: text.split(";") if text else [] for area_id, text, _ in new}
    lives = {area_id: life for area_id, _, life in new}
    into = {name: [area_id for area_id, from_ in came_from.items() if name in from_] for name in old["area_id"]}
    gone = old[~old["area_id"].isin(came_from)]
    ended = gone[gone["theme"].isin(list(judged_themes))]
    first_hot = _first_hot(before.areas)
    return {
        "compared_with": before.release_id,
        "compared_with_manifest_sha256": before.manifest_sha256,
        "rules": rules,
        "lives": dict(sorted(Counter(lives.values()).items())),
        "births": [area_id for area_id, life in lives.items() if life == "birth"],
        "merges": [{"area_id": area_id, "from": came_from[area_id]} for area_id in lives if lives[area_id] == "merge"],
        "splits": [{"area_id": name, "into": into[name]} for name in into if len(into[name]) > 1],
        "changed": [
            {"area_id": area_id, "from": came_from[area_id]} for area_id in lives if lives[area_id] == "changed"
        ],
        "ended": [
            {"area_id": area_id, "name": name, "first_hot": str(first_hot[area_id])[:7], "into": into[area_id]}
            for area_id, name in zip(ended["area_id"], ended["name"], strict=True)
        ],
        "not_judged": sorted(gone.loc[~gone["theme"].isin(list(judged_themes)), "area_id"]),
        # Never given again: neither those that have ended nor those of themes that could not be judged this time.
        "used_before": sorted({*gone["area_id"], *before.used_before}),
    }
