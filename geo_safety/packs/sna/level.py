"""How much, against whom, and since when: the borough beside the whole study and boroughs like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geo_safety.map_classes import noun_of
from geo_safety.packs.basis import noun, window_text
from geo_safety.packs.content import Blank, Part, Picture, Points, Section, Table, Words
from geo_safety.packs.drawing import intervals
from geo_safety.packs.figures import PERCENT_FROM, listed, number, span
from geo_safety.packs.sna.borough import AT_LEAST, FIRST_THEMES, Borough, Likeness
from geo_safety.statistics import count_interval

MOST_THEMES = 3
"""Themes that are compared in full; the others stand in the tables of level."""

IN_LEAD = 2
"""Themes in the first sentences of the chapter."""

BY_DAY = 2.0
"""From so many people by day for each resident, residents are the wrong people to divide by."""

UNLIKE = 1.5
"""Boroughs more than so many standard deviations away are the nearest there are, and not alike."""

Z95 = 1.959964

CHANGED = {
    "clearly fewer": "clearly less than the change of {study}",
    "fewer": "less than the change of {study}",
    "not distinguishable": "not distinguishable from the change of {study}",
    "more": "more than the change of {study}",
    "clearly more": "clearly more than the change of {study}",
    "too few": "too few to say",
}


def compared_themes(borough: Borough) -> tuple[str, ...]:
    """The themes that are compared in full: those of the duty, anti-social behaviour, then as the study has them."""
    first = [theme for theme in (*FIRST_THEMES, "asb") if theme in borough.themes]
    rest = [theme for theme in borough.themes if theme not in first and theme not in ("vawg_ps", "road_harm")]
    return tuple([*first, *rest][:MOST_THEMES]) or borough.themes[:1]


def level(borough: Borough) -> Section:
    """Counts of the window and of the one before, and rates with their intervals."""
    # The first two sentences stand at the head of the chapter.
    parts: list[Part] = [Words(_level_sentence(borough, theme)) for theme in compared_themes(borough)[IN_LEAD:]]
    parts.append(_counts(borough))
    parts.append(Words("Themes overlap, because a report can belong to several: rows are never added.", is_note=True))
    rates = _rates(borough)
    parts.append(rates)
    parts += [Words(text, is_note=True) for text in _about_rates(borough)]
    return Section(f"Level: {borough.name} beside {borough.whole}", ("level",), tuple(parts))


def alike(borough: Borough) -> Section:
    """Boroughs like this one, and where it stands among them."""
    title = "Compared with boroughs like it"
    like = borough.like
    if like is None:
        why = (
            f"Fewer than {AT_LEAST} other boroughs of this release have the figures to be likened by (area, residents)."
        )
        return Section(title, ("level",), (Blank("Statistically similar areas", why, "level"),))
    nearest = min(like.distance.values())
    parts: list[Part] = [
        Words(
            f"{listed([borough.names[code] for code in like.distance])} are the boroughs of this study most like {borough.name} "
            f"in {listed(list(like.inputs))}: in who could be there, and not in what is recorded, so that the answer is not "
            "in the question."
        )
    ]
    if nearest > UNLIKE:
        parts.append(
            Words(
                f"{borough.name} has no borough like it here: even the nearest is {number(nearest, 1)} standard deviations away "
                f"(two boroughs alike are under {UNLIKE}). Read the comparison as a list of other places and not as a standard."
            )
        )
    is_by_day = by_day_ratio(borough) >= BY_DAY
    for theme in compared_themes(borough):
        rows = _rates_alike(borough, like, theme, by_day=is_by_day)
        if not rows:
            continue
        parts.append(Words(_standing(borough, theme, rows)))
        caption = f"{noun(theme)}: {_unit(by_day=is_by_day, study=borough.whole)}, with 90 % intervals."
        parts.append(
            Picture(
                intervals(rows, label=caption, reference=1.0 if is_by_day else None),
                f"{caption} {borough.name} first, then the most alike. Where intervals overlap there is no order.",
            )
        )
    parts += [_alike_table(borough, like, by_day=is_by_day), _inputs_table(borough, like)]
    return Section(title, ("level",), tuple(parts))


def by_day_ratio(borough: Borough) -> float:
    """People there by day for each resident; 1 where it is not known."""
    row = borough.setting
    residents, by_day = row.get("residents"), row.get("by_day")
    return float(by_day / residents) if residents and by_day else 1.0


def told_columns(table: Table) -> Table:
    """The table without columns that tell nothing of any row; the caption says which these were.

    Examples
    --------
    >>> found = told_columns(
    ...     Table("T", "Wards.", ("Ward", "Reports", "Class"), (("A", 5, "no data"), ("B", 6, "none")))
    ... )
    >>> found.head, found.rows[0], found.caption
    (('Ward', 'Reports'), ('A', 5), 'Wards. Of no row known here: class.')
    """
    is_told = [
        at == 0 or any(row[at] not in _NOTHING for row in table.rows) or not table.rows for at in range(len(table.head))
    ]
    left_out = [name for name, told in zip(table.head, is_told, strict=True) if not told]
    if not left_out:
        return table
    names = listed([name[:1].lower() + name.split(" (")[0][1:] for name in left_out])
    kept = [at for at, told in enumerate(is_told) if told]
    return Table(
        table.name,
        f"{table.caption} Of no row known here: {names}.",
        tuple(table.head[at] for at in kept),
        tuple(tuple(row[at] for at in kept) for row in table.rows),
    )


_NOTHING = (None, "", "no data", "none", "not told", "none known", "no class")


def _level_sentence(borough: Borough, theme: str) -> str:
    row = borough.row(theme)
    if not row or row["incidents_band"] is None:
        return f"{noun(theme)}: no source of this release answers for {borough.name}."
    told = f"{noun(theme)}: {said(count(row))} reported incidents from {window_text(row)}"
    is_by_day = by_day_ratio(borough) >= BY_DAY and row["ratio_by_day"] is not None
    if is_by_day:
        told += (
            f", {interval_of(row, 'ratio', 2)} times the rate of {borough.whole} for each km² and "
            f"{interval_of(row, 'ratio_by_day', 2)} times for each person who is there by day"
        )
    elif row["per_1000_residents"] is not None:
        told += f", {interval_of(row, 'per_1000_residents')} for each 1,000 residents beside {_whole_rate(borough, theme, row)} in {borough.whole}"
    else:
        told += f", {interval_of(row, 'ratio', 2)} times the rate of {borough.whole} for each km²"
    return f"{told}; {_change_words(borough, row)}."


def _change_words(borough: Borough, row: Mapping[str, Any]) -> str:
    if row["incidents_previous"] is None and row["incidents"] is not None:
        months = borough.basis.manifest["study"]["window_months"]
        return f"no change can be told, because the release does not hold the {months} months before"
    return f"the change on the window before is {CHANGED[row['change_class'] or 'too few'].format(study=borough.whole)}"


def interval_of(row: Mapping[str, Any], column: str, decimals: int = 1) -> str:
    """A published figure with its published interval.

    Examples
    --------
    >>> interval_of({"ratio": 2.5, "ratio_low": 2.0, "ratio_high": 3.25}, "ratio", 2)
    '2.50 (2.00 to 3.25)'
    """
    if row.get(column) is None:
        return "not told"
    value, low, high = (row[name] for name in (column, f"{column}_low", f"{column}_high"))
    if low is None or high is None:
        return "not told"
    return f"{value:,.{decimals}f} ({low:,.{decimals}f} to {high:,.{decimals}f})"


def _study_rate(borough: Borough, theme: str, row: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """The whole study's incidents for each 1,000 residents, with the 90 % interval of its count."""
    total = borough.total(theme)
    if not row["per_1000_residents"] or not row["ratio_residents"] or not total or not total[0]:
        return None
    rate, middle = row["per_1000_residents"] / row["ratio_residents"], (total[0] + total[1]) / 2
    low, high = count_interval(np.array([middle]), dispersion=borough.dispersion(theme))
    return rate, rate * float(low[0]) / middle, rate * float(high[0]) / middle


