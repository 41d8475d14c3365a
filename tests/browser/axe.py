"""axe-core by Deque, the checker of accessibility that browsers' own tools use, run inside a page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def violations(page) -> list[str]:
    """What breaks a rule of WCAG 2.2, level AA, and where."""
    if not SCRIPT.is_file():
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("axe-core is not there: run `npm ci` in api/web")
    # By the debugger, so that the page's own policy need not allow it.
    page.evaluate(SCRIPT.read_text(encoding="utf-8") + "; undefined")
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", list(RULES))
    assert found["passes"] or found["violations"], "axe looked at nothing"
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
