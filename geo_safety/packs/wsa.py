"""The Women's Safety Audit site pack: what is known of a place to walk, and the papers for the walk itself.

A pack invites people; it finds nothing unsafe. It holds no count of incidents, and nobody's name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from geo_safety.daylight import dark_hours
from geo_safety.errors import ReleaseError
from geo_safety.packs.basis import Basis, window_text
from geo_safety.packs.content import (
    BOARD_DECIDES,
    COMMUNITY_HOLDS,
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
from geo_safety.packs.drawing import Drawn, bars, place_map
from geo_safety.packs.figures import interval, listed, number
from geo_safety.packs.statements import disclosure_words, source_words
from geo_safety.walk_factors import FACTORS
from geo_safety.walk_sheet import LAYER, LOW_REPORTS, OWNERS, PARTS, THEME, SheetPlace, place_named

CHECKLIST = items(
    type="type",
    boundary="boundary",
    times="times to audit",
    score="score parts and rank range",
    smoothed="smoothed incidents (no sexual-offence counts)",
    perception="perception themes",
    transport="transport and waiting",
    checklist="pre-filled 0-3 checklist",
    participants="participant mix",
    pay="pay",
    safety="safety plan",
    consent="consent",
    names="no names",
    owners="asset owners",
    actions="action table",
    again="re-audit date",
    low_reports="“low reports do not mean safe”",
)

NEAR_M = 800
"""Other places of the list so near are on the map and in the GeoJSON."""

ON_THE_WALK = "To be seen and said on the walk; to be filled in by hand."

CANNOT = (
    LOW_REPORTS,
    "More reports can mean more trust in reporting. A place is not worse because more was reported there.",
    "No sexual offence and no domestic abuse is in any figure here.",
    "The reports have months and no hours: they cannot say when to walk.",
)


def make(basis: Basis, place_id: str) -> Pack:
    """The pack of one place to walk.

    Parameters
    ----------
    place_id : str
        A row of `wsa-shortlist`, on the list or not, or a place that the community named.

    Raises
    ------
    ReleaseError
        There is no such place, or the release has no shortlist.
    """
    if not basis.has(LAYER, THEME):
        told = basis.manifest.get("products", {}).get(LAYER, {}).get("why_not")
        raise ReleaseError(
            f"Release {basis.view.release_id} has no places to walk. {told or ''}".strip(),
            "Give the run stations, stops, parks or uses as [[context]] files.",
        )
    basis.table(LAYER, THEME, ["place_id"])  # so that what must travel with the layer is said
    found = place_named(basis.view, place_id, named=basis.named)
    others = _others(basis, found)
    sections = (
        _place(basis, found, others),
        _times(basis, found),
        _why(basis, found),
        _perception(found),
        _transport(found),
        _marks(basis, found),
        _before(),
        _after(),
        Section("What this pack cannot tell you", ("low_reports",), (Points(CANNOT), Words(disclosure_words(basis), is_note=True))),
    )  # fmt: skip
    return Pack(
        kind="wsa",
        title=f"Women's Safety Audit site pack: {found.place.name}",
        place_id=place_id,
        place_name=found.place.name,
        lead=(
            f"{LOW_REPORTS} This pack invites a walk; no place has been found unsafe.",
            "It is not an audit. The audit is the walk, and what people say on it.",
            _standing(found.row),
        ),
        checklist=CHECKLIST,
        sections=sections,
        shapes=_shapes(found, others),
        publication=basis.publication,
        disclosure=disclosure_words(basis),
    )


def _standing(row: Mapping[str, Any]) -> str:
    if "named_by" in row:
        return f"The community named it, and {row['named_by']} passed it on. It has no score and needs none."
    if row["rank"] is None:
        return "Too little is known of this place to rank it."
    rank = (
        f"Number {row['rank']:,} of the places that could be walked; with other weights between {row['rank_low']:,} and "
        f"{row['rank_high']:,}."
    )
    said = "It is on the list." if row["is_listed"] else f"It is not on the list: {_small(row['excluded_because'])}"
    return f"{rank} {said}"


def _small(text: str) -> str:
    return text[0].lower() + text[1:]


def _others(basis: Basis, found: SheetPlace) -> list[dict[str, Any]]:
    """Other places of the list near this one."""
    rows = [row for row in basis.rows(LAYER, THEME) if row["is_listed"] and row["place_id"] != found.place.place_id]
    reach = NEAR_M / 111_195
    around = shapely.box(
        found.place.longitude - reach / np.cos(np.radians(found.place.latitude)), found.place.latitude - reach,
        found.place.longitude + reach / np.cos(np.radians(found.place.latitude)), found.place.latitude + reach,
    )  # fmt: skip
    return [row for row in rows if row["geometry"].intersects(around)]


def _place(basis: Basis, found: SheetPlace, others: list[dict[str, Any]]) -> Section:
    place, row = found.place, found.row
    about = facts(
        "Place",
        "The place",
        [
            ("Type", place.type),
            ("Place", place.name),
            ("Ward", row.get("ward_name")),
            ("Borough", row.get("borough_names") or place.borough_code),
            ("Middle", f"{_degrees(place.latitude, 'north', 'south')}, {_degrees(place.longitude, 'east', 'west')}"),
            (
                "Boundary",
                "200 to 400 m, drawn from what people know of the place and not from reports; see the GeoJSON.",
            ),
        ],
    )
    layers = [Drawn("The place", [found.shape], fill="#5b3a8c", line="#5b3a8c", width=2.2)]
    if others:
        layers.append(Drawn("Other places of the list", [one["geometry"] for one in others], fill="#d08a1c", line="#9a5b00", dash="4 3"))  # fmt: skip
    drawn = place_map(layers, ground=basis.ground, label=f"Map of {place.name}", around=0.8 if others else 1.2)
    return Section(
        "The place",
        ("type", "boundary"),
        (about, Picture(drawn, f"North is up. Premises are not shown. {source_words(basis)}")),
    )


def _degrees(value: float, above: str, below: str) -> str:
    return f"{abs(value):.4f} {above if value >= 0 else below}"


def _times(basis: Basis, found: SheetPlace) -> Section:
    year = 1970 + (basis.last_month + 1) // 12
    rows: list[tuple[Cell, ...]] = []
    for month in range(1, 13):
        night = dark_hours(
            dt.date(year, month, 15),
            longitude=found.place.longitude,
            latitude=found.place.latitude,
            time_zone=found.place.time_zone,
        )
        clock = [None if one is None else f"{one:%H:%M}" for one in (night.sunset, night.dark_from, night.dark_until)]
        rows.append((f"{dt.date(year, month, 15):%B}", *(one or "–" for one in clock), number(night.hours, 1)))
    head = ("Month", "Sunset", "Dark from", "Dark until, next morning", "Hours of dark")
    parts = (
        Words("Walk twice: by daylight and in the dark, with one sheet for each group. Ask those who use the place when."),
        Table("Dark hours", f"On the 15th of each month of {year}, {found.place.time_zone}", head, tuple(rows)),
        Words("Dark: the sun is more than 6° below the horizon. Clouds, hills and buildings are not considered.", is_note=True),
        Form("The walks.", ("Light", "Date", "From", "To", "How many walked", "Led by (organisation)"),
             ("By daylight", "In the dark"), BOARD_DECIDES, "times"),
    )  # fmt: skip
    return Section("Times to audit", ("times",), parts)


def _why(basis: Basis, found: SheetPlace) -> Section:
    answers = ("score", "smoothed")
    if "named_by" in found.row:
        return Section("Why this place", answers, (Words(_standing(found.row)), *_smoothed(basis, found)))
    values = [(label, found.row[f"part_{name}"]) for name, label in PARTS.items()]
    drawn = bars(values, label="Parts of the score: of 100 places, how many are lower", unit=" of 100")
    rows: list[tuple[Cell, ...]] = [
        (label, "not known here: the other parts count for more" if value is None else f"higher than {value:.0f} of 100 places")
        for label, value in values
    ]  # fmt: skip
    parts: list[Part] = [
        Words(_standing(found.row)),
        Words("The score orders invitations; it measures no safety. The range holds the ranks under other weights: each halved "
              "or raised by half, all 32 ways.", is_note=True),
        Table("Score", "Parts of the score", ("Part", "Among all places that could be walked"), tuple(rows)),
        Picture(drawn, "How many of 100 places are lower, part by part. Not told: no data, and no low value."),
        *_smoothed(basis, found),
    ]  # fmt: skip
    if found.row["caution"]:
        parts.append(Words(str(found.row["caution"]), is_note=True))
    return Section("Why this place", answers, tuple(parts))


def _smoothed(basis: Basis, found: SheetPlace) -> list[Part]:
    """The rate around, from the cells that everybody may see: a neighbourhood's, and never a count."""
    layer = str(basis.manifest.get("rules", {}).get("layer", ""))
    note = Words(
        "Robbery, theft from the person and public order in public space. No sexual offence and no domestic abuse is in it, "
        "and no count of so small a place is made.",
        is_note=True,
    )
    if not basis.has(layer, THEME):
        return [Blank("Reports around, smoothed", "This release has no cells with this theme.", "smoothed", 1)]
    table = basis.table(layer, THEME, ["geometry", "ratio", "ratio_low", "ratio_high", "window_start", "window_end"])
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    middle = shapely.Point(found.place.longitude, found.place.latitude)
    here = np.flatnonzero(shapely.intersects(shapes, middle))
    if not len(here):
        return [Blank("Reports around, smoothed", "Its middle lies in no cell of this release.", "smoothed", 1)]
    row = table.take(pa.array(here[:1])).drop_columns("geometry").to_pylist()[0]
    said = (
        "The rate around it is not told."
        if row["ratio"] is None
        else f"Reported incidents that bear on women's safety in public space, in the neighbourhood around, {window_text(row)}: "
        f"{number(row['ratio'], 2)} times the rate of the whole study (90 % interval "
        f"{interval(row['ratio_low'], row['ratio_high'], 2)}), smoothed."
    )
    return [Words(said), note]


