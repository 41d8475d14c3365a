"""Official downloads: one module a publisher, a row in the table below, its addresses in `addresses.toml`.

`fetch` writes into one folder, with `provenance.json` beside the data. Nothing is half there under its own name, a cut
download goes on where it stopped, and what has not changed at its publisher is not taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from geo_safety.downloads import (
    census,
    deprivation,
    london,
    london_datastore,
    naptan,
    open_geography,
    police_uk,
    stats19,
    tfl,
)
from geo_safety.downloads.addresses import Publisher, read_publishers
from geo_safety.downloads.client import Client, Manners
from geo_safety.downloads.provenance import Record
from geo_safety.downloads.store import Store, open_store
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError, ProblemsError
from geo_safety.progress import Progress

__all__ = ["RECIPES", "SOURCES", "Client", "Manners", "Wanted", "fetch", "read_publishers"]

SOURCES: dict[str, Callable[[Publisher, Store, Wanted], None]] = {
    "police_uk": police_uk.fetch,
    "open_geography": open_geography.fetch,
    "london_datastore": london_datastore.fetch,
    "stats19": stats19.fetch,
    "naptan": naptan.fetch,
    "tfl": tfl.fetch,
    "census": census.fetch,
    "deprivation": deprivation.fetch,
}
"""Publisher → how its files are fetched. A new one is a module, a row here and a table in `addresses.toml`."""

RECIPES = {"london": london}
"""Name → which sources it takes, what it wants of them, and the config that it writes."""


def fetch(
    names: Sequence[str],
    folder: Path,
    wanted: Wanted,
    client: Client,
    *,
    bases: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> tuple[dict[str, Record], Path | None]:
    """Fetch sources and recipes into a folder.

    Parameters
    ----------
    names : sequence of str
        Keys of `SOURCES` and `RECIPES`.
    folder : Path
        Made if need be; files that are there and unchanged are kept.
    bases : mapping of str to str, optional
        Other addresses than the official ones (`addresses.read_publishers`).

    Returns
    -------
    (dict of str to Record, Path or None)
        Every file of the folder with its provenance, and the config of the last recipe.

    Raises
    ------
    FetchError
        A name is unknown, or something cannot be had; what was fetched before it stays.
    ProblemsError
        A recipe has gone on without something that a release can do without; the config is written.
    """
    if unknown := [name for name in names if name not in SOURCES and name not in RECIPES]:
        raise FetchError(f"There is no source {', '.join(unknown)}.", f"Use some of {', '.join([*RECIPES, *SOURCES])}.")
    publishers = read_publishers(bases)
    config, problems = None, []
    with open_store(folder, client, progress=progress) as store:
        for name in names:
            recipe = RECIPES.get(name)
            wish = recipe.wanted_for(wanted) if recipe else wanted
            for source in recipe.SOURCES if recipe else (name,):
                try:
                    SOURCES[source](publishers[source], store, wish)
                except FetchError as error:
                    if recipe is None or source in recipe.ESSENTIAL:
                        raise
                    problems.append(error)
            config = recipe.write_config(folder) if recipe else config
        if problems:
            client.tell(f"{config} was written without what could not be fetched")
            raise ProblemsError([*problems])
        return store.records, config
