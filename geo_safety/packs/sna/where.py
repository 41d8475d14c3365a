"""Where and when in the borough: its wards, hotspot areas, concentration, neighbours across the border, months of the year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from geo_safety.map_classes import noun_of
from geo_safety.packs.basis import cell_words, noun, window_text
from geo_safety.packs.content import Blank, Part, Picture, Section, Shape, Table, Words
from geo_safety.packs.drawing import Drawn, place_map
from geo_safety.packs.figures import listed, share
from geo_safety.packs.sna.borough import LAYER, Borough
from geo_safety.packs.sna.level import compared_themes, count, interval_of, told_columns
from geo_safety.packs.sna.pictures import months_beside_average
from geo_safety.packs.sna.years import FEWEST
from geo_safety.packs.statements import source_words
from geo_safety.statistics import count_interval
from geo_safety.top_zones import TopShare, count_bounds, shares_of

AREAS, WARDS = "hotspot-areas", "wards"

MOST_WARDS = 12
"""Wards of one theme's table."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SEASON_YEARS = 2
"""Fewer whole years say nothing of the months of the year."""

NO_HOURS = (
    "No hour and no day of the week: this release is counted by the month. The police and the transport operators hold "
    "times of day."
)

ROOM_AROUND = 0.15
"""How far beyond the borough its map goes, as a share of its size."""

MOST_LISTED = 6
"""Places of one other list that the chapter names."""


def where(borough: Borough) -> Section:
    """Wards and hotspot areas, on a map and as tables."""
    parts: list[Part] = []
    themes = compared_themes(borough)
    areas = {theme: borough.in_product(AREAS, theme) for theme in themes if borough.lists(AREAS, theme)}
    parts += [Words(_areas_sentence(borough, theme, areas.get(theme))) for theme in themes]
    parts.append(_map(borough, themes[0], areas))
    if any(areas.values()):
        parts.append(_areas_table(areas))
    numbers = ward_numbers(borough)
    for theme in themes:
        rows = ward_rows(borough, theme)
        if rows:
            parts.append(_wards_table(theme, rows, numbers))
    if not numbers:
        parts.append(
            Blank(
                "Wards",
                "The release has no layer of wards, or none of this borough has its own figures.",
                "where",
                lines=1,
            )
        )
    parts += _screens(borough)
    parts.append(Words("Say “around” a place, never “at”: recorded points are approximate.", is_note=True))
    return Section("Where", ("where",), tuple(parts))


def concentration(borough: Borough) -> Section:
    """How much lies in few places, and how long it has."""
    title, answers = "Concentration, and how long", ("where",)
    layers = {theme: borough.cells_of(theme) for theme in compared_themes(borough)}
    found = {theme: _shares(borough, layer, theme) for theme, layer in layers.items() if layer}
    if not found:
        why = "The release has no cells: counts by ward alone do not say how much lies in few streets."
        return Section(title, answers, (Blank("Concentration", why, "where", lines=1), *_entrenched(borough)))
    said = [_concentrated(borough, theme, *shares) for theme, shares in found.items()]
    rows = [
        (
            noun(theme),
            cell_words(str(layers[theme])),
            f"{share(mine.share_of_zones)} ({mine.zones})",
            _range(mine),
            "not told" if study is None else _range(study[place]),
        )
        for theme, (own, study) in found.items()
        for place, mine in enumerate(own)
    ]
    table = Table(
        "Concentration",
        "Share of the reports in the busiest cells; cells without any are counted too.",
        ("Theme", "Cells of about", "The busiest", f"Hold in {borough.name}", f"In {borough.whole}"),
        tuple(rows),
    )
    note = Words("A range is what hidden counts leave open.", is_note=True)
    return Section(title, answers, (*map(Words, said), table, note, *_entrenched(borough)))


def _shares(borough: Borough, layer: str, theme: str) -> tuple[tuple[TopShare, ...], tuple[TopShare, ...] | None]:
    """Shares in the borough's busiest cells and in the study's, where the reader sees all of these."""
    own = shares_of(*count_bounds(borough.zones_in(layer, theme)))
    is_whole = borough.is_whole(theme)
    return own, shares_of(*count_bounds(borough.all_zones(layer, theme))) if is_whole else None


