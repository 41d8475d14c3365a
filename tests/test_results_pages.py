"""The pages of real results: every table between marks is one that the script makes, is filled, and no link is dead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs" / "results").glob("*.md"))
MADE = set(re.findall(r'^    "([a-z-]+)": \w+,$', (ROOT / "benchmarks" / "real_results.py").read_text(), re.MULTILINE))
MARK = re.compile(r"<!-- table: ([a-z0-9-]+) -->\n(.*?)<!-- end -->", flags=re.DOTALL)


def test_every_table_that_is_made_stands_on_a_page():
    assert {name for page in PAGES for name, _ in MARK.findall(page.read_text(encoding="utf-8"))} == MADE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_tables_are_filled_and_say_under_which_rules(page):
    text = page.read_text(encoding="utf-8")
    tables = dict(MARK.findall(text))
    assert re.fullmatch(r"Method version [\d.]+\.\n", tables.pop("version"))
    for name, table in tables.items():
        rows = table.splitlines()
        assert len(rows) >= 3, f"{name} is empty: run benchmarks/real_results.py"
        assert len({row.count("|") for row in rows}) == 1
        assert "nan" not in table.lower().split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_link_is_dead(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} points to {target}, which is not there"
