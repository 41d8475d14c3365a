"""What the figures miss, whether the lists are fair, and how all of it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geo_safety.disclosure import BAND_HIDDEN, SMALLEST_SHOWN
from geo_safety.packs.basis import layer_words, noun, window_text
from geo_safety.packs.content import Blank, Part, Points, Section, Table, Words, facts
from geo_safety.packs.figures import listed, number, share
from geo_safety.packs.sna.borough import Borough
from geo_safety.packs.statements import EQUALITY, disclosure_words, named_sources, plain_reason
from geo_safety.publication import RECORDED_IS_NOT_ALL, REPORTS

GAP_MONTHS = 6
"""Missing months that are named one by one."""

LOWEST_TENTHS = 2
"""The share of the list is told for the two most deprived tenths."""


def gaps(borough: Borough) -> Section:
    """What is not in the figures: sources, months, places, and reports that are never made."""
    manifest = borough.basis.manifest
    rows = []
    for source in manifest["sources"]:
        total = {
            name: sum(file.get(name, 0) for file in source["files"])
            for name in ("rows_read", "unlocated", "quarantined")
        }
        missing = manifest["months"]["missing"].get(source["name"], {})
        rows.append(
            (
                source["name"],
                "confirms, is in no layer" if source.get("role") == "second" else "makes the figures",
                total["rows_read"],
                total["unlocated"],
                total["quarantined"],
                _months_missing(missing) if source.get("role") != "second" else "see the long view",
            )
        )
    head = ("Source", "Role", "Rows read", "Without a place", "Not readable", "Months missing")
    parts: list[Part] = [Words(RECORDED_IS_NOT_ALL), Words(REPORTS), *_without_place(borough)]
    parts.append(Table("Sources", "What was read for the whole study, and what of it has no place.", head, tuple(rows)))
    parts.append(_confidence(borough))
    said = _cautions(borough)
    if said:
        parts += [Words("What the release says of this borough's own figures:"), Points(tuple(said))]
    parts.append(
        Blank(
            "Other gaps and under-reporting",
            "Communities and services know who does not report, and why: voluntary sector, health, schools, housing. A local survey "
            "says more than a count.",
            "gaps",
            key="gaps",
        )
    )
    return Section("Data confidence: gaps and under-reporting", ("gaps",), tuple(parts))


def fairness(borough: Borough) -> Section:
    """The checks of the lists, in words."""
    checks = borough.basis.manifest.get("checks")
    title, answers = "Are the lists fair?", ("gaps",)
    if not checks:
        why = "This release has no checks of its lists: none of its themes has a list on the layer that is joined into areas."
        return Section(title, answers, (Blank("Checks of the lists", why, "gaps"),))
    parts: list[Part] = [
        Words(
            f"Checked for {borough.whole}, on {layer_words(checks['layer'])} ({checks['zones']:,} zones). A list that leans is no proof "
            "that it is unfair, and one that does not is no proof that it is fair. No check changes a figure."
        )
    ]
    told = [checks["about"][name].rstrip(".") for name in ("deprivation", "under_reporting")]
    rows = []
    for theme in borough.themes:
        found = checks["themes"].get(theme)
        if found:
            rows.append((noun(theme), *(_checked(found.get(name, {}), name, told) for name in _CHECKS)))
    head = ("Theme", *_CHECKS.values())
    parts.append(Table("Fairness", "What a board asks before it uses a list.", head, tuple(rows)))
    parts.append(Words(f"Deprivation: {plain_reason(checks['about']['deprivation'])}", is_note=True))
    parts.append(Words(f"Trial of under-reporting: {plain_reason(checks['about']['under_reporting'])}", is_note=True))
    why = (
        "An equality impact assessment (Equality Act 2010, section 149) needs the partnership's own judgement; these checks are one "
        "input."
    )
    parts.append(Points(EQUALITY))
    parts.append(Blank("Equality impact assessment: date and owner", why, "gaps", lines=1, key="equality"))
    return Section(title, answers, tuple(parts))


def method(borough: Borough) -> Section:
    """The annex: rules, denominators, licences, what was hidden, and the files."""
    manifest, publication = borough.basis.manifest, borough.basis.publication
    rules = manifest.get("rules", {})
    row = borough.setting
    parts: list[Part] = [
        facts(
            "Method",
            "How this chapter was made.",
            (
                ("Release", manifest["release_id"]),
                ("Data to", manifest["months"]["last"]),
                ("Window of the first theme", window_text(row) if row else "none"),
                ("Method version", manifest["method_version"]),
                (
                    "Hotspot",
                    (
                        f"a neighbourhood with at least {number(rules.get('level', 3))} times the study's rate; of what is listed at most "
                        f"{share(rules.get('alpha', 0.05))} is expected to be wrong"
                    ),
                ),
                ("Joined into areas", layer_words(rules.get("layer") or "none")),
                (
                    "Intervals",
                    (
                        "90 % for rates, places and months (empirical Bayes, and Garwood's for counts, with the measured noise of each theme); "
                        "95 % for changes"
                    ),
                ),
                (
                    "Change",
                    "against the study's own change, both with their noise; no percentage where a count is under 20",
                ),
                ("Themes", "never added: an incident can belong to several"),
            ),
        ),
        _denominators(manifest),
        Points(
            (
                f"Suppression: {disclosure_words(borough.basis)}",
                f"Licences and whom to name: {named_sources(publication.attribution) or 'none stated'}",
                "Tables: every table of this chapter is a sheet of the workbook beside it. Shapes with their figures: the GeoJSON beside it.",
                "No figure here is of a person or a household, and none of a victim or suspect below the borough.",
            )
        ),
    ]
    return Section(
        "Annex: method, tables, licences, suppression",
        ("method", "tables", "geojson", "licences", "suppression"),
        tuple(parts),
        starts_page=True,
    )


def _months_missing(missing: Mapping[str, list[str]]) -> str:
    months = sorted({month for of_theme in missing.values() for month in of_theme})
    if not months:
        return "none"
    if len(months) > GAP_MONTHS:
        return f"{len(months)} between {months[0]} and {months[-1]}"
    return ", ".join(months)


def _without_place(borough: Borough) -> list[Part]:
    """The row of what has no place, by theme: it is in the study and in no borough."""
    rows = []
    for theme in borough.themes:
        layers = borough.told(theme).get("layers")
        told = layers.get("boroughs") if isinstance(layers, Mapping) else None
        if told and "unlocated" in told:
            rows.append((noun(theme), *(_small(told[name], borough) for name in ("unlocated", "in_no_zone"))))
    if not rows:
        return []
    head = ("Theme", "Recorded without a place", "In no borough")
    return [
        Table(
            "No place", f"Reports of {borough.whole} in the window that are in no borough's count.", head, tuple(rows)
        )
    ]


def _small(count: int, borough: Borough) -> int | str:
    is_shown = count == 0 or count >= SMALLEST_SHOWN or borough.basis.view.reader.access == "internal"
    return count if is_shown else BAND_HIDDEN


def _confidence(borough: Borough) -> Table:
    rows = []
    for theme in borough.themes:
        row, told = borough.row(theme), borough.told(theme)
        recording = told.get("recording", {})
        precision = recording.get("precision_m")
        rows.append(
            (
                noun(theme),
                "no data" if not row else (row["reliability"] or "not judged"),
                "as the source draws its points" if not precision else f"within about {number(precision)} m",
                number(borough.dispersion(theme), 1),
                listed(sorted({one["month"] for one in recording.get("breaks", [])})),
            )
        )
    head = ("Theme", "The borough's figure", "Points are", "Noise (1 is pure chance)", "Recording changed in")
    return Table("Confidence", "How far each theme's figures can be trusted.", head, tuple(rows))


def _cautions(borough: Borough) -> list[str]:
    found: dict[str, list[str]] = {}
    for theme in borough.themes:
        caution = borough.row(theme).get("caution")
        if caution:
            found.setdefault(caution, []).append(noun(theme))
    return [f"{listed(themes)}: {text}" for text, themes in found.items()]


_CHECKS = {
    "deprivation": "Deprivation: list beside reports",
    "under_reporting": "If more had been reported",
    "police_activity": "Without what follows police activity",
    "weights": "Under other harm weights",
}


def _checked(found: Mapping[str, Any], name: str, told: Sequence[str]) -> str:
    """What a check has found; `told` is what stands below the table, and need not be said in each row."""
    if found.get("why_not"):
        # What the manifest adds for programs is left out.
        why = plain_reason(found["why_not"].split(": see `")[0]).rstrip(".")
        if why in map(plain_reason, told):
            return "not checked"
        return f"not checked: {why[:1].lower()}{why[1:]}."
    if name == "deprivation":
        lowest = found["tenths"][:LOWEST_TENTHS]
        known = [(one["share_of_list"], one["share_of_reports"]) for one in lowest]
        if any(None in pair for pair in known):
            return "nothing is listed"
        of_list, of_reports = (sum(pair[at] for pair in known) for at in (0, 1))
        return (
            f"{share(of_list)} of the list and {share(of_reports)} of the reports lie in the two most deprived tenths"
        )
    if name == "weights":
        pairs = [value for value in found.get("overlap", {}).values() if value is not None]
        return f"the top places agree by {listed([share(value) for value in pairs])}" if pairs else "not checked"
    return f"{found['both']:,} of {found['listed']:,} stay, {found['join']:,} join, {found['leave']:,} leave"


def _denominators(manifest: Mapping[str, Any]) -> Table:
    told = manifest.get("denominators", {}).get("boroughs", {})
    rows = tuple(
        (name.replace("_", " "), one["file"], one["year"] or "not stated", one["how"], round(one["total"]))
        for name, one in told.items()
    )
    rows = rows or (("none", "This release was given no population, footfall or stops.", "", "", None),)
    caption = "What incidents are divided by. No list and no score is made from it, but where a column says so."
    return Table("Denominators", caption, ("Figure", "File", "Year", "How it came to boroughs", "Total"), rows)
