"""A row of a list in words: what it says first, then each figure under its name, and what is left blank and why.

The map's panel and the page without scripts show the same summary. Figures are the published ones; what is worked out
here is only which words fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fastapi import Request

from geo_safety.map_classes import noun_of
from geo_safety.publication import SAID_BESIDE

from .layers import Layer
from .links import address
from .plain_words import (
    class_sentence,
    count_words,
    mode_words,
    month_words,
    number,
    ordinal,
    percent,
    sure_sentence,
    window_words,
)
from .product_lists import CRITERIA, layer_words
from .questions import SCREEN, SHORTLIST, why_no_classes
from .store import Published
from .words import text

Row = Mapping[str, Any]
PARTS = ("incidents", "perception", "transport", "built", "exposure")
BLANKS = ("threat", "intelligence", "safeguarding", "partnership")
SIGNS = {"met": "✓", "not met": "–", "unknown": "?"}
SMALL_SHARE = 0.001
PACK_OF = {SCREEN: "chb", SHORTLIST: "wsa", "stations": "transport", "corridors": "transport"}
"""Lists of whose rows a pack can be made, and its kind."""


@dataclass(frozen=True)
class Figure:
    """One published value: its column, what it is, how it is said, and itself."""

    column: str
    label: str
    said: str
    value: Any = None
    sign: str = ""


@dataclass(frozen=True)
class Group:
    """Figures that belong together, under a title, with what must be said of all of them."""

    title: str
    figures: tuple[Figure, ...]
    note: str = ""


@dataclass(frozen=True)
class Summary:
    """All that a panel or page says of a row."""

    id: str
    name: str
    sub: str
    sentences: tuple[str, ...]
    groups: tuple[Group, ...]
    says: tuple[str, ...]
    cautions: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain values."""
        return asdict(self)


def summary_of(request: Request, published: Published, layer: Layer, theme: str, row: Row) -> Summary:
    """The row in words."""
    row_id = str(row[layer.id_column])
    make = _WORDS[layer.name]
    why = why_no_classes(published, row["of_layer"], theme) if layer.name == SCREEN else None
    sentences, groups = make(row, noun_of(theme), why)
    told = published.manifest.get("products", {}).get(layer.name, {})
    note = SAID_BESIDE.get(theme)
    own = row.get("caution") or ""
    return Summary(
        id=row_id,
        name=str(row["name"]),
        sub=" · ".join(filter(None, ((row.get("borough_names") or "").replace(";", ","), _kind(row), window_words(row)))),
        sentences=tuple(one for one in (*sentences, note) if one),
        groups=tuple(Group(one.title, tuple(one.figures), one.note) for one in groups if one.figures),
        says=tuple(told.get("says", ())),
        cautions=tuple(
            dict.fromkeys(one for one in (own, *published.publication(layer.name, theme).caveats) if one not in told.get("says", ()) and one not in ("", note))
        ),
        links=tuple(_links(request, layer, theme, row_id)),
    )  # fmt: skip


def _kind(row: Row) -> str | None:
    if row.get("type"):
        return str(row["type"])
    if row.get("modes"):
        return mode_words(str(row["modes"]))
    if row.get("of_layer"):
        return text("list.madeOf", layer=layer_words(str(row["of_layer"])))
    return mode_words(str(row["mode"])) if row.get("mode") else None


def _links(request: Request, layer: Layer, theme: str, row_id: str) -> Iterator[tuple[str, str]]:
    where = ("collections", layer.name, "items")
    if layer.name == SHORTLIST:
        yield address(request, "walks", "sheets", row_id), text("product.sheet")
    if layer.name in PACK_OF:
        yield address(request, "packs", PACK_OF[layer.name], row_id), text("list.pack")
    yield address(request, *where, row_id, theme=theme, f="html"), text("panel.allNumbers")
    yield address(request, *where, row_id, theme=theme), text("panel.api")
    yield address(request, *where, theme=theme, f="html", limit=100), text("product.all")


# Sentences and groups of each list -----------------------------------------------------------------------------


