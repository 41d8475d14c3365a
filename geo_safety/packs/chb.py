"""The Clear Hold Build site pack: what recorded incidents can say of one place, and room for what they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from geo_safety.case_file import Case
from geo_safety.impact.reading import Report
from geo_safety.months import month_number, month_text
from geo_safety.packs.basis import Basis, Months, label, layer_words, months_words, noun, window_text
from geo_safety.packs.content import (
    BOARD_DECIDES,
    COMMUNITY_HOLDS,
    PARTNERS_HOLD,
    POLICE_HOLD,
    Blank,
    Cell,
    Form,
    Pack,
    Part,
    Picture,
    Points,
    Section,
    Shape,
    Table,
    Words,
    facts,
    items,
)
from geo_safety.packs.drawing import Drawn, month_bars, place_map, steps_strip
from geo_safety.packs.figures import NO_BREAK, change, counted, interval, listed, number, ranked, share, span
from geo_safety.packs.plan import plan_of, plan_section, shapes_in
from geo_safety.packs.site import Site, find_site
from geo_safety.packs.statements import EQUALITY, SCREENED_ONLY, disclosure_words, source_words

CHECKLIST = items(
    place="place",
    boundary="boundary",
    boroughs="boroughs",
    population="population",
    criteria="screen criteria met or not",
    years="5+ years by theme with class, tier, stability and break lines",
    count_and_harm="count and harm with ranks and intervals",
    seasonality="seasonality",
    setting="setting",
    context="unscored context",
    threat="blanks for threat",
    capacity="capacity",
    community_voice="community voice",
    phases="phases and measures (Clear: crime, harm; Hold: re-emergence signal, ASB; Build: perception, environment)",
    comparison="comparison area",
    buffers="buffers",
    detectable="minimum detectable change",
    survey="survey plan",
    statements="equality and disclosure statements",
    cannot="what the pack cannot tell you",
)

CRITERIA = {
    "size": "Between 0.3 and 3 km²",
    "entrenched": "Zones entrenched (tier A or B) hold at least half of its reports",
    "second_theme": "On the list of another of violence, robbery, anti-social behaviour",
    "harm_cchi": "Harm per km² in the top 5 % (Cambridge Crime Harm Index)",
    "harm_css": "Harm per km² in the top 10 % (ONS Crime Severity Score)",
    "daytime": "Reports per person there by day in the top 10 %",
    "not_venue": "No single map point or month dominates",
}

ALIKE = ("violence", "robbery", "asb")
"""The themes that the screen looks at; others are shown after them."""

NO_FILE = "Not known: no such file was given to this release for these zones."

FIVE_YEARS = 60
TWO_YEARS = 24
"""Months."""

CANNOT = (
    "Whether organised crime is behind any of it: nothing here looks for groups or people.",
    "What was not reported, and what is reported elsewhere. Recorded is not all.",
    "Whether Clear Hold Build would work here. The Home Office's evaluation of 2025 rests on few sites.",
    "Why reports rose or fell, and at which hours: this source has months only.",
    "How safe people feel. Ask them.",
)


def make(basis: Basis, place_id: str, case: Case | None = None) -> Pack:
    """The pack of one place.

    Parameters
    ----------
    place_id : str
        A row of `chb-candidates` or `hotspot-areas`.
    case : Case, optional
        The reader's own boundary and dates, instead.

    Raises
    ------
    ReleaseError
        There is no such place.
    """
    site = find_site(basis, place_id, case)
    report, why_not = plan_of(basis, site, site.theme or _themes(site)[0])
    months = {theme: basis.months(site.layer, theme, site.zones) for theme in _themes(site)}
    sections = (
        _place(basis, site, report),
        _screen(site),
        _years(basis, site, months),
        _harm(site),
        _seasons(months),
        _setting(basis, site),
        _blanks(),
        _phases(site),
        plan_section(report, why_not),
        _statements(basis),
        Section("What this pack cannot tell you", ("cannot",), (Points(CANNOT),)),
    )
    return Pack(
        kind="chb",
        title=f"Clear Hold Build site pack: {site.name}",
        place_id=site.id,
        place_name=site.name,
        lead=_lead(site),
        checklist=CHECKLIST,
        sections=sections,
        shapes=tuple(_shapes(site, report)),
        publication=basis.publication,
        disclosure=disclosure_words(basis),
    )


def _themes(site: Site) -> list[str]:
    """Themes of the layer: the one it was screened for first, then the screen's others."""
    order = [site.theme, *ALIKE, *site.rows]
    return list(dict.fromkeys(theme for theme in order if theme in site.rows))


