"""A report on a case as files: a page for people, the same figures as JSON, shapes as GeoJSON, months as CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from geo_safety.errors import OutputError
from geo_safety.impact.page import page_of
from geo_safety.impact.reading import Report

MONTH_COLUMNS = ("month", "place", "ring", "comparison_areas")


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write `impact.html`, `impact.json`, `places.geojson` and `months.csv`; older ones are replaced.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    about = report.publication.as_dict()
    contents = {
        "impact.html": page_of(report),
        "impact.json": json.dumps(report.document, ensure_ascii=False, indent=1) + "\n",
        "places.geojson": json.dumps({**report.places, "publication": about}, ensure_ascii=False) + "\n",
        "months.csv": _months(report),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror}).", "Name another folder with --out."
        ) from error
    return [folder / name for name in contents]


def _months(report: Report) -> str:
    """The months as CSV for spreadsheets: a mark in front, lines with CR LF; empty is a gap or a hidden count."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*MONTH_COLUMNS, "release_id", "may_be_published"])
    publication = report.publication
    end = [publication.release_id, "yes" if publication.may_publish else "no"]
    writer.writerows([[row[name] for name in MONTH_COLUMNS] + end for row in report.document["months"]])
    return "\ufeff" + text.getvalue()
