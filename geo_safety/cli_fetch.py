"""The command `fetch`: official downloads."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from geo_safety.cli_options import EXIT_DONE, add_json, answer, at_least_one
from geo_safety.errors import ConfigError


def add_fetch_command(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `fetch`."""
    parser = command("fetch", _fetch, "official downloads: resumable, checksummed, from any base address")
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="`london`, or names that --list shows")
    parser.add_argument("--list", action="store_true", help="list the sources with licence and address, fetch nothing")
    parser.add_argument("--to", type=Path, metavar="DIR", help="folder of the downloads")
    parser.add_argument("--months", type=at_least_one, default=36, metavar="N", help="newest months (default 36)")
    parser.add_argument("--forces", type=_words, default=(), metavar="F,F", help="police forces, by their short names")
    parser.add_argument(
        "--kinds",
        type=_words,
        default=("street",),
        metavar="K,K",
        help="of police files: street, outcomes, stop-and-search",
    )
    parser.add_argument("--layers", type=_words, metavar="L,L", help="boundary sets, by their names in the catalogue")
    parser.add_argument("--where", metavar="SQL", help="which zones of them (default: those of London)")
    parser.add_argument("--datasets", type=_words, default=(), metavar="D,D", help="data sets of the London Datastore")
    parser.add_argument("--formats", type=_words, default=("csv",), metavar="F,F", help="their formats (default csv)")
    parser.add_argument("--area", metavar="CODE", help="ATCO area of the stops (default: Greater London)")
    parser.add_argument(
        "--base", action="append", default=[], metavar="[NAME=]ADDRESS", help="a mirror, of all sources or of one"
    )
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="H", help="a host that redirects may lead to"
    )
    parser.add_argument("--certificates", metavar="FILE", help="certificates to trust, of a proxy that opens TLS")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings file (default: fetch.toml in DIR)")
    add_json(parser)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split())


def _fetch(options: argparse.Namespace) -> int:
    from geo_safety.downloads import Client, Manners, Wanted, fetch, read_publishers
    from geo_safety.downloads.options import read_options
    from geo_safety.progress import for_terminal

    if options.list:
        table = read_publishers()
        lines = [f"{row.name:17} {row.title}\n{'':17} {row.licence}; {row.base}" for row in table.values()]
        recipe = "london            everything for a first release of London, and its config"
        answer(options, {name: row.base for name, row in table.items()}, "\n".join([recipe, *lines]))
        return EXIT_DONE
    if not options.sources or options.to is None:
        raise ConfigError("`fetch` needs names of sources and a folder.", "Try `geo-safety fetch london --to DIR`.")
    network = read_options(
        options.settings,
        folder=options.to,
        environment=os.environ,
        bases=options.base,
        allow_hosts=options.allow_host,
        certificates=options.certificates,
    )
    client = Client(
        Manners(pause_s=network.pause_s),
        allowed_hosts=network.allow_hosts,
        certificates=network.certificates,
        contact=network.contact,
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    wanted = Wanted(
        months=options.months,
        forces=options.forces,
        kinds=options.kinds,
        layers=options.layers or Wanted.layers,
        where=options.where,
        datasets=options.datasets,
        formats=options.formats,
        area=options.area,
    )
    progress = for_terminal(quiet=options.json)
    files, config = fetch(options.sources, options.to, wanted, client, bases=network.bases, progress=progress)
    size = sum(record.size for record in files.values())
    text = [
        f"{len(files)} files ({size / 1e6:,.1f} MB) in {options.to}; {options.to / 'provenance.json'} says where from."
    ]
    if config:
        text.append(
            f"Next: geo-safety run {shlex.quote(str(config))} --out {shlex.quote(str(options.to / 'releases'))}"
        )
    answer(
        options,
        {"files": {name: record.sha256 for name, record in files.items()}, "config": str(config) if config else None},
        "\n".join(text),
    )
    return EXIT_DONE
