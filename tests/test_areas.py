"""Hotspots joined into areas: honeycombs drawn by hand, names, and real London."""

from __future__ import annotations

import datetime as dt

import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_safety import statistics
from geo_safety.areas import (
    Gazetteer,
    Place,
    Stations,
    basins,
    fill_holes,
    join_hotspots,
    landscape,
    make_gazetteer,
    unique_names,
)
from geo_safety.boundaries import BoundarySettings, Zones, make_study, read_boundaries
from geo_safety.grid import locate_cells, make_cells
from geo_safety.neighbours import from_cells, from_lists, from_polygons
from geo_safety.schema import AREAS, to_arrow

# A honeycomb of five rings around one cell on the Dogger Bank. Cells are named by two of the three axes: (1, 0) lies
# next to (0, 0), (1, 1) and (0, 1) do too, and (1, -1) does not.
MIDDLE = h3.latlng_to_cell(54.7, 1.7, 9)
I0, J0 = h3.cell_to_local_ij(MIDDLE, MIDDLE)
IDS = sorted(h3.grid_disk(MIDDLE, 5))
NEIGHBOURS = from_cells(IDS)


def at(i, j):
    return IDS.index(h3.local_ij_to_cell(MIDDLE, I0 + i, J0 + j))


def honeycomb():
    outlines = [[(round(east, 7), round(north, 7)) for north, east in h3.cell_to_boundary(cell)] for cell in IDS]
    geometry = np.array([shapely.Polygon(outline) for outline in outlines])
    none = np.full(len(IDS), None, dtype=object)
    return Zones("cells-r9", np.array(IDS), none, none, geometry, np.full(len(IDS), 0.1))


ZONES = honeycomb()
NOWHERE = Gazetteer(ZONES.name, ZONES.name)
BOROUGH = Gazetteer(ZONES.name, np.full(len(IDS), "B1", dtype=object), borough_names={"B1": "Silver Pit"})


def drawn(heights):
    """Listed cells and their heights from a drawing {(i, j): height}."""
    height = np.zeros(len(IDS))
    for (i, j), value in heights.items():
        height[at(i, j)] = value
    return height > 0, height


def join(heights, *, gazetteer=BOROUGH, counts=None, theme="robbery", **rest):
    listed, height = drawn(heights)
    return join_hotspots(
        ZONES, theme=theme, is_hotspot=listed, ratio=height, probability=np.where(listed, 0.9, 0.1),
        counts=np.ones(len(IDS)) if counts is None else counts, neighbours=NEIGHBOURS, gazetteer=gazetteer, **rest,
    )  # fmt: skip


def cells_of(frame, row=0):
    return set(frame["zones"][row].split(";"))


def named(*places):
    return {IDS[at(i, j)] for i, j in places}


