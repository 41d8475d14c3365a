"""A few hundred broken inputs for every reader; `make fuzz` tries 10,000 of each."""

from __future__ import annotations

import pytest
from fuzzing import HangError, check, fuzz, targets

TARGETS = targets()


@pytest.mark.filterwarnings("ignore")  # GDAL warns of damage while it reads
@pytest.mark.parametrize("name", TARGETS)
def test_broken_inputs_are_refused_or_read_to_the_last_row(tmp_path, name):
    heavy = name in ("table.xlsx", "table.gpkg", "table.kml", "table.geojson")
    came, findings = fuzz(TARGETS[name], range(40 if heavy else 100), tmp_path)
    assert not findings
    assert len(came) > 1, "some inputs are refused and some are read"


def test_the_fuzzer_sees_what_it_looks_for(tmp_path, monkeypatch):
    def hang(*_: object) -> str:
        raise HangError("no end")

    def crash(*_: object) -> str:
        raise IndexError("list index out of range")

    def write(*_: object) -> str:
        (tmp_path / "elsewhere.txt").write_text("x")
        return "read"

    target = TARGETS["table.csv"]
    for harm, words in ((hang, "HangError"), (crash, "IndexError"), (write, "it writes")):
        monkeypatch.setattr("fuzzing._read", harm)
        _, findings = fuzz(target, range(3), tmp_path)
        assert len(findings) == 1
        assert words in findings[0]


def test_a_sound_input_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("fuzzing.broken", lambda target, _: (target.name.split("/")[1], target.data))
    assert {name: check(target, 0, tmp_path) for name, target in TARGETS.items()} == {
        name: "recognised" if name == "recognition" else "read" for name in TARGETS
    }


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("table.fgb", 361),
        ("table.fgb", 4045),
        ("table.gpkg", 6481),
        ("table.geojson", 7165),
        ("boundaries.shp", 510),
        ("boundaries.shp", 5563),
    ],
)
def test_what_once_broke_a_reader_breaks_it_no_more(tmp_path, name, number):
    """Bytes that are no UTF-8 in texts that GDAL reads, a .prj without a unit or of another planet: `make fuzz` found them."""
    came, findings = fuzz(TARGETS[name], range(number, number + 1), tmp_path)
    assert not findings
    assert sum(came.values()) == 1