def _highest(site: Site, theme: str) -> dict[str, Any] | None:
    """The zone with the highest rate around it, of those that have one."""
    rows = [row for row in site.rows[theme] if row["ratio"] is not None]
    return max(rows, key=lambda row: (row["ratio"], row["zone_id"]), default=None)


def _lead(site: Site) -> tuple[str, ...]:
    texts = [SCREENED_ONLY]
    top = _highest(site, site.theme) if site.theme else None
    if top is not None and site.theme is not None and top["steps"]:
        tier = f"tier {top['tier']}, " if top["tier"] else ""
        stable = f"{top['class']}, stable {share(top['stability'])}" if top["class"] else "no class"
        texts.append(
            f"Reported {noun(site.theme).lower()} in its busiest zone has been high in {top['steps_hot']} of {top['steps']} "
            f"rolling years ({tier}{stable})."
        )
    if site.screened:
        met, failed, unknown = (site.screened[f"criteria_{name}"] for name in ("met", "not_met", "unknown"))
        texts.append(
            f"Of seven criteria {met} are met, {failed} are not, {unknown} cannot be answered with these data."
        )
    texts.append("This is no list of sites, and no finding about anybody who lives or works there.")
    return tuple(texts)


def _place(basis: Basis, site: Site, report: Report | None) -> Section:
    residents = [row["residents"] for row in next(iter(site.rows.values()))]
    by_day = [row["by_day"] for row in next(iter(site.rows.values()))]
    about = facts(
        "Place",
        "The place",
        [
            ("Place", site.name),
            ("Boundary", site.how),
            ("Area", f"{number(site.area_km2)} km² in {_zones(len(site.zones))}: {layer_words(site.layer)}"),
            ("Boroughs", site.boroughs or None),
            ("Wards", site.wards or None),
            ("People who live there", _people(residents)),
            ("People who are there by day", _people(by_day)),
        ],
    )
    layers = [Drawn("The place", [site.shape], fill="#0b5394", width=2.2)]
    if report is not None:
        rings = shapes_in(report, "ring")
        layers.insert(0, Drawn("The ring around it", rings, fill="#d08a1c", line="#9a5b00", dash="4 3"))
    drawn = place_map(layers, ground=basis.ground, label=f"Map of {site.name} and the ring around it")
    return Section(
        "The place",
        ("place", "boundary", "boroughs", "population"),
        (
            about,
            Picture(drawn, f"The place as whole zones; say “around”, never “at”. North is up. {source_words(basis)}"),
        ),
    )


def _zones(count: int) -> str:
    return f"{count} zone{'' if count == 1 else 's'}"


