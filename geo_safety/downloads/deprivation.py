"""English Indices of Deprivation: ranks, scores, deciles and their population, by LSOA. Context, never scored."""

from __future__ import annotations

from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.content import table_with
from geo_safety.downloads.store import Store
from geo_safety.downloads.wanted import Wanted

FOLDER = "deprivation"
FILE = f"{FOLDER}/imd2025-lsoas.csv"


def fetch(publisher: Publisher, store: Store, wanted: Wanted) -> None:
    """Keep the table of all indices."""
    del wanted
    store.progress.step("Fetching deprivation")
    check = table_with("LSOA code (2021)", of="The table of deprivation")
    store.download(publisher, publisher.address("all_ranks"), FILE, check=check)