class TestBasins:
    def test_two_peaks_over_a_high_saddle_are_one_area(self):
        areas = join({(0, 0): 10, (1, 0): 7, (2, 0): 8, (3, 0): 10})  # lowest on the way is 7 = 0.7 of 10
        assert len(areas) == 1
        assert cells_of(areas) == named((0, 0), (1, 0), (2, 0), (3, 0))

    def test_two_peaks_over_a_low_saddle_are_two(self):
        areas = join({(0, 0): 12, (1, 0): 6.9, (2, 0): 8, (3, 0): 10})  # under 0.7 of the lower peak, 10
        assert areas["ratio"].tolist() == [12, 10]
        # The saddle itself drains to its higher neighbour, the peak of 12.
        assert cells_of(areas, 0) == named((0, 0), (1, 0))
        assert cells_of(areas, 1) == named((2, 0), (3, 0))

    def test_saddle_is_judged_by_the_lower_peak(self):
        # 5 is far below the peak of 50 but more than 0.7 of 6.
        assert len(join({(0, 0): 50, (1, 0): 5, (2, 0): 6})) == 1

    def test_three_peaks_meet_at_one_cell(self):
        # Around (0, 0) of 5 lie 20, 9 and 6, none beside another: 5 joins 6 to 20, but not 9.
        areas = join({(0, 0): 5, (1, 0): 20, (0, 1): 9, (-1, -1): 6})
        assert [cells_of(areas, row) for row in range(2)] == [named((0, 0), (1, 0), (-1, -1)), named((0, 1))]

    def test_places_that_do_not_touch_stay_apart(self):
        assert join({(0, 0): 5, (2, 0): 5, (-2, 0): 5})["cells"].tolist() == [1, 1, 1]

    def test_plateau_is_one_area_whose_peak_has_the_first_id(self):
        areas = join(dict.fromkeys([(0, 0), (1, 0), (2, 0), (2, 1)], 4.0))
        assert areas["area_id"].tolist() == ["robbery-" + min(named((0, 0), (1, 0), (2, 0), (2, 1)))]

    def test_equal_peaks_apart_come_in_the_order_of_their_ids(self):
        areas = join({(0, 0): 5, (3, 0): 5, (-3, 0): 5})
        assert areas["area_id"].tolist() == sorted(areas["area_id"])

    def test_too_large_an_area_loses_its_lowest_saddles(self):
        street = {(0, 0): 10.5, (1, 0): 7.5, (2, 0): 10, (3, 0): 9.5, (4, 0): 10}
        assert join(street)["cells"].tolist() == [5]
        # Over 0.45 km² it is walked again with a saddle of 0.8: 7.5 is too low, 9.5 is not.
        assert join(street, largest_km2=0.45)["cells"].tolist() == [2, 3]

    def test_wide_slopes_of_one_peak_are_cut_below_its_core(self):
        slope = {(0, 0): 10, (1, 0): 9, (2, 0): 8, (3, 0): 7, (4, 0): 6}
        areas = join(slope, largest_km2=0.2)
        assert [cells_of(areas, row) for row in range(3)] == [
            named((0, 0), (1, 0)), named((2, 0), (3, 0)), named((4, 0)),
        ]  # fmt: skip
        assert areas["ratio"].tolist() == [10, 8, 6]
        # A single zone may be larger than the limit.
        assert join(slope, largest_km2=0.05)["cells"].tolist() == [1] * 5

    def test_hole_that_would_make_an_area_too_large_stays(self):
        assert join(RING, largest_km2=0.65)["holes_filled"].tolist() == [0]

    @given(st.lists(st.integers(0, 6), min_size=len(IDS), max_size=len(IDS)))
    def test_properties(self, heights):
        height = np.array(heights, dtype=float)
        listed = height > 1
        basin = basins(listed, height, NEIGHBOURS)
        assert ((basin >= 0) == listed).all()
        for peak in set(basin[listed].tolist()):
            members = np.flatnonzero(basin == peak)
            assert height[peak] == height[members].max()
            assert peak == members[np.argmax(height[members])]
            reached = {members[0]}
            while more := {int(n) for zone in reached for n in NEIGHBOURS.indices[
                NEIGHBOURS.indptr[zone]:NEIGHBOURS.indptr[zone + 1]] if basin[n] == peak} - reached:  # fmt: skip
                reached |= more
            assert len(reached) == len(members)  # an area is one piece
        split = landscape(listed, height, NEIGHBOURS, ZONES, largest_km2=0.3)
        assert ((split >= 0) | ~listed).all()
        assert np.bincount(split[split >= 0]).max(initial=0) <= 3

    def test_order_of_zones_does_not_matter(self):
        dice = np.random.default_rng(3)
        height = dice.permutation(len(IDS)).astype(float)  # no ties
        listed = height > 40
        shuffled = dice.permutation(len(IDS))
        plain = basins(listed, height, NEIGHBOURS)
        again = basins(listed[shuffled], height[shuffled], from_cells([IDS[row] for row in shuffled]))
        assert np.where(again >= 0, shuffled[again], -1).tolist() == plain[shuffled].tolist()


