"""The command `pack`: files, answers for machines, and refusals without a traceback."""

from __future__ import annotations

import json

import pytest
from releases import cell_shape, cells

from geo_safety.cli import main
from geo_safety.packs.files import write_pack

PLACE = "cells-r9-violence-1"


def pack(town, *arguments) -> int:
    return main(["pack", "chb", str(town.folder.parent), *map(str, arguments)])


def test_four_files_are_written_and_named(pack_town, tmp_path, capsys):
    assert pack(pack_town, "--place", PLACE, "--out", tmp_path / "out", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["place"] == PLACE
    assert told["can_i_publish_this"].startswith("Yes, because")
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["pack-chb.geojson", "pack-chb.html", "pack-chb.pdf", "pack-chb.xlsx"]
    assert sorted(told["files"]) == [str(tmp_path / "out" / name) for name in written]
    assert (tmp_path / "out" / "pack-chb.pdf").read_bytes().startswith(b"%PDF-")


def test_a_case_file_is_a_place_too(pack_town, tmp_path, capsys):
    feature = {"type": "Feature", "geometry": cell_shape(cells()[0]).buffer(0.002).__geo_interface__,
               "properties": {"name": "Own drawing", "themes": "violence", "clear": "2025-06"}}  # fmt: skip
    case = tmp_path / "case.geojson"
    case.write_text(json.dumps(feature))
    assert pack(pack_town, "--place", case, "--out", tmp_path / "out", "--no-pdf") == 0
    assert "Clear Hold Build site pack: Own drawing" in capsys.readouterr().out
    assert not (tmp_path / "out" / "pack-chb.pdf").exists()


def test_an_internal_pack_is_not_to_be_published(pack_town, tmp_path, capsys):
    assert pack(pack_town, "--place", PLACE, "--out", tmp_path, "--access", "internal", "--no-pdf") == 0
    assert "Safe to publish: No, because it holds exact small counts" in capsys.readouterr().out


def test_what_the_user_can_mend_is_told_without_a_traceback(pack_town, tmp_path, capsys, monkeypatch):
    assert pack(pack_town, "--place", "nowhere", "--out", tmp_path) == 1
    assert PLACE in capsys.readouterr().err
    monkeypatch.setattr("geo_safety.packs.pdf.find_spec", lambda _: None)
    assert pack(pack_town, "--place", PLACE, "--out", tmp_path / "none") == 1
    said = capsys.readouterr().err
    assert "pip install 'geo-safety[pdf]'" in said
    assert "--no-pdf" in said
    assert not (tmp_path / "none").exists()
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert pack(pack_town, "--place", PLACE, "--out", blocked / "in", "--no-pdf") == 1
    assert "--out" in capsys.readouterr().err


def test_a_kind_that_is_not_there_is_wrong_usage(pack_town, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        main(["pack", "nothing", str(pack_town.folder.parent), "--place", PLACE, "--out", str(tmp_path)])
    assert stopped.value.code == 2


def test_older_files_are_replaced(pack_town, tmp_path):
    from geo_safety.packs import basis_of, make_pack

    made = make_pack("chb", basis_of(pack_town), PLACE)
    (tmp_path / "pack-chb.html").write_text("old")
    write_pack(made, tmp_path, formats=("html",))
    assert "<!doctype html>" in (tmp_path / "pack-chb.html").read_text(encoding="utf-8")
