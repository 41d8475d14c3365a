"""The command line as users meet it: exit codes, what is printed where, real processes."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tiny_town import make_tiny_town

from geo_safety import cli


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    """A tiny town with a release."""
    folder = tmp_path_factory.mktemp("town")
    config = make_tiny_town(folder)
    assert cli.main(["run", str(config), "--out", str(folder / "releases")]) == 0
    return folder


def geo_safety(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "geo_safety", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_wrong_usage_is_exit_code_2():
    done = geo_safety("rum", "x.toml")
    assert done.returncode == 2
    assert "invalid choice: 'rum'" in done.stderr


def test_what_a_user_can_mend_is_exit_code_1_without_a_traceback(tmp_path):
    done = geo_safety("run", tmp_path / "absent.toml")
    assert done.returncode == 1
    assert "There is no configuration file" in done.stderr
    assert "Traceback" not in done.stderr


def test_our_own_fault_is_exit_code_70_and_says_so(monkeypatch, capsys, tmp_path):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr("geo_safety.pipeline.run", fail)
    assert cli.main(["run", str(tmp_path / "any.toml"), "--out", str(tmp_path)]) == 70
    said = capsys.readouterr().err
    assert "our fault" in said
    assert "a wheel came off" in said
    assert "Traceback" not in said


def test_run_prints_the_accounting_table(town, tmp_path):
    done = geo_safety("run", town / "tiny.toml", "--out", tmp_path)
    assert done.returncode == 0
    header, row, last = done.stdout.splitlines()
    assert header.split() == [
        "feed", "rows_read", "superseded", "quarantined", "repeated", "unlocated", "outside", "accepted", "unused",
        "incidents",
    ]  # fmt: skip
    assert row.split() == ["police", "2,880", "0", "0", "0", "0", "0", "2,880", "0", "2,880"]
    assert re.fullmatch(r"Release 2025-12-[0-9a-f]{8}-1 is now current in .*\.", last)
    assert "Reading police: files 24 (" in done.stderr  # plain lines where there is no terminal


def test_a_second_run_reads_nothing_again_unless_it_is_told_to(town, tmp_path):
    first = geo_safety("run", town / "tiny.toml", "--out", tmp_path)
    again = geo_safety("run", town / "tiny.toml", "--out", tmp_path)
    assert "Reading police: files 0 of 24, the others are known" in again.stderr
    assert again.stdout.replace("-2 is", "-1 is") == first.stdout
    assert "Reading police: files 24 (" in geo_safety("run", town / "tiny.toml", "--out", tmp_path, "--recount").stderr


def test_run_as_json_is_nothing_but_json(town, tmp_path):
    done = geo_safety("run", town / "tiny.toml", "--out", tmp_path, "--json")
    result = json.loads(done.stdout)
    assert result["manifest"]["accounting"]["rows_read"] == 2880
    assert result["release_id"].endswith("-1")
    assert done.stderr == ""


def test_check_lists_windows_and_writes_nothing(town, capsys):
    before = sorted(town.rglob("*"))
    assert cli.main(["check", str(town / "tiny.toml")]) == 0
    assert "robbery: 2025-01 to 2025-12" in capsys.readouterr().out
    assert sorted(town.rglob("*")) == before


def test_releases_are_listed_activated_verified_and_pruned(tmp_path, capsys):
    config, releases = make_tiny_town(tmp_path), tmp_path / "releases"
    for _ in range(3):
        assert cli.main(["run", str(config), "--out", str(releases)]) == 0
    capsys.readouterr()
    assert cli.main(["releases", "list", str(releases), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    newest, _, oldest = listed["releases"]
    assert listed["current"] == newest
    assert newest.endswith("-3")
    assert cli.main(["releases", "activate", oldest, str(releases)]) == 0
    assert cli.main(["releases", "verify", str(releases)]) == 0
    assert f"{oldest}: every file is whole." in capsys.readouterr().out
    assert cli.main(["releases", "prune", str(releases), "--keep", "1"]) == 0
    assert cli.main(["releases", "list", str(releases), "--json"]) == 0
    kept = json.loads(capsys.readouterr().out.split("\n", 1)[1])["releases"]
    assert kept == [newest, oldest]  # the current release stays, however old


def test_a_damaged_release_is_named(tmp_path, capsys):
    config, releases = make_tiny_town(tmp_path), tmp_path / "releases"
    assert cli.main(["run", str(config), "--out", str(releases)]) == 0
    damaged = (releases / "current").resolve() / "wards.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    assert cli.main(["releases", "verify", str(releases)]) == 1
    assert "wards.parquet" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["geojson", "csv", "xlsx", "gpkg", "fgb", "parquet", "topojson", "pmtiles"])
def test_export_by_suffix(town, tmp_path, suffix):
    out = tmp_path / f"wards.{suffix}"
    done = geo_safety("export", town / "releases", "wards", out)
    assert done.returncode == 0, done.stderr
    assert out.stat().st_size > 500


def test_export_in_an_unknown_format_names_the_known_ones(town, tmp_path, capsys):
    assert cli.main(["export", str(town / "releases"), "wards", str(tmp_path / "wards.docx")]) == 1
    said = capsys.readouterr().err
    assert ".geojson" in said
    assert not (tmp_path / "wards.docx").exists()


def test_map_is_one_file(town, tmp_path):
    out = tmp_path / "map.html"
    done = geo_safety("map", town / "releases", out)
    assert done.returncode == 0, done.stderr
    assert "opens in any browser, with no network" in done.stdout
    assert not re.search(r"""<(?:script|link|img)[^>]*(?:src|href)=["']https?://""", out.read_text(encoding="utf-8"))


def test_serve_without_a_release_says_what_to_run_first(tmp_path, capsys):
    assert cli.main(["serve", str(tmp_path)]) == 1
    assert "geo-safety run" in capsys.readouterr().err


def test_serve_on_a_port_in_use_says_so(town, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", str(town / "releases"), "--port", str(port)]) == 1
    assert f"port {port}" in capsys.readouterr().err


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_answers_until_it_is_stopped(town, workers):
    command = [
        sys.executable,
        "-m",
        "geo_safety",
        "serve",
        str(town / "releases"),
        "--port",
        "0",
        "--workers",
        str(workers),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = re.search(r"API (http://127\.0\.0\.1:\d+)/", process.stdout.readline())
            assert address
            with urllib.request.urlopen(f"{address[1]}/healthz", timeout=30) as reply:
                assert reply.status == 200
            with urllib.request.urlopen(f"{address[1]}/map", timeout=30) as reply:
                assert b"Tinytown" in reply.read()
        finally:
            process.terminate()
            process.communicate(timeout=30)


def test_demo_makes_a_release_in_one_command(tmp_path):
    done = geo_safety("demo", tmp_path / "demo", "--no-serve")
    assert done.returncode == 0, done.stderr
    assert "is now current" in done.stdout
    assert (tmp_path / "demo" / "releases" / "current" / "manifest.json").exists()


def test_short_replies_need_not_wait_for_the_readers_word():
    with cli._listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        taken, _ = listener.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
