"""Stations: rates over entries and exits by mode, inside and way apart, and what has no fit denominator has no rate."""

from __future__ import annotations

import numpy as np
import pytest
from transit_town import BTP, STREET, at, points, table, transit_town
from wording import banned_in

from geo_safety.cube import Window
from geo_safety.products import PRODUCTS
from geo_safety.products.stations import SAYS, make
from geo_safety.schema import STATIONS, to_arrow

VIOLENCE, ROBBERY, ASB = "Violence and sexual offences", "Robbery", "Anti-social behaviour"
N = 20
PLACES = [(-3_000 + 400.0 * n, 300.0) for n in range(N)]


def station_rows(n: int = N, **more):
    return [{"id": f"S{k:02d}", "name": f"Stop {k}", "modes": "metro", "east": east, "north": north, **more}
            for k, (east, north) in enumerate(PLACES[:n])]  # fmt: skip


def counts_of(passengers):
    return table("footfall", [{"id": f"S{k:02d}", "annual": value} for k, value in enumerate(passengers)], year="2025")


def rail(incidents, category=ROBBERY, **more):
    """So many incidents inside each station, spread over the twelve months."""
    rows = [
        (category, *PLACES[k], month, total // 12 + (month < total % 12))
        for k, total in enumerate(incidents)
        for month in range(12)
        if total // 12 + (month < total % 12)
    ]
    return points(BTP, rows, force="btp", use=("transport",), **more)


def made(feeds, stations=None, footfall=None, theme="transport", **rest):
    context = {"stations": [table("stations", stations or station_rows())], "footfall": [footfall] if footfall else []}
    answer = make(transit_town(feeds, context, **rest))
    to_arrow(answer.frame, STATIONS)
    frame = answer.frame[answer.frame["theme"] == theme].set_index("station_id")
    return frame, answer


USUAL = [60] * (N - 3) + [400, 6, 200]
PASSING = [1_000_000] * N


def test_a_station_stands_out_by_its_rate_and_not_by_its_count():
    passing = [1_000_000] * (N - 1) + [4_000_000]
    frame, _ = made([(rail(USUAL), ["transport"])], footfall=counts_of(passing))
    assert frame["incidents"].tolist() == USUAL
    assert frame["rate_observed"].iloc[[0, N - 3, N - 1]].tolist() == [60.0, 400.0, 50.0]
    assert frame.index[frame["is_hotspot"].eq(True)].tolist() == ["S17"]
    top = frame.loc["S17"]
    assert (top["rank"], top["rank_low"], top["rank_high"]) == (1, 1, 1)
    assert top["probability"] > 0.99
    assert top["rate_low"] < top["rate"] < top["rate_high"]
    assert top["why"].count(": yes") == 3
    assert (frame["entries_exits_source"] == "footfall.csv (2025)").all()


def test_a_handful_at_a_quiet_station_is_shrunk_and_never_listed():
    frame, _ = made(
        [(rail([60] * (N - 1) + [9]), ["transport"])], footfall=counts_of([1_000_000] * (N - 1) + [100_000])
    )
    quiet = frame.loc["S19"]
    assert quiet["rate_observed"] == 90.0
    assert 58 < quiet["rate"] < 80, "towards what stations of the mode have"
    assert not quiet["is_hotspot"]
    assert "at least 10 incidents: no" in quiet["why"]


def test_a_part_of_a_year_is_divided_by_its_part_of_the_passengers():
    window = Window(624, 629, is_complete=True)  # six months, in which half of the incidents lie
    frame, _ = made([(rail([60] * N), ["transport"])], footfall=counts_of(PASSING), window=window)
    assert set(frame["incidents"]) == {30.0}
    assert set(frame["rate_observed"]) == {60.0}


def test_stations_are_compared_within_their_mode():
    stations = [{**row, "modes": "metro;rail" if k < 10 else "rail"} for k, row in enumerate(station_rows())]
    frame, _ = made([(rail([100] * 10 + [20] * 10), ["transport"])], stations, counts_of(PASSING))
    assert set(frame["mode"]) == {"metro", "rail"}
    medians = frame.groupby("mode")["mode_median"].first()
    assert medians["metro"] == pytest.approx(100, rel=0.05)
    assert medians["rail"] == pytest.approx(20, rel=0.05)
    assert not frame["is_hotspot"].any(), "nobody stands out among their own"


def test_a_bus_at_the_door_makes_no_station_one_of_buses():
    modes = ["bus;metro;rail", "metro", "bus", "river-bus;tram", "Bus; rail"]
    rows = [{**row, "modes": modes[k] if k < len(modes) else "metro"} for k, row in enumerate(station_rows())]
    frame, _ = made([(rail([60] * N), ["transport"])], rows, counts_of(PASSING))
    assert frame["mode"].head(5).tolist() == ["metro", "metro", "bus", "river-bus", "rail"]
    assert frame["modes"].iloc[0] == "bus;metro;rail", "all of them stay to be read"


def test_a_mode_of_few_stations_is_shrunk_to_all_and_not_compared():
    stations = [{**row, "modes": "tram" if k < 4 else "metro"} for k, row in enumerate(station_rows())]
    frame, _ = made([(rail([60] * N), ["transport"])], stations, counts_of(PASSING))
    trams = frame[frame["mode"] == "tram"]
    assert trams["rate"].notna().all()
    assert trams[["is_hotspot", "mode_p90", "probability", "rank"]].isna().all(axis=None)
    assert set(trams["why"]) == {"Fewer than 10 stations of its mode: shrunk to all stations, and not compared."}


@pytest.mark.parametrize(
    ("changed", "passing", "why"),
    [
        ({}, 99_999, "fewer than 100,000 entries and exits"),
        ({}, "---see LU---", "no entries and exits are known"),
        ({"other_ids": "VIC; LBG"}, 5_000_000, "the entries and exits of VIC, LBG are not known"),
        ({"uncounted": "national rail"}, 5_000_000, "its entries and exits leave out national rail"),
    ],
)
def test_no_rate_without_a_fit_denominator_and_the_reason_is_told(changed, passing, why):
    stations = station_rows()
    stations[0] |= changed
    frame, _ = made([(rail([60] * N), ["transport"])], stations, counts_of([passing, *PASSING[1:]]))
    first = frame.loc["S00"]
    assert first["incidents"] == 60
    assert first[["rate", "rate_observed", "rate_low", "ratio", "probability", "is_hotspot"]].isna().all()
    assert why in first["why"]
    assert frame["rate"].notna().sum() == N - 1


def test_ids_of_several_lists_are_added_up():
    stations = station_rows(1, other_ids="0747;VIC") + station_rows()[1:]
    footfall = table(
        "footfall", [{"id": 747, "annual": 2e6}, {"id": "VIC", "annual": 3e6}, {"id": "S00", "annual": "1,000,000"}]
    )
    frame, _ = made([(rail([60] * N), ["transport"])], stations, footfall)
    assert frame.loc["S00", "entries_exits"] == 6e6


def test_inside_and_way_are_kept_apart_and_each_street_incident_is_counted_once():
    # Stations are 400 m apart, so every point between two of them is within reach of both.
    street = points(STREET, [(ROBBERY, PLACES[3][0] + 150, 300.0, 0, 7), (ROBBERY, PLACES[3][0] + 250, 300.0, 1, 5),
                             (ROBBERY, PLACES[0][0], 701.0, 0, 11)])  # fmt: skip
    frame, answer = made(
        [(street, ["robbery"]), (rail([60] * N), ["transport"])], footfall=counts_of(PASSING), theme="robbery"
    )
    assert frame.loc["S03", "approach_incidents"] == 7
    assert frame.loc["S04", "approach_incidents"] == 5
    assert frame["approach_incidents"].sum() == 12, "what lies 401 m away is on nobody's way"
    assert frame["incidents"].sum() == 60 * N, "robberies that the transport police recorded"
    whole = answer.frame[answer.frame["theme"] == "transport"]
    assert "approach_incidents" not in whole or whole["approach_incidents"].isna().all()


def test_what_the_transport_police_recorded_is_never_on_the_way():
    both = points("all police", [(ROBBERY, *PLACES[2], 0, 20)], force="btp")  # without `use`: it makes robbery as well
    frame, _ = made([(both, ["robbery", "transport"])], footfall=counts_of(PASSING), theme="robbery")
    assert frame.loc["S02", "incidents"] == 20
    assert frame["approach_incidents"].isna().all() if "approach_incidents" in frame else True
    assert "recorded by the transport police" in frame["caution"].iloc[0]


def test_a_theme_that_the_transport_police_do_not_record_says_so():
    street = points(STREET, [(ASB, *PLACES[0], 0, 30)])
    frame, _ = made([(street, ["asb"]), (rail([60] * N), ["transport"])], footfall=counts_of(PASSING), theme="asb")
    assert frame["approach_incidents"].sum() == 30
    assert frame["caution"].iloc[0] == "The transport police record no incidents of asb."


def test_figures_of_a_closed_transport_feed_stand_in_no_open_row():
    street = points(STREET, [(ROBBERY, *PLACES[0], 0, 30)])
    beside = {"robbery": frozenset({"robbery"}), "transport": frozenset({"robbery", "transport"})}
    frame, _ = made([(street, ["robbery"]), (rail([60] * N, access="internal"), ["transport"])],
                    footfall=counts_of(PASSING), theme="robbery", beside=beside)  # fmt: skip
    assert "incidents" not in frame or frame["incidents"].isna().all()
    assert frame["approach_incidents"].sum() == 30


def test_too_few_months_give_counts_and_no_rate():
    frame, _ = made(
        [(rail([60] * N), ["transport"])], footfall=counts_of(PASSING), window=Window(624, 632, is_complete=False)
    )
    assert frame["incidents"].sum() == 45 * N
    assert "rate" not in frame or frame["rate"].isna().all()
    assert "Only 9 months" in frame["caution"].iloc[0]


def test_incidents_far_from_every_station_are_told_and_not_given_to_one():
    far = points(BTP, [(ROBBERY, PLACES[0][0] + 200, 900.0, 0, 4), (ROBBERY, *PLACES[1], 0, 40)], force="btp")
    frame, answer = made([(far, ["transport"])], footfall=counts_of(PASSING))
    assert frame["incidents"].sum() == 40
    assert answer.notes == ("transport: 4 incidents of the transport police lie at no station of the list",)


def test_stations_outside_the_study_and_repeated_ids_are_left_out():
    stations = [*station_rows(), {"id": "S03", "name": "Again", "modes": "metro", "east": 0.0, "north": 300.0},
                {"id": "X", "name": "Far", "modes": "metro", "east": 90_000.0, "north": 0.0}]  # fmt: skip
    frame, answer = made([(rail([60] * N), ["transport"])], stations, counts_of(PASSING))
    assert len(frame) == N
    assert any("repeat the id" in note for note in answer.notes)


def test_a_station_knows_where_it_is():
    frame, _ = made([(rail([60] * N), ["transport"])], footfall=counts_of(PASSING))
    first, last = frame.iloc[0], frame.iloc[-1]
    assert (first["boroughs"], first["borough_names"], first["wards"]) == ("B1", "Northbank", "W00")
    assert last["boroughs"] == "B2"
    assert (first["longitude"], first["latitude"]) == pytest.approx(at(*PLACES[0]))
    assert first["geometry"].distance(first["geometry"].__class__(*at(*PLACES[0]))) < 1e-6


def test_rates_that_are_all_alike_give_no_false_list():
    rng = np.random.default_rng(3)
    listed = [
        made([(rail(rng.poisson(60, N).tolist()), ["transport"])], footfall=counts_of(PASSING))[0]["is_hotspot"]
        .eq(True)
        .sum()
        for _ in range(10)
    ]
    assert sum(listed) <= 1


def test_its_words_are_plain_and_its_inputs_declared():
    assert [banned_in(text) for text in SAYS] == [[]] * len(SAYS)
    assert PRODUCTS["stations"].context["footfall"].needed is False