def _perception(found: SheetPlace) -> Section:
    value = found.row.get("part_perception")
    said = (
        "No survey and no report of a feeling is in this release. Silence is not a finding."
        if value is None
        else f"More people said that they do not feel safe here than in {value:.0f} of 100 places that could be walked. Such "
        "reports are anonymous and select themselves; they are no record of crime."
    )
    parts = (
        Words(said),
        Blank("What people say, by theme: light, harassment, waiting, ways out, people about", COMMUNITY_HOLDS, "perception", 4, key="perception"),
    )  # fmt: skip
    return Section("What people say", ("perception",), parts)


def _transport(found: SheetPlace) -> Section:
    row = found.row
    pairs: list[tuple[str, Cell]] = [
        ("Bus or tram stops within 150 m", _count(row.get("stops_within_150m"))),
        ("Entries to and exits from stations around, a year", _count(row.get("footfall"))),
        ("Shops and other uses open to all within 150 m", _count(row.get("uses_within_150m"))),
        (
            "Street lights within 100 m",
            _count(row.get("lamps_within_100m"), "not listed for this place: look on the walk"),
        ),
    ]
    parts = (
        facts("Transport", "Stops, stations and what is around", pairs),
        Blank(
            "Waiting: shelter, seats, light, staff, help point, who can see you, last service",
            ON_THE_WALK,
            "transport",
            3,
            key="waiting",
        ),
    )
    return Section("Transport and waiting", ("transport",), parts)


