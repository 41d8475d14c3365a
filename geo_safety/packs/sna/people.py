"""Who lives and is there, kinds of harm, health, and what only the partnership knows."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from geo_safety.packs.basis import noun
from geo_safety.packs.content import (
    BOARD_DECIDES,
    PARTNERS_HOLD,
    Blank,
    Form,
    Part,
    Section,
    Table,
    Words,
    facts,
)
from geo_safety.packs.figures import listed, number, share
from geo_safety.packs.sna.borough import Borough
from geo_safety.packs.sna.level import (
    WHAT,
    compared_themes,
    count,
    interval_of,
    points_of_definition,
    told_columns,
)
from geo_safety.packs.sna.level import said as said_of
from geo_safety.packs.statements import plain_reason

DEFINITION = (
    "The Serious Violence Duty leaves the definition to the partnership. The London minimum covers violence and exploitation that "
    "affect people under 25, domestic abuse and sexual violence: homicide, grievous and actual bodily harm, rape, assault by "
    "penetration, sexual assault, personal robbery, threats to kill, and related property violence."
)
OPEN_DATA = (
    "Open data cannot be cut to it. What follows counts the wider classes below, so that a change here may be one of offences "
    "that the definition leaves out."
)
PLAN_YEAR = ("2024-04", "2025-03")
"""The twelve months that the Plan is held against, by this project's choice."""


def definition(borough: Borough) -> Section:
    """The definition of serious violence, and how far these figures follow it."""
    own = Blank(
        "The partnership's own definition, where it differs",
        "Each Community Safety Partnership agrees its own; the themes of a release are those it was made with.",
        "definition",
        key="definition",
    )
    parts = (Words(DEFINITION), Words(OPEN_DATA), points_of_definition(borough), own)
    return Section("Definition used", ("definition",), parts)


def who() -> Section:
    """Who is harmed: borough totals that others hold."""
    blanks = (
        Blank(
            "People harmed: age group, sex, ethnic group, for the borough as a whole",
            "In no open incident file. The police and MOPAC hold borough totals; show them against residents, never below the borough, "
            "and children as children.",
            "who",
            lines=3,
            key="people_harmed",
        ),
        Blank(
            "Suspects: age group, sex, for the borough as a whole",
            "In no open incident file, and never to be worked out from places. The police hold borough totals.",
            "who",
            key="suspects",
        ),
        Blank(
            "Domestic abuse, rape, offences against children, hate crime",
            "Never below the borough, and not separate in open data. Borough totals are with the police and MOPAC.",
            "who",
            key="never_below_borough",
        ),
    )
    said = Words(
        "Incident counts of places say nothing of the people in them. This chapter holds no figure of persons, and none can be made from it."
    )
    return Section("Who", ("who",), (said, *blanks))


def types(borough: Borough) -> Section:
    """Kinds of harm: themes beside each other, and harm by two indexes."""
    rows = []
    for theme in borough.themes:
        row = borough.row(theme)
        if row:
            rows.append(
                (
                    noun(theme),
                    count(row),
                    None if row["harm_cchi"] is None else round(row["harm_cchi"]),
                    None if row["harm_css"] is None else round(row["harm_css"]),
                    {True: "yes", False: "no"}.get(row["harm_rank_differs"], "not told"),
                )
            )
    head = ("Theme", "Reports", "Harm, Cambridge index (days)", "Harm, ONS severity score", "Do the two disagree?")
    table = Table(
        "Types",
        "Themes beside each other, never added; harm is indicative, and stands beside the count.",
        head,
        tuple(rows),
    )
    note = Words(
        "One class of open data mixes common assault with homicide, so that harm made from it is an average. The two indexes weigh robbery "
        "four to five times apart: where they disagree, so would a board. An index is not told where it has no weight for so wide a class.",
        is_note=True,
    )
    blank = Blank(
        "Knife crime, knife crime with injury, gun crime, violence by injury, personal and business robbery",
        "Published for boroughs by the Metropolitan Police and MOPAC and not in open data by place: never to be guessed from "
        "these themes. A release can be given these borough figures.",
        "types",
        key="types",
    )
    return Section("Types", ("types",), (table, note, blank))


def health(borough: Borough) -> Section:
    """What health services see, where a partner has lent it."""
    own = [theme for theme in borough.themes if theme not in WHAT]
    parts: list[Part] = []
    rows = [(noun(theme), count(row), interval_of(row, "ratio", 2)) for theme in own if (row := borough.row(theme))]
    if rows:
        parts += [
            Words(
                "Themes of this release's own, beside police records and never added to them. Which of them come from health is for "
                "the reader to know."
            ),
            Table(
                "Own themes",
                "Themes that this release defines itself.",
                ("Theme", "Reports", f"Times the rate of {borough.whole} (90 %)"),
                tuple(rows),
            ),
        ]
    parts.append(
        Blank(
            "Ambulance calls to assaults, emergency departments (ISTV), by place and time",
            f"{'Not known to be among them. ' if rows else 'No partner has lent them to this release. '}Most violence that emergency "
            "departments treat is not in police records; SafeStats (GLA) is where partners see these data, by agreement.",
            "health",
            key="health",
        )
    )
    return Section("Health view", ("health",), tuple(parts))