def _concentrated(borough: Borough, theme: str, own: tuple[TopShare, ...], study: tuple[TopShare, ...] | None) -> str:
    told = (
        f"{noun(theme)}: the busiest {own[1].zones} of its cells ({share(own[1].share_of_zones)}) hold {_range(own[1])} of "
        f"{borough.name}'s reports"
    )
    if study is None:
        return f"{told}."
    return f"{told}; in {borough.whole} the busiest {share(study[1].share_of_zones)} hold {_range(study[1])}."


def across(borough: Borough) -> Section:
    """Hotspot areas that lie in another borough too."""
    title, answers = "Across the border", ("where",)
    if AREAS not in borough.basis.view.layers:
        return Section(
            title,
            answers,
            (Blank("Areas across the border", "The release has no hotspot areas.", "where", lines=1),),
        )
    rows = [
        (one["name"], noun(theme), one["borough_names"], count(one), one["class"] or "no class")
        for theme in borough.themes
        if borough.lists(AREAS, theme)
        for one in borough.in_product(AREAS, theme)
        if one["is_cross_border"]
    ]
    if not rows:
        return Section(title, answers, (Words("No hotspot area of this release lies in another borough too."),))
    neighbours = sorted({name for row in rows for name in str(row[2]).split("; ")} - {borough.name})
    said = Words(
        f"{len(rows)} hotspot areas cross the border: {listed(neighbours)} would have to be at the table. Areas are found across "
        "the whole study and are never cut at a border; each belongs to both boroughs."
    )
    table = Table(
        "Across the border",
        "Hotspot areas that lie in more than one borough.",
        ("Area", "Theme", "Boroughs", "Reports", "Class"),
        tuple(rows),
    )
    return Section(title, answers, (said, told_columns(table)))


def when(borough: Borough) -> Section:
    """Months of the year, where there are years; hours never."""
    parts: list[Part] = []
    tables = []
    for theme in compared_themes(borough):
        found = borough.long_view(theme)
        if found is None or found[1].whole_years < SEASON_YEARS or np.isnan(found[1].months).any():
            parts.append(
                Blank(
                    f"{noun(theme)}: months of the year",
                    f"Needs {SEASON_YEARS} whole years of months of this borough, with {FEWEST} reports or more in each; the release has less.",
                    "when",
                    lines=1,
                )
            )
            continue
        feed, years = found
        rows = season(years.months, borough.dispersion(theme))
        parts.append(Words(_season_sentence(theme, feed, years.whole_years, rows)))
        caption = f"{noun(theme)}: each month beside an average one (1), with 90 % intervals; {years.whole_years} years of {feed}."
        parts.append(Picture(months_beside_average(rows, label=caption), caption))
        tables.append((theme, rows))
    if tables:
        head = ("Month", *(f"{noun(theme)} (90 %)" for theme, _ in tables))
        body = tuple(
            (name, *(f"{rows[at][1]:.2f} ({rows[at][2]:.2f} to {rows[at][3]:.2f})" for _, rows in tables))
            for at, name in enumerate(MONTHS)
        )
        parts.append(
            Table("Months of the year", "Months beside an average one, of the same number of days.", head, body)
        )
    parts.append(Blank("Hours and days of the week", NO_HOURS, "when", key="times"))
    return Section("When", ("when",), tuple(parts))


def season(months: np.ndarray, dispersion: float) -> list[tuple[str, float, float, float]]:
    """Each month of the year beside an average one, with its interval.

    Parameters
    ----------
    months : array of float, shape (12, 2)
        Incidents of Januaries, Februaries and so on: the least and the most.
    dispersion : float
        Variance over mean of a count.

    Examples
    --------
    >>> rows = season(np.full((12, 2), 310.0), 1.0)
    >>> rows[0][0], round(rows[0][1], 2), round(rows[1][1], 2)
    ('Jan', 0.98, 1.08)
    """
    middle = months.mean(axis=1)
    days = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    expected = middle.sum() * days / days.sum()
    low, high = count_interval(middle, dispersion=dispersion)
    return [
        (name, float(middle[at] / expected[at]), float(low[at] / expected[at]), float(high[at] / expected[at]))
        for at, name in enumerate(MONTHS)
    ]