RING = {(1, 0): 5, (1, 1): 5, (0, 1): 5, (-1, 0): 5, (-1, -1): 5, (0, -1): 6}  # round a cell that is not listed


class TestHoles:
    def test_hole_of_one_cell_is_filled_and_marked(self):
        areas = join(RING)
        assert areas["cells"].tolist() == [7]
        assert areas["holes_filled"].tolist() == [1]
        assert cells_of(areas) == named((0, 0), *RING)
        assert areas["probability"].tolist() == pytest.approx([0.9])  # of listed cells only
        assert areas["incidents"].tolist() == [7]
        assert not areas["geometry"][0].interiors

    def test_hole_of_two_cells_stays(self):
        listed, height = drawn(dict.fromkeys([(i, j) for i in range(-2, 4) for j in range(-2, 3)], 5.0))
        for hole in (at(0, 0), at(1, 0)):
            listed[hole], height[hole] = False, 0
        basin = fill_holes(basins(listed, height, NEIGHBOURS), NEIGHBOURS, ZONES.geometry)
        assert basin[[at(0, 0), at(1, 0)]].tolist() == [-1, -1]

    def test_hole_between_two_areas_stays(self):
        two = {(1, 0): 9, (1, 1): 9, (0, 1): 3, (-1, 0): 9, (-1, -1): 9, (0, -1): 3}
        areas = join(two)
        assert areas["cells"].sum() == 6
        assert areas["holes_filled"].tolist() == [0, 0]

    def test_cell_at_the_edge_of_the_study_is_no_hole(self):
        edge = h3.grid_ring(MIDDLE, 5)[0]
        rim = IDS.index(edge)
        near = [n for n in NEIGHBOURS.indices[NEIGHBOURS.indptr[rim] : NEIGHBOURS.indptr[rim + 1]] if n != rim]
        listed = np.zeros(len(IDS), dtype=bool)
        listed[near] = True
        basin = basins(listed, np.where(listed, 5.0, 0), NEIGHBOURS)
        assert (fill_holes(basin, NEIGHBOURS, ZONES.geometry) == basin).all()

    def test_ward_inside_another_is_a_hole(self):
        outer, inner = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2)), shapely.box(1, 1, 2, 2)
        basin = np.array([0, -1])
        assert fill_holes(basin, from_lists([[0, 1], [0, 1]]), np.array([outer, inner])).tolist() == [0, 0]
        assert fill_holes(np.array([-1, 1]), from_lists([[0, 1], [0, 1]]), np.array([outer, inner])).tolist() == [-1, 1]