def _count(value: float | None, otherwise: str = "no source tells") -> str:
    return otherwise if value is None else f"{value:,.0f}"


def _marks(basis: Basis, found: SheetPlace) -> Section:
    """The fourteen things to look at, with what is known before the walk, or was seen on the last one."""
    last = _last_walks(basis, found.place.place_id)
    head = ("Look at", "Known before", "Day 0-3", "Dark 0-3", "Where, and what")
    labels = tuple(f"{one.name}. {one.question}" for one in FACTORS)
    known = tuple((_known(one.key, found.row, last),) for one in FACTORS)
    anchors = tuple((one.name, *one.anchors) for one in FACTORS)
    walked = (
        f"Marks of the last walks: {listed([f'{light}, ' + str(one['date']) for light, one in last.items()])}."
        if last
        else "No earlier walk of this place is kept, or none that this reader may see."
    )
    parts = (
        Words("Write one number for each light; leave out what you did not see. 3 is best. " + walked),
        Form("What you see.", head, labels, ON_THE_WALK, "checklist", known),
        Table("Marks", "What 0, 1, 2 and 3 mean", ("Factor", "0", "1", "2", "3"), anchors),
    )
    return Section("Checklist for the walk", ("checklist",), parts, starts_page=True)


def _last_walks(basis: Basis, place_id: str) -> dict[str, Mapping[str, Any]]:
    """The newest walk in each light."""
    found: dict[str, Mapping[str, Any]] = {}
    for walk in sorted(basis.walks_of(place_id), key=lambda one: str(one["date"])):
        found[str(walk["light"])] = walk
    return dict(sorted(found.items()))


