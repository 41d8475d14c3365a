"""Every statistic has a page that says what it answers, what it assumes and where it misleads, with an example that runs."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path

import pytest

from geo_safety import schema, statistics

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "statistics"
INDEX = FOLDER / "README.md"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page != INDEX)

SECTIONS = (
    "The question",
    "Null hypothesis",
    "Formula",
    "Worked example",
    "When not to use it",
    "What it misleads about",
    "Source",
)
IN_MANIFEST = {"dispersion", "dispersion_basis", "expected_error_share"}
FUNCTIONS = sorted(name for name in statistics.__all__ if inspect.isfunction(getattr(statistics, name)))


def sections_of(page: Path) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))


def functions_of(page: Path) -> list[str]:
    (line,) = re.findall(r"^\*\*In the library:\*\* (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return re.findall(r"`(\w+)`", line)


def examples_of(page: Path) -> str:
    blocks = re.findall(r"^```pycon\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return "\n".join(blocks)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_every_section_in_order_and_says_something_in_each(page):
    found = sections_of(page)
    assert tuple(found) == SECTIONS
    assert all(len(text) >= 40 for name, text in found.items() if name != "Null hypothesis")
    assert found["Null hypothesis"]
    assert "```text" in found["Formula"] or "|---|" in found["Formula"]
    assert re.search(r"\b(1[89]|20)\d\d\b|Own|Esri|Delta", found["Source"]), "no source is named"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_worked_example_gives_what_the_page_says(page):
    text = examples_of(page)
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    used = set(re.findall(r"\w+", text)) & set(functions_of(page))
    assert used, "the example uses none of the page's functions"
    assert any(example.want for example in test.examples)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_statistic_has_exactly_one_page(name):
    assert [page.stem for page in PAGES if name in functions_of(page)] != []
    assert sum(name in functions_of(page) for page in PAGES) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_name_only_what_is_there(page):
    assert set(functions_of(page)) <= set(statistics.__all__)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_columns_that_a_page_names_are_published(page):
    text = page.read_text(encoding="utf-8")
    (said,) = re.findall(r"^\*\*In a release:\*\* (.+?)\n\n", text, flags=re.MULTILINE | re.DOTALL)
    known = {column.name for column in (*schema.ZONES.columns, *schema.AREAS.columns)} | IN_MANIFEST
    assert set(re.findall(r"`(\w+)`", said)) <= known


def test_the_index_names_every_page_and_no_link_is_dead():
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", INDEX.read_text(encoding="utf-8")))
    assert linked == {page.name for page in PAGES}
    for page in (INDEX, *PAGES):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}, which is not there"