def _whole_rate(borough: Borough, theme: str, row: Mapping[str, Any]) -> str:
    found = _study_rate(borough, theme, row)
    return "not told" if found is None else f"{found[0]:,.1f} ({found[1]:,.1f} to {found[2]:,.1f})"


def _counts(borough: Borough) -> Table:
    rows = []
    for theme in borough.themes:
        row = borough.row(theme)
        if not row:
            continue
        now, before = row["incidents"], row["incidents_previous"]
        total, earlier = borough.total(theme), borough.total(theme, "incidents_previous")
        rows.append(
            (
                noun(theme),
                window_text(row),
                count(row),
                count(row, "incidents_previous"),
                percent_change(now, before, borough.dispersion(theme)),
                span(total),
                percent_change(_sure(total), _sure(earlier), borough.dispersion(theme)),
                (row["change_class"] or "too few") if before is not None else count(row, "incidents_previous"),
            )
        )
    head = (
        "Theme",
        "Months",
        "Reports",
        "Months before",
        "Change (95 %)",
        borough.whole,
        f"Change of {borough.whole} (95 %)",
        "Beside that change",
    )
    return told_columns(Table("Level", "Reports of the window and of the window before it.", head, tuple(rows)))


def _sure(total: tuple[float, float] | None) -> float | None:
    return total[0] if total is not None and total[0] == total[1] else None


