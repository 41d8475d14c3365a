"""The transport layers on London's own files: do they say what a Londoner knows?

Transport police records of March to November 2021 over Transport for London's entries and exits of 2021; robberies and
thefts recorded on the street in 2019; the bus stops of 2021, the bus routes of 2018; collisions of 2022.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from geo_safety import pipeline, production
from geo_safety.cube import Window
from geo_safety.layers import make_layer
from geo_safety.products import PRODUCTS, Inputs
from geo_safety.products.stations import StationList, rates
from geo_safety.schema import PRODUCT_TABLES, to_arrow
from geo_safety.settings import read_settings

CONFIG = """
[study]
name = "London"
outline = "{data}/boundaries/greater_london_outline.geojson"
themes = ["robbery", "vawg_ps", "transport", "road_harm"]
window_months = 9

[[sources]]
kind = "police_uk"
name = "BTP"
path = "{data}/incidents/police-uk/2021-*"
forces = ["btp"]
use = ["transport"]

[[sources]]
kind = "table"
name = "street"
path = ["{data}/incidents/london-points/robbery.csv.gz", "{data}/incidents/london-points/theft-from-the-person.csv.gz"]
columns = {{ longitude = "longitude", latitude = "latitude", time = "month", category = "crime_type" }}
time_format = "%Y-%m"
labels = "police_uk"

[[sources]]
kind = "stats19"
name = "STATS19"
path = "{data}/incidents/collisions/London-Collisions-2022.csv.gz"

[[boundaries]]
layer = "wards"
path = "{data}/boundaries/wards_2022_london_bgc.geojson.gz"
code = "WD22CD"
name = "WD22NM"
parent = "LAD22CD"

[[boundaries]]
layer = "boroughs"
path = "{data}/boundaries/boroughs_lad2022_london_gen20_bng_shp.zip"
code = "LAD22CD"
name = "LAD22NM"

[[context]]
kind = "stations"
path = "stations.csv"
crs = "EPSG:27700"
columns = {{ id = "nlc_id", name = "name", geometry = "wkt_geom", modes = "category", uncounted = "uncounted" }}

[[context]]
kind = "footfall"
path = "{data}/context/transport/tfl_AC2021_AnnualisedEntryExit.xlsx"
columns = {{ id = "NLC", annual = "Annualised", mode = "Mode", coverage = "Coverage" }}
year = 2021

[[context]]
kind = "stops"
path = "{data}/context/transport/tfl_bus_stops_2021.csv.gz"
crs = "EPSG:27700"
columns = {{ id = "Stop_Code_LBSL", name = "Stop_Name", cluster = "Stop_Area", longitude = "Location_Easting", latitude = "Location_Northing" }}

