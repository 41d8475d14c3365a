"""The OpenAPI document by the readers that others use: spectral's rules, and schemathesis, which asks what it allows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import IN_CI
from served import serving
from tiny_town import make_tiny_town

from geo_safety.pipeline import run

FOLDER = Path(__file__).resolve().parents[1] / "node"


@pytest.fixture(scope="module")
def spectral():
    """The linter and the Node.js that runs it, from the packages that the lock file names."""
    if not (FOLDER / "node_modules").is_dir():
        (pytest.fail if IN_CI else pytest.skip)("spectral is not installed: `make test` does it")
    return [Path(sys.executable).with_name("node"), FOLDER / "node_modules" / "@stoplight/spectral-cli/dist/index.js"]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A folder of releases that can answer everything."""
    folder = tmp_path_factory.mktemp("fuzz")
    run(make_tiny_town(folder), folder / "releases")
    return folder / "releases"


def test_spectral_finds_no_error(service, spectral, tmp_path):
    path = tmp_path / "openapi.json"
    path.write_bytes(service.get("/api").content)
    done = subprocess.run([*spectral, "lint", path, "--ruleset", FOLDER / "ruleset.json", "--format", "json", "--quiet"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    found = json.loads(done.stdout)
    # Severity 0 is an error, 1 a warning.
    assert [one for one in found if one["severity"] == 0] == []
    # A licence of many publishers has no one address, and the operator's e-mail is theirs to tell.
    assert {one["code"] for one in found} <= {"license-url", "contact-properties"}


def test_spectral_would_find_one(spectral, tmp_path):
    path = tmp_path / "openapi.json"
    path.write_text('{"openapi": "3.0.3", "info": {"title": "x"}, "paths": {"/": {"get": {}}}}', encoding="utf-8")
    done = subprocess.run([*spectral, "lint", path, "--ruleset", FOLDER / "ruleset.json", "--quiet"],
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 1


def test_nothing_that_is_allowed_or_forbidden_breaks_the_service(town, tmp_path):
    # The long form is `make fuzz`.
    sys.path.insert(0, str(FOLDER))
    from fuzz import fuzz

    with serving(town) as live:
        cases, wrong = fuzz(live.address, tmp_path, examples=2)
    assert wrong == ""
    assert cases > 500