def _screen(row: Row, noun: str, why: str | None) -> tuple[list[str | None], list[Group]]:
    met = text("list.chb.met", met=row["criteria_met"], all=len(CRITERIA))
    rest = text("list.chb.rest", failed=row["criteria_not_met"], unknown=row["criteria_unknown"])
    sentences = [
        f"{met} {rest}",
        text("list.chb.only"),
        _reports(row, noun),
        class_sentence(row, noun, str(row["name"]).removeprefix("Around "), why_not=why),
        sure_sentence(row),
        text("place.why.harm") if row.get("weights_differ") else None,
    ]
    shares = {
        "harm_cchi": ("harm_cchi_top_share", "list.topShare"),
        "harm_css": ("harm_css_top_share", "list.topShare"),
        "daytime": ("daytime_top_share", "list.topShare"),
    }
    criteria = []
    for one in CRITERIA:
        answer = str(row[f"meets_{one}"])
        column, words = shares.get(one, ("", ""))
        figure = f" {text(words, share=_tiny(row[column]))}" if column and row.get(column) is not None else ""
        if one == "size" and row.get("area_km2") is not None:
            figure = f" {text('place.km2', n=number(row['area_km2'], 1))}."
        if one == "second_theme" and row.get("second_themes"):
            figure = f" {', '.join(noun_of(theme) for theme in row['second_themes'].split(';'))}."
        said = text(f"list.answer.{answer}") + figure
        criteria.append(Figure(f"meets_{one}", text(f"list.criterion.{one}"), said, answer, SIGNS[answer]))
    harm = _figures(row, ("harm_cchi", _of_days, "place.n.cchi"), ("harm_css", number, "place.n.css"))
    context = _figures(
        row, ("residents", number, "list.n.residents"), ("by_day", number, "list.n.byDay"),
        ("footfall", number, "list.n.footfall"), ("stops", number, "list.n.stops"),
    )  # fmt: skip
    blanks = tuple(Figure(one, text(f"list.blank.{one}"), text("list.blank"), None) for one in BLANKS)
    return sentences, [
        Group(text("list.group.criteria"), tuple(criteria), text("list.group.criteriaNote")),
        Group(text("list.group.reports"), (_count(row), *harm, *_ratio(row, "list.n.ratioStudy")), text("list.group.harmNote")),
        Group(text("list.group.context"), context, text("list.group.contextNote")),
        Group(text("list.group.blanks"), blanks, text("list.group.blanksNote")),
    ]  # fmt: skip


def _station(row: Row, noun: str, _: str | None) -> tuple[list[str | None], list[Group]]:
    has_rate = row.get("rate") is not None and row.get("rate_low") is not None
    rate = (
        text("list.station.rate", rate=number(row["rate"], 1), low=number(row["rate_low"], 1), high=number(row["rate_high"], 1))
        if has_rate
        else None
    )  # fmt: skip
    middle = None
    if has_rate and row.get("mode_median") is not None:
        key = _beside(row["rate_low"], row["rate_high"], row["mode_median"])
        middle = text(f"list.station.{key}", mode=mode_words(str(row["mode"])), median=number(row["mode_median"], 1))
    listed = (
        None if row.get("is_hotspot") is None else text(f"list.station.stands.{'yes' if row['is_hotspot'] else 'no'}")
    )
    why = row["why"] if not has_rate and row.get("why") and row.get("incidents_band") != "1-4" else None
    sentences = [
        text("list.station.none", noun=noun) if row.get("incidents_band") is None
        else text("list.station.inside", n=count_words(row), noun=noun, window=window_words(row)),
        text("list.few") if row.get("incidents_band") == "1-4" and row.get("incidents") is None else rate,
        f"{text('list.station.noRate')} {why}" if why else None,
        middle,
        listed,
        _rank(row, "list.station.rank"),
        _approach(row),
    ]  # fmt: skip
    rates = _figures(
        row, ("entries_exits", number, "list.n.entries"), ("rate_observed", _one, "list.n.rateObserved"),
    ) + _ranged(row, "rate", "list.n.rate") + _figures(
        row, ("mode_median", _one, "list.n.median"), ("probability", _chance, "list.n.aboveChance"), ("rank", ordinal, "list.n.rank"),
    )  # fmt: skip
    approach = (
        (Figure("approach_incidents", text("list.n.approach"), number(row["approach_incidents"]), row["approach_incidents"]),)
        if row.get("approach_incidents") is not None
        else ()
    )  # fmt: skip
    return sentences, [
        Group(text("list.group.inside"), (_count(row), *rates), text("list.group.insideNote")),
        Group(text("list.group.approach"), approach, text("list.group.approachNote")),
    ]


