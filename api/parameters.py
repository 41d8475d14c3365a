"""What a request asks for: query text turned into typed values before any handler runs.

Unknown, repeated and malformed parameters are errors that name the parameter and what would do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np
import pyarrow.compute as pc
from fastapi import Depends, Path, Request

from geo_safety.nearby import FARTHEST_M
from geo_safety.outputs.vector_tiles import HIGHEST_ZOOM
from geo_safety.schema import ZONES, table_of_layer

from .coordinates import CRS84
from .cursors import Cursor, read_cursor
from .filters import LANGUAGES, Filter, filter_in
from .formats import ITEM_FORMATS, PAGE_FORMATS, format_in
from .layers import Layer
from .problems import BadParameterError
from .sorting import SortColumn, columns_in
from .store import Published

DEFAULT_LIMIT, MAXIMUM_LIMIT = 10, 10_000

ITEMS_PARAMETERS = ("theme", "bbox", "bbox-crs", "crs", "datetime", "hours", "limit", "cursor", "filter", "filter-lang",
                    "filter-crs", "sortby", "borough", "ward", "near", "within", "f")  # fmt: skip

HOURS = ("night",)
"""Parts of the day that rows can be asked for: night is from 22:00 to 06:00, local time."""

NEAR_M = 400
"""Metres that `within` is otherwise: a walk of five minutes."""

BBox = tuple[float, float, float, float]
Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Near:
    """A row of a layer, near which others are looked for."""

    layer: str
    row_id: str


@dataclass(frozen=True)
class ItemsQuery:
    """Which rows of a layer, and how.

    Parameters
    ----------
    boxes : tuple of (west, south, east, north)
        In units of `boxes_system`; two where the box crosses the date line; none means everywhere.
    meets : (datetime64[D], datetime64[D]) or None
        First and last day that a row's window must meet.
    at_night : bool
        Only rows with incidents at night.
    cursor : Cursor or None
        Where the page starts; None is the first page.
    filter : Filter or None
        What else rows must fit.
    order : tuple of SortColumn
        Columns to sort by, before the id.
    borough, ward : str or None
        Codes.
    near : (Near, float) or None
        A row of any layer, and how many metres from it rows may lie.
    system : str
        Coordinate system of the reply, by its OGC address.
    """

    theme: str
    boxes: tuple[BBox, ...]
    boxes_system: str
    meets: tuple[np.datetime64, np.datetime64] | None
    at_night: bool
    limit: int
    cursor: Cursor | None
    filter: Filter | None
    order: tuple[SortColumn, ...]
    borough: str | None
    ward: str | None
    near: tuple[Near, float] | None
    system: str
    form: str


@dataclass(frozen=True)
class TilePlace:
    """One tile: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int


def current(request: Request) -> Published:
    """The release that this reply is made from, the same from the first line to the last."""
    published: Published | None = request.state.published
    # Asked again where there was none, so that the reason is raised here and answered as a problem.
    return published if published is not None else request.state.store.current()


Current = Annotated[Published, Depends(current)]


def layer_of(published: Current, layer: Annotated[str, Path()]) -> Layer:
    """The layer that the address names."""
    return published.layer(layer)


LayerOf = Annotated[Layer, Depends(layer_of)]


def items_query(request: Request, published: Current, layer: LayerOf) -> ItemsQuery:
    """The query of `/collections/{layer}/items`."""
    text = query_text(request, ITEMS_PARAMETERS)
    boxes_system = system_in(text.get("bbox-crs"), "bbox-crs", layer)
    form = format_in(text.get("f"), request, ITEM_FORMATS)
    system = system_in(text.get("crs"), "crs", layer)
    if system != CRS84 and form not in PAGE_FORMATS:
        raise BadParameterError("crs", f"Files of the format {form} are in WGS84. Leave `crs` out, or take f=json.")
    order = _given(text.get("sortby"), lambda value: columns_in(value, layer)) or ()
    theme = theme_in(text.get("theme"), layer)
    return ItemsQuery(
        theme=theme,
        boxes=_given(text.get("bbox"), lambda value: boxes_in(value, boxes_system)) or (),
        boxes_system=boxes_system,
        meets=_given(text.get("datetime"), days_in),
        at_night=_at_night_in(text.get("hours"), layer, theme),
        limit=_given(text.get("limit"), limit_in) or DEFAULT_LIMIT,
        cursor=_given(text.get("cursor"), lambda value: read_cursor(value, values=len(order))),
        filter=_filter_in(text, layer),
        order=order,
        borough=_given(text.get("borough"), lambda value: zone_named(value, "borough", published)),
        ward=_given(text.get("ward"), lambda value: zone_named(value, "ward", published)),
        near=_near_in(text, published),
        system=system,
        form=form,
    )


