"""The sheet for a walk: one place on two pages of A4, by hand and by pencil, with no other file and no other host.

What is known is printed, what only people can tell is left blank: fourteen things to look at, by daylight and in the dark,
what is to be done and who owns it. It holds no count of incidents and nobody's name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo_safety.audit_places import disc_around
from geo_safety.daylight import DarkHours, dark_hours
from geo_safety.errors import ReleaseError, WalkError
from geo_safety.line_ends import escape
from geo_safety.view import View
from geo_safety.walk_factors import FACTORS
from geo_safety.walks import FIRST_DAY, LAST_DAY, WalkedPlace

LAYER, THEME = "wsa-shortlist", "vawg_ps"

LOW_REPORTS = "Low reports do not mean safe."
"""On every sheet, in these words."""

PARTS = {
    "incidents": "Reports around, smoothed",
    "perception": "What people say of it",
    "transport": "Stops, stations and waiting",
    "built": "Few lights, few open doors",
    "exposure": "Women and girls who are there",
}

BEFORE = (
    (
        "Invite people who use the place: women and girls of several ages, disabled women, people who work here. "
        "Write down how many came, never who."
    ),
    "Pay those who come for their time, as you would pay any other adviser.",
    "Ask for consent before you write anything down, and before any picture; no faces, no front doors.",
    "Nobody walks alone. Say who leads, who stays last, where you meet, and where you stop if anybody wants to.",
    "Walk it twice: by daylight, and in the dark. Use one sheet for each group.",
)
"""What has to be settled before a walk."""

OWNERS = ("Street lights", "Road and pavement", "Stop or station", "Park or open space", "Buildings next door", "Cleaning",
          "Help points and cameras")  # fmt: skip

MAP_M = 450
"""Half the width of the map."""

ACTION_ROWS = 5


@dataclass(frozen=True)
class SheetPlace:
    """What a sheet prints of a place.

    Parameters
    ----------
    row : mapping
        Its row of the layer, as the reader may see it.
    place : WalkedPlace
        Its middle and time zone.
    shape : shapely geometry
        WGS84.
    """

    row: Mapping[str, Any]
    place: WalkedPlace
    shape: shapely.Geometry


def place_named(view: View, place_id: str, *, named: Iterable[Mapping[str, Any]] = ()) -> SheetPlace:
    """The place of this id in a release, or among those that the community named.

    Parameters
    ----------
    named : iterable of mapping
        From `nominations.nominations`: those that the reader may see.

    Raises
    ------
    ReleaseError
        The release has no shortlist that the reader may see, or there is no such place.
    """
    for one in named:
        if one["place_id"] == place_id:
            return _of_nomination(one, view)
    table = view.table(LAYER, theme=THEME)
    ids = table["place_id"].to_pylist()
    if place_id not in ids:
        listed = [one for one, is_listed in zip(ids, table["is_listed"].to_pylist(), strict=True) if is_listed]
        raise ReleaseError(
            f"Release {view.release_id} has no place {place_id!r} to walk.",
            f"Places are rows of the layer {LAYER}; on the list are {', '.join(listed[:3]) or 'none'} …",
        )
    row = table.slice(ids.index(place_id), 1).to_pylist()[0]
    shape = shapely.from_wkb(row.pop("geometry"))
    middle = shapely.centroid(shape)
    place = WalkedPlace(
        place_id=place_id,
        name=row["name"],
        type=row["type"],
        borough_code=row["boroughs"],
        longitude=round(middle.x, 6),
        latitude=round(middle.y, 6),
        time_zone=time_zone_of(view.manifest),
    )
    return SheetPlace(row, place, shape)


def _of_nomination(one: Mapping[str, Any], view: View) -> SheetPlace:
    name = ", ".join(filter(None, (one["name"], one["borough_name"])))
    place = WalkedPlace(
        place_id=one["place_id"],
        name=name,
        type=one["type"],
        borough_code=one["borough_code"],
        longitude=one["longitude"],
        latitude=one["latitude"],
        time_zone=time_zone_of(view.manifest),
    )
    return SheetPlace({"named_by": one["by"]}, place, disc_around(one["longitude"], one["latitude"]))


def time_zone_of(manifest: Mapping[str, Any]) -> str:
    """The time zone of the study: that of its first feed."""
    feeds = manifest["settings"].get("sources", ())
    return str(next((one["time_zone"] for one in feeds if "time_zone" in one), "Europe/London"))


def walk_sheet(
    found: SheetPlace, *, date: dt.date, manifest: Mapping[str, Any], ground: Iterable[Mapping[str, Any]] = ()
) -> str:
    """The sheet as one HTML document with its style in it.

    Parameters
    ----------
    date : date
        Of the walk; hours of light are of this day.
    manifest : mapping
        The release's, as the reader sees it.
    ground : iterable of mapping
        GeoJSON features of the release's base map.

    Raises
    ------
    WalkError
        The day is none of these times.
    """
    if not FIRST_DAY <= date <= LAST_DAY:
        raise WalkError(f"{date} is no day of a walk.", f"Give one from {FIRST_DAY} to {LAST_DAY}.")
    place, row = found.place, found.row
    night, morning = _night(date, place), _night(date - dt.timedelta(days=1), place)
    title = f"Walk sheet: {place.name}"
    body = "".join(
        (
            (
                f"<header><p class=kind>{escape(place.type)}</p><h1>{escape(place.name)}</h1>"
                f"<p class=lead>{LOW_REPORTS} This sheet invites a walk; no place has been found unsafe.</p></header>"
            ),
            '<div class="two">',
            f"<figure>{_map(found, ground)}<figcaption>The place, about 300 m. North is up.</figcaption></figure>",
            f"<div>{_times(date, morning, night)}{_years_light(date, place)}</div></div>",
            (
                f"<section><h2>Before you walk</h2><ul>{''.join(f'<li>{escape(one)}</li>' for one in BEFORE)}</ul>"
                f"{_blanks(('Date', 'From', 'To', 'How many walked', 'Led by (organisation)'))}</section>"
            ),
            f"<section><h2>Why this place was proposed</h2>{_parts(row)}</section>",
            f"<section><h2>Who owns what</h2>{_owners()}{_blanks(('Walk again on', 'Kept as (number)'))}</section>",
            f'<section class="page"><h2>What you see</h2>{_checklist()}</section>',
            f"<section><h2>What is to be done</h2>{_actions()}</section>",
            f"<footer>{_small_print(manifest, place)}</footer>",
        )
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>{body}</body></html>\n'
    )


def _times(date: dt.date, morning: DarkHours, night: DarkHours) -> str:
    day = f"{date:%A} {date.day} {date:%B %Y}"
    light = f"Light from {_clock(morning.sunrise)} to {_clock(night.sunset)}."
    if night.hours == 0:
        dark = "It does not get dark."
    elif night.dark_from is None:
        dark = "It does not get light."
    else:
        dark = f"Dark from {_clock(night.dark_from)} (the sun is 6° down) until {_clock(night.dark_until)} the next morning."
    return (
        f"<h2>When</h2><p><strong>{day}</strong></p><p>By daylight: {light}</p><p>In the dark: {dark}</p>"
        "<p class=hint>The reports behind this list have months and no hours: they cannot say when to go. Ask those who use "
        "the place.</p>"
    )


def _night(date: dt.date, place: WalkedPlace) -> DarkHours:
    return dark_hours(date, longitude=place.longitude, latitude=place.latitude, time_zone=place.time_zone)


def _years_light(date: dt.date, place: WalkedPlace) -> str:
    cells = []
    for month in range(1, 13):
        night = _night(dt.date(date.year, month, 15), place)
        cells.append((f"{dt.date(2000, month, 1):%b}", _clock(night.dark_from)))
    head = "".join(f'<th scope="col">{name}</th>' for name, _ in cells)
    row = "".join(f"<td>{clock}</td>" for _, clock in cells)
    return f'<table class="year"><caption>Dark from, on the 15th of each month of {date.year}</caption><thead><tr>{head}</tr></thead><tbody><tr>{row}</tr></tbody></table>'


def _clock(moment: dt.datetime | None) -> str:
    return "–" if moment is None else f"{moment:%H:%M}"


def _parts(row: Mapping[str, Any]) -> str:
    if "named_by" in row:
        return f"<p>The community named it, and {escape(row['named_by'])} passed it on. It has no score and needs none.</p>"
    lines = []
    for name, label in PARTS.items():
        value = row[f"part_{name}"]
        if value is None:
            lines.append(
                f'<tr><th scope="row">{label}</th><td colspan="2">not known here: the other parts count for more</td></tr>'
            )
        else:
            bar = f'<span class="bar"><span style="width:{value:.0f}%"></span></span>'
            lines.append(
                f'<tr><th scope="row">{label}</th><td>{bar}</td><td>higher than {value:.0f} of 100 places</td></tr>'
            )
    if row["rank"] is None:
        rank = "Too little is known of this place to rank it."
    else:
        rank = (
            f"Number {row['rank']:,} of the places that could be walked; with other weights between {row['rank_low']:,} and "
            f"{row['rank_high']:,}."
        )
    listed = "It is on the list." if row["is_listed"] else f"It is not on the list. {row['excluded_because']}"
    return f'<table class="parts"><tbody>{"".join(lines)}</tbody></table><p>{rank} {escape(listed)}</p>'


def _checklist() -> str:
    def anchors(meanings: Sequence[str]) -> str:
        return " · ".join(f"<b>{mark}</b> {escape(meaning)}" for mark, meaning in enumerate(meanings))

    marks = "".join(f'<td class="mark">{number}</td>' for number in range(4))
    rows = "".join(
        f'<tr><th scope="row"><b>{escape(factor.name)}</b> {escape(factor.question)}'
        f'<span class="anchors">{anchors(factor.anchors)}</span></th>{marks}{marks}<td></td></tr>'
        for factor in FACTORS
    )
    head = (
        '<tr><th scope="col" rowspan="2">Look at</th><th scope="colgroup" colspan="4">By daylight</th>'
        '<th scope="colgroup" colspan="4">In the dark</th><th scope="col" rowspan="2" class="note">Where, and what</th></tr>'
        f"<tr>{'<th scope=col>0</th><th scope=col>1</th><th scope=col>2</th><th scope=col>3</th>' * 2}</tr>"
    )
    return f'<p>Ring one number for each light; leave out what you did not see. 3 is best.</p><table class="look"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _actions() -> str:
    rows = "<tr><td></td><td></td><td></td></tr>" * ACTION_ROWS
    return (
        '<table class="write"><thead><tr><th scope="col">What</th><th scope="col">Who owns it (organisation)</th>'
        f'<th scope="col">By when</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _owners() -> str:
    return _blanks(OWNERS)


def _blanks(labels: Sequence[str]) -> str:
    return f'<p class="blanks">{"".join(f"<span>{escape(label)}</span>" for label in labels)}</p>'


def _small_print(manifest: Mapping[str, Any], place: WalkedPlace) -> str:
    study = manifest["study"]["name"]
    names = "; ".join(manifest["attribution"])
    return (
        f"<p>{escape(study)}, release {escape(manifest['release_id'])}, reports to {escape(manifest['months']['last'])}, "
        f"method {escape(manifest['method_version'])}, place {escape(place.place_id)}. Recorded is not all, places are "
        f"approximate, and more reports can mean more trust. Hours of light are computed from the sun for "
        f"{place.latitude:.3f}, {place.longitude:.3f} ({escape(place.time_zone)}). {escape(names)}</p>"
    )


def _map(found: SheetPlace, ground: Iterable[Mapping[str, Any]]) -> str:
    """The place on the release's own ground, as a picture of lines."""
    east, north = 111_320 * np.cos(np.radians(found.place.latitude)), 111_132
    west, south = found.place.longitude - MAP_M / east, found.place.latitude - MAP_M / north
    frame = shapely.box(west, south, found.place.longitude + MAP_M / east, found.place.latitude + MAP_M / north)

    def drawn(shape: shapely.Geometry, class_: str) -> str:
        paths = []
        for piece in shapely.get_parts(shape):
            rings = [piece.exterior, *piece.interiors] if piece.geom_type == "Polygon" else [piece]
            for ring in rings:
                xy = (shapely.get_coordinates(ring) - (west, south)) * (east, north)
                paths.append("M" + "L".join(f"{x:.0f} {2 * MAP_M - y:.0f}" for x, y in xy))
        return f'<path class="{class_}" d="{"".join(paths)}"/>' if paths else ""

    layers = dict.fromkeys(("land", "park", "water", "line", "station"), "")
    for feature in ground:
        kind = feature["properties"]["kind"]
        shape = shapely.geometry.shape(feature["geometry"])
        if kind not in layers or not shape.intersects(frame):
            continue
        if kind == "station":
            x, y = (np.array([shape.x, shape.y]) - (west, south)) * (east, north)
            name = escape(str(feature["properties"].get("name", "")))
            layers[kind] += (
                f'<circle class="station" cx="{x:.0f}" cy="{2 * MAP_M - y:.0f}" r="9"/><text x="{x + 14:.0f}" y="{2 * MAP_M - y + 6:.0f}">{name}</text>'
            )
        else:
            layers[kind] += drawn(shapely.make_valid(shape).intersection(frame), kind)
    side = 2 * MAP_M
    scale = f'<path class="scale" d="M40 {side - 40}h200"/><text x="40" y="{side - 52}">200 m</text>'
    inside = "".join(layers[kind] for kind in ("land", "park", "water", "line"))
    return (
        f'<svg viewBox="0 0 {side} {side}" role="img" aria-label="Map of the place and what is around it">'
        f'<rect class="sea" width="{side}" height="{side}"/>{inside}{drawn(found.shape, "place")}{layers["station"]}{scale}</svg>'
    )


