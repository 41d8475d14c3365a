"""London Datastore: the files of a data set, by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.content import table_with, zip_archive
from geo_safety.downloads.store import Store, WrongContentError
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError

FOLDER = "datastore"


def fetch(publisher: Publisher, store: Store, wanted: Wanted) -> None:
    """Keep the files of the wanted data sets, as published.

    Raises
    ------
    FetchError
        A data set does not exist or has no file of a wanted format.
    """
    for dataset in wanted.datasets or (publisher.more["dataset"],):
        _fetch_dataset(publisher, store, dataset, wanted.formats)


def _fetch_dataset(publisher: Publisher, store: Store, dataset: str, formats: tuple[str, ...]) -> None:
    address = publisher.address("dataset", dataset=dataset)
    answer = store.client.read_json(address, trusted=publisher.trusted)
    resources = answer.get("resources") if isinstance(answer, dict) else None
    if not isinstance(resources, dict) or not all(isinstance(one, dict) for one in resources.values()):
        raise FetchError(f"{address} has changed: it lists no resources.", "A newer geo-safety may know the new form.")
    files = {
        key: one for key, one in resources.items() if one.get("url") and _format(one) in (formats or {_format(one)})
    }
    if not files:
        there = ", ".join(sorted({_format(one) for one in resources.values()})) or "nothing"
        raise FetchError(f"The data set {dataset} has no {', '.join(formats)} file.", f"Use --formats; it has {there}.")
    store.progress.step(f"Fetching {answer.get('title') or dataset} ({len(files)} files)")
    for key, one in sorted(files.items()):
        file = re.sub(r"[^A-Za-z0-9._-]+", "-", one["url"].rpartition("/")[2].partition("?")[0]).strip("-.") or key
        store.download(
            publisher,
            publisher.mirrored(one["url"]),
            f"{FOLDER}/{dataset}/{file}",
            check=_check_of(file),
            about={"dataset": dataset, "title": one.get("title"), "licence": _licence(answer)},
        )


def _format(resource: dict[str, Any]) -> str:
    return str(resource.get("format", "")).lower()


def _licence(answer: dict[str, Any]) -> Any:
    return answer.get("licence") or answer.get("license")


def _check_of(file: str) -> Any:
    if file.lower().endswith((".zip", ".xlsx")):
        return zip_archive
    return table_with(of=file) if file.lower().endswith(".csv") else _anything


def _anything(path: Path) -> None:
    if path.stat().st_size == 0:
        raise WrongContentError("it is empty")