def _approach(row: Row) -> str:
    if row.get("approach_incidents") is None:
        return text("list.station.noApproach")
    window = {"window_start": row.get("approach_window_start"), "window_end": row.get("approach_window_end")}
    return text("list.station.approach", n=number(row["approach_incidents"]), window=window_words(window))


def _stops(row: Row, noun: str, _: str | None) -> tuple[list[str | None], list[Group]]:
    sentences = [
        text("list.stops.near", n=count_words(row), noun=noun, window=window_words(row)),
        *_busy(row, "stops"),
        _night(row),
    ]
    size = _figures(row, ("stops", number, "list.n.stopsHere"), ("per_km2", number, "fact.density"))
    return sentences, [Group(text("panel.numbers"), (_count(row), *_night_figure(row), *size, *_busy_figures(row)))]


def _corridor(row: Row, noun: str, _: str | None) -> tuple[list[str | None], list[Group]]:
    said = text(
        f"list.corridor.{row['counts_of']}",
        n=count_words(row),
        noun=noun,
        window=window_words(row),
        km=number(row["km"], 1),
    )
    busiest = None
    if row.get("busiest_incidents") is not None and row.get("busiest_from"):
        ends = {"start": row["busiest_from"], "end": row.get("busiest_to") or row["busiest_from"]}
        key = "stations" if row["counts_of"] == "stations" else "street"
        busiest = text(f"list.corridor.busiest.{key}", n=number(row["busiest_incidents"]), **ends)
    size = _figures(row, ("km", _one, "list.n.km"), ("per_km", _one, "list.n.perKm"), ("stations", number, "list.n.stationsOn"),
                    ("stops", number, "list.n.stopsOn"), ("busiest_incidents", number, "list.n.busiest"))  # fmt: skip
    return (
        [said, *_busy(row, "corridors"), busiest, _night(row)],
        [
            Group(
                text("panel.numbers"),
                (_count(row), *_night_figure(row), *size, *_busy_figures(row)),
                text("list.corridor.note"),
            )
        ],
    )


def _road_harm(row: Row, _noun: str, _: str | None) -> tuple[list[str | None], list[Group]]:
    n = text("list.road.few") if row.get("incidents") is None else number(row["incidents"])
    beside = ", ".join(noun_of(theme) for theme in (row.get("also_listed") or "").split(";") if theme)
    sentences = [
        text("list.road.harm", n=n, months=row["months"], end=month_words(row["window_end"])),
        text("list.road.chance", share=_chance(row["chance_share"])) if row.get("chance_share") is not None else None,
        text("list.road.beside", themes=beside) if beside else text("list.road.alone"),
        _night(row),
    ]
    counts = _figures(
        row,
        ("fatal", number, "list.n.fatal"),
        ("slight", number, "list.n.slight"),
        ("chance_share", _chance, "list.n.chance"),
    )
    return sentences, [
        Group(
            text("panel.numbers"),
            (_count(row, "list.column.ksi"), *counts, *_night_figure(row)),
            text("list.road.note"),
        )
    ]


def _walk_place(row: Row, _noun: str, _: str | None) -> tuple[list[str | None], list[Group]]:
    listed = (
        text("list.wsa.listed") if row["is_listed"] else text("list.wsa.notListed", why=row["excluded_because"] or "")
    )
    rank = None
    if row.get("rank") is not None:
        rank = text(
            "list.wsa.rank", rank=ordinal(row["rank"]), low=ordinal(row["rank_low"]), high=ordinal(row["rank_high"])
        )
    sentences = [listed, rank, text("list.wsa.orders"), text("list.wsa.safe")]
    parts = tuple(
        Figure(f"part_{one}", text(f"list.part.{one}"), _part(row.get(f"part_{one}")), row.get(f"part_{one}"))
        for one in PARTS
    )
    known = _figures(row, ("score", _one, "list.n.score"), ("weight_known", percent, "list.n.weightKnown"))
    around = _figures(row, ("stops_within_150m", number, "list.n.stops150"), ("uses_within_150m", number, "list.n.uses150"),
                      ("lamps_within_100m", number, "list.n.lamps100"), ("footfall", number, "list.n.footfall"))  # fmt: skip
    return sentences, [
        Group(text("list.group.parts"), (*parts, *known), text("list.group.partsNote")),
        Group(text("list.group.around"), around),
    ]


