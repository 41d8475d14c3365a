"""What all tests share: programs of the machine, the real data beside the checkout, and calm settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI") == "true"

# Timing is no property of the code on a shared machine; in CI the same examples come every time.
settings.register_profile("house", deadline=None, derandomize=IN_CI, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def require_program() -> Callable[[str], str]:
    """A function from a program's name to its path; without the program the test skips, but in CI it fails."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            (pytest.fail if IN_CI else pytest.skip)(f"the program {name} is not installed")
        return path

    return find


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout that is being tested."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real incidents and boundaries: GEO_SAFETY_DATA, else ../shared/data."""
    named = os.environ.get("GEO_SAFETY_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if named and not folder.is_dir():
        pytest.fail(f"GEO_SAFETY_DATA names {named}, which is no folder")
    if not folder.is_dir():
        pytest.skip("no real data: set GEO_SAFETY_DATA to a folder that holds them")
    return folder