class TestTable:
    def test_row_by_hand(self):
        counts = np.arange(len(IDS), dtype=float)
        counts[at(3, 0)] = np.nan
        ward = np.full(len(IDS), None, dtype=object)
        ward[at(0, 0)], ward[at(1, 0)] = "W1", "W2"
        borough = ward.copy()
        borough[at(0, 0)], borough[at(1, 0)] = "B1", "B2"
        names = Gazetteer(
            ward,
            borough,
            {"W1": "Cod", "W2": "Ling"},
            {"B1": "Silver Pit", "B2": "Outer Well"},
            {"W1": "B1", "W2": "B2"},
        )
        areas = join(
            {(0, 0): 9, (1, 0): 8, (2, 0): 7}, gazetteer=names, counts=counts,
            window_start=dt.date(2019, 2, 1), window_end=dt.date(2020, 1, 1),
        )  # fmt: skip
        members = [at(0, 0), at(1, 0), at(2, 0)]
        row = areas.iloc[0]
        assert areas.columns.tolist() == AREAS.column_names
        assert row["area_id"] == f"robbery-{MIDDLE}"
        assert row["theme"] == "robbery"
        assert row["incidents"] == counts[members].sum()
        assert row["share_of_theme"] == pytest.approx(counts[members].sum() / np.nansum(counts))
        assert row["area_km2"] == pytest.approx(0.3)
        assert row["ratio"] == 9
        assert row["is_cross_border"]
        first, second = ("1", "2") if counts[at(0, 0)] > counts[at(1, 0)] else ("2", "1")  # the busier one first
        assert (row["wards"], row["boroughs"]) == (f"W{first};W{second}", f"B{first};B{second}")
        town = {"1": ("Cod", "Silver Pit"), "2": ("Ling", "Outer Well")}
        assert row["borough_names"] == f"{town[first][1]}; {town[second][1]}"
        assert row["name"] == f"Around {town[first][0]}, {town[first][1]}"
        assert (row["window_start"], row["window_end"]) == (dt.date(2019, 2, 1), dt.date(2020, 1, 1))
        for column in ("class", "tier", "stability", "first_hot", "predecessors", "incidents_band"):
            assert row[column] is None

    def test_geometry_is_one_clean_shape(self):
        areas = join(RING)
        shape = areas["geometry"][0]
        expected = shapely.union_all(ZONES.geometry[[at(i, j) for i, j in [(0, 0), *RING]]])
        assert shape.geom_type == "Polygon"
        assert shapely.symmetric_difference(shape, expected).area < 1e-12
        corners = shapely.get_coordinates(shape)
        assert (corners == np.round(corners, 7)).all()
        assert len(corners) == 18 + 1  # a flower of seven hexagons

    def test_nothing_listed_makes_an_empty_table(self):
        areas = join({})
        assert len(areas) == 0
        assert to_arrow(areas, AREAS).num_rows == 0

    def test_null_is_not_listed(self):
        listed = np.full(len(IDS), None, dtype=object)
        listed[at(0, 0)] = True
        areas = join_hotspots(
            ZONES, theme="asb", is_hotspot=listed, ratio=np.full(len(IDS), 5.0), probability=np.ones(len(IDS)),
            counts=np.ones(len(IDS)), neighbours=NEIGHBOURS, gazetteer=NOWHERE,
        )  # fmt: skip
        assert areas["cells"].tolist() == [1]

    def test_same_input_gives_the_same_bytes(self):
        street = {(0, 0): 10, (1, 0): 7.5, (3, 0): 10, (3, 1): 9.5}
        assert to_arrow(join(street), AREAS).equals(to_arrow(join(street), AREAS))