def percent_change(now: float | None, before: float | None, dispersion: float) -> str:
    """A change with its interval; refused for small counts.

    Examples
    --------
    >>> percent_change(120, 100, 1.0), percent_change(12, 30, 1.0)
    ('+20 % (−8 to +56)', 'too few to say')
    """
    if now is None or before is None:
        return "no data"
    if min(now, before) < PERCENT_FROM:
        return "too few to say"
    spread = np.exp(Z95 * np.sqrt(dispersion * (1 / now + 1 / before)))
    low, middle, high = (100 * (now / before * factor - 1) for factor in (1 / spread, 1, spread))
    return f"{signed(middle)} % ({signed(low)} to {signed(high)})"


def signed(value: float) -> str:
    """A change in whole percent, with its sign.

    Examples
    --------
    >>> signed(12.4), signed(-0.3), signed(-7.0)
    ('+12', '0', '−7')
    """
    whole = round(value)
    return f"{whole:+d}".replace("-", "−") if whole else "0"


def count(row: Mapping[str, Any], column: str = "incidents") -> str | int:
    """A count as it may be told: itself, its band, or that there is none.

    Examples
    --------
    >>> count({"incidents": 8542, "incidents_band": "8542"}), count({"incidents": None, "incidents_band": "1-4"})
    (8542, '1-4')
    """
    if row.get(column) is not None:
        return int(row[column])
    if column != "incidents":
        return "not told" if row.get("incidents") is None and row.get("incidents_band") else "no data"
    return row.get("incidents_band") or "no data"


def said(value: str | int) -> str:
    """A count in a sentence.

    Examples
    --------
    >>> said(8542), said("1-4")
    ('8,542', '1-4')
    """
    return f"{value:,}" if isinstance(value, int) else value


def _rates(borough: Borough) -> Table:
    rows = []
    for theme in borough.themes:
        row = borough.row(theme)
        if not row:
            continue
        place = (
            "not told"
            if row["rank"] is None or row["rank_low"] is None
            else f"{row['rank']} ({row['rank_low']} to {row['rank_high']}) of {len(borough.names)}"
        )
        rows.append(
            (
                noun(theme),
                interval_of(row, "per_1000_residents"),
                _whole_rate(borough, theme, row),
                interval_of(row, "ratio_residents", 2),
                interval_of(row, "ratio_by_day", 2),
                interval_of(row, "ratio", 2),
                place,
            )
        )
    head = (
        "Theme",
        "For 1,000 residents (90 %)",
        f"In {borough.whole} (90 %)",
        "Times its rate by residents (90 %)",
        "By people there by day (90 %)",
        "By km² (90 %)",
        "Place by km² (that chance leaves open)",
    )
    return told_columns(
        Table("Rates", f"Rates, and how many times those of {borough.whole} they are.", head, tuple(rows))
    )


def _about_rates(borough: Borough) -> list[str]:
    row, found = borough.setting, []
    told = borough.basis.manifest.get("denominators", {}).get("boroughs", {})
    known = [
        f"{number(row[column], 0)} {words} ({told[name]['year'] or 'year not stated'}, {told[name]['how']})"
        for name, column, words in _DIVIDED_BY
        if row.get(column) is not None and name in told
    ]
    if known:
        found.append(f"Divided by {listed(known)}.")
    else:
        found.append("The release has no residents of boroughs, so rates are by area alone.")
    if by_day_ratio(borough) >= BY_DAY:
        found.append(
            f"Residents mislead here: {number(by_day_ratio(borough), 1)} people are there by day for each one who lives there. "
            "Read the rate by people there by day, and the counts."
        )
    found.append(
        "Intervals say what chance leaves open, and not what is not reported. A rate from few reports is moved towards those of "
        "other boroughs. Places whose ranges overlap have no order."
    )
    return found


_DIVIDED_BY = (
    ("residents", "residents", "residents"),
    ("daytime", "by_day", "people there by day"),
    ("workday", "by_day", "people there on a working day"),
)
"""Name in the manifest, column, and words; of the last two the first that is there fills the column."""


