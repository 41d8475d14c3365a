"""The docs name every real data file, and whoever is named as its reader exists."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

from geo_safety.config_file import ContextEntry
from geo_safety.sources import SOURCES
from geo_safety.sources.templates import TEMPLATES

DOCS = Path(__file__).resolve().parent.parent / "docs" / "sources"
FOLDERS = ("incidents", "boundaries", "context")


def rows() -> list[tuple[str, str, str]]:
    """(pattern, reader, reason) of each line of the table."""
    _, _, table = (DOCS / "README.md").read_text(encoding="utf-8").partition("## The data at hand")
    found = re.findall(r"^\| `([^`]+)` \| (?:`([^`]+)` )?\| (.*?) ?\|$", table, flags=re.MULTILINE)
    assert len(found) > 40
    return [(pattern, reader, reason.strip()) for pattern, reader, reason in found]


def test_every_line_names_a_reader_that_exists_or_a_reason():
    known = {*SOURCES, *get_args(ContextEntry.model_fields["kind"].annotation), "boundaries", "outline"}
    for pattern, reader, reason in rows():
        assert reader in known or (not reader and reason.startswith("not read")), pattern


def test_every_real_file_is_named_once_and_every_line_names_some(shared_data):
    patterns = [pattern for pattern, _, _ in rows()]
    used: set[str] = set()
    for folder in FOLDERS:
        for path in (shared_data / folder).rglob("*"):
            name = path.relative_to(shared_data).as_posix()
            if not path.is_file() or path.name == "README.md":
                continue
            fitting = [pattern for pattern in patterns if fnmatchcase(name, pattern)]
            assert fitting, f"docs/sources/README.md does not name {name}"
            used |= set(fitting)
    assert used == set(patterns), "these lines name no file"


def test_every_kind_and_template_has_its_page():
    for kind in SOURCES:
        text = (DOCS / f"{kind}.md").read_text(encoding="utf-8")
        assert f'kind = "{kind}"' in text
        assert "misleads" in text
    partners = (DOCS / "partners.md").read_text(encoding="utf-8")
    for name, template in TEMPLATES.items():
        assert f"| `{name}` |" in partners
        assert all(f"`{column}`" in partners for column in (*template.columns.values(), *template.extra))