def query_text(request: Request, allowed: tuple[str, ...]) -> dict[str, str]:
    """The request's parameters as text, each known and given once.

    Raises
    ------
    BadParameterError
        For the first parameter that is not.
    """
    text: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            choice = f"It takes {_listed(allowed)}." if allowed else "It takes no parameters."
            raise BadParameterError(name, f"This address has no parameter {name!r}. {choice}", allowed)
        if name in text:
            raise BadParameterError(name, f"The parameter `{name}` is given twice. Send it once.")
        text[name] = value
    return text


def theme_in(value: str | None, layer: Layer) -> str:
    """The theme asked for; by default the study's first."""
    if value is None:
        return layer.themes[0]
    if value not in layer.themes:
        raise BadParameterError(
            "theme", f"The layer {layer.name} has no theme {value!r}. Use {_listed(layer.themes)}.", layer.themes
        )
    return value


def properties_in(value: str | None, known: tuple[str, ...]) -> tuple[str, ...] | None:
    """Which of the properties of a layer's tiles are asked for, such as `incidents,class`; None is all of them."""
    if value is None:
        return None
    asked = set(value.split(","))
    if unknown := tuple(sorted(asked - set(known))):
        raise BadParameterError("properties", f"These tiles have no {_listed(unknown)}. Use {_listed(known)}.", known)
    return tuple(name for name in known if name in asked)


def themes_in(value: str | None, layer: Layer) -> tuple[str, str]:
    """Two different themes of a layer, such as `asb,violence`."""
    found = [] if value is None else value.split(",")
    if len(found) != 2 or found[0] == found[1] or not set(found) <= set(layer.themes):
        asked = "Two themes are needed" if value is None else f"{value!r} does not name two themes of {layer.name}"
        raise BadParameterError(
            "themes", f"{asked}. Send two of {_listed(layer.themes)}, as in themes={','.join(layer.themes[:2])}.",
            layer.themes,
        )  # fmt: skip
    return found[0], found[1]


def system_in(value: str | None, name: str, layer: Layer) -> str:
    """The coordinate system that `crs` or `bbox-crs` (its name) asks for; WGS84 by default."""
    if value is None:
        return CRS84
    if value not in layer.systems:
        raise BadParameterError(
            name, f"The layer {layer.name} is not offered in {value!r}. Use {_listed(layer.systems)}.", layer.systems
        )
    return value


def boxes_in(value: str, system: str = CRS84) -> tuple[BBox, ...]:
    """West, south, east, north in the system's units; heights in a box of six numbers are passed over.

    A box in degrees whose west is greater than its east crosses the date line and becomes two.

    Examples
    --------
    >>> boxes_in("-0.2,51.4,0.1,51.6")
    ((-0.2, 51.4, 0.1, 51.6),)
    >>> boxes_in("170,-10,0,-170,10,50")
    ((170.0, -10.0, 180.0, 10.0), (-180.0, -10.0, -170.0, 10.0))
    """
    wanted = "Send four numbers in degrees, west,south,east,north, for example bbox=-0.2,51.4,0.1,51.6."
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        raise BadParameterError("bbox", f"The bbox {value!r} is not made of numbers. {wanted}") from None
    if len(numbers) not in (4, 6) or not all(math.isfinite(number) for number in numbers):
        raise BadParameterError("bbox", f"The bbox {value!r} is not four numbers (six with heights). {wanted}")
    half = len(numbers) // 2
    west, south, east, north = *numbers[:2], *numbers[half : half + 2]
    if system != CRS84:
        if west > east or south > north:
            raise BadParameterError(
                "bbox", f"The bbox {value!r} ends before it starts. Send west,south,east,north in metres."
            )
        return ((west, south, east, north),)
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        swapped = " Are latitude and longitude swapped?" if abs(south) > 90 or abs(north) > 90 else ""
        raise BadParameterError(
            "bbox", f"The bbox {value!r} is no box on the globe: south may not be above north.{swapped} {wanted}"
        )
    if west > east:
        return ((west, south, 180.0, north), (-180.0, south, east, north))
    return ((west, south, east, north),)


