"""`kill -9` at any moment of a run leaves the current release intact and readable, and the next run succeeds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_town import CONFIG, MONTHS, street_rows, ward_features, write_month, write_wards

SPREAD = 30  # moments over the whole run, beside those around each write, rename and switch


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """What was found at each moment; few months and one theme, so that a run takes a blink."""
    folder = tmp_path_factory.mktemp("town")
    write_wards(folder, ward_features())
    for month in MONTHS[-4:]:
        write_month(folder, month, street_rows(month))
    config = folder / "tiny.toml"
    text = CONFIG.replace('["violence", "robbery", "asb"]', '["violence"]\nwindow_months = 2').replace("[8, 9]", "[8]")
    config.write_text(text, encoding="utf-8")
    script = Path(__file__).with_name("killed_run.py")
    done = subprocess.run(
        [sys.executable, str(script), str(config), str(folder / "releases"), str(SPREAD)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_every_kind_of_moment_was_tried(accounts):
    moments = [account["moment"] for account in accounts]
    assert sum(moment.startswith("call ") for moment in moments) == SPREAD
    for wanted in (
        "before open wards.parquet",
        "half a write",
        "a whole write",
        "before open manifest.json",
        "before rename 2025-12-",
        "after rename 2025-12-",
        "before symlink .new-current",
        "before replace current",
        "after replace current",
    ):
        assert any(moment.startswith(wanted) for moment in moments), wanted
    # Two files a layer, tiles of two layers (all themes, and the one theme), the ground, the quarantine, the manifest
    # and its seal: each has its moments.
    assert moments.count("half a write") == moments.count("a whole write") == 2 * 5 + 2 * 2 + 4
    assert {account["signal"] for account in accounts} == {signal.SIGKILL}


@pytest.mark.slow
def test_the_current_release_stays_whole_and_the_next_run_succeeds(accounts):
    switched = 0
    for account in accounts:
        moment = account["moment"]
        assert "after" in account, f"{moment}: the current release could not be read, or the next run failed"
        before, after, again = account["before"], account["after"], account["again"]
        # The same figures whatever happened: the inputs have not changed.
        assert before["wards"] == after["wards"] == again["wards"], moment
        if after["release"] != before["release"]:
            switched += 1
            assert moment == "after replace current"
        assert again["release"] not in (before["release"], after["release"]), moment
        assert again["left_over"] == [], moment
    assert switched == 1
    assert any(account["after"]["left_over"] for account in accounts), "no kill fell into the writing"
