"""STATS19: road collisions with injury, one national table; the engine keeps those inside the study."""

from __future__ import annotations

from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.content import table_with
from geo_safety.downloads.store import Store
from geo_safety.downloads.wanted import Wanted

FOLDER = "collisions"
FILE = f"{FOLDER}/stats19-collisions.csv"
LONGEST_OF_SHORT = 48
"""Months that the five-year file is sure to hold: its newest year may be nearly a year old."""


def fetch(publisher: Publisher, store: Store, wanted: Wanted) -> None:
    """Keep the table of the last five years, or of all years where more months are wanted."""
    path = "five_years" if wanted.months <= LONGEST_OF_SHORT else "all_years"
    store.progress.step("Fetching road collisions")
    check = table_with(
        "longitude",
        "latitude",
        ("collision_severity", "accident_severity"),
        ("date", "collision_date", "accident_date"),
        of="The table of collisions",
    )
    store.download(publisher, publisher.address(path), FILE, check=check)
