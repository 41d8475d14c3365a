"""A page as PDF: A4, with an outline and tags, its pictures as vectors. The engine is WeasyPrint, an extra package."""

from __future__ import annotations

import logging
import os
import threading
from importlib.util import find_spec

from geo_safety.errors import OutputError

MISSING = (
    "There is no program here that makes PDF.",
    "Install it with `pip install 'geo-safety[pdf]'` and the system's Pango library, or leave the PDF out with --no-pdf.",
)

_ONE_AT_A_TIME = threading.Lock()
"""The library that sets the text shares its fonts among threads."""


def can_make_pdf() -> bool:
    """Whether the package is installed."""
    return find_spec("weasyprint") is not None


def pdf_of(html: str) -> bytes:
    """The page as PDF/UA: headings as outline and tags.

    Raises
    ------
    OutputError
        WeasyPrint, or the library that it stands on, is not installed.
    """
    if not can_make_pdf():
        raise OutputError(*MISSING)
    try:
        from weasyprint import HTML
    except OSError as error:
        raise OutputError(*MISSING) from error
    # What they say of properties that printers do not have is no news to whoever makes a pack.
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    with _ONE_AT_A_TIME:
        made: bytes = HTML(string=html, url_fetcher=_refuse).write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=b"geo-safety"
        )
    return made


def _refuse(url: str, *_args: object, **_named: object) -> dict[str, object]:
    """A pack names no file and no host; if one ever does, nothing is fetched."""
    raise ValueError(f"a pack asks for nothing, and this one asks for {url[:80]}")