STYLE = """
@page{size:A4;margin:12mm}
*{box-sizing:border-box}
body{font:9.5pt/1.35 system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif;color:#1a1a1a;background:#fff;max-width:186mm;margin:0 auto;padding:4mm 0}
h1{font-size:17pt;line-height:1.15;margin:0}h2{font-size:11.5pt;margin:3.5mm 0 1mm}p{margin:0 0 1mm}ul{margin:0;padding-left:5mm}
.kind{text-transform:uppercase;letter-spacing:.06em;font-size:8pt;color:#444}.lead{font-size:10.5pt;font-weight:600}
.two{display:grid;grid-template-columns:84mm 1fr;gap:6mm;margin-top:2mm}figure{margin:0}figcaption,.hint,footer{font-size:8pt;color:#444}
svg{width:100%;border:.3mm solid #888;display:block}.sea{fill:#fff}.land{fill:#f6f5f1}.park{fill:#dcead2}.water{fill:#cfe2f0}
.line{fill:none;stroke:#8a8a8a;stroke-width:4}.station{fill:#fff;stroke:#1a1a1a;stroke-width:4}.scale{stroke:#1a1a1a;stroke-width:5}
.place{fill:#5b3a8c22;stroke:#5b3a8c;stroke-width:7}svg text{font-size:26px;fill:#1a1a1a;paint-order:stroke;stroke:#fff;stroke-width:5}
table{border-collapse:collapse;width:100%}caption{text-align:left;font-size:8pt;color:#444}th{text-align:left;font-weight:400}
.year th,.year td{border:.2mm solid #999;padding:.4mm 0;text-align:center;font-size:6.8pt}
.parts th,.parts td{padding:.5mm 2mm .5mm 0}.parts th{width:58mm}.parts td:last-child{width:52mm;white-space:nowrap}
.bar{display:block;border:.2mm solid #555;height:3mm}.bar span{display:block;height:100%;background:#5b3a8c;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.look th,.look td{border:.2mm solid #777;padding:.5mm 1mm;vertical-align:top}.look thead th{text-align:center;font-size:8pt}
.look .mark{text-align:center;width:6.2mm;vertical-align:middle}.look .note{width:36mm}.anchors{display:block;font-size:7.2pt;color:#444}
.write th,.write td{border:.2mm solid #777;padding:.7mm 1mm;height:6.5mm}.write th{height:auto;font-size:8pt}.write th:first-child{width:55%}
.blanks{display:flex;flex-wrap:wrap;gap:2mm 5mm;margin-top:2mm}.blanks span{flex:1 1 38mm;border-bottom:.2mm solid #1a1a1a;padding-bottom:6mm;font-size:8pt}
footer{margin-top:2mm;border-top:.2mm solid #999;padding-top:1mm;font-size:6.8pt;line-height:1.25}
section,table tr{break-inside:avoid}
@media print{.page{break-before:page}body{padding:0;max-width:none}}
@media screen and (max-width:640px){.two{grid-template-columns:1fr}body{padding:4mm}.parts th,.parts td:last-child{width:auto;white-space:normal}.parts td{min-width:12mm}.look{overflow-wrap:anywhere}}
"""
