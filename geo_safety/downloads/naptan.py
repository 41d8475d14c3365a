"""NaPTAN: every stop of an area, as published."""

from __future__ import annotations

from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.content import table_with
from geo_safety.downloads.store import Store
from geo_safety.downloads.wanted import Wanted

FOLDER = "transport"
FILE = f"{FOLDER}/naptan-stops.csv"


def fetch(publisher: Publisher, store: Store, wanted: Wanted) -> None:
    """Keep the table of stops."""
    store.progress.step("Fetching stops")
    address = publisher.address("nodes", area=wanted.area or publisher.more["area"])
    check = table_with("ATCOCode", "CommonName", "Longitude", "Latitude", of="The table of stops")
    store.download(publisher, address, FILE, check=check)