def days_in(value: str) -> tuple[np.datetime64, np.datetime64]:
    """First and last day of an RFC 3339 instant or interval; `..` or nothing is an open end.

    Examples
    --------
    >>> days_in("2025-03-01T00:00:00Z/..")
    (np.datetime64('2025-03-01'), np.datetime64('9999-12-31'))
    """
    ends = value.split("/")
    if len(ends) > 2 or (len(ends) == 2 and not (set(ends) - {"", ".."})) or (len(ends) == 1 and ends[0] in ("", "..")):
        raise BadParameterError("datetime", f"The datetime {value!r} is neither a time nor an interval. {_DATETIME}")
    first = _day(ends[0], open_end="0001-01-01")
    last = _day(ends[-1], open_end="9999-12-31")
    if first > last:
        raise BadParameterError("datetime", f"The interval {value!r} ends before it starts. {_DATETIME}")
    return first, last


def limit_in(value: str) -> int:
    """How many rows at most; more than 10,000 counts as 10,000."""
    if not re.fullmatch(r"[0-9]{1,18}", value) or int(value) == 0:
        raise BadParameterError(
            "limit", f"The limit {value!r} is no whole number of 1 or more. Send 1 to {MAXIMUM_LIMIT}, or leave it out."
        )
    return min(int(value), MAXIMUM_LIMIT)


def whole_number_in(value: str, name: str, *, highest: int) -> int:
    """A whole number from 1 up, as the parameter of this name gives it."""
    if not re.fullmatch(r"[0-9]{1,9}", value) or not 1 <= int(value) <= highest:
        raise BadParameterError(name, f"{name}={value!r} is no whole number from 1 to {highest}. Send such a number.")
    return int(value)