def factors(borough: Borough) -> Section:
    """Context of the borough, unscored."""
    row = borough.setting
    told = borough.basis.manifest.get("context", {})
    known = [
        ("Area, km²", round(row["area_km2"], 1)),
        *(
            (words, round(row[name]))
            for name, words in (
                ("residents", "Residents"),
                ("by_day", "People there by day"),
                ("households", "Households"),
                ("footfall", "Station entries and exits a year"),
                ("stops", "Bus or tram stops"),
            )
            if row.get(name) is not None
        ),
    ]
    parts: list[Part] = [
        Words(
            "Context and never score: no list, rank or figure of this release is made from deprivation or from who lives somewhere."
        ),
        facts("Setting", f"{borough.name} as a setting.", tuple(known)),
        *_deprivation(borough, told.get("deprivation", {})),
        *_composition(borough, told.get("composition", {})),
        Blank(
            "Risk factors that the partnership sees (exclusions from school, exploitation, alcohol, housing)",
            PARTNERS_HOLD,
            "factors",
            key="risk_factors",
        ),
        Blank(
            "Protective factors (trusted adults, youth provision, employment, community groups)",
            PARTNERS_HOLD,
            "factors",
            key="protective_factors",
        ),
    ]
    return Section("Risk and protective factors: context", ("factors",), tuple(parts))


def assets(borough: Borough) -> Section:
    """What is there to build on, as far as a release knows it."""
    parts: list[Part] = []
    # A station stands once for each theme of its layer.
    themes = borough.basis.view.themes_of("stations") if borough.basis.has("stations") else ()
    stations = borough.in_product("stations", themes[0]) if themes else []
    ordered = sorted(stations, key=lambda one: (-(one["entries_exits"] or 0), one["name"] or ""))
    if any(one["entries_exits"] for one in ordered):
        rows = tuple((one["name"], one["modes"] or one["mode"], one["entries_exits"]) for one in ordered[:15])
        caption = f"{len(stations)} stations, the busiest first: staffed, lit and known places."
        head = ("Station", "Modes", "Entries and exits a year")
        parts.append(told_columns(Table("Stations", caption, head, rows)))
    elif ordered:
        names = listed([one["name"] or one["station_id"] for one in ordered])
        parts.append(Words(f"{len(ordered)} stations, staffed, lit and known places: {names}."))
    parts.append(
        Form(
            "Assets of the borough",
            ("What", "Where", "Open when", "Who runs it"),
            (
                "Youth and family hubs",
                "Schools and colleges that stay open",
                "Health and specialist services (no addresses of refuges)",
                "Community and faith groups",
                "Wardens, stewards, night-time places",
            ),
            PARTNERS_HOLD,
            "assets",
        )
    )
    return Section("Asset map", ("assets",), tuple(parts))


def response() -> Section:
    """What is being done: for the partnership to write."""
    form = Form(
        "Current schemes",
        ("Scheme", "Place", "From", "To", "Owner", "Judged how"),
        ("", "", "", ""),
        "Held by the partnership. A scheme with a boundary and dates can be judged against places like it: geo-safety impact.",
        "response",
    )
    return Section("Current response", ("response",), (form,))


def recommendations(borough: Borough) -> Section:
    """Measures with their baselines, the range to expect, and room for recommendations."""
    parts: list[Part] = [
        Form(
            "Recommendations",
            ("Recommendation", "Owner", "By when", "Measured by"),
            ("", "", "", "", ""),
            f"{BOARD_DECIDES} No figure here says what would work.",
            "recommendations",
        ),
        _measures(borough),
        *_expected(borough),
    ]
    return Section("Recommendations and measures", ("recommendations",), tuple(parts))


def review(borough: Borough) -> Section:
    """When to look again; worked out from the data and not from a clock."""
    year, month = (int(part) for part in borough.basis.manifest["months"]["last"].split("-"))
    march = f"{year if month < 3 else year + 1}-03"
    said = (
        f"These data end with {year}-{month:02d}, and their last three months are provisional. Make the chapter again when the financial year "
        f"to {march} is in, and in any case within twelve months ({year + 1}-{month:02d})."
    )
    return Section(
        "Review",
        ("review",),
        (Words(said), Blank("Review date, and who answers for it", BOARD_DECIDES, "review", lines=1, key="review")),
    )


