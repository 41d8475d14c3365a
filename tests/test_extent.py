"""An outline around points: strays are left out, holes are filled, and it is drawn the same whatever the order."""

from __future__ import annotations

import numpy as np
import shapely
from tiny_town import CONFIG, make_tiny_town

from geo_safety.cli import main
from geo_safety.extent import outline_around
from geo_safety.release import current


def town(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return 10 + rng.uniform(-0.1, 0.1, n), 50 + rng.uniform(-0.08, 0.08, n)


def test_all_places_of_a_town_lie_inside_and_strays_do_not():
    east, north = town()
    around = outline_around(np.append(east, 12.0), np.append(north, 51.0), np.append(np.full(len(east), 5), 1))
    inside = shapely.intersects_xy(around, np.append(east, 12.0), np.append(north, 51.0))
    assert inside.tolist() == [True] * len(east) + [False]
    assert around.is_valid


def test_a_ring_of_places_leaves_no_hole():
    angle = np.linspace(0, 2 * np.pi, 400)
    around = outline_around(10 + 0.2 * np.cos(angle), 50 + 0.13 * np.sin(angle), np.ones(400, dtype=int))
    assert isinstance(around, shapely.Polygon)
    assert not around.interiors
    assert shapely.intersects_xy(around, 10.0, 50.0)


def test_the_order_of_places_does_not_matter():
    east, north = town()
    weight = np.ones(len(east), dtype=int)
    assert outline_around(east, north, weight).equals_exact(outline_around(east[::-1], north[::-1], weight), 0)


def test_two_towns_are_two_parts_and_one_place_is_enough():
    east, north = town()
    both = outline_around(np.append(east, east + 1), np.append(north, north), np.ones(800, dtype=int))
    assert len(shapely.get_parts(both)) == 2
    assert shapely.intersects_xy(outline_around(np.array([1.7]), np.array([54.7]), np.array([1])), 1.7, 54.7)


def test_a_study_around_its_points_runs_and_says_so(tmp_path, capsys):
    place = make_tiny_town(tmp_path).parent
    before, _, _ = CONFIG.partition("[[boundaries]]")
    config = (
        before.replace('name = "Tinytown"', 'name = "Tinytown"\naround = ["police"]') + "[grid]\nresolutions = [8]\n"
    )
    (place / "around.toml").write_text(config)
    assert main(["check", str(place / "around.toml")]) == 0
    assert "drawn around the points" in capsys.readouterr().out
    assert main(["run", str(place / "around.toml"), "--out", str(tmp_path / "out")]) == 0
    counted = current(tmp_path / "out").manifest["accounting"]
    assert counted["outside"] == 0
    assert counted["accepted"] == counted["rows_read"]


def test_around_a_feed_that_is_not_there_is_refused(tmp_path, capsys):
    place = make_tiny_town(tmp_path).parent
    (place / "tiny.toml").write_text(CONFIG.replace('name = "Tinytown"', 'name = "Tinytown"\naround = ["gulls"]'))
    assert main(["check", str(place / "tiny.toml")]) == 1
    assert "'gulls', which is no feed of points" in capsys.readouterr().err
