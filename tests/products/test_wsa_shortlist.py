"""The shortlist on a street of ten wards drawn by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from product_town import PROJECTION, town
from wording import banned_in

from geo_safety import schema
from geo_safety.audit_places import is_protected
from geo_safety.portfolio import shortlist_rules
from geo_safety.products import ContextTable, wsa_shortlist
from geo_safety.products.wsa_shortlist import CONTEXT, LOW_REPORTS, NO_PLACES, SAYS, make

KM_EAST, KM_NORTH = 0.01554, 0.00898
RATIO = np.linspace(0.5, 5.0, 10)


def table(of: str, **columns) -> tuple[ContextTable, ...]:
    """A file of points, each in a ward by its number, `north` km from the southern edge."""
    wards = np.asarray(columns.pop("ward"), dtype=float)
    north = np.asarray(columns.pop("north", np.full(len(wards), 0.5)), dtype=float)
    frame = pd.DataFrame({**columns, "longitude": 1.7 + (wards + 0.5) * KM_EAST, "latitude": 54.7 + north * KM_NORTH})
    return (ContextTable(of, f"{of}.csv", frame),)


def stations(*names: str) -> tuple[ContextTable, ...]:
    return table("stations", ward=range(len(names)), name=list(names))


def stops(*wards: int) -> tuple[ContextTable, ...]:
    """A stop in each ward, and one more in each of these."""
    return table("stops", ward=[*range(10), *wards], name=["Way"] * (10 + len(wards)))


def parks() -> tuple[ContextTable, ...]:
    shapes = [shapely.box(1.7 + n * KM_EAST, 54.7, 1.7 + (n + 0.3) * KM_EAST, 54.7 + 0.2 * KM_NORTH) for n in (1, 6)]
    return (
        ContextTable(
            "parks", "parks.geojson", pd.DataFrame({"name": ["Tide Common", "Reed Marsh"], "geometry": shapes})
        ),
    )


def street(context, *, ratio=RATIO, **rules):
    inputs = town({"vawg_ps": {"ratio": ratio, "incidents": np.full(10, 50)}}, context=context)
    given = {"size": 10, "inner": (), "weights": {}, "never_named": ()} | rules
    return replace(inputs, wsa=shortlist_rules(**given))


def rows(context, **rules) -> pd.DataFrame:
    made = make(street(context, **rules))
    assert not isinstance(made, str), made
    schema.to_arrow(made.frame, schema.WSA_SHORTLIST)
    return made.frame


NAMES = [f"Quay {letter}" for letter in "ABCDEFGHIJ"]


def test_reports_are_smoothed_rates_of_the_zones_around_and_the_highest_comes_first():
    found = rows({"stations": stations(*NAMES), "stops": stops()})
    assert found["part_incidents"].tolist() == pytest.approx([95 - 10 * n for n in range(10)])
    assert found["name"].tolist()[0] == "Approach to Quay J station, Southbank"
    assert found.sort_values("rank")["part_incidents"].is_monotonic_decreasing


def test_what_is_missing_is_marked_and_its_weight_is_shared():
    found = rows({"stations": stations(*NAMES), "stops": table("stops", ward=range(10), name=NAMES)})
    assert set(found["parts_missing"]) == {"perception; built; exposure"}
    assert found["weight_known"].tolist() == pytest.approx([0.5] * 10)
    assert found["caution"].str.contains("No perception data: its weight is shared among the other parts.").all()
    shared = (0.30 * found["part_incidents"] + 0.20 * found["part_transport"]) / 0.5
    assert found["score"].tolist() == pytest.approx(shared.tolist(), abs=1e-3)


def test_perception_is_a_part_where_the_config_gives_it():
    felt = table("perception", ward=[0, 0, 3], reports=[5, 4, "x"])
    found = rows({"stations": stations(*NAMES), "perception": felt}).set_index("name")
    assert found["part_perception"].max() == found.loc["Approach to Quay A station, Northbank", "part_perception"]
    assert not found["parts_missing"].str.contains("perception").any()
    # Nine reports, one that is no number (counted as one), and none.
    assert sorted(found["part_perception"].round(1).unique()) == [40.0, 85.0, 95.0]


def test_fewer_lights_and_fewer_open_doors_weigh_more_and_only_where_lights_are_listed():
    lamps = table("lighting", ward=[0] * 6 + [1], street=["Way"] * 7)
    shops = table("places", ward=[0] * 9, kind=["cafe"] * 9)
    found = rows({"stations": stations(*NAMES), "lighting": lamps, "places": shops}).set_index("name")
    first, second = (found.loc[f"Approach to Quay {letter} station, Northbank"] for letter in "AB")
    assert (first["lamps_within_100m"], second["lamps_within_100m"]) == (6, 1)
    assert first["part_built"] < second["part_built"]
    third = found.loc["Approach to Quay C station, Northbank"]
    assert np.isnan(third["lamps_within_100m"])
    assert "No list of street lights covers this place" in third["caution"]
    assert "No list of street lights" not in first["caution"]


def test_a_list_of_lights_ends_where_its_lights_end_and_not_where_no_light_is():
    # Lights every 50 m over two wards, but for a park of 300 m in the middle of the first.
    metres = np.arange(0.0, 1001.0, 50.0) / 1000
    east, north = (grid.ravel() for grid in np.meshgrid(np.concatenate([metres, metres + 1]) - 0.5, metres))
    is_park = (np.abs(east) < 0.15) & (np.abs(north - 0.5) < 0.15)
    lamps = table("lighting", ward=east[~is_park], north=north[~is_park])
    beyond = 1.5  # km from the first ward's middle: where the lights end
    places = table("stations", ward=[0.0, 1.0, beyond + 0.09, beyond + 0.6], name=list("ABCD"))
    found = rows({"stations": places, "lighting": lamps}).set_index("name")["lamps_within_100m"]
    counts = [found[f"Approach to {letter} station, Northbank"] for letter in "ABCD"]
    assert counts[0] == 0  # the park is unlit, and known to be
    assert counts[1] >= 9
    assert np.isnan(counts[2:]).all()  # nobody listed what is there: no light there is no finding


def test_women_and_girls_are_counted_where_the_config_gives_them_else_residents_stand_in():
    inputs = street({"stations": stations(*NAMES)})
    wards = inputs.layers["wards"]

    def with_figures(**figures):
        from geo_safety.denominators import Denominator

        known = {
            name: Denominator(name, np.array(values, dtype=float), "f.csv", None, "given")
            for name, values in figures.items()
        }
        return make(replace(inputs, layers={**inputs.layers, "wards": replace(wards, denominators=known)})).frame

    people = with_figures(residents=range(10))
    assert people["caution"].str.contains("All residents stand in for women and girls.").all()
    women = with_figures(residents=range(10), women=range(10, 0, -1)).set_index("name")
    assert not women["caution"].str.contains("stand in").any()
    assert women.loc["Approach to Quay A station, Northbank", "part_exposure"] == 95.0


def test_every_place_that_is_not_listed_says_why():
    found = rows({"stations": stations(*NAMES), "parks": parks(), "stops": stops(*[4] * 3)}, size=10)
    assert found["is_listed"].sum() == 8
    assert found["excluded_because"].isna().tolist() == found["is_listed"].tolist()
    assert found[found["is_listed"]]["wards"].is_unique
    assert found[found["is_listed"]]["type"].nunique() == 2
    assert found["excluded_because"].str.contains("at most one in a ward").any()


def test_places_outside_the_inner_zone_keep_their_share():
    found = rows({"stations": stations(*NAMES), "stops": stops()}, size=10, inner=("B2",))
    listed = found[found["is_listed"]]
    assert (len(listed), (~listed["is_inner"].astype(bool)).sum()) == (8, 3)
    assert rows({"stations": stations(*NAMES)})["is_inner"].isna().all()
    told = make(street({"stations": stations(*NAMES)}, inner=("B2", "B7"))).says
    assert any("boroughs that the study does not have: B7" in note for note in told)


def test_names_tell_places_apart_and_are_never_premises():
    stops = table(
        "stops", ward=[2] * 4 + [7] * 4, north=[0.1] * 8, name=["ST ANNE'S HOSPITAL"] * 4 + ["MILL CORNER <>"] * 4
    )
    found = rows({"stops": stops, "parks": parks()})
    assert found["name"].is_unique
    assert set(found["name"]) == {
        "Bus stops in Quarter 2, Northbank", "Bus stops at Mill Corner, Southbank",
        "Edge of Tide Common, Northbank", "Edge of Reed Marsh, Southbank",
    }  # fmt: skip
    assert not any(is_protected(name.replace("Quarter 2", "Quarter")) for name in found["name"])


def test_small_counts_of_wards_do_not_show_through():
    inputs = town(
        {"vawg_ps": {"ratio": RATIO, "incidents": np.array([3] + [50] * 9)}}, context={"stations": stations(*NAMES)}
    )
    found = make(inputs).frame.set_index("name")
    assert np.isnan(found.loc["Approach to Quay A station, Northbank", "part_incidents"])


def test_what_cannot_be_made_says_why():
    assert make(street({})) == NO_PLACES
    assert make(town({"violence": {}}, context={"stations": stations("Quay")})) == "The study has no theme vawg_ps."


def test_the_same_inputs_give_the_same_rows_in_any_order_of_the_files():
    context = {"stations": stations(*NAMES), "parks": parks()}
    turned = {
        kind: tuple(replace(one, frame=one.frame.iloc[::-1]) for one in tables) for kind, tables in context.items()
    }
    first, second = rows(context), rows(turned)
    pd.testing.assert_frame_equal(first.drop(columns="geometry"), second.drop(columns="geometry"))


def test_the_words_invite_and_do_not_stigmatise():
    made = make(street({"stations": stations(*NAMES)}))
    texts = [*SAYS, *made.says, *made.frame["caution"], *made.frame["excluded_because"].dropna()]
    assert all(banned_in(text) == [] for text in texts)
    assert LOW_REPORTS in made.says
    assert made.frame["caution"].str.contains("Low reports do not mean safe").all()


def test_no_column_counts_incidents_or_tells_of_sexual_offences_or_change():
    names = schema.WSA_SHORTLIST.column_names
    assert not {
        name for name in names for word in ("sexual", "rape", "domestic", "hate", "change", "trend") if word in name
    }
    made = make(street({"stations": stations(*NAMES)}))
    assert made.frame.get("incidents") is None
    assert set(made.themes) == {"vawg_ps"}


def test_the_context_is_named_and_none_of_it_is_needed():
    assert set(CONTEXT) == {"stations", "stops", "parks", "places", "lighting", "perception"}
    assert not any(wanted.needed for wanted in CONTEXT.values())


def test_places_are_where_they_say():
    found = rows({"stations": stations(*NAMES)})
    area = PROJECTION.area_km2(found["geometry"].to_numpy())
    assert area == pytest.approx(np.pi * 0.15**2, rel=0.02)
    assert wsa_shortlist.SAMPLE_M < 150
