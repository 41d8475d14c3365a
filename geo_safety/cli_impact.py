"""The command `impact`: did a scheme work, did it move, does it come back?"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from geo_safety.cli_options import EXIT_DONE, RELEASES_HELP, add_json, answer


def add_impact_command(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `impact`."""
    parser = command("impact", _impact, "did a scheme work, did it move, does it come back: a case file judged")
    parser.add_argument("case", type=Path, metavar="CASE", help="case file: TOML or GeoJSON with boundary and dates")
    parser.add_argument("releases", type=Path, metavar="RELEASES", help=RELEASES_HELP)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for page, figures and shapes")
    parser.add_argument(
        "--access",
        choices=("open", "internal"),
        default="open",
        help="whose figures (default open: small counts hidden)",
    )
    add_json(parser)


def _impact(options: argparse.Namespace) -> int:
    from geo_safety.case_file import read_case
    from geo_safety.disclosure import Reader
    from geo_safety.impact.files import write_report
    from geo_safety.impact.reading import report_on
    from geo_safety.release import current

    case = read_case(options.case)
    report = report_on(case, current(options.releases), reader=Reader(options.access))
    written = write_report(report, options.out)
    said = report.document["answer"]
    lines = [*said.values(), f"Safe to publish: {report.publication.answer}", f"Read {written[0]}"]
    answer(options, dict(report.document), "\n".join(lines))
    return EXIT_DONE
