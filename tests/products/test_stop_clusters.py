"""Stop clusters: stops put together, each incident at one of them, the night only where there are hours."""

from __future__ import annotations

import numpy as np
import pytest
from transit_town import STREET, points, table, transit_town
from wording import banned_in

from geo_safety.products.stop_clusters import SAYS, make, together
from geo_safety.schema import STOP_CLUSTERS, to_arrow

ROBBERY = "Robbery"


def stops_at(*places, **more):
    return table("stops", [{"id": f"P{n:02d}", "name": f"Stop {n}", "east": east, "north": north, **more}
                           for n, (east, north) in enumerate(places)])  # fmt: skip


PAIR = ((0.0, 300.0), (0.0, 340.0), (1_000.0, 300.0))
"""Two stops across a road, and one far from them."""


def made(rows, *stops, **more):
    answer = make(transit_town([(points(STREET, rows, **more), ["robbery"])], {"stops": stops or (stops_at(*PAIR),)}))
    if not isinstance(answer, str):
        to_arrow(answer.frame, STOP_CLUSTERS)
    return answer


def test_incidents_within_50_m_are_counted_once_at_the_nearest_stop():
    rows = [
        (ROBBERY, 0.0, 320.0, 0, 4),
        (ROBBERY, 49.0, 300.0, 1, 3),
        (ROBBERY, 51.0, 300.0, 0, 100),
        (ROBBERY, 1_000.0, 340.0, 0, 2),
    ]
    frame = made(rows).frame.set_index("cluster_id")
    assert frame["incidents"].to_dict() == {"P00": 7.0, "P02": 2.0}
    assert frame.loc["P00", "stops"] == 2
    assert frame.loc["P00", "stop_ids"] == "P00;P01"
    assert frame.loc["P02", "area_km2"] == pytest.approx(np.pi * 0.05**2, rel=0.03)
    assert frame.loc["P00", "per_km2"] == pytest.approx(7 / frame.loc["P00", "area_km2"])


def test_clusters_without_incidents_have_no_row_but_count_in_the_mean():
    places = [(-3_000.0 + 300 * n, 300.0) for n in range(30)]
    rows = [(ROBBERY, *places[0], month, 5) for month in range(12)] + [(ROBBERY, *places[1], 0, 1)]
    frame = made(rows, stops_at(*places)).frame.set_index("cluster_id")
    assert set(frame.index) == {"P00", "P01"}
    assert frame.loc["P00", "ratio"] == pytest.approx(60 / (61 / 30), rel=0.15)
    assert frame["is_hotspot"].tolist() == [True, False]
    assert (frame.loc["P00", "rank"], frame.loc["P00", "rank_high"]) == (1, 1)


def test_the_files_own_clusters_are_used_where_it_names_them():
    named = table("stops", [{"id": "A", "name": "HIGH ST <>", "cluster": "0K08", "east": 0.0, "north": 300.0},
                            {"id": "B", "name": "HIGH ST", "cluster": "0K08", "east": 300.0, "north": 300.0},
                            {"id": "C", "name": "OTHER", "cluster": None, "east": 30.0, "north": 300.0}])  # fmt: skip
    frame = made(
        [(ROBBERY, 0.0, 300.0, 0, 4), (ROBBERY, 300.0, 300.0, 0, 5), (ROBBERY, 31.0, 300.0, 0, 6)], named
    ).frame
    assert frame.set_index("cluster_id")["incidents"].to_dict() == {"0K08": 9.0, "C": 6.0}
    assert frame["name"].tolist() == ["Around High St, Northbank", "Around Other, Northbank"]


def test_stops_together_do_not_depend_on_their_order():
    spots = np.array([[0.0, 0], [60, 0], [150, 0], [500, 0], [560, 0]])
    ids = np.array(["c", "a", "d", "b", "e"], dtype=object)
    order = np.array([4, 2, 0, 3, 1])
    assert together(spots, ids)[order].tolist() == together(spots[order], ids[order]).tolist()


def test_a_source_that_is_too_coarse_is_not_counted_and_one_that_is_coarse_is_said_to_be():
    answer = made([(ROBBERY, 0.0, 300.0, 0, 4)], precision_m=90)
    assert answer.notes == ("robbery: Not counted: points may be 90 m from the truth, and the zone reaches 50 m.",)
    assert not len(answer.frame)
    assert "Finer than the source" in made([(ROBBERY, 0.0, 300.0, 0, 4)], precision_m=40).frame["caution"].iloc[0]


def test_the_night_is_told_only_where_the_source_has_hours():
    monthly = made([(ROBBERY, 0.0, 300.0, 0, 4)]).frame
    assert monthly["incidents_night"].isna().all()
    assert not monthly["has_hours"].any()
    assert monthly["caution"].iloc[0] == "No time of day in this source."
    times = [
        (ROBBERY, 0.0, 300.0, 0, 1, time)
        for time in ("2025-01-01T21:59", "2025-01-01T22:00", "2025-01-02T05:59", "2025-01-02T06:00")
    ]
    hourly = made(times).frame
    assert hourly["incidents_night"].tolist() == [2.0]
    assert hourly["has_hours"].all()
    assert hourly["caution"].isna().all()


def test_a_window_that_is_too_short_gives_counts_alone():
    from geo_safety.cube import Window

    places = [(-3_000.0 + 300 * n, 300.0) for n in range(30)]
    inputs = transit_town([(points(STREET, [(ROBBERY, *places[0], 0, 40)]), ["robbery"])], {"stops": [stops_at(*places)]},
                          window=Window(624, 630, is_complete=False))  # fmt: skip
    frame = make(inputs).frame
    assert frame["incidents"].tolist() == [40.0]
    assert "ratio" not in frame or frame["ratio"].isna().all()


def test_stops_outside_the_study_make_nothing():
    assert (
        made([(ROBBERY, 0.0, 300.0, 0, 4)], stops_at((90_000.0, 0.0)))
        == "None of the stops of the context lies in the study."
    )


def test_places_of_one_rate_are_hardly_ever_listed():
    rng = np.random.default_rng(5)
    places = [(-3_100.0 + 240 * n, 150.0 + 250 * row) for n in range(40) for row in range(4)]
    listed = []
    for _ in range(5):
        counts = rng.poisson(20 / 12, (len(places), 12))
        rows = [
            (ROBBERY, *place, month, int(counts[n, month]))
            for n, place in enumerate(places)
            for month in range(12)
            if counts[n, month]
        ]
        listed.append(int(made(rows, stops_at(*places)).frame["is_hotspot"].eq(True).sum()))
    assert sum(listed) == 0


def test_its_words_are_plain():
    assert [banned_in(text) for text in SAYS] == [[]] * len(SAYS)
