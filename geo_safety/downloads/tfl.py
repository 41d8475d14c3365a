"""TfL: stations of tube, DLR, Overground, Elizabeth line and trams, as a table."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.content import require_columns
from geo_safety.downloads.store import Store, origin_of_answer
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError

FOLDER = "transport"
FILE = f"{FOLDER}/tfl-stations.csv"
STATION_TYPES = frozenset({"NaptanMetroStation", "NaptanRailStation"})
"""The service lists entrances and platforms too. A tram stop counts as a metro station."""

_COLUMNS = {"id": "naptan_id", "commonName": "name", "lon": "longitude", "lat": "latitude", "modes": "modes"}


def fetch(publisher: Publisher, store: Store, wanted: Wanted) -> None:
    """Keep one row a station."""
    del wanted
    store.progress.step("Fetching stations")
    address = publisher.address("stations", modes=publisher.more["modes"])
    answer = store.client.read_json(address, trusted=publisher.trusted)
    points = answer.get("stopPoints") if isinstance(answer, dict) else None
    if not isinstance(points, list) or not points or not all(isinstance(point, dict) for point in points):
        raise FetchError(
            f"{address} has changed: it lists no stop points.", "A newer geo-safety may know the new form."
        )
    require_columns(set(points[0]), [*_COLUMNS, "stopType"], of="The list of stations")
    stations = {point["id"]: _row(point) for point in points if point.get("stopType") in STATION_TYPES}
    if not stations:
        raise FetchError(f"{address} lists no station.", "The types of stops may have changed: tell us.")
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS.values())
    table.writerows(stations[key] for key in sorted(stations))
    store.keep(
        publisher,
        FILE,
        store.aside(FILE, text.getvalue().encode()),
        [origin_of_answer(address, json.dumps(answer, sort_keys=True).encode())],
        changed=f"{len(stations)} stations of {len(points)} stop points, as a table",
    )


def _row(point: dict[str, Any]) -> list[Any]:
    return [
        ";".join(map(str, value)) if isinstance(value, list) else value
        for value in (point.get(key, "") for key in _COLUMNS)
    ]