_WORDS: Mapping[str, Callable[[Row, str, str | None], tuple[list[str | None], list[Group]]]] = {
    "chb-candidates": _screen,
    "wsa-shortlist": _walk_place,
    "stations": _station,
    "stop-clusters": _stops,
    "corridors": _corridor,
    "road-harm-clusters": _road_harm,
}


# Pieces that several lists share ----------------------------------------------------------------------------------


def _beside(low: float, high: float, middle: float) -> str:
    return "above" if low > middle else "below" if high < middle else "same"


def _busy(row: Row, kind: str) -> list[str | None]:
    """How busy it is for its size, whether it is on the list, and its place with the range that chance leaves."""
    if row.get("ratio") is None or row.get("ratio_low") is None:
        return [text("list.few") if row.get("incidents") is None and row.get("incidents_band") else text("list.noRate")]
    key = _beside(row["ratio_low"], row["ratio_high"], 1)
    span = {name: number(row[name], 1) for name in ("ratio", "ratio_low", "ratio_high")}
    listed = text(f"list.{kind}.listed") if row.get("is_hotspot") else text("list.notOnList")
    return [text(f"list.{kind}.ratio", **span), text(f"list.beside.{key}"), listed, _rank(row, f"list.{kind}.rank")]


def _busy_figures(row: Row) -> tuple[Figure, ...]:
    return (
        *_ratio(row, "list.n.ratio"),
        *_figures(row, ("probability", _chance, "list.n.threeTimes"), ("rank", ordinal, "list.n.rank")),
    )


def _ratio(row: Row, label: str) -> tuple[Figure, ...]:
    return _ranged(row, "ratio", label)


def _ranged(row: Row, name: str, label: str) -> tuple[Figure, ...]:
    if row.get(name) is None:
        return ()
    said = number(row[name], 1)
    if row.get(f"{name}_low") is not None:
        said += f" ({text('place.rangeText', low=number(row[f'{name}_low'], 1), high=number(row[f'{name}_high'], 1))})"
    return (Figure(name, text(label), said, row[name]),)


def _rank(row: Row, key: str) -> str | None:
    if row.get("rank") is None or row.get("rank_low") is None:
        return None
    if row["rank_low"] == row["rank_high"]:
        return text("panel.rankSure", rank=ordinal(row["rank"]))
    return text(key, rank=ordinal(row["rank"]), low=ordinal(row["rank_low"]), high=ordinal(row["rank_high"]))


def _night(row: Row) -> str:
    if not row.get("has_hours"):
        return text("list.noHours")
    found = row.get("incidents_night")
    return text("list.nightHidden") if found is None else text("list.night", n=number(found))


def _night_figure(row: Row) -> tuple[Figure, ...]:
    return _figures(row, ("incidents_night", number, "list.n.night"))


def _reports(row: Row, noun: str) -> str:
    return text("list.reports", n=count_words(row), noun=noun, window=window_words(row))


def _count(row: Row, label: str = "fact.reports") -> Figure:
    return Figure("incidents_band", text(label), count_words(row), row.get("incidents_band"))


def _figures(row: Row, *wanted: tuple[str, Callable[[Any], str], str]) -> tuple[Figure, ...]:
    """Those of these columns that have a value."""
    return tuple(
        Figure(column, text(label), in_words(row[column]), row[column])
        for column, in_words, label in wanted
        if row.get(column) is not None
    )


def _one(value: float) -> str:
    return number(value, 1)


def _chance(value: float) -> str:
    """A chance is never said to be none."""
    return percent(max(value, SMALL_SHARE))


def _of_days(value: float) -> str:
    return text("place.days", n=number(value))


def _part(value: float | None) -> str:
    return text("list.partUnknown") if value is None else text("list.partOf", n=number(value))


def _tiny(share: float) -> str:
    return text("list.underTenth") if share < SMALL_SHARE else f"{share * 100:.1f} %"
