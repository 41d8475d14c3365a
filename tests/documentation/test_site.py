"""The built site: no warning, nothing from another host, every page found, tables that scroll, a search that works offline."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser.axe import violations
from browser.conftest import chromium, page  # noqa: F401 - fixtures
from conftest import ROOT
from figures import figures

PAGES = (
    "README",
    "statistics/gini",
    "calibration",
    "reference/columns",
    "reference/routes",
    "architecture",
    "model-card",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "--nitpicky",
               "-c", "docs/site", "-d", str(folder / "doctrees"), ".", str(folder / "site")]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.mark.slow
def test_no_page_asks_another_host_for_anything(site):
    asked = []
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        tags = re.findall(r"<(?:script|link|img|iframe|source|object|video|audio|form)\b[^>]*>", text)
        asked += [
            (path.name, tag) for tag in tags if re.search(r"(?:src|href|action|srcset|data)=[\"']?(?:https?:)?//", tag)
        ]
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        asked += [(path.name, url) for url in re.findall(r"(?:url\(|@import\s+)[\"']?(?:https?:)?//[^)\"']+", text)]
    assert asked == []


@pytest.mark.slow
def test_every_page_in_git_is_a_page_of_the_site(site):
    pages = [path for path in (ROOT / "docs").rglob("*.md") if "site" not in path.relative_to(ROOT).parts[1:2]]
    for path in [*pages, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"))]:
        assert (site / path.relative_to(ROOT)).with_suffix(".html").exists(), path
    # That each is reached from the first page, Sphinx itself makes sure: a page in no table of contents is a warning.


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1440])
def test_pages_open_from_a_disk_fit_the_screen_and_ask_for_nothing(site, page, width):  # noqa: F811 - the fixture
    page.set_viewport_size({"width": width, "height": 900})
    for name in PAGES:
        page.goto((site / "docs" / f"{name}.html").as_uri())
        assert page.locator("h1").count() == 1
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} pixels wide"
    assert page.refused == []
    assert page.complaints == []


@pytest.mark.slow
def test_the_first_page_leads_on(site, page):  # noqa: F811 - the fixture
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/docs/README.html")
    page.locator("article").get_by_role("link", name="for VRU analysts").click()
    assert page.locator("h1").inner_text().startswith("For VRU analysts")


@pytest.mark.slow
def test_search_works_from_a_disk(site, page):  # noqa: F811 - the fixture
    page.goto(f"{(site / 'search.html').as_uri()}?q=entrenched_probability")
    page.wait_for_selector("ul.search li a")
    found = page.locator("ul.search li a").all_inner_texts()
    assert "Entrenched probability" in found
    assert "Columns" in found
    assert page.refused == []
    assert {urlsplit(link).scheme for link in page.evaluate("[...document.links].map(one => one.href)")} <= {
        "file",
        "https",
        "",
    }


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_barrier_that_a_machine_can_find(site, page, scheme):  # noqa: F811 - the fixture
    page.emulate_media(color_scheme=scheme)
    for name in ("README", "reference/settings", "calibration", "recipes/statistic"):
        page.goto((site / "docs" / f"{name}.html").as_uri())
        assert violations(page) == [], name


@pytest.mark.slow
@pytest.mark.parametrize(("of_system", "chosen", "is_turned"), [("light", "dark", True), ("dark", "light", True),
                                                               ("light", "auto", False), ("dark", "dark", False)])  # fmt: skip
def test_drawings_are_readable_in_the_colours_that_the_reader_chose(site, page, of_system, chosen, is_turned):  # noqa: F811
    # A picture inside a page knows the system's colours only.
    page.emulate_media(color_scheme=of_system)
    page.add_init_script(f"localStorage.setItem('theme', '{chosen}')")
    page.goto((site / "docs" / "calibration.html").as_uri())
    filters = page.evaluate("[...document.querySelectorAll('article img')].map(one => getComputedStyle(one).filter)")
    assert len(filters) == 3
    assert all(("invert" in one) == is_turned for one in filters)


def test_figures_say_what_the_tables_say():
    for name, text in figures().items():
        written = (ROOT / "docs" / "images" / name).read_text(encoding="utf-8")
        assert written == text, "run python docs/site/figures.py"
