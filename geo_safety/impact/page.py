"""A report on a case as one page that needs no network and no script: words first, then figures, charts and a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geo_safety.impact.drawings import month_chart, place_map
from geo_safety.impact.reading import Report
from geo_safety.line_ends import escape

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; color: #1d2327; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem; border-top: 1px solid #d0d7de; padding-top: .8rem }
table { border-collapse: collapse; margin: .5rem 0 } caption { text-align: left; color: #4a5560; padding: .2rem 0 }
th, td { text-align: left; padding: .2rem .7rem .2rem 0; border-bottom: 1px solid #d0d7de; vertical-align: top }
td.n { text-align: right; font-variant-numeric: tabular-nums } .scrolls { overflow-x: auto }
dt { font-weight: 600; margin-top: .6rem } dd { margin: 0 0 .2rem } svg { max-width: 100%; height: auto }
footer, .note { color: #4a5560; font-size: .9rem } @page { size: A4; margin: 15mm }
@media print { h2 { break-after: avoid } table, svg { break-inside: avoid } }
"""

QUESTIONS = {
    "did_it_change": "Did it change?",
    "did_it_move": "Did it move?",
    "does_it_come_back": "Does it come back?",
    "was_it_alike_before": "Was the place like its comparison areas before?",
    "what_could_be_seen": "How large a change could be seen at all?",
    "what_this_does_not_say": "What this does not say",
}


def page_of(report: Report) -> str:
    """The page as HTML."""
    document = report.document
    case, answer, periods = document["case"], document["answer"], document["periods"]
    title = f"{case['name']}: did it work, did it move?"
    sections = [
        f"<h1>{escape(title)}</h1>",
        _note(case["note"]) if case["note"] else "",
        _said(_about(case, periods, document)),
        "<dl>" + "".join(f"<dt>{escape(QUESTIONS[key])}</dt><dd>{escape(answer[key])}</dd>" for key in QUESTIONS) + "</dl>",
        "<h2>Where</h2>",
        place_map(report.places, f"Outline of the place, its ring and its comparison areas: {case['name']}"),
        _note("Dark: the place. Hatched: the ring around it. Outlined: comparison areas."),
        "<h2>Month by month</h2>",
        month_chart(document["months"], [(one["name"], one["from"]) for one in case["phases"]],
                    f"Reported incidents of {case['theme']} a month in the place"),
        _note("Empty: a month without data, or a small count that is hidden. Lines: first months of the phases. "
              f"{document['rule']['provisional']}"),
        *_before(document),
        *_effects(document),
        *_moved(document),
        *_switch(document),
        *_watch(document["watch"][0]),
        *_comparison(document["comparison"]),
        *_method(document),
    ]  # fmt: skip
    publication = document["publication"]
    made = f"Release {publication['release_id']}, data to {publication['data_month']}, method {publication['method_version']}."
    notes = [f"Can I publish this? {publication['can_i_publish_this']}", *publication["caveats"],
             "; ".join(publication["attribution"]),
             made]  # fmt: skip
    footer = "".join(f"<p>{escape(one)}</p>" for one in notes)
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(sections)}</main><footer>{footer}</footer></body></html>\n"
    )


