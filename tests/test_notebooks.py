"""Notebooks run from top to bottom, draw what they say, and hold no outputs in git."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells_of(notebook: Path, kind: str) -> list[dict]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == kind]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where all of them run, as in a folder of one's own: the first makes the city, the others find it."""
    return tmp_path_factory.mktemp("notebooks")


def test_there_is_one_for_each_question():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(notebook):
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells_of(notebook, "code"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_it_points_to_is_there(notebook):
    text = "".join("".join(cell["source"]) for cell in cells_of(notebook, "markdown"))
    named = [*re.findall(r"\]\(\.\./([^)#]+)", text), *re.findall(r"(?<![/\w])(?:docs|geo_safety)/[\w./-]+\w", text)]
    assert all((ROOT / name).exists() for name in named), named


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(notebook, folder, monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    monkeypatch.chdir(folder)
    monkeypatch.delenv("GEO_SAFETY_DATA", raising=False)  # real data are for people who look
    names: dict[str, object] = {"__name__": "notebook"}
    try:
        for number, cell in enumerate(cells_of(notebook, "code"), start=1):
            exec(compile("".join(cell["source"]), f"{notebook.name}, code cell {number}", "exec"), names)
        drawn = [plt.figure(number) for number in plt.get_fignums()]
        assert drawn, "a notebook without a picture"
        for figure in drawn:
            figure.canvas.draw()  # a layout that does not fit warns, and a warning is an error
    finally:
        plt.close("all")