[[context]]
kind = "routes"
path = "{data}/context/transport/tfl_bus_routes_2018.json.gz"
columns = {{ id = "line", name = "line" }}
mode = "bus"
"""


def write_stations(folder: Path, data: Path) -> None:
    """The list of 630 stations, with those marked that a hub of the national railway stands beside."""
    transport = data / "context" / "transport"
    listed = pd.read_csv(transport / "london_combined_stations_630.csv", encoding="utf-8-sig", dtype=str)
    hubs = pd.read_csv(transport / "tfl_stations_naptan_2026.csv", dtype=str)
    hubs = hubs[hubs["modes"].str.contains("national-rail")]
    move = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    spots = shapely.points(*move.transform(hubs["lon"].astype(float).to_numpy(), hubs["lat"].astype(float).to_numpy()))
    near, _ = shapely.STRtree(spots).query_nearest(
        shapely.from_wkt(listed["wkt_geom"].to_numpy()), max_distance=400, all_matches=False
    )
    is_near = np.isin(np.arange(len(listed)), near) & listed["category"].isin(["LU", "Add DLR", "Add OG", "Add Trams"])
    listed.assign(uncounted=np.where(is_near, "national rail", "")).to_csv(folder / "stations.csv", index=False)


@pytest.fixture(scope="module")
def made(shared_data, tmp_path_factory):
    """Rows of each transport layer."""
    folder = tmp_path_factory.mktemp("london")
    write_stations(folder, shared_data)
    (folder / "london.toml").write_text(CONFIG.format(data=shared_data.resolve()))
    counted = pipeline.count(read_settings(folder / "london.toml"))
    zones = counted.place.layers
    layers = {
        name: make_layer(one, counted.place.study, wards=zones["wards"], boroughs=zones["boroughs"])
        for name, one in zones.items()
    }
    everything = frozenset(one.theme for one in counted.coverages)
    frames = {}
    for name in ("stations", "stop-clusters", "corridors", "road-harm-clusters"):
        context = production.read_context(PRODUCTS[name], counted)
        assert not isinstance(context, str), context
        answer = PRODUCTS[name].make(
            Inputs(
                study=counted.place.study,
                layers=layers,
                tables={},
                coverages={one.theme: one for one in counted.coverages},
                cubes=counted.cubes,
                beside=dict.fromkeys(everything, everything),
                feeds=counted.feeds,
                context=context,
            )
        )
        assert not isinstance(answer, str), answer
        to_arrow(answer.frame, PRODUCT_TABLES[name])
        frames[name] = answer
    return frames


@pytest.fixture(scope="module")
def stations(made):
    frame = made["stations"].frame
    return frame[frame["theme"] == "transport"].set_index("name")


def test_stations_of_london_have_rates_where_their_passengers_are_known(stations):
    assert len(stations) == 591
    assert stations["incidents"].sum() == 13_740
    assert stations["rate"].notna().sum() == 343
    assert stations.loc["Victoria", "why"] == "No rate: its entries and exits leave out national rail."
    assert stations.loc["London Bridge", "rate"] != stations.loc["London Bridge", "rate"]
    assert "only passengers who board or alight" in stations.loc["Clapham Junction", "why"]


def test_busy_stations_do_not_lead_by_size_alone(stations):
    listed = stations[stations["is_hotspot"].eq(True)]
    assert 20 <= len(listed) <= 40
    assert {"Holborn", "Mile End", "East Ham", "Cockfosters"} <= set(listed.index)
    judged = stations[stations["mode"].eq("LU") & stations["rate"].notna()]
    busiest = judged.nlargest(25, "incidents").index
    assert len(set(busiest) - set(listed.index)) >= 10
    assert judged.loc["Oxford Circus", "incidents"] > judged.loc["Cockfosters", "incidents"]
    assert not judged.loc["Oxford Circus", "is_hotspot"]


def test_hardly_a_transport_police_record_is_at_no_station(made):
    told = [note for note in made["stations"].notes if note.startswith("transport: ")]
    assert told == ["transport: 74 incidents of the transport police lie at no station of the list"]


def test_robberies_on_the_way_are_counted_once(made):
    frame = made["stations"].frame
    robbery = frame[frame["theme"] == "robbery"]
    assert robbery["approach_incidents"].sum() == 15_161
    assert robbery["incidents"].sum() == 413


def test_stops_that_londoners_would_name_lead(made):
    frame = made["stop-clusters"].frame
    robbery = frame[frame["theme"] == "robbery"]
    assert robbery["incidents"].sum() == 6_875
    top = robbery.nlargest(10, "ratio")["name"].tolist()
    for place in ("Leicester Square Station", "Oxford Circus Station", "Finsbury Park Interchange"):
        assert any(place in name for name in top), top
    assert robbery["is_hotspot"].sum() == 103
    assert not robbery["has_hours"].any()
    assert frame[frame["theme"] == "road_harm"]["has_hours"].all()


def test_the_west_end_routes_lead_the_corridors(made):
    frame = made["corridors"].frame
    robbery = frame[frame["theme"] == "robbery"]
    assert len(robbery) == 657
    assert {"Route 29", "Route 390", "Route 38"} <= set(robbery.nlargest(10, "ratio")["name"])
    ends = robbery.set_index("name").loc["Route 38", ["busiest_from", "busiest_to"]].tolist()
    assert ends == ["Piccadilly Circus", "Tottenham Ct Rd Stn / New Oxford St"]
    assert set(frame["theme"]) == {"robbery", "vawg_ps", "road_harm"}


def test_road_harm_of_one_year_says_so_and_what_chance_makes(made):
    frame = made["road-harm-clusters"].frame
    assert len(frame) == 156
    assert frame["caution"].str.startswith("12 months of data, not 36").all()
    assert frame.nlargest(2, "incidents")["name"].tolist() == [
        "Around Brixton (south-west), Lambeth",
        "Around Seven Sisters, Haringey",
    ]
    shares = frame.groupby("incidents")["chance_share"].first()
    assert shares.is_monotonic_decreasing
    assert shares[3.0] == pytest.approx(0.31, abs=0.03)
    assert shares[5.0] == pytest.approx(0.06, abs=0.03)


def test_if_all_stations_had_one_rate_hardly_one_would_be_listed(stations):
    """The numbers of `docs/products/transport.md`: why the rule asks for a quarter above the median, and not for the median."""
    judged = stations[stations["mode"].eq("LU") & stations["rate"].notna()]
    passing = judged["entries_exits"].to_numpy(dtype=float)
    nothing, window = np.full(len(passing), None, dtype=object), Window(0, 8, is_complete=True)
    modes = np.full(len(passing), "LU", dtype=object)
    listed = StationList(modes, modes, modes, passing, passing, passing, nothing, None)
    rng = np.random.default_rng(1)
    ours, against_the_median = [], []
    for _ in range(30):
        monthly = rng.poisson(np.outer(passing / 1e6 / 12 * 10, np.ones(9))).astype(float)
        counts = monthly.sum(axis=1)
        found = rates(counts, monthly, listed, window)
        ours.append(sum(found["is_hotspot"] == True))  # noqa: E712 - an array of objects
        above = (found["rate"] > found["mode_p90"]) & (found["probability_above_median"] >= 0.8) & (counts >= 10)
        against_the_median.append(above.sum())
    assert np.mean(against_the_median) > 8
    assert np.mean(ours) <= 0.1
