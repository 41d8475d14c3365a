"""One place as a page: how long it has been high, its months, numbers with ranges, why, and what to be careful about.

Every figure is one that the service's own documents hold, and links to the document it is from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from fastapi import Request
from starlette.responses import Response

from geo_safety.map_classes import noun_of
from geo_safety.publication import SAID_BESIDE
from geo_safety.schema import ZONES

from .charts import month_chart, month_of
from .ground import ground_of
from .layers import LIST_SEPARATOR, Layer
from .links import address
from .map_shell import reply, search_form
from .markup import element, heading, link, listing, more, paragraph, said, table, word
from .months import months_of, study_months
from .parameters import NEAR_M
from .place_numbers import numbers
from .plain_words import (
    capital,
    change_words,
    class_sentence,
    count_words,
    level_sentence,
    month_words,
    number,
    percent,
    steps_of,
    sure_sentence,
    window_words,
)
from .questions import AREAS, borough_name, why_no_classes
from .similar_sets import set_of
from .store import Published
from .words import text


@dataclass(frozen=True)
class Place:
    """A row of a layer for one theme, with what its page needs."""

    request: Request
    published: Published
    layer: Layer
    theme: str
    row_id: str
    row: Mapping[str, Any]

    @property
    def is_zone(self) -> bool:
        """Whether it is a zone (a cell, a ward, a borough) and not an area made of them."""
        return self.layer.definition is ZONES

    @property
    def study(self) -> str:
        """Name of the study."""
        name: str = self.published.manifest["study"]["name"]
        return name

    @property
    def level(self) -> float:
        """How many times the usual number makes a place high."""
        level: float = self.published.manifest.get("rules", {}).get("level", 3)
        return level

    def api(self, *parts: str, **query: object) -> str:
        """The address of a document about it."""
        given = {"theme": self.theme, **query}
        return address(self.request, "collections", self.layer.name, "items", self.row_id, *parts, **given)


def place_page(request: Request, published: Published, layer: Layer, theme: str, row_id: str) -> Response:
    """The page of one place; the row must be there."""
    found = layer.rows(theme).place_of(row_id)
    assert found is not None
    row = layer.taken(theme, np.array([found])).select(layer.columns).to_pylist()[0]
    place = Place(request, published, layer, theme, row_id, row)
    name, boroughs = _names(place)
    about = text("place.id", boroughs=boroughs, id=row_id, window=window_words(row))
    note = SAID_BESIDE.get(theme)
    return reply(
        request,
        published,
        f"{name}: {noun_of(theme)}",
        paragraph(said(about), class_="second"),
        _other_themes(place),
        element("section", heading("place.answer"), *_answer(place, name), class_="answer"),
        paragraph(said(note), class_="note") if note else "",
        _months(place),
        _strip(place),
        element("section", heading("place.numbers", id="numbers"), numbers(place)),
        _why(place),
        _careful(place),
        _near(place, found),
        _similar(place),
        _links(place),
    )


def missing_page(request: Request, published: Published, layer: str, row_id: str) -> Response:
    """No such place: what happened, and what to press."""
    return reply(
        request,
        published,
        text("place.missingTitle"),
        paragraph(word("place.missing", id=row_id, layer=layer.replace("-", " ")), class_="lead"),
        search_form(request),
        status=404,
    )


def theme_of_area(published: Published, row_id: str) -> str | None:
    """The one theme of a hotspot area; None where there is no such area."""
    layer = published.layer(AREAS)
    return next((theme for theme in layer.themes if layer.rows(theme).place_of(row_id) is not None), None)


def _names(place: Place) -> tuple[str, str]:
    """What the place is called, and its boroughs."""
    row, published = place.row, place.published
    if not place.is_zone:
        return row["name"], (row["borough_names"] or "").replace(";", ",")
    borough = borough_name(published, row["borough_code"])
    ward = _ward_name(published, row["ward_code"])
    if row["name"]:
        own = row["name"]
        return own, borough if borough and borough != own else place.layer.name.removesuffix("s").capitalize()
    area = f"{row['area_km2']:.2g}"
    if ward is None:
        return text("place.cell", area=area, ward=borough or place.study), borough or place.study
    return text("place.cell", area=area, ward=ward), borough or place.study


def _ward_name(published: Published, code: str | None) -> str | None:
    if code is None or "wards" not in published.collections:
        return None
    wards = published.layer("wards")
    rows = wards.rows(wards.themes[0])
    found = rows.place_of(code)
    return None if found is None else rows.table["name"][found].as_py()


def _around(place: Place, name: str) -> str:
    """The place inside a sentence: "around" a cell's ward, "in" a ward; areas are called "Around ..." already."""
    if not place.is_zone:
        return name[:1].lower() + name[1:]
    if place.row["name"]:
        return name
    return _ward_name(place.published, place.row["ward_code"]) or place.study


