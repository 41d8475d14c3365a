"""Areas continue from release to release: a tiny town that is run again as its months come in."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest
from tiny_town import MONTHS, SIDE, SOUTH, WEST, make_tiny_town, street_rows, write_month

from geo_safety.pipeline import run
from geo_safety.predecessor import find_predecessor
from geo_safety.release import activate

NEW_CORNER = (WEST + 1.6 * SIDE, SOUTH + 1.6 * SIDE)


def second_corner(month, *, per_month=120):
    """Robberies around another corner, as police rows."""
    rng = np.random.default_rng(int(month.replace("-", "")))
    east, north = (middle + 0.001 * rng.uniform(-1, 1, per_month) for middle in NEW_CORNER)
    places = zip(east, north, strict=True)
    return [
        f"{month}-x{number},{month},Tiny Police,Tiny Police,{x:.6f},{y:.6f},On or near Lamp Street,,,Robbery,,"
        for number, (x, y) in enumerate(places)
    ]


def grow(folder, until, *, also_at_second_corner=()):
    """The town's files as they stand when `until` is the last month published."""
    shutil.rmtree(folder / "police", ignore_errors=True)
    for month in MONTHS:
        if month <= until:
            rows = second_corner(month) if month in also_at_second_corner else []
            write_month(folder, month, street_rows(month) + rows)


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Three releases of one folder: half-way, a quarter later with a second corner, and another quarter later."""
    folder = tmp_path_factory.mktemp("town")
    config = make_tiny_town(folder)
    second = ("2025-07", "2025-08", "2025-09")
    made = []
    for until in ("2025-06", "2025-09", "2025-12"):
        grow(folder, until, also_at_second_corner=second)
        made.append(run(config, folder / "releases"))
    return folder, config, made


def areas_of(release, theme="robbery"):
    return release.table("hotspot-areas", access="internal", theme=theme).to_pandas().set_index("area_id")


def test_first_release_starts_every_life(chain):
    _, _, (first, *_) = chain
    areas = areas_of(first)
    assert len(areas) == 1
    assert [str(month) for month in areas["first_hot"]] == ["2025-06-01"]
    assert areas["predecessors"].isna().all()
    assert areas["life"].isna().all()
    assert first.manifest["areas"]["compared_with"] is None


def test_ids_and_ages_stay_over_three_releases(chain):
    _, _, (first, second, third) = chain
    old = areas_of(first).index[0]
    for release in (second, third):
        kept = areas_of(release).loc[old]
        assert (kept["life"], str(kept["first_hot"]), kept["predecessors"]) == ("kept", "2025-06-01", old)
    (born,) = areas_of(second).index.drop(old)
    assert areas_of(second).loc[born, "life"] == "birth"
    assert str(areas_of(third).loc[born, "first_hot"]) == "2025-09-01"
    assert areas_of(third).loc[born, "predecessors"] == born
    assert second.manifest["areas"]["births"] == [born]
    assert second.manifest["areas"]["compared_with"] == first.release_id
    assert third.manifest["areas"]["compared_with"] == second.release_id
    assert third.manifest["areas"]["ended"] == []


def test_wards_keep_their_ids_too(tmp_path):
    config = make_tiny_town(tmp_path)
    text = config.read_text().replace("[grid]\nresolutions = [8, 9]\n", "[hotspots]\nlevel = 1.01\nalpha = 0.49\n")
    config.write_text(text)
    releases = []
    for until in ("2025-09", "2025-12"):
        shutil.rmtree(tmp_path / "police")
        for month in MONTHS:
            if month <= until:  # everything in one ward
                rows = [row.replace("Anti-social behaviour", "Robbery") for row in second_corner(month)]
                write_month(tmp_path, month, street_rows(month, per_month=12) + rows)
        releases.append(run(config, tmp_path / "releases"))
    first, second = (areas_of(release) for release in releases)
    assert first["zones"].tolist() == ["T04"]
    assert second.index.tolist() == first.index.tolist()
    assert second["life"].tolist() == ["kept"]
    assert second["first_hot"].tolist() == first["first_hot"].tolist()


def hashes(release):
    files = sorted(release.folder.rglob("*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_correction_continues_what_the_corrected_release_continued(chain):
    folder, config, (_, second, third) = chain
    again = run(config, folder / "releases")
    assert again.manifest["areas"]["compared_with"] == second.release_id
    assert again.release_id.rsplit("-", 1)[0] == third.release_id.rsplit("-", 1)[0]  # the same inputs
    assert hashes(again) == hashes(third)


def test_the_release_before_is_an_input(chain, tmp_path):
    _, config, (_, _, third) = chain
    alone = run(config, tmp_path)
    assert alone.release_id.split("-")[2] != third.release_id.split("-")[2]
    assert alone.manifest["areas"]["compared_with"] is None


def test_which_release_comes_before(chain):
    folder, _, (first, second, third) = chain
    releases = folder / "releases"

    def before(month, study="Tinytown"):
        known, passed_over = find_predecessor(releases, study=study, last_month=month)
        assert passed_over == ()
        return known and known.release_id

    assert before("2025-06") is None
    assert before("2025-07") == first.release_id
    assert before("2025-12") == second.release_id
    assert before("2026-01", study="Elsewhere") is None
    activate(releases, first.release_id)  # which release is current does not matter
    assert before("2025-12") == second.release_id
    activate(releases, third.release_id)
    assert find_predecessor(folder / "nowhere", study="Tinytown", last_month="2026-01") == (None, ())


@pytest.mark.parametrize("damage", ["manifest", "areas", "no areas"])
def test_damaged_releases_are_passed_over_and_named(chain, tmp_path, damage):
    _, _, (first, second, _) = chain
    copy = tmp_path / "releases"
    for release in (first, second):
        shutil.copytree(release.folder, copy / release.release_id)
    target = copy / second.release_id / ("manifest.json" if damage == "manifest" else "hotspot-areas.parquet")
    if damage == "no areas":
        target.unlink()
    else:
        target.write_bytes(target.read_bytes()[:-40])
    known, passed_over = find_predecessor(copy, study="Tinytown", last_month="2025-12")
    assert known is not None
    assert known.release_id == first.release_id
    assert passed_over == (second.release_id,)


def test_a_release_made_before_areas_had_lives_can_be_continued(chain, tmp_path):
    _, _, (first, *_) = chain
    copy = tmp_path / first.release_id
    shutil.copytree(first.folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["areas"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    known, _ = find_predecessor(tmp_path, study="Tinytown", last_month="2025-12")
    assert known is not None
    assert known.used_before == ()