def month_in(value: str, name: str) -> str:
    """A month such as 2025-01, as the parameter of this name gives it."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value, re.ASCII):
        raise BadParameterError(name, f"{value!r} is no month. Send a month such as {name}=2025-01.")
    return value


def choice_in(value: str, name: str, choices: tuple[str, ...]) -> str:
    """One of these words, as the parameter of this name gives it."""
    if value not in choices:
        raise BadParameterError(name, f"There is no {name} {value!r}. Use {_listed(choices) or 'another'}.", choices)
    return value


def zones_layer_in(value: str | None, published: Published) -> Layer:
    """The layer of zones asked for; by default the one whose hotspots are joined into areas."""
    names = tuple(name for name in published.collections if table_of_layer(name) is ZONES)
    if value is None:
        usual = published.manifest.get("rules", {}).get("layer")
        value = usual if usual in names else names[0]
    if value not in names:
        raise BadParameterError("layer", f"There are no zones {value!r}. Use {_listed(names)}.", names)
    return published.layer(value)


def zone_named(value: str, kind: str, published: Published) -> str:
    """Code of the borough or ward (its kind) with this code or name."""
    codes_of = published.prepared.get(("names", kind), lambda: _codes_by_name(published, kind))
    codes = codes_of.get(value.casefold(), ())
    if len(codes) == 1:
        return codes[0]
    if codes:
        raise BadParameterError(
            kind, f"More than one {kind} is called {value!r}. Send one of the codes {_listed(codes)}.", codes
        )
    some = tuple(sorted({code for named in codes_of.values() for code in named}))[:50]
    raise BadParameterError(
        kind,
        f"There is no {kind} {value!r}. Send a code or a name from /collections/{kind}s/items, "
        f"for example {_listed(some[:3])}.",
        some,
    )


def tile_place(z: str, x: str, y: str) -> TilePlace:
    """The tile that an address names.

    Raises
    ------
    BadParameterError
        If there is no such tile.
    """
    numbers = [int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1 for text in (z, x, y)]
    for name, text, number in zip("zxy", (z, x, y), numbers, strict=True):
        highest = HIGHEST_ZOOM if name == "z" else 2 ** min(max(numbers[0], 0), HIGHEST_ZOOM) - 1
        if not 0 <= number <= highest:
            raise BadParameterError(name, f"There is no tile with {name} = {text!r}. Use 0 to {highest} at this zoom.")
    return TilePlace(*numbers)


def _at_night_in(value: str | None, layer: Layer, theme: str) -> bool:
    """Whether rows are asked for by the hour; refused, with the reason, where the source has none."""
    if value is None:
        return False
    if "has_hours" not in layer.columns:
        raise BadParameterError(
            "hours", f"The layer {layer.name} has no time of day: incidents are counted by month. Leave `hours` out."
        )
    if not pc.any(layer.rows(theme).table["has_hours"]).as_py():
        raise BadParameterError(
            "hours",
            f"No time of day in this source: what makes {theme} in {layer.name} gives the month only, so the night cannot "
            "be told. Leave `hours` out.",
        )
    choice_in(value, "hours", HOURS)
    return True


def _near_in(text: dict[str, str], published: Published) -> tuple[Near, float] | None:
    """What rows must be near, such as `near=hotspot-areas/ID&within=800`."""
    if "near" not in text:
        if "within" in text:
            raise BadParameterError("within", "`within` goes with `near`. Send near=LAYER/ID too, or leave it out.")
        return None
    layer, _, row_id = text["near"].partition("/")
    wanted = f"Send near=LAYER/ID; layers are {_listed(published.collections)}."
    if layer not in published.collections:
        raise BadParameterError("near", f"{text['near']!r} names no row. {wanted}", published.collections)
    if not len(ids := published.layer(layer).shapes().ids) or row_id not in ids:
        raise BadParameterError("near", f"The layer {layer} has no row {row_id!r}. {wanted}")
    metres = whole_number_in(text.get("within", str(NEAR_M)), "within", highest=FARTHEST_M)
    return Near(layer, row_id), float(metres)


def _filter_in(text: dict[str, str], layer: Layer) -> Filter | None:
    """The filter, with what says how to read it."""
    language = text.get("filter-lang", LANGUAGES[0])
    if language not in LANGUAGES:
        raise BadParameterError(
            "filter-lang", f"Filters are not read in {language!r}. Use {_listed(LANGUAGES)}.", LANGUAGES
        )
    system = system_in(text.get("filter-crs"), "filter-crs", layer)
    return _given(text.get("filter"), lambda value: filter_in(value, language, system))


_DATETIME = (
    "Send a date or time such as 2025-03-01 or an interval such as 2025-01-01/2025-12-31, with .. for an open end."
)


def _day(text: str, *, open_end: str) -> np.datetime64:
    if text in ("", ".."):
        return np.datetime64(open_end, "D")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?", text, re.IGNORECASE):
        try:
            return np.datetime64(text[:10], "D")
        except ValueError:
            pass
    raise BadParameterError("datetime", f"The time {text!r} cannot be read. {_DATETIME}")


def _given(value: str | None, parse: Callable[[str], Parsed]) -> Parsed | None:
    return None if value is None else parse(value)


def _codes_by_name(published: Published, kind: str) -> dict[str, tuple[str, ...]]:
    """Codes by name and by code itself, in small letters; wards of two boroughs can share a name."""
    if f"{kind}s" not in published.collections:
        raise BadParameterError(kind, f"This release has no layer {kind}s. Leave the parameter out.")
    layer = published.layer(f"{kind}s")
    ids, names = (layer.table.column(column).to_pylist() for column in (layer.id_column, "name"))
    codes_of: dict[str, set[str]] = {}
    for code, name in zip(ids, names, strict=True):
        if name:
            codes_of.setdefault(name.casefold(), set()).add(code)
    # Codes win where a name looks like another zone's code.
    return {name: tuple(sorted(codes)) for name, codes in codes_of.items()} | {code.casefold(): (code,) for code in ids}


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(values)