def _other_themes(place: Place) -> str:
    if not place.is_zone:
        return ""
    links = [
        link(
            address(place.request, "map", "place", place.layer.name, place.row_id, t=theme),
            capital(noun_of(theme)),
            aria_current="true" if theme == place.theme else None,
        )
        for theme in place.layer.themes
    ]
    return element("nav", listing(links, class_="choices"), aria_label=text("place.themes"))


def _answer(place: Place, name: str) -> list[str]:
    why = why_no_classes(place.published, place.layer.name, place.theme) if place.is_zone else None
    first = class_sentence(place.row, noun_of(place.theme), _around(place, name), why_not=why)
    sentences = [
        " ".join(filter(None, (first, sure_sentence(place.row)))),
        change_words(place.row, place.study),
        level_sentence(place.row, place.study, place.level),
    ]
    return [paragraph(said(one), class_="answer__line") for one in sentences if one]


def _months(place: Place) -> str:
    if not place.is_zone:
        return element("section", heading("place.months"), paragraph(word("place.noMonths")))
    document = months_of(place.published, place.layer, place.row_id, place.theme)
    if document is None:
        return element("section", heading("place.months"), paragraph(word("place.partnerMonths")))
    months: list[str] = document["months"]
    feed = document["feeds"][0]
    own = [month_of(*one) for one in zip(months, feed["incidents"], feed["incidents_band"], strict=True)]
    span = {"first": month_words(months[0]), "last": month_words(months[-1])}
    parts = [element("figure", element("figcaption", word("place.chart", **span)),
                     month_chart(own, text("place.chart", **span), id="own"))]  # fmt: skip
    columns = [text("place.month"), text("place.reports")]
    shown = [[said(month_words(month)), said(count_words({"incidents": count, "incidents_band": band}))]
             for month, count, band in zip(months, feed["incidents"], feed["incidents_band"], strict=True)]  # fmt: skip
    sums = study_months(place.published, place.layer, place.theme)
    whole = None if sums is None else [sums.get(month) for month in months]
    if whole is not None:
        label = text("place.chartStudy", study=place.study)
        of_study = [month_of(month, count, None) for month, count in zip(months, whole, strict=True)]
        parts.append(element("figure", element("figcaption", said(label)), month_chart(of_study, label, id="study")))
        columns.append(text("place.studyReports", study=place.study))
        for line, count in zip(shown, whole, strict=True):
            line.append(said(number(count) if count is not None else text("number.noData")))
    numbers_shown = more(text("place.numbersShown"), table(text("place.chart", **span), columns, reversed(shown)))
    sources = [link(place.api("series"), text("place.link.series"))]
    if whole is not None:
        where = address(place.request, "values", place.layer.name, "study", theme=place.theme)
        sources.append(link(where, text("place.link.study", study=place.study)))
    return element("section", heading("place.months"), *parts, paragraph(word("place.chartRange"), class_="second"),
                   numbers_shown, paragraph(" · ".join(sources)))  # fmt: skip


def _strip(place: Place) -> str:
    if not place.is_zone or place.row.get("class") is None:
        return ""
    steps = steps_of(place.row)
    if not steps:
        return element("section", heading("place.strip"), paragraph(word("place.noStrip")))
    signs = {"hot": "✓", "notHot": "–", "notJudged": "?"}
    marks = [
        element("span", said(signs[step.mark]), aria_hidden="true")
        + element(
            "span",
            word("place.step", end=month_words(step.end), mark=text(f"place.step.{step.mark}")),
            class_="visually-hidden",
        )
        for step in steps
    ]
    boxes = "".join(element("li", mark, class_=f"steps__{step.mark}") for step, mark in zip(steps, marks, strict=True))
    span = word("place.stripSpan", first=month_words(steps[0].end), last=month_words(steps[-1].end))
    return element("section", heading("place.strip"), paragraph(word("place.stripAbout")),
                   element("ol", boxes, class_="steps"), paragraph(span, class_="second"))  # fmt: skip


def _why(place: Place) -> str:
    row = place.row
    alpha = place.published.manifest.get("rules", {}).get("alpha", 0.05)
    reasons = [text("place.why.rule", level=f"{place.level:g}", share=percent(alpha))]
    if row.get("why"):
        reasons.append(f"{row['why']}.")
    if row.get("is_venue"):
        reasons.append(text("place.why.venue"))
    if row.get("top_location_share") is not None and row["top_location_share"] >= 0.25:
        reasons.append(text("place.why.point", share=percent(row["top_location_share"])))
    if row.get("confirmed_by"):
        reasons.append(text("place.why.confirmed", source=row["confirmed_by"]))
    if row.get("shifts_hot") is not None and row.get("is_hotspot"):
        reasons.append(text("place.why.shifts", n=row["shifts_hot"]))
    if row.get("harm_rank_differs"):
        reasons.append(text("place.why.harm"))
    return element("section", heading("place.why"), listing(said(one) for one in reasons))