def _about(case: Mapping[str, Any], periods: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    before, scheme = periods["before"], periods["scheme"]
    phases = ", ".join(f"{one['name']} from {one['from']}" for one in case["phases"])
    size = f"{case['places']} places, {case['zones']} zones" if case["places"] > 1 else f"{case['zones']} zones"
    since = (
        f"against {scheme['from']} to {scheme['to']}" if scheme["months"] else "the scheme has no month with data yet"
    )
    return (
        f"Reported incidents of {case['theme']} on {case['layer']} ({size}); {phases}. Compared: {before['from']} to "
        f"{before['to']} {since}; {len(document['comparison']['areas'])} comparison areas."
    )


def _before(document: Mapping[str, Any]) -> list[str]:
    past = document["past"]
    rows = [
        (f"{one['from']} to {one['to']}", one["incidents_band"], _number(one["ratio_to_study"]))
        for one in past["years"]
    ]
    found = past["entrenched_before"]
    if found is None:
        said = f"Entrenchment before the scheme cannot be told. {past['why']}"
    else:
        said = (
            f"When the scheme began, {found['zones_entrenched']} of {found['zones']} zones were entrenched; the longest had "
            f"been high in {found['longest_hot_steps']} of {found['steps']} rolling years. {found['rule']}"
        )
    return ["<h2>Before</h2>", _said(said),
            _table("Twelve months each; without those that have a gap", ("Months", "Incidents", "Times the study's rate"), rows)]  # fmt: skip


def _effects(document: Mapping[str, Any]) -> list[str]:
    rows = []
    for one in document["effects"]:
        found, counts = one["difference_in_differences"], one["counts"]["response"]
        interval = "" if not found or found["low"] is None else f"{_change(found['low'])} to {_change(found['high'])}"
        rows.append(
            (one["theme"], counts[0]["incidents_band"], counts[1]["incidents_band"],
             "" if not found else _number(found["expected"]), interval, one["verdict"])
        )  # fmt: skip
    skipped = [_note(f"{theme}: {why}") for theme, why in document["skipped"].items()]
    return [
        "<h2>Change in the place, by theme</h2>",
        _table(
            "Before and during the scheme", ("Theme", "Before", "During", "Expected", "95 % interval", "Verdict"), rows
        ),
        _note("Themes overlap and are never added. The interval holds the noise of counts and the drift of places."),
        *skipped,
    ]


def _moved(document: Mapping[str, Any]) -> list[str]:
    found = document["displacement"]
    if found is None:
        return ["<h2>Did it move?</h2>", _said("Too few to say, or not begun.")]
    difference, quotient = found["weighted_displacement_difference"], found["weighted_displacement_quotient"]
    rows = [
        ("Weighted displacement difference (place and ring)", difference["total"], _interval(difference["interval_with_noise_and_drift"])),
        ("Of it in the place", difference["local"], _interval(difference["interval_of_local"])),
        ("Of it in the ring", difference["displaced"], _interval(difference["interval_of_displaced"])),
        ("Gross effect (above zero is fewer)", quotient["gross_effect"], ""),
        ("Net effect (above zero is fewer)", quotient["net_effect"], _interval(quotient["interval_of_net_effect"])),
        ("Total net effect (above zero is fewer)", quotient["total_net_effect"], _interval(quotient["interval_of_total_net_effect"])),
        (f"Weighted displacement quotient: {quotient['verdict']}", quotient["quotient"], _interval(quotient["interval_of_quotient"])),
    ]  # fmt: skip
    published = difference["interval_as_published"]
    return [
        "<h2>Did it move?</h2>",
        _table(
            "Place and ring together; differences below zero are fewer incidents",
            ("Figure", "Value", "95 % interval"),
            [(a, _number(b), c) for a, b, c in rows],
        ),
        _note(
            f"As published, with Poisson noise alone: variance {_number(difference['variance'])}, z {_number(difference['z'])}, "
            f"interval {_interval(published)}. Real places vary more, so that this interval is too narrow."
        ),
        _note(found["rule"]),
        *_harm(document["harm"]),
    ]


def _harm(harm: Mapping[str, Any] | None) -> list[str]:
    if harm is None:
        return []
    rows = [
        (edition, ", ".join(one["themes"]), *(_number(one[name]) for name in ("local", "displaced", "total")),
         _interval(one["interval_as_published"]))
        for edition, one in harm["editions"].items()
    ]  # fmt: skip
    columns = ("Weights", "Themes", "Place", "Ring", "Both", "95 % interval")
    return [_table("Harm-weighted; below zero is less harm", columns, rows), _note(harm["note"])]


def _switch(document: Mapping[str, Any]) -> list[str]:
    phases = [
        (one["phase"], f"{one['from']} to {one['to'] or 'now'}", one["months"],
         _number(one["difference"]["expected"]) if one["difference"] else "too few to say",
         _number(one["difference"]["fewer"]) if one["difference"] else "")
        for one in document["temporal_switch"]["phases"]
    ]  # fmt: skip
    return [
        "<h2>Other offences, other times</h2>",
        _said(document["offence_switch"]["answer"]),
        _said(document["temporal_switch"]["hours"]),
        _table("By phase", ("Phase", "Months", "With data", "Expected", "Fewer than expected"), phases),
    ]


def _watch(found: Mapping[str, Any]) -> list[str]:
    if found["why"]:
        return ["<h2>Does it come back?</h2>", _said(found["why"])]
    rows = [
        (one["month"], one["incidents_band"], _number(one["expected"]), _number(one["score"]), _number(one["limit"]),
         "signal" if one["is_signal"] else "")
        for one in found["months"]
    ]  # fmt: skip
    return [
        "<h2>Does it come back?</h2>",
        _table(
            f"Control chart against {found['level_from']} to {found['level_to']}; false signals in "
            f"{found['false_alarms_a_year']:.0%} of years; looks for {found['looks_for_times']:g} times the level",
            ("Month", "Incidents", "Expected", "Score", "Limit", ""), rows,
        ),
    ]  # fmt: skip


def _comparison(found: Mapping[str, Any]) -> list[str]:
    areas = [(one["name"], one["zones"], _number(one["unlikeness"])) for one in found["areas"]]
    balance = [
        (one["what"], _number(one["place"]), _number(one["comparison_areas"]), _number(one["all_areas"]),
         _number(one["difference"]), "" if one["is_balanced"] is None else "yes" if one["is_balanced"] else "no")
        for one in found["balance"]
    ]  # fmt: skip
    return [
        "<h2>Comparison areas</h2>",
        _said(
            "They were like the place before the scheme. Whether one of them had a scheme of its own is for you to check: name its zones under `exclude`."
        ),
        _table("Comparison areas, the most alike first", ("Area", "Zones", "Unlikeness"), areas),
        _table(
            "Balance",
            ("Before the scheme", "Place", "Comparison areas", "All areas", "Difference", "Balanced"),
            balance,
        ),
        _note(f"Difference in standard deviations of all areas; balanced up to {found['balanced_up_to']}."),
    ]


def _method(document: Mapping[str, Any]) -> list[str]:
    rule, noise = document["rule"], document["effects"][0]["noise"]
    return [
        "<h2>How it is judged</h2>",
        *(_said(rule[name]) for name in ("verdict", "comparison", "hidden")),
        _said(
            f"Variance over mean of a monthly count {_number(noise['dispersion'])} ({noise['dispersion_basis']}); places go "
            f"their own way by {_percent(noise['drift'])} ({noise['drift_basis']}), on {noise['measured_on_areas']} areas."
        ),
    ]


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(str(row[0]))}</th>'
        + "".join(f'<td class="{"n" if _is_number(cell) else "t"}">{escape(str(cell))}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    return (
        f'<div class="scrolls" role="region" aria-label="{escape(caption)}" tabindex="0"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _is_number(cell: object) -> bool:
    return str(cell).replace(",", "").replace(".", "").replace("−", "").isdigit()


def _said(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _number(value: float | None) -> str:
    if value is None:
        return "not told"
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) < 10 else f"{value:,.0f}"
    return text.replace("-", "−")


def _interval(values: Sequence[float | None]) -> str:
    return "not told" if None in values else f"{_number(values[0])} to {_number(values[1])}"


def _change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.0f} %".replace("-", "−")


def _percent(share: float | None) -> str:
    return "not told" if share is None else f"{100 * share:.0f} %"
