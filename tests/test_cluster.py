"""Workers of a real Dask cluster on this machine: the same bytes as threads give, also when one is killed in the middle."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from tiny_town import CONFIG, MONTHS, street_rows, ward_features, write_month, write_wards

from geo_safety import cluster, partitions
from geo_safety.cluster import connect
from geo_safety.errors import ConfigError
from geo_safety.incidents import Feed, read_feed
from geo_safety.pipeline import run
from geo_safety.progress import Silent
from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import POLICE_UK

distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")

N_FILES = 40

# Dask asks the system for the state of its own sockets in ways that newer Pythons warn of.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def running() -> Iterator[distributed.LocalCluster]:
    """A scheduler with two worker processes of one thread each."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as started:
        yield started


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> FeedSettings:
    """A feed of many files, one of them broken in places."""
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(3)
    for number in range(N_FILES):
        rows = zip(rng.integers(1, 13, 400), rng.integers(9, size=400), rng.integers(9, size=400), strict=True)
        text = "".join(f"2020-{month:02d},{lon},{lat + 1},Robbery\n" for month, lon, lat in rows)
        (folder / f"{number:02d}.csv").write_text(f"when,lon,lat,what\n{text}{'rubbish' if number == 7 else ''}\n")
    columns = {"longitude": "lon", "latitude": "lat", "time": "when", "category": "what"}
    return FeedSettings("table", "points", (folder,), columns=columns, labels=POLICE_UK)


def assert_equal(one: Feed, other: Feed) -> None:
    assert (one.accounts, one.quarantined) == (other.accounts, other.quarantined)
    for field in fields(one.incidents):
        assert np.array_equal(getattr(one.incidents, field.name), getattr(other.incidents, field.name)), field.name


class After(Silent):
    """Does something once the first file is read."""

    def __init__(self, what: Callable[[], None]) -> None:
        self.what = what
        self.passed = 0

    def over(self, items: Iterable[Any], text: str, *, total: int, size: Any = None) -> Iterator[Any]:
        for item in items:
            self.passed += 1
            if self.passed == 1:
                self.what()
            yield item


def slow(read: Callable) -> Callable:
    """A reader that takes a while, so that a killed worker has something in hand and results nobody has fetched."""

    def slow_read(file, settings, *, code=""):
        time.sleep(0.05)
        return read(file, settings, code=code)

    return slow_read


def test_a_worker_killed_in_the_middle_costs_time_and_changes_nothing(running, settings, monkeypatch):
    local = read_feed(settings, workers=2)
    killed = []

    def kill_one() -> None:
        with distributed.Client(running.scheduler_address, set_as_default=False) as client:
            pid = next(iter(client.run(os.getpid).values()))
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    progress = After(kill_one)
    monkeypatch.setattr(partitions, "read_partition", slow(partitions.read_partition))
    with connect(running.scheduler_address, workers=2) as pool:
        assert_equal(read_feed(settings, pool=pool, progress=progress), local)
    assert len(killed) == 1
    assert progress.passed == N_FILES


def test_a_release_made_by_a_cluster_is_the_same_to_the_byte(running, tmp_path):
    write_wards(tmp_path, ward_features())
    for month in MONTHS:
        write_month(tmp_path, month, street_rows(month))
    config = tmp_path / "tiny.toml"
    config.write_text(CONFIG, encoding="utf-8")
    with connect(running.scheduler_address, workers=2) as pool:
        far = run(config, tmp_path / "far", pool=pool)
    near = run(config, tmp_path / "near")
    assert far.manifest == near.manifest
    names = [path.relative_to(near.folder) for path in sorted(near.folder.rglob("*")) if path.is_file()]
    assert len(names) > 10
    for name in names:
        assert (far.folder / name).read_bytes() == (near.folder / name).read_bytes(), name


def test_workers_that_run_other_code_are_refused(running, settings, monkeypatch):
    monkeypatch.setattr(partitions, "code_version", lambda: "another")
    with (
        pytest.raises(ConfigError, match=r"runs another geo-safety.*every worker, and start them again"),
        connect(running.scheduler_address, workers=2) as pool,
    ):
        read_feed(settings, pool=pool)


def test_a_scheduler_that_is_not_there_is_told_with_its_remedy(monkeypatch):
    monkeypatch.setattr(cluster, "_SECONDS_TO_CONNECT", 0.5)
    with (
        pytest.raises(ConfigError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 .*dask scheduler"),
        connect("tcp://127.0.0.1:9", workers=1),
    ):
        pass


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_file_that_kills_every_worker_is_told_with_its_remedy():
    with (
        pytest.raises(ConfigError, match=r"Workers died each time.*more, or split the file"),
        connect("local", workers=1) as pool,
    ):
        pool.submit(kill_myself).result()


def test_own_workers_keep_memory_as_the_run_does():
    with connect("local", workers=1) as pool:
        assert pool.submit(eval, "'geo_safety.allocation' in __import__('sys').modules").result()
