"""The command `pack`: what a board takes into a meeting about one place."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from geo_safety.cli_options import (
    EXIT_DONE,
    RELEASES_HELP,
    add_json,
    add_state_folder,
    answer,
    borough_codes,
    state_folder,
)

KINDS = ("chb", "wsa", "transport", "sna")


def add_pack_command(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `pack`."""
    parser = command("pack", _pack, "a pack for a meeting about one place: page, PDF, GeoJSON and Excel")
    parser.add_argument("kind", choices=KINDS, help="which pack")
    parser.add_argument("releases", type=Path, metavar="RELEASES", help=RELEASES_HELP)
    parser.add_argument("--place", required=True, metavar="ID", help="id of the place; for chb also a case file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pack's files")
    parser.add_argument(
        "--access", choices=("open", "partner", "internal"), default="open", help="whose figures (default open)"
    )
    parser.add_argument(
        "--borough", action="append", default=[], metavar="B", help="with --access partner: code or name"
    )
    parser.add_argument(
        "--notes",
        type=Path,
        metavar="FILE",
        help="TOML with your own texts for what only others know: page and PDF only",
    )
    add_state_folder(parser)
    parser.add_argument("--no-pdf", action="store_true", help="leave the PDF out")
    add_json(parser)


def _pack(options: argparse.Namespace) -> int:
    from geo_safety.case_file import read_case
    from geo_safety.disclosure import Reader
    from geo_safety.packs import FORMATS, basis_of, make_pack, write_pack
    from geo_safety.packs.notes import read_notes, with_notes
    from geo_safety.release import current

    reader = Reader(options.access, frozenset(borough_codes(options.releases, options.borough)))
    basis = basis_of(current(options.releases), reader, state=state_folder(options))
    given = Path(options.place)
    is_file = given.suffix.lower() in (".toml", ".json", ".geojson") and given.is_file()
    pack = make_pack(options.kind, basis, options.place, case=read_case(given) if is_file else None)
    formats = tuple(form for form in FORMATS if form != "pdf" or not options.no_pdf)
    notes = read_notes(options.notes) if options.notes else {}
    written = write_pack(pack, options.out, formats=formats, notes=notes)
    pack = with_notes(pack, notes)
    found = {"title": pack.title, "place": pack.place_id, "files": [str(path) for path in written],
             "can_i_publish_this": pack.publication.answer}  # fmt: skip
    lines = [pack.title, *pack.lead, f"Safe to publish: {pack.publication.answer}", *(f"{path}" for path in written)]
    answer(options, found, "\n".join(lines))
    return EXIT_DONE
