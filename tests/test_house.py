"""The house rules that no linter knows: sizes of modules and functions, clean locks, whole wheels, one version."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from geo_safety import __version__

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path
    for package in ("geo_safety", "api")
    for path in (ROOT / package).rglob("*.py")
    if "node_modules" not in path.parts
)


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_readable(path):
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") < 500, "split this module: it holds more than one noun"
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = {function.name: own_lines(function) for function in functions if own_lines(function) >= 60}
    assert not long, f"split these functions: {long}"


@pytest.mark.parametrize(
    "name",
    ["requirements.lock", "requirements-dev.lock", "api/web/package-lock.json", "tests/node/package-lock.json"],
)
def test_locks_name_packages_and_hashes_but_no_place(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "sha512-" in text or "--hash=sha256:" in text
    if name.endswith(".json"):
        packages = json.loads(text)["packages"]
        assert not [path for path, package in packages.items() if "resolved" in package]
        return
    assert not re.findall(r"https?:|file:|--find-links|--(?:extra-)?index-url|(?<![\w.])/\w+/", text)


def test_runtime_lock_is_part_of_the_development_lock():
    pins = {
        name: set(re.findall(r"^([\w.-]+==\S+)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    }
    assert pins["requirements.lock"] <= pins["requirements-dev.lock"], "run `make lock`"


def test_citation_names_this_version_and_the_day_of_its_release():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^version: (\S+)$", citation, re.MULTILINE) == [__version__]
    # A version that is not out yet stands under "Unreleased" and has no day in either file.
    days = re.findall(rf"^## {re.escape(__version__)} \((\d{{4}}-\d\d-\d\d)\)$", changelog, re.MULTILINE)
    assert re.findall(r"^date-released: (\S+)$", citation, re.MULTILINE) == days


def test_changelog_says_nothing_twice():
    # Branches merge it line by line, which can leave both sides of an entry that one of them rewrote.
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert not [line for line, times in Counter(lines).items() if times > 1 and len(line) > 40]


def test_wheel_carries_both_packages_boundaries_and_assets(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "api/__init__.py",
        "geo_safety/__init__.py",
        "geo_safety/py.typed",
        "geo_safety/_boundaries/README.md",
        "geo_safety/assets/leaflet.js",
        "geo_safety/assets/leaflet.css",
        "geo_safety/weights/cchi.toml",
        "geo_safety/weights/css.toml",
    } <= names
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert top == {"geo_safety", "api"}
    assert not [name for name in names if "node_modules" in name or name.startswith("api/web")]


def test_wheel_without_assets_is_refused_with_the_remedy(tmp_path):
    for name in ("pyproject.toml", "hatch_build.py", "LICENSE"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "geo_safety").mkdir()
    (tmp_path / "geo_safety" / "__init__.py").write_text('__version__ = "0"\n', encoding="utf-8")
    (tmp_path / "README.md").write_text("# Stand-in\n", encoding="utf-8")
    build = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode != 0
    assert "Run `make assets` first" in build.stderr
    assert "Traceback" not in build.stderr
