from __future__ import annotations

from pathlib import Path

import pytest
from planted_release import planted_release

from geo_safety.analysis import Ground, read_ground
from geo_safety.release import Release


@pytest.fixture(scope="package")
def town(tmp_path_factory) -> Release:
    """The planted town, in which a scheme worked and its effect went away again."""
    return planted_release(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="package")
def ground(town) -> Ground:
    return read_ground(town, "cells-r9")


@pytest.fixture
def planted_schemes(monkeypatch, project_root: Path):
    """The helper of the benchmark: Doggerland with schemes of known effect."""
    monkeypatch.syspath_prepend(str(project_root / "benchmarks"))
    import planted_schemes

    return planted_schemes