def _deprivation(borough: Borough, told: Mapping[str, Any]) -> list[Part]:
    own = told.get("boroughs", {}).get(borough.code)
    if not own:
        why = plain_reason(
            told.get("why_not")
            or "The deprivation file names no zone of this borough, or this release was made without it."
        )
        return [Blank("Deprivation", why, "factors", lines=1)]
    everyone = [sum(column) for column in zip(*told["boroughs"].values(), strict=True)]
    most = sum(own[:2]) / sum(own)
    study = sum(everyone[:2]) / sum(everyone)
    said = (
        f"{share(most)} of the borough's {sum(own)} small areas ({_zones(told)}) are among the two most deprived tenths of the country "
        f"({borough.whole}: {share(study)}). Indices of deprivation count recorded crime as one of their parts, so that some of the agreement "
        "with incident maps is the same reports seen twice."
    )
    rows = tuple(
        (f"{tenth}{' (most deprived)' if tenth == 1 else ' (least)' if tenth == 10 else ''}", own[tenth - 1], round(100 * own[tenth - 1] / sum(own), 1), round(100 * everyone[tenth - 1] / sum(everyone), 1))
        for tenth in range(1, 11)
    )  # fmt: skip
    caption = f"Small areas ({_zones(told)}) by tenth of deprivation of the country; {told['file']}."
    table = Table("Deprivation", caption, ("Tenth", "Small areas", "% of them", f"{borough.whole}, %"), rows)
    return [Words(said), table]


def _zones(told: Mapping[str, Any]) -> str:
    return {"lsoas": "LSOAs", "msoas": "MSOAs"}.get(told["zones"], str(told["zones"]))


def _composition(borough: Borough, told: Mapping[str, Any]) -> list[Part]:
    files = [one for one in told.get("files", []) if borough.code in one["boroughs"]]
    if not files:
        why = plain_reason(
            told.get("why_not") or "The file names no group of this borough, or this release was made without it."
        )
        return [
            Blank(
                "Ethnic composition of residents",
                f"{why} Census figures of the borough belong here.",
                "factors",
                lines=1,
            )
        ]
    parts: list[Part] = []
    for one in files:
        own = one["boroughs"][borough.code]
        rows = tuple(
            (
                group[:1].upper() + group[1:],
                own.get(group),
                _middle([other.get(group) for other in one["boroughs"].values()]),
            )
            for group in one["groups"]
        )
        caption = (
            f"Residents of the borough as a whole ({one['year'] or 'year not stated'}, {one['file']}), groups as their publisher names them. "
            "Context for equality, never for place: not to be read beside a map of incidents."
        )
        parts.append(Table("Residents", caption, ("Residents", "%", "Middle of the boroughs, %"), rows))
    return parts


def _middle(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 1) if known else None


def _measures(borough: Borough) -> Table:
    rows = []
    months = borough.basis.manifest["study"]["window_months"]
    for theme in compared_themes(borough):
        row = borough.row(theme)
        if row:
            rows.append(
                (
                    f"{noun(theme)}: reports of {'twelve' if months == 12 else months} months, beside {borough.whole} and boroughs like it",
                    f"{said_of(count(row))} ({row['window_start']:%Y-%m} to {row['window_end']:%Y-%m})"
                    if row["window_start"]
                    else "no data",
                    _DIRECTION.get(theme, "for the board to decide"),
                )
            )
    rows += [
        (
            "Offences against women and girls in public: reports, and feeling safe by survey",
            "survey: not in this release",
            "no direction for reports: more reporting is an aim",
        ),
        ("Hotspot areas that stay from release to release", "the table of hotspot areas", "fewer that last"),
        (
            "Trust and concern, by survey",
            "not in this release",
            "concern down, trust up, as the Police and Crime Plan has it",
        ),
    ]
    head = ("Measure", "Baseline", "Direction")
    caption = (
        "Measures that this chapter's figures can be held against. The Plan sets directions and no numbers; by this project's choice its "
        f"baseline is {PLAN_YEAR[0]} to {PLAN_YEAR[1]}, where the data reach it."
    )
    return Table("Measures", caption, head, tuple(rows))


_DIRECTION = {
    "violence": "knife crime with injury down; this theme is wider",
    "robbery": "below its level now, by the end of the Plan",
    "asb": "concern down; reports alone do not say",
}


def _expected(borough: Borough) -> list[Part]:
    rows = [
        one
        for one in borough.in_product("expectation")
        if one["of_layer"] == "boroughs" and one["zone_id"] == borough.code
    ]
    if not rows:
        why = borough.why_not("expectation")
        return [
            Blank(
                "Range to expect for the next year",
                f"{why} A range needs five years of months in a row.",
                "recommendations",
                lines=1,
            )
        ]
    body = tuple(
        (
            noun(one["theme"]),
            count(one),
            "too few to say"
            if one["expected"] is None
            else f"{number(one['expected'], 0)} ({number(one['expected_low'], 0)} to {number(one['expected_high'], 0)})",
            f"{one['expected_start']:%Y-%m} to {one['expected_end']:%Y-%m}",
            share(one["coverage"]),
            share(one["coverage_lowest"]),
        )
        for one in rows
    )
    head = (
        "Theme",
        "Last twelve months",
        "Next year, if all goes on as it did (80 %)",
        "Months",
        "Such ranges held",
        "In the year that fitted least",
    )
    caption = "What the next year may bring to the borough: to plan by, and to hold the year against. No target and no promise."
    return [Table("Expectation", caption, head, body)]
