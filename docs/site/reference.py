"""Writes the pages that are made from the code; `python docs/site/reference.py` or the build of the site does it."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))

from columns import columns_page
from commands import commands_page
from data_flow import picture
from errors import errors_page
from library import library_page
from licences import licences_page
from markdown_text import NOTE
from notices import notices_page
from routes import routes_page
from settings import settings_page

PAGES = {
    "columns.md": columns_page,
    "settings.md": settings_page,
    "commands.md": commands_page,
    "routes.md": routes_page,
    "errors.md": errors_page,
    "licences.md": licences_page,
    "library.md": library_page,
    "notices.md": notices_page,
}


def write_reference(folder: Path) -> None:
    """Write all pages and the picture into a folder; a file that would not change keeps its time."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {name: NOTE + make() for name, make in PAGES.items()} | {"data-flow.svg": picture()}
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_reference(Path(__file__).resolve().parents[1] / "reference")