class TestNames:
    def test_without_names_the_coordinates_serve(self):
        assert join({(0, 0): 5}, gazetteer=NOWHERE)["name"][0].startswith("Around 54.7")

    def test_borough_serves_where_there_is_no_ward(self):
        assert join({(0, 0): 5})["name"].tolist() == ["Around Silver Pit"]

    @pytest.mark.parametrize(
        ("step", "there", "back"),
        [
            ((0.01, 0.0), "east", "west"),
            ((0.0, 0.01), "north", "south"),
            # A degree of longitude is little more than half as long as one of latitude here.
            ((0.0173, 0.01), "north-east", "south-west"),
            ((-0.0173, 0.01), "north-west", "south-east"),
        ],
    )
    def test_two_areas_of_one_ward_are_told_apart_by_direction(self, step, there, back):
        places = [
            Place("Cod", None, "Silver Pit", 1.7, 54.7),
            Place("Cod", None, "Silver Pit", 1.7 + step[0], 54.7 + step[1]),
        ]
        assert unique_names(places) == [f"Around Cod ({back}), Silver Pit", f"Around Cod ({there}), Silver Pit"]

    def test_ward_file_decides_the_borough_of_a_ward(self):
        ward = np.full(len(IDS), "W1", dtype=object)
        names = Gazetteer(
            ward, BOROUGH.borough_code, {"W1": "Cod"}, {"B1": "Silver Pit", "B2": "Outer Well"}, {"W1": "B2"}
        )
        assert join({(0, 0): 5}, gazetteer=names)["name"].tolist() == ["Around Cod, Outer Well"]

    @pytest.mark.parametrize(("metres", "name"), [(350, "Around Fisher Gate, Silver Pit"), (450, "Around Silver Pit")])
    def test_station_within_400_m_of_the_peak(self, metres, name):
        peak = shapely.centroid(ZONES.geometry[at(0, 0)])
        north = np.array([peak.y + metres / 111_340, peak.y + 0.05])  # a degree of latitude is 111.34 km here
        stations = Stations(np.array(["Fisher  Gate", "Far Off"]), np.array([peak.x, peak.x]), north)
        gazetteer = Gazetteer(BOROUGH.ward_code, BOROUGH.borough_code, {}, BOROUGH.borough_names, {}, stations)
        assert join({(0, 0): 5}, gazetteer=gazetteer)["name"].tolist() == [name]

    def test_station_inside_the_area_may_be_further_from_the_peak(self):
        far = shapely.centroid(ZONES.geometry[at(4, 0)])
        stations = Stations(np.array(["Fisher Gate"]), np.array([far.x]), np.array([far.y]))
        gazetteer = Gazetteer(ZONES.name, ZONES.name, stations=stations)
        street = {(i, 0): 9.0 - i for i in range(5)}
        assert join(street, gazetteer=gazetteer)["name"].tolist() == ["Around Fisher Gate"]

    def test_same_ward_twice(self):
        places = [
            Place("Abbey", "Gascoigne", "Barking", 0.08, 51.53),
            Place("Abbey", "Longbridge", "Barking", 0.07, 51.54),
            Place("Abbey", None, "Merton", -0.2, 51.4),
        ]
        assert unique_names(places) == [
            "Around Abbey and Gascoigne, Barking",
            "Around Abbey and Longbridge, Barking",
            "Around Abbey, Merton",
        ]

    def test_same_place_many_times_gets_numbers(self):
        names = unique_names([Place("Abbey", None, "Barking", 0.08, 51.53)] * 3)
        assert names == [
            "Around Abbey (east), Barking",
            "Around Abbey (east) (2), Barking",
            "Around Abbey (east) (3), Barking",
        ]

    @given(
        st.lists(
            st.builds(
                Place, st.sampled_from(["A", "B", "A and B"]), st.sampled_from([None, "A", "B"]),
                st.sampled_from([None, "X"]), st.integers(0, 3).map(float), st.integers(50, 53).map(float),
            ), max_size=12,
        )
    )  # fmt: skip
    def test_names_never_repeat(self, places):
        names = unique_names(places)
        assert len(names) == len(places) == len(set(names))


def test_gazetteer_from_layers():
    left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    wards = Zones("wards", np.array(["W1", "W2"]), np.array(["Cod", None], dtype=object),
                  np.array(["B1", None], dtype=object), np.array([left, right]), np.ones(2))  # fmt: skip
    names = make_gazetteer(wards, wards=wards)
    assert names.ward_code.tolist() == ["W1", "W2"]
    # Without a layer of boroughs, what the ward file names as a ward's parent is its borough.
    assert names.borough_code.tolist() == ["B1", None]
    assert (names.ward_names, names.borough_of_ward) == ({"W1": "Cod"}, {"W1": "B1"})


# Real London


@pytest.fixture(scope="module")
def london(shared_data):
    folder = shared_data / "boundaries"
    wards = read_boundaries(
        BoundarySettings("wards", folder / "wards_2020_london_bgc.geojson.gz", "WD20CD", "WD20NM", "LADCD_ACTIVE")
    )
    boroughs = read_boundaries(
        BoundarySettings("boroughs", folder / "boroughs_lad2022_london_gen20_bng_shp.zip", "LAD22CD", "LAD22NM")
    )
    cells = make_cells(make_study("London", [], outline=folder / "greater_london_outline.geojson"), 9)
    return cells, make_gazetteer(cells, wards=wards, boroughs=boroughs), from_cells(cells.zone_id.tolist())