def _careful(place: Place) -> str:
    publication = place.published.publication(place.layer.name, place.theme)
    own = [place.row["caution"]] if place.row.get("caution") else []
    beside = [one for one in publication.caveats if one != SAID_BESIDE.get(place.theme)]
    return element("section", heading("place.careful"), listing(said(one) for one in (*own, *beside)))


def _near(place: Place, found: int) -> str:
    rows = place.layer.rows(place.theme)
    shape: shapely.Geometry = place.layer.shapes().tree.geometries[rows.shape[found]]
    names = ground_of(place.published).stations_near(shape, NEAR_M)
    stations = (
        text("place.near.stations", metres=NEAR_M, names=", ".join(names))
        if names
        else text("place.near.noStations", metres=NEAR_M)
    )
    parts = [heading("place.near"), paragraph(said(stations))]
    if place.is_zone:
        areas = _areas_with(place)
        if areas:
            parts += [element("h3", word("place.near.areas")), listing(areas)]
    else:
        partners = text("place.table.text", boroughs=place.row["borough_names"] or place.study,
                        wards=_ward_names(place) or text("number.none"))  # fmt: skip
        parts += [element("h3", word("place.table")), paragraph(said(partners)), element("h3", word("place.cells")),
                  listing(_cells_of(place), class_="plain")]  # fmt: skip
    return element("section", *parts)


def _areas_with(place: Place) -> list[str]:
    """Areas of the theme that hold this zone."""
    published = place.published
    if AREAS not in published.collections or place.theme not in published.layer(AREAS).themes:
        return []
    rows = published.layer(AREAS).rows(place.theme).table.select(["area_id", "name", "zones"]).to_pylist()
    return [
        link(address(place.request, "map", "place", AREAS, one["area_id"], t=place.theme), one["name"])
        for one in rows
        if place.row_id in (one["zones"] or "").split(LIST_SEPARATOR)
    ]


def _ward_names(place: Place) -> str:
    codes = (place.row["wards"] or "").split(LIST_SEPARATOR)
    return ", ".join(filter(None, (_ward_name(place.published, code) for code in codes if code)))


def _cells_of(place: Place) -> list[str]:
    layer = place.published.manifest.get("rules", {}).get("layer")
    ids = (place.row["zones"] or "").split(LIST_SEPARATOR)
    if layer not in place.published.collections:
        return [said(one) for one in ids]
    return [
        link(address(place.request, "map", "place", layer, one, t=place.theme), text("place.cellLink", id=one))
        for one in ids
    ]


def _similar(place: Place) -> str:
    if not place.is_zone or place.layer.name == "boroughs":
        return ""
    document = set_of(place.layer, place.theme, place.row_id)
    stands = document["per_km2"]
    columns = [text("place.similar"), text("place.n.incidents"), text("place.n.ratio", study=place.study)]
    rows = []
    for one in document["similar"]:
        ward = _ward_name(place.published, one["ward_code"]) or place.study
        name = one["name"] or text("place.cellNamed", ward=ward, id=one["zone_id"])
        where = address(place.request, "map", "place", place.layer.name, one["zone_id"], t=place.theme)
        low, high = one["ratio_low"], one["ratio_high"]
        ratio = (
            text("place.rangeText", low=number(low, 1), high=number(high, 1))
            if low is not None and high is not None
            else text("number.none")
        )
        rows.append([link(where, name), said(count_words(one)), said(ratio)])
    standing = ""
    if stands["lower"] is not None and stands["compared"]:
        standing = paragraph(word("place.similar.text", **{k: stands[k] for k in ("compared", "lower", "higher")}))
    return element(
        "section",
        heading("place.similar"),
        standing,
        paragraph(word("place.similar.how"), class_="second"),
        table(text("place.similar.caption"), columns, rows),
        paragraph(link(place.api("similar"), text("place.link.similar"))),
    )


def _links(place: Place) -> str:
    state = {"t": place.theme, "s": f"{place.layer.name}:{place.row_id}"}
    if place.is_zone:
        state["l"] = place.layer.name
    ways = [
        link(address(place.request, "map", "explore", **state), text("place.link.map")),
        link(address(place.request, "map", "print", **state), text("place.link.print")),
        link(place.api(f="html"), text("place.link.html")),
        link(place.api(f="json"), text("place.link.item")),
    ]
    return element("section", heading("place.links"), listing(ways))