def _rates_alike(
    borough: Borough, like: Likeness, theme: str, *, by_day: bool
) -> list[tuple[str, float | None, float | None, float | None]]:
    """The borough first, then those like it: name, rate, and its interval."""
    if not borough.is_whole(theme):
        return []
    rows = {one["zone_id"]: one for one in borough.rows(theme).to_pylist()}
    column = _column(rows[borough.code], by_day=by_day)
    if rows[borough.code][column] is None:
        return []
    return [
        (borough.names[code], *(rows[code][name] for name in (column, f"{column}_low", f"{column}_high")))
        for code in (borough.code, *like.distance)
    ]


def _column(row: Mapping[str, Any], *, by_day: bool) -> str:
    if by_day and row["ratio_by_day"] is not None:
        return "ratio_by_day"
    return "per_1000_residents" if row["per_1000_residents"] is not None else "ratio"


def _unit(*, by_day: bool, study: str) -> str:
    return f"times the rate of {study} for each person there by day" if by_day else "reports for 1,000 residents"


def _standing(
    borough: Borough, theme: str, rows: Sequence[tuple[str, float | None, float | None, float | None]]
) -> str:
    (_, _, low, high), *others = rows
    known = [(one, other) for _, _, one, other in others if one is not None and other is not None]
    if low is None or high is None or not known:
        return f"{noun(theme)}: no rate is told that could be compared."
    lower = sum(one_high < low for _, one_high in known)
    higher = sum(one_low > high for one_low, _ in known)
    fewer = f"{lower or 'none'} {'has' if lower == 1 else 'have'} a lower rate"
    told = f"{noun(theme)}: of {len(known)} boroughs like it {fewer} and {higher or 'none'} a higher one"
    same = len(known) - lower - higher
    if same:
        return f"{told}; {same} cannot be told from {borough.name}."
    return f"{told}; no interval overlaps that of {borough.name}."


def _alike_table(borough: Borough, like: Likeness, *, by_day: bool) -> Table:
    themes = [theme for theme in compared_themes(borough) if borough.is_whole(theme)]
    of_theme = {theme: {one["zone_id"]: one for one in borough.rows(theme).to_pylist()} for theme in themes}
    rows = []
    for code in (borough.code, *like.distance):
        cells: list[str | float] = [borough.names[code], round(like.distance.get(code, 0.0), 2)]
        for theme in themes:
            row = of_theme[theme][code]
            cells += [
                count(row),
                interval_of(row, _column(of_theme[theme][borough.code], by_day=by_day), 2 if by_day else 1),
            ]
        rows.append(tuple(cells))
    head = ("Borough", "Unlikeness", *(text for theme in themes for text in (noun(theme), "Rate (90 %)")))
    caption = f"The comparison set, the most alike first; rates are {_unit(by_day=by_day, study=borough.whole)}."
    return Table("Boroughs like it", caption, head, tuple(rows))


def _inputs_table(borough: Borough, like: Likeness) -> Table:
    rows = tuple(
        (borough.names[code], *(round(value, 2) for value in like.values[code]))
        for code in (borough.code, *like.distance)
    )
    caption = (
        "What they were likened by: logarithms, in units of the boroughs' standard deviation; unlikeness is the root mean "
        "square of the differences."
    )
    return Table("Likened by", caption, ("Borough", *(text.capitalize() for text in like.inputs)), rows)


def summary_of_level(borough: Borough) -> list[str]:
    """The first sentences of a chapter."""
    return [_level_sentence(borough, theme) for theme in compared_themes(borough)[:IN_LEAD]]


def points_of_definition(borough: Borough) -> Points:
    """What each theme of the release counts, and what must be said of it."""
    return Points(tuple(f"{noun(theme)}: {WHAT.get(theme, _own_theme(borough, theme))}" for theme in borough.themes))


def _own_theme(borough: Borough, theme: str) -> str:
    feeds = borough.told(theme).get("feeds", ())
    return f"as this release defines {noun_of(theme)}{f' ({listed(list(feeds))})' if feeds else ''}."


WHAT: Mapping[str, str] = {
    "violence": "violence and sexual offences as the police record them. Domestic and private-place violence is in it and cannot "
    "be split off in open data.",
    "robbery": "personal and business robbery together. Open data do not say whether a knife was used.",
    "asb": "incidents of anti-social behaviour, which are not crimes; their number depends on how calls are handled.",
    "transport": "what the British Transport Police record, placed at a station even where it happened on a train.",
    "vawg_ps": "reported public-space incidents that matter for women's safety (robbery, theft from the person, public order). A "
    "rise can mean more trust in reporting. Violence is not in it.",
    "road_harm": "collisions with injury that the police were told of; never added to crime.",
}