def _people(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return NO_FILE
    return f"{sum(known):,.0f}"


def _screen(site: Site) -> Section:
    if site.screened is None:
        blank = Blank(
            "Criteria", "This boundary has not been screened: only rows of chb-candidates are.", "criteria", 3
        )
        return Section("Screen criteria", ("criteria",), (blank,))
    row = site.screened
    rows = tuple((words, str(row[f"meets_{name}"])) for name, words in CRITERIA.items())
    parts: tuple[Part, ...] = (
        Table("Criteria", f"Each criterion for {noun(str(site.theme)).lower()}", ("Criterion", "Answer"), rows),
        Words(str(row["why"]), is_note=True),
        Words("“Unknown” means that these data cannot answer, and not that it is met or failed."),
        *([Words(str(row["caution"]), is_note=True)] if row["caution"] else []),
    )
    return Section("Screen criteria", ("criteria",), parts)


def _years(basis: Basis, site: Site, months: dict[str, Months | None]) -> Section:
    rows: list[tuple[Cell, ...]] = []
    strips: list[tuple[str, str]] = []
    for theme in _themes(site):
        top = _highest(site, theme)
        breaks = basis.breaks(theme)
        lines = listed([f"{one['month']}: {one['text'].rstrip('.')}" for one in breaks])
        if top is None or not top["steps"]:
            rows.append((label(theme), None, None, None, None, "too few months for a class", lines))
            continue
        entrenched = sum(bool(row["is_entrenched"]) for row in site.rows[theme])
        rows.append(
            (label(theme), top["class"] or "none", top["tier"] or "none", share(top["stability"]),
             f"{top['steps_hot']} of {top['steps']}", f"{entrenched} of {len(site.zones)}", lines)
        )  # fmt: skip
        strips.append((label(theme), top["hot_by_step"] or ""))
    head = ("Theme", "Class", "Tier", "Stable", "Rolling years high", "Zones entrenched", "Changes of recording")
    parts: list[Part] = [
        Table("Classes", "Class of the busiest zone of the place, by theme", head, tuple(rows)),
        Words(
            "Tier A: five years and more, confirmed by a second source. B: three years and more, or no second source. C: "
            "emerging. “Stable” says how sure the method is of the class. Do not compare across a change of recording.",
            is_note=True,
        ),
    ]
    if strips:
        drawn = steps_strip(
            strips, label="Rolling years of the busiest zone, one by one: dark were high, pale were not"
        )
        parts.append(Picture(drawn, "Each box is one rolling year, a quarter apart, the newest to the right. Dark: high. "
                             "Pale: not. Crossed out: not judged, because of a gap."))  # fmt: skip
    few = [
        f"{label(theme).lower()} {len(found.low)}"
        for theme, found in months.items()
        if found and len(found.low) < FIVE_YEARS
    ]
    if few:
        parts.append(Words(f"Fewer than five years in this release; months: {listed(few)}.", is_note=True))
    parts += [_yearly(months), *_charts(basis, months)]
    return Section("Five years and more, by theme", ("years",), tuple(parts))


def _yearly(months: dict[str, Months | None]) -> Table:
    known = [one for one in months.values() if one is not None]
    last = max((one.last for one in known), default=0)
    count = min(max(((last - one.first + 1) // 12 for one in known), default=0), 10)
    starts = [last - 12 * back - 11 for back in reversed(range(count))]
    rows = []
    for theme, found in months.items():
        sums = [found.sum_of(start, 12) if found else None for start in starts]
        last_two = sums[-2:] if len(sums) > 1 else [None, None]
        rows.append(
            (label(theme), *(span(one, otherwise="no full year") for one in sums), change(last_two[0], last_two[1]))
        )
    head = ("Theme", *(f"to {month_text(start + 11)}" for start in starts), "Last year on the year before")
    return Table("Years", "Reported incidents in years of twelve months", head, tuple(rows))


def _charts(basis: Basis, months: dict[str, Months | None]) -> Iterator[Picture]:
    for theme, found in months.items():
        if found is None:
            continue
        breaks = basis.breaks(theme)
        marks = {month_number(one["month"]): "recording changed" for one in breaks}
        said = f"{noun(theme)} in the place, month by month"
        pale = (
            ""
            if np.array_equal(found.low, found.high, equal_nan=True)
            else " Pale: as much as small hidden counts can add."
        )
        yield Picture(
            month_bars(found.first, found.low.tolist(), found.high.tolist(), label=said, marks=marks),
            f"{noun(theme)}: reported incidents a month.{pale} Grey: no data. The last three months are provisional.",
        )


def _harm(site: Site) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for theme in _themes(site):
        top = _highest(site, theme)
        counts = [row["incidents"] for row in site.rows[theme]]
        hidden = len(site.zones) - sum(count is not None for count in counts)
        total: str | int = sum(count for count in counts if count is not None)
        if hidden:
            total = f"{total:,}, and {hidden} {'zone' if hidden == 1 else 'zones'} not told"
        if top is None:
            rows.append((label(theme), total, None, None, None, None))
            continue
        rank = ranked(top["rank"], top["rank_low"], top["rank_high"])
        rows.append((label(theme), total, number(top["ratio"], 2), interval(top["ratio_low"], top["ratio_high"], 2), rank,
                     str(top["reliability"])))  # fmt: skip
    head = ("Theme", "Reports", "Busiest zone: times the study's rate", "90 % interval",
            "Rank by count per km² (90 % interval)", "Reliability")  # fmt: skip
    parts: list[Part] = [Table("Counts", "Count, rate and rank", head, tuple(rows)),
                        Words(f"Months: {months_words(site.rows)}. Ranks whose intervals overlap are not an order. Themes overlap and are never "
                              "added.", is_note=True)]  # fmt: skip
    row = site.screened
    if row is None:
        parts.append(Blank("Harm", "Weighed for screened places only: rows of chb-candidates.", "count_and_harm", 1))
    else:
        weighed = (
            ("Cambridge Crime Harm Index (days)", row["harm_cchi"], _top(row["harm_cchi_top_share"])),
            ("ONS Crime Severity Score", row["harm_css"], _top(row["harm_css_top_share"])),
        )
        parts += [
            Table("Harm", f"Harm of {noun(str(site.theme)).lower()}, {window_text(row)}, {counted(row['incidents_band']) or 'no'} reports",
                  ("Weights", "Harm", "Place by harm per km²"), weighed),
            Words(f"Indicative: one category mixes common assault with homicide. {_DIFFER[row['weights_differ']]}", is_note=True),
        ]  # fmt: skip
    return Section("Count and harm", ("count_and_harm",), tuple(parts))


def _top(value: float | None) -> str | None:
    return None if value is None else f"in the top {max(100 * value, 0.1):.1f} % of zones"


_DIFFER = {
    None: "Whether the two indexes agree on it is not told.",
    True: "The two indexes put it at least two rank classes apart: show both.",
    False: "The two indexes agree on its rank class.",
}


def _seasons(months: dict[str, Months | None]) -> Section:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    rows = []
    for theme, found in months.items():
        cells: list[Any] = []
        for month in range(12):
            places = [place for place in range(len(found.low)) if (found.first + place) % 12 == month] if found else []
            low = [found.low[place] for place in places if found and not np.isnan(found.low[place])]
            high = [found.high[place] for place in places if found and not np.isnan(found.high[place])]
            cells.append(None if not low else _mean(float(np.mean(low)), float(np.mean(high))))
        rows.append((label(theme), *cells))
    parts: list[Part] = [
        Table("Seasons", "Mean reports of each month of the year, over all years there are", ("Theme", *names), tuple(rows)),
        Words("A difference of a few reports between two months is what chance does. Ranges hold small hidden counts.",
              is_note=True),
    ]  # fmt: skip
    few = [label(theme).lower() for theme, found in months.items() if found is None or len(found.low) < TWO_YEARS]
    if few:
        parts.append(Words(f"Fewer than two years of months, so that a season cannot be told from one year's course: {listed(few)}. "
                           "Not told: no data of that month."))  # fmt: skip
    return Section("Seasonality", ("seasonality",), tuple(parts))


def _mean(low: float, high: float) -> str:
    if high - low < 0.05:
        return f"{low:,.0f}" if low >= 100 else f"{low:.1f}"
    return f"{low:,.0f} to {high:,.0f}"


def _setting(basis: Basis, site: Site) -> Section:
    near: dict[str, list[str]] = {"station": [], "park-name": []}
    given = dict.fromkeys(near, False)
    for feature in basis.ground:
        kind = feature["properties"]["kind"]
        given[kind] = True
        if kind in near and site.shape.buffer(0.003).covers(_point(feature)):
            near[kind].append(str(feature["properties"].get("name", "")))
    rows = next(iter(site.rows.values()))
    pairs = [
        ("Stations in it or within about 300 m", listed(sorted(set(near["station"]))) if given["station"] else NO_FILE),
        ("Larger parks there", listed(sorted(set(near["park-name"]))) if given["park-name"] else NO_FILE),
        ("Bus or tram stops", _people([row["stops"] for row in rows])),
        ("Entries to and exits from stations there, a year", _people([row["footfall"] for row in rows])),
    ]
    parts = (
        facts("Setting", "Setting, from the context files of this release", pairs),
        Blank(
            "What the place is like",
            "Land use, night-time economy, who passes and when: known on the ground.",
            "setting",
            3,
            key="setting",
        ),
        Words("Context is shown and never scored: deprivation and demography enter no criterion of the screen."),
    )
    return Section("Setting and context", ("setting", "context"), parts)


def _point(feature: Any) -> shapely.Geometry:
    return shapely.geometry.shape(feature["geometry"]).centroid


def _blanks() -> Section:
    parts = (
        Blank("Organised-crime threat and intelligence picture", POLICE_HOLD, "threat", 4, key="threat"),
        Blank("Safeguarding concerns", PARTNERS_HOLD, "threat", 3, key="safeguarding"),
        Blank(
            "Capacity of police, council and partners over three years", PARTNERS_HOLD, "capacity", 3, key="capacity"
        ),
        Blank(
            "Community voice: what people who live, work and spend time there want",
            COMMUNITY_HOLDS,
            "community_voice",
            4,
            key="community_voice",
        ),
    )
    return Section("What only others know", ("threat", "capacity", "community_voice"), parts, starts_page=True)


def _phases(site: Site) -> Section:
    dated = {} if site.case is None else {one.name: month_text(one.first) for one in site.case.phases}
    planned = (
        ("Clear", dated.get("clear"), "Reported incidents and harm, against the comparison areas", "Release, each month"),
        ("Hold", dated.get("hold"), "Signal that it comes back (control chart with a stated rate of false alarms)", "`geo-safety impact`"),
        ("Hold", dated.get("hold"), "Reported anti-social behaviour; more of it can be trust in reporting", "Release, each month"),
        ("Build", dated.get("build"), "What people say: survey, before and after", "Survey plan below"),
        ("Build", dated.get("build"), "Environment: lighting, upkeep, empty uses", "Walk sheet (`geo-safety walks sheet`)"),
    )  # fmt: skip
    rows = tuple((phase, first or f"not{NO_BREAK}set", measure, source) for phase, first, measure, source in planned)
    parts = (
        Table("Measures", "What to measure in which phase", ("Phase", "From", "Measure", "Where it comes from"), rows),
        Form("Dates, baselines and aims.", ("Phase", "From", "Baseline", "Aim", "Owner"), ("Clear", "Hold", "Build"), BOARD_DECIDES, "phases"),
    )  # fmt: skip
    return Section("Phases and measures", ("phases",), parts)


def _statements(basis: Basis) -> Section:
    return Section(
        "Equality and disclosure",
        ("statements",),
        (
            Points(EQUALITY),
            Blank(
                "Equality impact assessment (Equality Act 2010, section 149)",
                BOARD_DECIDES,
                "statements",
                2,
                key="equality",
            ),
            Words(disclosure_words(basis)),
            Words("Whether it may be published stands at the end, under Small print."),
        ),
    )


def _shapes(site: Site, report: Report | None) -> Iterator[Shape]:
    row = site.screened or {}
    about = {name: row.get(f"meets_{name}") for name in CRITERIA}
    yield Shape(site.id, "place", site.shape, {"name": site.name, "area_km2": round(site.area_km2, 6), "of_layer": site.layer,
                                               "zones": ";".join(site.zones), **about})  # fmt: skip
    for kind in ("ring", "comparison area") if report else ():
        assert report is not None
        named = [one for one in report.places["features"] if one["properties"]["kind"] == kind]
        for number_, (one, shape) in enumerate(zip(named, shapes_in(report, kind), strict=True), start=1):
            yield Shape(f"{kind.replace(' ', '-')}-{number_}", kind, shape, {"name": one["properties"]["name"]})
