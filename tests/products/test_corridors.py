"""Corridors: streets for buses, stations for trains, and where along them."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely
from transit_town import BTP, STREET, at, points, table, transit_town
from wording import banned_in

from geo_safety.products import ContextTable
from geo_safety.products.corridors import SAYS, make
from geo_safety.schema import CORRIDORS, to_arrow

ROBBERY = "Robbery"
STATIONS = [(-2_000.0, 500.0), (0.0, 500.0), (2_000.0, 500.0)]


def routes(*rows):
    frame = pd.DataFrame([{"id": id, "name": name, "mode": mode, "geometry": shapely.LineString([at(*place) for place in places])}
                          for id, name, mode, places in rows])  # fmt: skip
    return ContextTable("routes", "routes.geojson", frame)


BUS = ("R1", "25", "bus", [(-2_500.0, 300.0), (2_500.0, 300.0)])
TRAIN = ("L1", "Harbour Line", "metro", [(-2_500.0, 505.0), (2_500.0, 505.0)])


def made(feeds, *rows, stations=True):
    context = {"routes": [routes(*rows)]}
    named = [{"name": f"Halt {n}", "east": east, "north": north} for n, (east, north) in enumerate(STATIONS)]
    context["stations"] = [table("stations", named)] if stations else []
    context["stops"] = [
        table("stops", [{"name": f"STOP {n}", "east": -2_500.0 + 500 * n, "north": 310.0} for n in range(11)])
    ]
    answer = make(transit_town(feeds, context))
    if not isinstance(answer, str):
        to_arrow(answer.frame, CORRIDORS)
    return answer


def street(*rows, **more):
    return points(STREET, rows, **more), ["robbery"]


def rail(*rows):
    return points(BTP, rows, force="btp", use=("transport",)), ["transport"]


def test_along_a_bus_route_street_incidents_within_50_m_count():
    feed = street((ROBBERY, 0.0, 349.0, 0, 7), (ROBBERY, 0.0, 351.0, 0, 90), (ROBBERY, -1_000.0, 300.0, 3, 5))
    (row,) = made([feed], BUS).frame.to_dict("records")
    assert (row["corridor_id"], row["name"], row["counts_of"]) == ("R1", "Route 25", "street")
    assert row["incidents"] == 12
    assert row["km"] == pytest.approx(5.0, rel=0.001)
    assert row["per_km"] == pytest.approx(12 / 5, rel=0.001)
    assert (row["boroughs"], row["stops"]) == ("B1;B2", 11)


def test_the_busiest_kilometre_is_between_two_stops():
    feed = street(*((ROBBERY, 1_000.0 + 200 * n, 300.0, 0, 4) for n in range(5)), (ROBBERY, -2_000.0, 300.0, 0, 9))
    (row,) = made([feed], BUS).frame.to_dict("records")
    assert row["busiest_incidents"] == 20
    assert (row["busiest_from"], row["busiest_to"]) == ("Stop 7", "Stop 9")


def test_along_a_line_the_stations_count_and_the_streets_do_not():
    feeds = [street((ROBBERY, 0.0, 505.0, 0, 50)), rail((ROBBERY, 0.0, 520.0, 0, 8), (ROBBERY, -2_000.0, 500.0, 0, 3))]
    frame = made(feeds, TRAIN).frame
    assert frame.set_index("theme")["incidents"].to_dict() == {"robbery": 11.0, "transport": 11.0}
    row = frame.iloc[0]
    assert (row["counts_of"], row["name"], row["stations"]) == ("stations", "Harbour Line", 3)
    assert (row["busiest_from"], row["busiest_incidents"]) == ("Halt 1", 8)


def test_the_transport_polices_incidents_are_on_no_bus_route():
    frame = made([street((ROBBERY, 0.0, 300.0, 0, 5)), rail((ROBBERY, 0.0, 300.0, 0, 70))], BUS).frame
    assert frame["theme"].tolist() == ["robbery"]
    assert frame["incidents"].tolist() == [5.0]


def test_pieces_of_a_route_are_one_and_run_twice_counts_once():
    half = ("R1", "25", "bus", [(0.0, 300.0), (2_500.0, 300.0)])
    (row,) = made([street((ROBBERY, 100.0, 300.0, 0, 5))], BUS, half).frame.to_dict("records")
    assert row["incidents"] == 5
    assert row["km"] == pytest.approx(5.0, rel=0.001)


def test_what_lies_outside_the_study_is_cut_off():
    far = ("R1", "25", "bus", [(0.0, 300.0), (50_000.0, 300.0)])
    (row,) = made([street((ROBBERY, 100.0, 300.0, 0, 5))], far).frame.to_dict("records")
    assert row["km"] < 8
    gone = ("R1", "25", "bus", [(40_000.0, 300.0), (50_000.0, 300.0)])
    assert made([street((ROBBERY, 100.0, 300.0, 0, 5))], gone) == "None of the routes of the context runs in the study."


def test_a_few_routes_get_no_ratio_and_many_do():
    few = made([street((ROBBERY, 0.0, 300.0, 0, 50))], BUS).frame
    assert "ratio" not in few or few["ratio"].isna().all()
    many = [(f"R{n:02d}", str(n), "bus", [(-2_500.0 + 200 * n, 60.0), (-2_500.0 + 200 * n, 940.0)]) for n in range(25)]
    rows = [(ROBBERY, -2_500.0 + 200 * n, 500.0, month, 1 if n else 20) for n in range(25) for month in range(12)]
    frame = made([street(*rows)], *many).frame.set_index("corridor_id")
    assert frame.loc["R00", "ratio"] > 5
    assert frame["is_hotspot"].tolist() == [True] + [False] * 24


def test_a_coarse_source_and_missing_stations_are_told():
    assert made([street((ROBBERY, 0.0, 300.0, 0, 5), precision_m=90)], BUS).notes == (
        "robbery: Not counted: points may be 90 m from the truth, and the zone reaches 50 m.",
    )
    answer = made([rail((ROBBERY, 0.0, 500.0, 0, 5))], TRAIN, stations=False)
    assert answer.notes == ("transport: The config names no [[context]] of the kind stations.",)


def test_lines_are_lines_and_its_words_are_plain():
    frame = made([street((ROBBERY, 0.0, 300.0, 0, 5))], BUS).frame
    assert {shape.geom_type for shape in frame["geometry"]} == {"MultiLineString"}
    assert [banned_in(text) for text in SAYS] == [[]] * len(SAYS)