def summary_of_places(borough: Borough) -> list[str]:
    """The first sentences of a chapter, about places."""
    found = [
        (theme, borough.in_product(AREAS, theme)) for theme in compared_themes(borough) if borough.lists(AREAS, theme)
    ]
    if not found:
        return []
    said = listed([f"{len(areas)} of {noun_of(theme)}" for theme, areas in found])
    return [f"Hotspot areas that touch {borough.name}: {said}. Each theme by itself; they are never added."]


def ward_rows(borough: Borough, theme: str) -> list[dict[str, Any]]:
    """The borough's wards that a source answers for, most reports first."""
    if not borough.lists(WARDS, theme):
        return []
    rows = [one for one in borough.zones_in(WARDS, theme).to_pylist() if one["incidents_band"] is not None]
    return sorted(rows, key=lambda one: (-(one["incidents"] or 0), one["zone_id"]))


def ward_numbers(borough: Borough) -> dict[str, int]:
    """Numbers of the borough's wards on the map, in the order of their names."""
    theme = next((theme for theme in borough.themes if borough.lists(WARDS, theme)), None)
    rows = borough.zones_in(WARDS, theme).to_pylist() if theme else []
    ordered = sorted(rows, key=lambda one: (one["name"] or one["zone_id"], one["zone_id"]))
    return {one["zone_id"]: place for place, one in enumerate(ordered, start=1)}


def shapes_of(borough: Borough) -> tuple[Shape, ...]:
    """What the map shows, with figures beside it: the borough, its wards, its hotspot areas."""
    found = []
    keep = ("name", "theme", "incidents_band", "incidents", "incidents_previous", "change_class", "per_1000_residents",
            "per_1000_residents_low", "per_1000_residents_high", "ratio", "ratio_low", "ratio_high", "class", "tier",
            "is_hotspot", "caution")  # fmt: skip
    for layer, kind in ((LAYER, "borough"), (WARDS, "ward"), (AREAS, "hotspot area")):
        if layer not in borough.basis.view.layers:
            continue
        for theme in borough.themes:
            if not borough.lists(layer, theme):
                continue
            for row in borough.basis.rows(layer, theme):
                code = row.get("zone_id") or row["area_id"]
                ours = code == borough.code if layer == LAYER else borough.code in _boroughs(row)
                if ours:
                    told = {name: row[name] for name in keep if name in row}
                    told["window"] = window_text(row)
                    found.append(Shape(f"{kind.replace(' ', '-')}-{code}-{theme}", kind, row["geometry"], told))
    return tuple(found)


def _boroughs(row: Mapping[str, Any]) -> list[str]:
    return str(row.get("boroughs") or row.get("borough_code") or "").split(";")


def _areas_sentence(borough: Borough, theme: str, areas: Sequence[Mapping[str, Any]] | None) -> str:
    if areas is None:
        return f"{noun(theme)}: the release lists no hotspots of this theme."
    if not areas:
        return (
            f"{noun(theme)}: no hotspot area of {borough.whole} lies in {borough.name}. A hotspot has at least three times the rate of the "
            "whole study, so quieter boroughs may have none; that does not mean that nothing happens."
        )
    top = max(areas, key=lambda one: one["incidents"] or 0)
    said = f"{noun(theme)}: {len(areas)} hotspot area{'s' if len(areas) > 1 else ''}"
    if top["incidents"] is None:
        return f"{said}."
    return f"{said}; most reports {top['name'][0].lower()}{top['name'][1:]} ({count(top):,}{_of_class(top)})."


def _of_class(row: Mapping[str, Any]) -> str:
    if not row["class"] or row["class"] == "none":
        return ""
    tier = f", tier {row['tier']}" if row["tier"] else ""
    sure = f", {share(row['stability'])} sure of the class" if row["stability"] is not None else ""
    return f"; {row['class']}{tier}{sure}"