def listed_places(cells, gazetteer, neighbours, points, *, minimum):
    """The list by one theme alone, without months: enough to make areas of."""
    place = locate_cells(points["longitude"].to_numpy(), points["latitude"].to_numpy(), cells)
    own = np.bincount(place[place >= 0], weights=points["weight"].to_numpy()[place >= 0], minlength=len(cells))
    around, width = neighbours.totals(own)
    rings = (neighbours.rings(2), neighbours.rings(3, 4))
    context = statistics.context_of(own, neighbours, rings=rings, boroughs=gazetteer.borough_code)
    rates = statistics.posterior(around, width, dispersion=1.5, context=context)
    eligible = (around >= minimum) & (own >= own.mean())
    probability = rates.probability(3.0)
    listed = np.zeros(len(own), dtype=bool)
    listed[eligible] = statistics.bayesian_false_discovery(probability[eligible], alpha=0.05)
    return {"is_hotspot": listed, "ratio": rates.mean(), "probability": probability, "counts": own}


def check_london(areas):
    assert 50 <= len(areas) <= 200
    assert areas["area_km2"].max() <= 12
    assert areas["name"].is_unique
    assert areas["area_id"].is_unique
    assert shapely.is_valid(areas["geometry"].to_numpy()).all()
    assert (shapely.get_num_geometries(areas["geometry"].to_numpy()) == 1).all()
    zones = areas["zones"].str.split(";").explode()
    assert zones.is_unique  # areas do not overlap
    assert len(areas["boroughs"].str.split(";").explode().unique()) >= 28
    assert areas["is_cross_border"].sum() > 5
    assert to_arrow(areas, AREAS).num_rows == len(areas)


def test_robbery_in_london(shared_data, london):
    cells, gazetteer, neighbours = london
    points = pd.read_csv(shared_data / "incidents" / "london-points" / "robbery.csv.gz").assign(weight=1.0)
    points = points[points["month"].between("2019-02", "2020-01")]
    found = listed_places(cells, gazetteer, neighbours, points, minimum=5)
    areas = join_hotspots(cells, theme="robbery", **found, neighbours=neighbours, gazetteer=gazetteer)
    check_london(areas)
    # What a Londoner expects: the West End, and neighbourhoods far from it.
    for name in ("West End, Westminster", "Newham", "Haringey", "Croydon", "Ilford Town, Redbridge"):
        assert areas["name"].str.contains(name).any()
    assert areas["share_of_theme"].sum() < 0.75


@pytest.mark.parametrize("category", ["Violence and sexual offences", "Anti-social behaviour", "Theft from the person"])
def test_other_themes_in_london(shared_data, london, category):
    cells, gazetteer, neighbours = london
    files = sorted((shared_data / "incidents" / "london-hex-counts").glob("*.csv.gz"))
    points = pd.concat(pd.read_csv(file) for file in files)
    points = points[points["crime_type"] == category].rename(columns={"crime_count": "weight"})
    found = listed_places(cells, gazetteer, neighbours, points, minimum=10)
    # Thefts in the West End make one basin of 22 km² before it is walked again.
    areas = join_hotspots(cells, theme="any", **found, neighbours=neighbours, gazetteer=gazetteer)
    check_london(areas)


def test_wards_make_areas_too(shared_data):
    folder = shared_data / "boundaries"
    wards = read_boundaries(
        BoundarySettings("wards", folder / "wards_2022_london_bgc.geojson.gz", "WD22CD", "WD22NM", "LAD22CD")
    )
    ratio = np.where(wards.parent == "E09000033", 5.0, 0.0)
    projected = make_study("London", [wards]).projection.project(wards.geometry)
    areas = join_hotspots(
        wards, theme="violence", is_hotspot=ratio > 0, ratio=ratio, probability=np.ones(len(wards)),
        counts=np.ones(len(wards)), neighbours=from_polygons(projected, tolerance=1.0),
        gazetteer=make_gazetteer(wards, wards=wards),
    )  # fmt: skip
    assert areas["cells"].sum() == 18  # Westminster, 21.5 km², at one height
    assert areas["area_km2"].max() <= 12
    assert areas["name"].is_unique
    assert areas["boroughs"].unique().tolist() == ["E09000033"]
