"""What the tests of the documentation share: the folder that makes it, and the pages as they are in git."""

from __future__ import annotations

import sys

import pytest
from conftest import ROOT

SITE = ROOT / "docs" / "site"
sys.path.insert(0, str(SITE))  # plain modules beside conf.py, as Sphinx finds them


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    """Folder of the pages that are made from the code."""
    from reference import write_reference

    folder = tmp_path_factory.mktemp("reference")
    write_reference(folder)
    return folder