def _map(borough: Borough, theme: str, areas: Mapping[str, Sequence[Mapping[str, Any]]]) -> Picture:
    numbers = ward_numbers(borough)
    of_borough = next(one["geometry"] for one in borough.basis.rows(LAYER, theme) if one["zone_id"] == borough.code)
    layers = []
    if numbers:
        of_theme = (
            theme if borough.lists(WARDS, theme) else next(one for one in borough.themes if borough.lists(WARDS, one))
        )
        rows = [one for one in borough.basis.rows(WARDS, of_theme) if one["zone_id"] in numbers]
        looks = (
            (f"Ward above {borough.whole}", "#bcd4ea"),
            ("Other ward", "#f3f5f7"),
        )
        for at, (label, fill) in enumerate(looks):
            here = [one for one in rows if ((one["ratio_low"] or 0) > 1) is (at == 0)]
            names = [str(numbers[one["zone_id"]]) for one in here]
            layers.append(Drawn(label, [one["geometry"] for one in here], fill, "#8a949e", names, width=0.7))
    looks_ = (("#0b5394", ""), ("#7a3b00", "4 2"), ("#1d2327", "1.5 2"))
    for (of_theme, listed_), (line, dash) in zip(areas.items(), looks_, strict=False):
        ids = {one["area_id"] for one in listed_}
        shapes = [one["geometry"] for one in borough.basis.rows(AREAS, of_theme) if one["area_id"] in ids]
        if shapes:
            layers.append(
                Drawn(f"Area: {_SHORT.get(of_theme, noun_of(of_theme))}", shapes, "none", line, width=1.8, dash=dash)
            )
    layers.append(Drawn("Borough", [of_borough], "none", "#1d2327", width=2.0))
    caption = (
        f"{borough.name}: {noun_of(theme)} by ward (blue: the rate for each km² is surely above that of {borough.whole}) and hotspot areas. "
        "Numbers are those of the tables of wards; areas go on across the border."
    )
    west, south, east, north = shapely.bounds(of_borough).tolist()
    room = ROOM_AROUND * max(east - west, north - south)
    frame = shapely.box(west - room, south - room, east + room, north + room)
    return Picture(
        place_map(
            [_cut(one, frame) for one in layers],
            ground=borough.basis.ground,
            label=caption,
            height=470,
            around=0.04,
        ),
        f"{caption} North is up. {source_words(borough.basis)}",
    )


_SHORT = {"asb": "ASB"}
"""How a theme is called below a map, where its name is too long."""


def _cut(layer: Drawn, frame: shapely.Geometry) -> Drawn:
    """Shapes of a layer within the frame: an area far across the border must not shrink the borough."""
    shapes = [shapely.intersection(one, frame) for one in layer.shapes]
    return Drawn(layer.label, shapes, layer.fill, layer.line, layer.names, layer.width, layer.dash)


