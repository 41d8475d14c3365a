"""What stands beside the counts of a transport brief: hours, what people say, light and sight, road harm, and a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geo_safety.case_file import Case, Phase
from geo_safety.errors import GeoSafetyError
from geo_safety.packs.basis import Basis, label, months_in_caption, noun
from geo_safety.packs.content import BOARD_DECIDES, Blank, Cell, Form, Part, Section, Table, Words
from geo_safety.packs.figures import counted, interval, listed, share
from geo_safety.packs.scope import Scope

ROADS, WALKS = "road-harm-clusters", "wsa-shortlist"
SHOWN = 20
"""Rows that a page shows of a list; the workbook has all."""

TRIAL_STOPS = 12
"""Clusters that a trial of stops is designed for at most."""

OPERATOR_HOLDS = "Held by the operator; to be filled in by hand."

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Theme → rows of a layer."""


def times_section(stops: Rows, roads: Sequence[Mapping[str, Any]]) -> Section:
    """Hours where a source has them; else that it has none."""
    rows: list[tuple[Cell, ...]] = [
        (row["name"], label(theme), counted(row["incidents_band"]), row["incidents_night"])
        for theme, ones in (*stops.items(), ("road_harm", roads))
        for row in ones
        if row["has_hours"] and row["incidents_night"]
    ]
    timed = {theme for theme, ones in (*stops.items(), ("road_harm", roads)) for row in ones if row["has_hours"]}
    parts: list[Part] = []
    silent = [noun(theme).lower() for theme, ones in stops.items() if theme not in timed and ones]
    if silent:
        parts.append(Words(f"No time of day in this source: {listed(silent)}."))
    if rows:
        rows.sort(key=lambda row: (-int(str(row[3])), str(row[0])))
        parts.append(
            Table(
                "Night",
                "Between 22:00 and 06:00",
                ("Place", "Theme", "Incidents", "At night"),
                tuple(rows),
                shown=SHOWN,
            )
        )
    parts.append(Blank("Times of day and days of the week", "Police and operators hold them; only partners may have them. To be filled in by hand.", "times", 2, key="times"))  # fmt: skip
    return Section("Times", ("times",), tuple(parts))


def perception_section(basis: Basis, scope: Scope) -> Section:
    """What people say of places in the scope, and which of them are on the list for a walk."""
    near = _walks(basis, scope)
    known = tuple((row["name"], row["type"], f"higher than {row['part_perception']:.0f} of 100 places") for row in near
                  if row["part_perception"] is not None)  # fmt: skip
    parts: list[Part] = []
    if known:
        parts.append(Table("Perception", "Where more people said that they do not feel safe", ("Place", "Type", "Among all places"), known, shown=SHOWN))  # fmt: skip
    else:
        parts.append(Words("No survey and no report of a feeling is in this release. Silence is not a finding."))
    parts.append(Blank("What passengers and staff say", "Held by the operator and by those who travel; to be asked, and filled in by hand.", "perception", 3, key="perception"))  # fmt: skip
    listed_ = tuple((row["name"], row["type"], row["rank"], interval(row["rank_low"], row["rank_high"], 0)) for row in near
                    if row["is_listed"] and row["rank"] is not None)  # fmt: skip
    if listed_:
        parts.append(Table("Places to walk", "Places on the list for a Women's Safety Audit", ("Place", "Type", "Rank", "Rank under other weights"), listed_))  # fmt: skip
    return Section("Perception", ("perception",), tuple(parts))


def _walks(basis: Basis, scope: Scope) -> list[dict[str, Any]]:
    return scope.holds(basis.rows(WALKS, "vawg_ps")) if basis.has(WALKS, "vawg_ps") else []


def on_the_ground_section(basis: Basis, scope: Scope) -> Section:
    """Street lights where they are listed; staff, cameras and lines of sight are others' to tell."""
    lit = tuple(sorted(
        ((row["name"], row["lamps_within_100m"], row["stops_within_150m"], row["uses_within_150m"])
         for row in _walks(basis, scope) if row["type"] in ("station approach", "bus node") and row["lamps_within_100m"] is not None),
        key=lambda row: (row[1], row[0]),
    ))  # fmt: skip
    parts: list[Part] = []
    if lit:
        parts.append(Table("Lighting", "Street lights at stations and bus nodes, fewest first; a number of lamps, not how bright it is",
                           ("Place", "Lights within 100 m", "Stops within 150 m", "Uses within 150 m"), lit, shown=SHOWN))  # fmt: skip
    else:
        parts.append(Words("No list of street lights covers this scope. That is no finding about lighting."))
    parts += [
        Blank(
            "Lighting: how bright, what is broken",
            "Held by the borough and the operator; to be filled in by hand.",
            "lighting",
            2,
            key="lighting",
        ),
        Blank("Staffing: where, when, how many", OPERATOR_HOLDS, "staffing", 2, key="staffing"),
        Blank("Cameras and help points: where, and who watches", OPERATOR_HOLDS, "cctv", 2, key="cctv"),
        Blank(
            "Lines of sight: blind corners, who sees whom",
            "To be seen on the spot; to be filled in by hand.",
            "sight",
            2,
            key="sight",
        ),
    ]
    return Section("On the ground", ("lighting", "staffing", "cctv", "sight"), tuple(parts))