def _known(factor: str, row: Mapping[str, Any], last: Mapping[str, Mapping[str, Any]]) -> str:
    facts_of = {
        "lighting": ("lamps_within_100m", "street lights within 100 m"),
        "public_transport": ("stops_within_150m", "stops within 150 m"),
        "diversity": ("uses_within_150m", "uses open to all within 150 m"),
    }
    texts = []
    if factor in facts_of:
        column, words = facts_of[factor]
        if row.get(column) is not None:
            texts.append(f"{row[column]:,.0f} {words}")
    marks = [
        f"{light} {walk['factors'][factor]}" for light, walk in last.items() if walk["factors"].get(factor) is not None
    ]
    if marks:
        texts.append(f"last time: {', '.join(marks)}")
    return "; ".join(texts)


def _before() -> Section:
    parts = (
        Form("Participant mix.", ("Who", "How many", "Through which organisation"),
             ("Women and girls of several ages", "Disabled women", "Women from the communities around", "People who work here",
              "Asset owners"), f"Write down how many, never who. {BOARD_DECIDES}", "participants"),
        Blank("Pay: hourly rate, travel, child care", f"Pay those who come as you would pay any other adviser. {BOARD_DECIDES}",
              "pay", 2, key="pay"),
        Blank("Safety plan: who leads, who stays last, meeting place, when to stop, whom to call",
              f"Nobody walks alone. {BOARD_DECIDES}", "safety", 3, key="safety"),
        Blank("Consent: how it is asked, and for what", "Ask before anything is written down, and before any picture; no faces, no "
              f"front doors. {BOARD_DECIDES}", "consent", 2, key="consent"),
        Words("No names: neither this pack nor the record of a walk holds anybody's name, address or number."),
    )  # fmt: skip
    return Section("Before you walk", ("participants", "pay", "safety", "consent", "names"), parts, starts_page=True)


def _after() -> Section:
    parts = (
        Form("Asset owners.", ("What", "Owner (organisation)", "How to reach them (office)"), OWNERS, BOARD_DECIDES, "owners"),
        Form("Action table.", ("What is to be done", "Owner (organisation)", "By when", "Done"), ("",) * 6, ON_THE_WALK, "actions"),
        Blank("Walk again on", f"In the same light, so that the two can be compared. {BOARD_DECIDES}", "again", 1, key="again"),
        Words("Keep what people saw with `geo-safety walks add`, and compare two walks with `geo-safety walks compare`.", is_note=True),
    )  # fmt: skip
    return Section("After the walk", ("owners", "actions", "again"), parts)


def _shapes(found: SheetPlace, others: list[dict[str, Any]]) -> tuple[Shape, ...]:
    row = found.row
    names = ("is_listed", "rank", "rank_low", "rank_high", "score", *(f"part_{name}" for name in PARTS))
    about = {"name": found.place.name, "type": found.place.type, **{name: row.get(name) for name in names}}
    beside = [Shape(one["place_id"], "other place of the list", one["geometry"],
                    {"name": one["name"], "type": one["type"], "rank": one["rank"]}) for one in others]  # fmt: skip
    return (Shape(found.place.place_id, "place", found.shape, about), *beside)