def _areas_table(areas: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    rows = tuple(
        (
            one["name"],
            noun(theme),
            count(one),
            round(one["area_km2"], 2),
            "none known" if not one["class"] else one["class"],
            one["tier"] or "none",
            share(one["stability"]),
            "yes" if one["is_cross_border"] else "no",
        )
        for theme, found in areas.items()
        for one in sorted(found, key=lambda one: -(one["incidents"] or 0))
    )
    head = ("Area", "Theme", "Reports", "km²", "Class", "Tier", "Sure of the class", "Crosses the border")
    return told_columns(Table("Hotspot areas", "Hotspot areas that touch the borough, most reports first.", head, rows))


def _wards_table(theme: str, rows: Sequence[Mapping[str, Any]], numbers: Mapping[str, int]) -> Table:
    has_residents = any(one["per_1000_residents"] is not None for one in rows)
    column, words = (
        ("per_1000_residents", "For 1,000 residents (90 %)")
        if has_residents
        else ("ratio", "Times the study's rate (90 %)")
    )
    body = tuple(
        (
            f"{numbers[one['zone_id']]}. {one['name'] or one['zone_id']}",
            count(one),
            count(one, "incidents_previous"),
            one["change_class"] or ("too few" if one["incidents_previous"] is not None else "no data"),
            interval_of(one, column),
            "not told" if one["rank_low"] is None else f"{one['rank_low']} to {one['rank_high']}",
            one["class"] if one["class"] and one["class"] != "none" else ("listed" if one["is_hotspot"] else ""),
        )
        for one in rows[:MOST_WARDS]
    )
    left = len(rows) - len(body)
    more = f" {left} wards with fewer reports are in the GeoJSON." if left > 0 else ""
    head = (
        "Ward",
        "Reports",
        "Months before",
        "Change beside the study's",
        words,
        "Range of its rank by km²",
        "Class, or listed",
    )
    caption = f"{noun(theme)} by ward, {window_text(rows[0])}, most reports first; wards whose places overlap have no order.{more}"
    return told_columns(Table(f"Wards {theme}", caption, head, body))


def _screens(borough: Borough) -> list[Part]:
    """What the release's other lists say of places of the borough."""
    rows = [*_screened(borough), *_to_walk(borough), *_road_harm(borough)]
    if not rows:
        return []
    caption = (
        f"Places of the borough on this release's other lists, the first {MOST_LISTED} of each. No list here is one of sites: a screen "
        "asks which places to look at, and the files of these layers hold all rows with their reasons."
    )
    return [Table("Other lists", caption, ("List", "Place", "Theme", "What it says"), tuple(rows))]


def _screened(borough: Borough) -> list[tuple[str, str, str, str]]:
    found = borough.in_product("chb-candidates")
    layers = {one["of_layer"] for one in found}
    # The same neighbourhood stands once for each layer of zones: these are views of it and not several places.
    layer = next((name for name in ("cells-r8", "wards", *sorted(layers)) if name in layers), None)
    ordered = sorted(
        (one for one in found if one["of_layer"] == layer),
        key=lambda one: (-one["criteria_met"], one["criteria_not_met"]),
    )
    return [
        (
            "Clear Hold Build screen",
            one["name"],
            noun(one["theme"]),
            f"{one['criteria_met']} criteria met, {one['criteria_not_met']} not met, {one['criteria_unknown']} unknown",
        )
        for one in ordered[:MOST_LISTED]
    ]


def _to_walk(borough: Borough) -> list[tuple[str, str, str, str]]:
    found = [one for one in borough.in_product("wsa-shortlist") if one["is_listed"]]
    return [
        (
            "Places to invite to a safety walk",
            one["name"] or one["place_id"],
            noun(one["theme"]),
            f"{one['type']}, place {one['rank']} ({one['rank_low']} to {one['rank_high']} under other weights)",
        )
        for one in sorted(found, key=lambda one: one["rank"] or 0)[:MOST_LISTED]
    ]


def _road_harm(borough: Borough) -> list[tuple[str, str, str, str]]:
    found = sorted(borough.in_product("road-harm-clusters"), key=lambda one: -(one["incidents"] or 0))
    return [
        (
            "Road harm, never added to crime",
            one["name"] or one["cluster_id"],
            noun(one["theme"]),
            f"{one['incidents_band']} collisions with people killed or seriously injured in {one['months']} months",
        )
        for one in found[:MOST_LISTED]
    ]


def _entrenched(borough: Borough) -> list[Part]:
    """How many zones have been high for long, and where that cannot be told, why."""
    layer = borough.area_layer
    said = []
    for theme in compared_themes(borough):
        if not borough.lists(layer, theme):
            continue
        told = borough.told(theme).get("layers", {})
        told = told.get(layer, {}) if isinstance(told, Mapping) else {}
        why = told.get("why_no_statistics") or told.get("why_no_classes")
        if why:
            said.append(f"{noun(theme)}: how long places have been high cannot be told. {why}")
            continue
        rows = borough.zones_in(layer, theme).to_pylist()
        lasting = [one for one in rows if one["is_entrenched"]]
        tiers = [f"{sum(one['tier'] == tier for one in lasting)} of tier {tier}" for tier in ("A", "B")]
        steps = max((one["steps"] or 0 for one in rows), default=0)
        said.append(
            f"{noun(theme)}: {len(lasting)} of {len(rows)} {'cells' if layer.startswith('cells') else layer} have been high in nearly all of "
            f"{steps} rolling years, a quarter apart ({listed(tiers)}); {sum(one['is_venue'] is True for one in rows)} more are high because of one map "
            "point or one month."
        )
    return [Words(text) for text in said]


def _range(one: TopShare) -> str:
    if one.low is None or one.high is None:
        return "no data"
    low, high = (share(value) for value in (one.low, one.high))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def _season_sentence(theme: str, feed: str, years: int, rows: Sequence[tuple[str, float, float, float]]) -> str:
    above = [name for name, _, low, _ in rows if low > 1]
    below = [name for name, _, _, high in rows if high < 1]
    said = f"{noun(theme)}, by month of the year ({years} years of {feed}): "
    if not above and not below:
        return f"{said}no month can be told from an average one."
    parts = [f"more than an average month in {listed(above)}"] if above else []
    parts += [f"less in {listed(below)}"] if below else []
    return f"{said}{'; '.join(parts)}. The other months cannot be told from an average one."
