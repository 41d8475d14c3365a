"""Help: how the lists were checked for fairness. Everything on it stands in the manifest's `checks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo_safety.map_classes import noun_of
from geo_safety.packs.statements import plain_reason

from .markup import element, heading, listing, paragraph, said, table, word
from .plain_words import capital, number, percent
from .store import Published
from .words import text

MEASURES = {"count": "check.count", "cchi": "check.cchi", "css": "check.css"}
MEANS = ("lean", "circular", "reporting", "none")


def check_sections(published: Published) -> list[str]:
    """The sections of the page; where a check was not made, the reason stands in its place."""
    checks = published.manifest.get("checks")
    if not checks:
        return [paragraph(word("check.none"), class_="lead")]
    layer = text("check.layer", layer=checks["layer"].replace("-", " "), zones=number(checks["zones"]))
    return [
        paragraph(word("check.lead"), class_="lead"),
        paragraph(said(layer), class_="second"),
        element("section", heading("check.deprivation"), *_deprivation(checks)),
        element("section", heading("check.changes"), *_changes(checks)),
        element("section", heading("check.weights"), *_weights(checks)),
        element("section", heading("check.means"), listing(word(f"check.means.{name}") for name in MEANS)),
    ]


def _deprivation(checks: Mapping[str, Any]) -> list[str]:
    made = {
        theme: one["deprivation"] for theme, one in checks["themes"].items() if one["deprivation"]["why_not"] is None
    }
    about = paragraph(said(plain_reason(checks["about"]["deprivation"])), class_="second")
    if not made:
        return [about]
    columns = [text("check.tenth"), text("check.zones"), *(capital(noun_of(theme)) for theme in made)]
    first = next(iter(made.values()))["tenths"]
    rows = [
        [
            word(f"check.tenth.{row['tenth']}") if row["tenth"] in (1, 10) else said(row["tenth"]),
            said(number(row["zones"])),
            *(_list_and_reports(one["tenths"][place]) for one in made.values()),
        ]
        for place, row in enumerate(first)
    ]
    return [
        paragraph(word("check.deprivation.text")),
        table(text("check.deprivation"), columns, rows, is_titled=True),
        about,
    ]


def _list_and_reports(row: Mapping[str, Any]) -> str:
    shares = (row["share_of_list"], row["share_of_reports"])
    if None in shares:
        return word("number.none")
    return word("check.shares", listed=percent(shares[0]), reports=percent(shares[1]))


def _changes(checks: Mapping[str, Any]) -> list[str]:
    columns = [text("help.lists.theme"), text("check.now"), text("check.raised"), text("check.police")]
    rows = []
    for theme, one in checks["themes"].items():
        known = next((one[name] for name in ("under_reporting", "police_activity") if "listed" in one[name]), None)
        listed = number(known["listed"]) if known else text("number.none")
        cells = [_change(one[name]) for name in ("under_reporting", "police_activity")]
        rows.append([said(capital(noun_of(theme))), said(listed), *cells])
    about = text("check.changes.text", raised=plain_reason(checks["about"]["under_reporting"]))
    return [paragraph(said(about)), table(text("check.changes"), columns, rows, is_titled=True)]


def _change(one: Mapping[str, Any]) -> str:
    if one["why_not"] is not None:
        return said(plain_reason(one["why_not"]))
    removed = text("check.without", names=", ".join(one["removed"])) if "removed" in one else ""
    change = text("check.joinLeave", join=number(one["join"]), leave=number(one["leave"]), both=number(one["both"]))
    return said(" ".join(filter(None, (removed, change))))


def _weights(checks: Mapping[str, Any]) -> list[str]:
    rows = []
    for theme, one in checks["themes"].items():
        weights = one["weights"]
        if weights["why_not"] is not None:
            rows.append([said(capital(noun_of(theme))), said(plain_reason(weights["why_not"]))])
            continue
        pairs = [
            text("check.overlap", one=text(MEASURES[first]), other=text(MEASURES[other]), share=percent(overlap or 0.0))
            for names, overlap in weights["overlap"].items()
            for first, other in [names.split(" and ")]
        ]
        rows.append([said(capital(noun_of(theme))), said(" ".join(pairs))])
    columns = [text("help.lists.theme"), text("check.same")]
    return [paragraph(word("check.weights.text")), table(text("check.weights"), columns, rows, is_titled=True)]
