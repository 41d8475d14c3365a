"""The recipes of `docs/recipes`, followed to the letter in a scratch copy: red where they say red, green where they say green.

Marks in the pages (comments, which readers do not see) say what the next block of code is:

    write: PATH             the whole of a new file
    add: PATH after: LINE   goes below the one line that begins so (`before:` above it)
    replace: PATH old: TEXT stands in place of the one such text
    red: ARGUMENTS          pytest fails with them
    green: ARGUMENTS        pytest passes
    format: PATHS           ruff lays these files out
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

RECIPES = [
    page
    for page in sorted((ROOT / "docs" / "recipes").glob("*.md"))
    if "<!-- write:" in page.read_text(encoding="utf-8")
]
MARK = re.compile(
    r"<!-- (?P<does>write|add|replace|red|green|format): (?P<what>.+?) -->\n(?:(?P<fence>`{3,})\w*\n(?P<text>.*?)(?P=fence)\n)?",
    re.DOTALL,
)
WRITES = ("write", "add", "replace")
LEFT_OUT = (
    ".git",
    ".venv",
    "node_modules",
    "build",
    "dist",
    "demo",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "images",
)


@dataclass(frozen=True)
class Step:
    """One mark with its block."""

    does: str
    what: str
    text: str

    @property
    def path(self) -> str:
        return self.what.split(" ")[0]


def steps_of(page: Path) -> list[Step]:
    text = page.read_text(encoding="utf-8")
    found = [Step(one["does"], one["what"], one["text"] or "") for one in MARK.finditer(text)]
    assert len(found) == text.count("<!-- "), f"{page.name} has a mark that this test does not understand"
    return found


def follow(step: Step, copy: Path) -> None:
    """Write what a step writes."""
    path = copy / step.path
    if step.does == "write":
        assert not path.exists(), f"{step.path} is there already"
        path.write_text(step.text, encoding="utf-8")
        return
    before = path.read_text(encoding="utf-8")
    rest = step.what.removeprefix(step.path + " ")
    if step.does == "replace":
        old = rest.removeprefix("old: ")
        assert before.count(old) == 1, f"{step.path} holds {old!r} {before.count(old)} times"
        path.write_text(before.replace(old, step.text.rstrip("\n")), encoding="utf-8")
        return
    where, line = rest.split(": ", 1)
    starts = [one.start() for one in re.finditer(rf"^{re.escape(line)}", before, re.MULTILINE)]
    assert len(starts) == 1, f"{step.path} has {len(starts)} lines that begin with {line!r}"
    place = starts[0] if where == "before" else before.index("\n", starts[0] + len(line)) + 1
    path.write_text(before[:place] + step.text + before[place:], encoding="utf-8")


def passes(arguments: str, copy: Path) -> tuple[bool, str]:
    environment = {**os.environ, "PYTHONPATH": f"{copy}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *shlex.split(arguments)],
        cwd=copy, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1, 2), done.stdout + done.stderr  # 2: a module that cannot be imported yet
    return done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)
def test_followed_to_the_letter(page, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    where = subprocess.run(
        [sys.executable, "-c", "import geo_safety; print(geo_safety.__file__)"],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(where.stdout.strip()).is_relative_to(copy), "the copy is not what would be tested"
    for step in steps_of(page):
        if step.does in ("red", "green"):
            good, said = passes(step.what, copy)
            assert good == (step.does == "green"), f"{step.what} should be {step.does}:\n{said[-3000:]}"
        elif step.does == "format":
            subprocess.run([sys.executable, "-m", "ruff", "format", "-q", *step.what.split()], cwd=copy, check=True)
        else:
            follow(step, copy)
    for check in (["ruff", "check", "-q"], ["ruff", "format", "--check", "-q"]):
        written = {step.path for step in steps_of(page) if step.does in WRITES and step.path.endswith(".py")}
        done = subprocess.run(
            [sys.executable, "-m", *check, *sorted(written)], cwd=copy, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    layers = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(
        layers, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)
def test_the_table_names_every_file_that_is_touched_in_order(page):
    text = page.read_text(encoding="utf-8")
    named = [
        name for row in re.findall(r"^\| \d \| (.+?) \|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    ]
    touched = list(dict.fromkeys(step.path for step in steps_of(page) if step.does in WRITES))
    assert sorted(named) == sorted(touched)
    assert named[0] == touched[0], "the test comes first"
    assert named[0].startswith("tests/")


def test_there_is_a_recipe_for_each_kind():
    assert {"add-a-source", "statistic", "product", "format"} == {page.stem for page in RECIPES}


def test_a_source_takes_fewer_than_sixty_lines_with_its_test_and_page():
    page = ROOT / "docs" / "recipes" / "add-a-source.md"
    assert sum(step.text.count("\n") for step in steps_of(page)) < 60
