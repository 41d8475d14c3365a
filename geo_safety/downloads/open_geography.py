"""ONS Open Geography: boundary sets from a feature service, page by page, as one GeoJSON file in degrees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from geo_safety.catalogue import set_named
from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.client import PassingError
from geo_safety.downloads.content import require_columns
from geo_safety.downloads.provenance import Origin
from geo_safety.downloads.store import Store, origin_of_answer
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError
from geo_safety.sources.mps_counts import BOROUGHS

FOLDER = "boundaries"
PAGE = 500
DECIMALS = "6"
"""Of a degree: a tenth of a metre."""


def fetch(publisher: Publisher, store: Store, wanted: Wanted) -> None:
    """Keep the wanted layers, each as one file.

    Raises
    ------
    FetchError
        A layer is unknown, or what the service answers is not what it says it has.
    """
    offered: Mapping[str, Mapping[str, str]] = publisher.more["layers"]
    if unknown := [layer for layer in wanted.layers if layer not in offered]:
        raise FetchError(f"There is no layer {', '.join(unknown)}.", f"Use some of {', '.join(offered)}.")
    for layer in wanted.layers:
        _fetch_layer(publisher, store, layer, offered[layer], where=wanted.where)


def _fetch_layer(publisher: Publisher, store: Store, layer: str, row: Mapping[str, str], *, where: str | None) -> None:
    known = set_named(layer)
    address = publisher.address("query", service=row["service"])
    query = {"where": where or _london(row), "outSR": "4326"}
    total = _count(store, publisher, address, query)
    store.progress.step(f"Fetching {known.title} ({total:,} zones)")
    features, origins = _pages(store, publisher, address, {**query, "orderByFields": known.code}, total)
    needed = [column for column in (known.code, known.name, known.parent) if column is not None]
    require_columns(set(features[0]["properties"]), needed, of=known.title)
    codes = [str(feature["properties"][known.code]) for feature in features]
    if len(set(codes)) != total or len(codes) != total:
        raise FetchError(
            f"{known.title}: the service counts {total:,} zones and sends {len(set(codes)):,}.",
            "It may be being renewed: try again later.",
        )
    features = [feature for _, feature in sorted(zip(codes, features, strict=True), key=lambda pair: pair[0])]
    data = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    store.keep(
        publisher,
        f"{FOLDER}/{layer}.geojson",
        store.aside(layer, data.encode()),
        origins,
        changed=f"{len(origins)} pages put together, sorted by code",
        about={"layer": layer, "where": query["where"], "zones": total},
    )
    if where is None and total != known.zones:
        store.client.tell(f"{known.title}: {total:,} zones, the catalogue has {known.zones:,} for London")


def _pages(
    store: Store, publisher: Publisher, address: str, query: Mapping[str, str], total: int
) -> tuple[list[dict[str, Any]], list[Origin]]:
    """All features: a page may be shorter than asked for, and an overfull one empty."""
    features: list[dict[str, Any]] = []
    origins: list[Origin] = []
    size = PAGE
    while len(features) < total:
        page_query = {
            **query,
            "outFields": "*",
            "f": "geojson",
            "geometryPrecision": DECIMALS,
            "resultOffset": str(len(features)),
            "resultRecordCount": str(size),
        }
        page = store.client.read_json(address, query=page_query, trusted=publisher.trusted, check=_refuse_fault)
        found = page.get("features") if isinstance(page, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, dict) and "properties" in one for one in found):
            raise FetchError(
                f"{address} has changed: it sends no features.", "A newer geo-safety may know the new form."
            )
        if not found:
            if size == 1 or not _exceeded(page):
                raise FetchError(
                    f"{address} counts {total:,} zones and stops after {len(features):,}.",
                    "It may be being renewed: try again later.",
                )
            size = max(1, size // 4)  # the page was too heavy for the service
            continue
        features += found
        place = f"{address}?resultOffset={page_query['resultOffset']}&resultRecordCount={size}"
        origins.append(origin_of_answer(place, json.dumps(page, sort_keys=True).encode()))
    return features, origins


def _exceeded(page: Mapping[str, Any]) -> bool:
    """Whether the service held something back; it says so in one of two places."""
    return bool(page.get("exceededTransferLimit") or (page.get("properties") or {}).get("exceededTransferLimit"))


def _count(store: Store, publisher: Publisher, address: str, query: Mapping[str, str]) -> int:
    answer = store.client.read_json(
        address,
        query={"where": query["where"], "returnCountOnly": "true", "f": "json"},
        trusted=publisher.trusted,
        check=_refuse_fault,
    )
    count = answer.get("count") if isinstance(answer, dict) else None
    if not isinstance(count, int):
        raise FetchError(f"{address} has changed: it does not count.", "A newer geo-safety may know the new form.")
    if count == 0:
        raise FetchError(f"{address} has no zone where {query['where']}.", "Correct --where.")
    return count


def _refuse_fault(answer: Any) -> None:
    """The service reports its faults inside answers that look well."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if not error:
        return
    code, message = error.get("code"), error.get("message") or "no message"
    if code in {429, 500, 502, 503, 504}:
        raise PassingError(f"the service answers {code} ({message})")
    raise FetchError(
        f"The boundary service refuses the query ({code}: {message}).",
        "Correct --where; without it, a column may have changed its name: a newer geo-safety may know it.",
    )


def _london(row: Mapping[str, str]) -> str:
    if "london" in row:
        return row["london"]
    return " OR ".join(f"{row['london_names']} LIKE '{borough} 0%'" for borough in BOROUGHS)
