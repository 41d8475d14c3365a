"""Census 2021 through Nomis: usual residents of LSOAs, boroughs and wards."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib

from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.atomic import told_about_disk
from geo_safety.downloads.content import require_columns, zip_archive
from geo_safety.downloads.provenance import Origin
from geo_safety.downloads.store import Store, origin_of_answer
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError

FOLDER = "population"
CODE, RESIDENTS = "geography code", "Residence type: Total; measures: Value"
BULK = {f"{FOLDER}/census2021-{layer}.csv": f"census2021-ts001-{code}.csv" for layer, code in (
    ("lsoas", "lsoa"), ("boroughs", "ltla"),
)}  # fmt: skip
WARDS = f"{FOLDER}/census2021-wards.csv"
LARGEST_TABLE = 500_000_000
PAGE = 20_000
"""Rows a page; the service sends at most 25,000 to callers without a key."""


def fetch(publisher: Publisher, store: Store, wanted: Wanted) -> None:
    """Keep one table a layer, for England and Wales."""
    del wanted
    store.progress.step("Fetching residents")
    _fetch_bulk(publisher, store)
    _fetch_wards(publisher, store)


def _fetch_bulk(publisher: Publisher, store: Store) -> None:
    known = [store.known(name) for name in BULK]
    origins = {record.origins[0] for record in known if record}
    unless = origins.pop() if all(known) and len(origins) == 1 else None
    received = store.receive(publisher, publisher.address("residents"), check=zip_archive, unless=unless)
    if received is None:
        return
    with zipfile.ZipFile(received.path) as archive:
        for name, member in BULK.items():
            if member not in archive.namelist():
                raise FetchError(
                    f"{received.origin.address} has changed: it lacks {member}.",
                    "A newer geo-safety may know the new form.",
                )
            if archive.getinfo(member).file_size > LARGEST_TABLE:
                raise FetchError(
                    f"{member} of {received.origin.address} is too large to be true.", "Tell the publisher."
                )
            try:
                data = archive.read(member)
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                received.path.unlink()
                raise FetchError(f"{received.origin.address} is damaged inside ({error}).", "Fetch again.") from None
            header = next(csv.reader(data[:10_000].decode("utf-8-sig", errors="replace").splitlines()))
            require_columns(set(header), [CODE, RESIDENTS], of=member)
            store.keep(publisher, name, store.aside(name, data), [received.origin], changed=f"{member} of the archive")
    with told_about_disk(received.path):
        received.path.unlink()


def _fetch_wards(publisher: Publisher, store: Store) -> None:
    address = publisher.address("wards")
    rows: list[list[str]] = []
    origins: list[Origin] = []
    while True:
        query = {"recordoffset": str(len(rows)), "recordlimit": str(PAGE)}
        text = store.client.read_text(address, query=query, trusted=publisher.trusted)
        header, *page = list(csv.reader(io.StringIO(text))) or [[]]
        if not rows or page:
            require_columns(set(header), ["GEOGRAPHY_CODE", "OBS_VALUE"], of="The table of residents by ward")
            upper = [name.upper() for name in header]
            code, value = upper.index("GEOGRAPHY_CODE"), upper.index("OBS_VALUE")
            rows += [[row[code], row[value]] for row in page if len(row) == len(header)]
            origins.append(origin_of_answer(address, text.encode()))
        if len(page) < PAGE:
            break
    if not rows:
        raise FetchError(f"{address} has changed: it sends no rows.", "A newer geo-safety may know the new form.")
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([[CODE, RESIDENTS], *rows])
    store.keep(publisher, WARDS, store.aside(WARDS, out.getvalue().encode()), origins, changed="columns renamed")
