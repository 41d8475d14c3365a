"""The audit log: lines of a day, kept for as many days as wanted, readable by its command."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
from pathlib import Path

import pytest

from geo_safety.audit import AuditLog, read_audit
from geo_safety.cli import main
from geo_safety.errors import AuditError

NOW = dt.datetime(2026, 3, 1, 23, 59, 59, tzinfo=dt.UTC)
RECORD = {
    "key": "abc",
    "class": "partner",
    "status": 200,
    "rows": 3,
    "suppressed": 1,
    "path": "/x",
    "area": {},
    "filter": {},
}


def test_lines_come_back_in_order_with_their_time(tmp_path):
    log = AuditLog(tmp_path)
    for seconds in (0, 1, 2):
        log.write({**RECORD, "rows": seconds}, now=NOW + dt.timedelta(seconds=seconds))
    assert [one["rows"] for one in read_audit(tmp_path)] == [0, 1, 2]
    assert [path.name for path in sorted((tmp_path / "audit").iterdir())] == [
        "audit-2026-03-01.jsonl",
        "audit-2026-03-02.jsonl",
    ]
    later = read_audit(tmp_path, since=dt.date(2026, 3, 2))
    assert next(later)["time"] == "2026-03-02T00:00:00.000+00:00"
    assert list(read_audit(tmp_path, key="other")) == []
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "audit").iterdir())


def test_old_days_go(tmp_path):
    log = AuditLog(tmp_path, kept_days=2)
    for day in range(5):
        log.write(RECORD, now=NOW + dt.timedelta(days=day))
    assert [path.name[6:16] for path in sorted((tmp_path / "audit").iterdir())] == [
        "2026-03-03",
        "2026-03-04",
        "2026-03-05",
    ]


def test_nobody_can_forge_a_line(tmp_path):
    AuditLog(tmp_path).write({**RECORD, "path": '/x\n{"key": "forged"}\r'}, now=NOW)
    assert [one["key"] for one in read_audit(tmp_path)] == ["abc"]


def _write_many(state: Path) -> None:
    log = AuditLog(state)
    for number in range(200):
        log.write({**RECORD, "rows": number, "path": "/" + "x" * 500}, now=NOW)


def test_several_processes_write_whole_lines(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_many, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(one["rows"] for one in read_audit(tmp_path)) == sorted([*range(200), *range(200)])


def test_what_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "audit").write_text("a file in its place")
    with pytest.raises(AuditError, match="open nothing until then"):
        AuditLog(tmp_path).write(RECORD, now=NOW)


def test_the_command_reads_it(tmp_path, capsys):
    AuditLog(tmp_path).write(RECORD, now=NOW)
    assert main(["audit", "--state", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["suppressed"] == 1
    assert main(["audit", "--state", str(tmp_path), "--key", "abc"]) == 0
    assert "rows 3  suppressed 1" in capsys.readouterr().out
    assert main(["audit", "--state", str(tmp_path), "--since", "2027-01-01"]) == 0
    assert capsys.readouterr().out == ""
