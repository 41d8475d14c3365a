"""The documentation site: `make docs` (Sphinx with MyST and Furo; why these: docs/adr/0040).

The source is the whole checkout, so that links between pages are the same here as in git, and only what
`include_patterns` names becomes a page. Nothing is fetched from another host, neither now nor when pages are read.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from pygments.lexers.special import TextLexer  # noqa: E402
from reference import write_reference  # noqa: E402 - found by the line above
from sphinx.highlighting import lexers  # noqa: E402

from geo_safety import __version__  # noqa: E402

write_reference(HERE.parent / "reference")

lexers["m"] = TextLexer()  # Power Query; Pygments does not know it

project = "geo-safety"
author = "geo-safety contributors"
copyright = f"2026, {author}. MIT licence"
version = release = __version__
language = "en-GB"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "docs/README"
include_patterns = [
    "docs/*.md", "docs/**/*.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md", "boundaries/README.md",
    "notebooks/README.md",
]  # fmt: skip
exclude_patterns = [".*", "build", "dist", "demo", "**/node_modules", "geo_safety", "api", "tests", "docs/site"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# Programs and folders of the checkout that pages name: readers of the site get the file itself, where it is one.
suppress_warnings = ["myst.header"]  # a page may begin its sections at any depth
nitpicky = True

html_theme = "furo"
html_title = f"geo-safety {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_additional_pages = {"index": "start.html"}
templates_path = ["templates"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
html_baseurl = ""
html_favicon = str(HERE / "static" / "mark.svg")
html_theme_options = {
    "light_logo": "mark.svg",
    "dark_logo": "mark.svg",
    # The colours of the map application (api/web/src/styles/main.scss), so that both are read as one.
    "light_css_variables": {
        "color-brand-primary": "#1d70b8",
        "color-brand-content": "#1d70b8",
        "color-brand-visited": "#4c2c92",
        "color-foreground-primary": "#0b0c0c",
        "color-foreground-secondary": "#505a5f",
        "color-background-border": "#b1b4b6",
        "font-stack": "system-ui, -apple-system, 'Segoe UI', Arial, sans-serif",
    },
    "dark_css_variables": {
        "color-brand-primary": "#8ec5ff",
        "color-brand-content": "#8ec5ff",
        "color-brand-visited": "#c9b3f5",
        "color-foreground-primary": "#e8eaec",
        "color-foreground-secondary": "#a9b1b6",
        "color-background-primary": "#16191c",
        "color-background-secondary": "#1d2226",
        "color-background-border": "#4a5359",
    },
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def _levels(app: object, page: str, template: str, context: dict[str, object], doctree: object) -> None:  # noqa: ARG001
    """Give the captions of the navigation the level that readers of the screen need; Sphinx leaves it out."""
    if tree := context.get("furo_navigation_tree"):
        context["furo_navigation_tree"] = str(tree).replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app: object) -> None:
    """After Furo, which makes the navigation."""
    app.connect("html-page-context", _levels, priority=900)  # type: ignore[attr-defined]