def road_harm_section(basis: Basis, roads: Sequence[Mapping[str, Any]]) -> Section:
    """Places of road harm, beside crime and never added to it."""
    if not basis.has(ROADS):
        why = "The release has no collisions with their severity."
        return Section("Road harm beside it", ("road_harm",), (Blank("Road harm", why, "road_harm", 2),))
    rows = tuple(
        (row["name"], counted(row["incidents_band"]), row["months"], _share(row["chance_share"]),
         listed([label(one).lower() for one in (row["also_listed"] or "").split(";") if one]))
        for row in sorted(roads, key=lambda row: (-(row["incidents"] or 0), row["name"]))
    )  # fmt: skip
    head = (
        "Place",
        "Collisions that killed or seriously injured",
        "Months",
        "Would be made by chance",
        "Also on the list of",
    )
    parts = (
        Words(
            "Road harm stands beside crime and is never added to it. The last column says on whose lists the place is too."
        ),
        Table(
            "Road harm",
            f"Places with at least three such collisions within 100 m{months_in_caption(roads)}",
            head,
            rows,
            shown=SHOWN,
        ),
    )
    return Section("Road harm beside it", ("road_harm",), parts)


def _share(value: float | None) -> str | None:
    return None if value is None else f"{share(value)} of such places"


def options_section() -> Section:
    """Room for what could be done, and by whom."""
    form = Form("Options and owners.", ("Place", "What could be done", "Owner (organisation)", "By when", "How it will be judged"),
                ("",) * 6, BOARD_DECIDES, "options")  # fmt: skip
    return Section("Options and owners", ("options",), (form,), starts_page=True)


def trial_section(basis: Basis, scope: Scope, stops: Rows) -> Section:
    """A trial at the listed stops: what could be seen, from months before it begins."""
    theme, chosen = _treated(basis, stops)
    after = Form("Trial design.", ("What", "Decided"), ("Treated places, and how they were chosen", "Comparison places", "First month",
                 "Months before and after", "What counts as success", "Who judges it, and when"), BOARD_DECIDES, "trial")  # fmt: skip
    rule = Words(
        "Choose comparison places before the trial begins, write down what counts as success, and let the same months judge both. "
        "`geo-safety impact` takes the places as a file and judges them.",
        is_note=True,
    )
    if not chosen:
        said = "No cluster of stops in this scope is at three times the mean: there is no obvious place for a trial."
        return Section("Trial design", ("trial",), (Words(said), after, rule))
    case = Case(
        name=f"Stops of {scope.name}",
        shapes=np.array([row["geometry"].centroid for row in chosen], dtype=object),
        phases=(Phase("start", basis.last_month + 1, None),),
        themes=(theme,),
        is_set=len(chosen) > 1,
    )
    try:
        document = basis.judge(case).document
    except GeoSafetyError as error:
        return Section(
            "Trial design",
            ("trial",),
            (Blank("What could be seen", f"Not to be told: {error}", "trial", 2), after, rule),
        )
    parts = (
        Words(
            f"If something were done at the {len(chosen)} busiest listed clusters for {noun(theme).lower()} "
            f"({listed([row['name'] for row in chosen])}): {document['answer']['what_could_be_seen'][0].lower()}"
            f"{document['answer']['what_could_be_seen'][1:]}"
        ),
        Table("Comparison", "Places like them before, at least 1 km away, the most alike first", ("Place", "Zones"),
              tuple((one["name"], one["zones"]) for one in document["comparison"]["areas"]), shown=10),
        after,
        rule,
    )  # fmt: skip
    return Section("Trial design", ("trial",), parts)


def _treated(basis: Basis, stops: Rows) -> tuple[str, list[Mapping[str, Any]]]:
    """The theme with most listed clusters, and the busiest of them."""
    listed_ = {
        theme: [row for row in ones if row["is_hotspot"]]
        for theme, ones in stops.items()
        if theme in basis.view.recounted_themes
    }
    theme = max(listed_, key=lambda one: (len(listed_[one]), one), default="")
    rows = sorted(listed_.get(theme, []), key=lambda row: (-(row["ratio"] or 0), row["cluster_id"]))
    return theme, rows[:TRIAL_STOPS]
