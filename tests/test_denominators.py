"""Who could have been there: hand-drawn zones, sums that stay, London's real figures, and the West End told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from geo_safety.boundaries import BoundarySettings, Zones, clip_to_study, largest_share, make_study, read_boundaries
from geo_safety.context import read_figures, read_quarter_hours
from geo_safety.denominators import (
    Denominator,
    Figures,
    PointFigure,
    ZoneFigure,
    day_ratio,
    place_figures,
    where_residents_mislead,
)
from geo_safety.errors import SourceError
from geo_safety.grid import make_cells
from geo_safety.interpolation import cut, spread
from geo_safety.neighbours import from_lists, itself
from geo_safety.settings import Context
from geo_safety.shapes import EqualArea

PLACE = EqualArea(1.72, 54.72)


def zones_of(corners, ids, layer, vintage=None):
    shapes = np.array([shapely.box(1.70 + w, 54.70 + s, 1.70 + e, 54.70 + n) for w, s, e, n in corners], dtype=object)
    none = np.full(len(shapes), None, dtype=object)
    return Zones(layer, np.array(ids), none, none, shapes, PLACE.area_km2(shapes), vintage)


SMALL = zones_of(
    [(0, 0, 0.01, 0.01), (0.01, 0, 0.02, 0.01), (0.02, 0, 0.03, 0.01), (0.03, 0, 0.04, 0.01)], [*"abcd"], "lsoas"
)
HALVES = zones_of([(0, 0, 0.015, 0.01), (0.015, 0, 0.04, 0.01)], ["E", "W"], "wards")


class TestPlacing:
    def test_own_zones_as_published_and_others_moved_by_area(self):
        figures = Figures([ZoneFigure("residents", {"a": 10, "b": 20, "c": 30, "d": 40}, "census.csv", year="2021")])
        people = place_figures(figures, {"wards": HALVES}, [SMALL], PLACE)
        found = people.by_layer["wards"]["residents"]
        assert found.of_zone.round(6).tolist() == [20.0, 80.0]
        assert (found.how, found.file, found.year, found.outside) == (
            "moved from lsoas by area",
            "census.csv",
            "2021",
            0.0,
        )
        assert people.residents.zones is SMALL
        shown = place_figures(figures, {"lsoas": SMALL}, [], PLACE).by_layer["lsoas"]["residents"]
        assert (shown.of_zone.tolist(), shown.how) == ([10, 20, 30, 40], "as published for these zones")

    def test_residents_of_large_zones_lie_like_households_of_small_ones(self):
        large = zones_of([(0, 0, 0.04, 0.01)], ["L"], "districts")
        figures = Figures(
            [
                ZoneFigure("residents", {"L": 1000}, "estimate.csv"),
                ZoneFigure("households", {"a": 0, "b": 10, "c": 10, "d": 80}, "census.csv"),
            ]
        )
        found = place_figures(figures, {"wards": HALVES}, [large, SMALL], PLACE).by_layer["wards"]["residents"]
        assert found.of_zone.round(6).tolist() == [50.0, 950.0]
        assert found.how == "moved from districts by households of lsoas"

    def test_a_borough_tells_nothing_of_its_cells(self):
        large = zones_of([(0, 0, 0.3, 0.3)], ["L"], "boroughs")
        figures = Figures([ZoneFigure("daytime", {"L": 1000}, "daytime.xls")])
        people = place_figures(figures, {"wards": HALVES, "boroughs": large}, [], PLACE)
        assert people.by_layer["wards"] == {}
        assert people.by_layer["boroughs"]["daytime"].of_zone.tolist() == [1000]

    def test_what_lies_outside_is_told_and_unknown_zones_too(self):
        figures = Figures(
            [ZoneFigure("residents", {"x": 1, "y": 2}, "elsewhere.csv")],
            [PointFigure("stops", np.array([1.705, 9.0]), np.array([54.705, 54.705]), np.ones(2), "stops.csv")],
            ("a note",),
        )
        people = place_figures(figures, {"wards": HALVES}, [], PLACE)
        stops = people.by_layer["wards"]["stops"]
        assert (stops.of_zone.tolist(), stops.outside) == ([1.0, 0.0], 1.0)
        assert people.notes[0] == "a note"
        assert "elsewhere.csv: its residents are of no zones of this study" in people.notes[1]

    def test_the_config_says_whose_codes_they_are(self):
        old = zones_of([(0, 0, 0.04, 0.01)], ["a"], "lsoas", "2011")
        figure = ZoneFigure("residents", {"a": 7, "b": 1, "c": 1, "d": 1}, "x.csv", layer="lsoas", vintage="2011")
        people = place_figures(Figures([figure]), {"wards": HALVES}, [SMALL, old], PLACE)
        assert people.by_layer["wards"]["residents"].of_zone.sum() == pytest.approx(7)


class TestMisleading:
    @staticmethod
    def figures(**values):
        return {name: Denominator(name, np.array(one, dtype=float), "f", None, "h") for name, one in values.items()}

    def test_more_people_by_day_than_by_night(self):
        found = self.figures(residents=[1000, 1000, 200], daytime=[5000, 1500, 9000])
        said = where_residents_mislead(found, itself(3), borough=np.array([None] * 3), of_borough={})
        assert said.tolist() == [
            "Residents mislead here: by day there are about 5 people here for each one who lives there.", None, None,
        ]  # fmt: skip

    def test_a_station_next_door(self):
        found = self.figures(residents=[1000, 1000], footfall=[0, 365 * 61_234])
        said = where_residents_mislead(found, from_lists([[0, 1], [0, 1]]), borough=np.array([None] * 2), of_borough={})
        assert said.tolist() == ["Residents mislead here: its stations count about 61,000 entries and exits a day."] * 2

    def test_only_the_borough_is_known(self):
        found = self.figures(residents=[1000, 1000])
        said = where_residents_mislead(found, itself(2), borough=np.array(["X", "Y"]), of_borough={"X": 63.6, "Y": 0.9})
        assert (
            said[0]
            == "Residents mislead here: by day there are about 64 people in its borough for each one who lives there."
        )
        assert said[1] is None
        assert where_residents_mislead({}, itself(1), borough=np.array(["X"]), of_borough={"X": 9}).tolist() == [None]


# Real figures of London

EIGHT_BOROUGHS = ("01", "03", "06", "07", "15", "25", "29", "33")
"""From the City to Bromley: every kind of place."""


@pytest.fixture(scope="module")
def london(shared_data):
    def read(layer, file):
        return read_boundaries(BoundarySettings(layer, shared_data / "boundaries" / file))

    boroughs = read("boroughs", "boroughs_lad2022_london_gen20_bng_shp.zip")
    study = make_study("London", [boroughs], outline=shared_data / "boundaries/greater_london_outline.geojson")
    return study, boroughs, read("lsoas", "lsoa_2021_london_gen20_bng_shp.zip")


@pytest.fixture(scope="module")
def figures(shared_data):
    context = shared_data / "context"
    population, transport = context / "population", context / "transport"
    problems = []
    found = read_figures(
        [
            Context("population", population / "census2021_lsoa21_age_london.csv.gz",
                    {"zone_id": "lsoa21_code", "residents": "usual_residents"}, year="2021"),
            Context("population", population / "census2021_lsoa21_households_london.csv.gz",
                    {"zone_id": "lsoa21_code", "households": "n"}, year="2021"),
            Context("population", population / "daytime_population_borough.xls",
                    {"zone_id": "Code", "daytime": "Total Daytime Population (includes tourists)",
                     "workday": "Workday Population (excludes tourists)"}, year="2014"),
            Context("stations", transport / "london_combined_stations_630.csv",
                    {"id": "nlc_id", "name": "name", "geometry": "wkt_geom"}, crs="EPSG:27700"),
            Context("footfall", transport / "tfl_AC2023_AnnualisedEntryExit.xlsx",
                    {"id": "MNLC", "annual": "Annualised"}, year="2023"),
            Context("stops", transport / "tfl_bus_stops_2021.csv.gz",
                    {"longitude": "Location_Easting", "latitude": "Location_Northing"}, crs="EPSG:27700"),
        ],
        problems,
    )  # fmt: skip
    assert problems == []
    return found


def test_london_s_figures_come_to_its_cells_and_boroughs_without_loss(london, figures):
    study, boroughs, lsoas = london
    cells = make_cells(study, 8)
    people = place_figures(
        figures, {"cells-r8": cells, "boroughs": clip_to_study(boroughs, study)}, [lsoas], study.projection
    )
    of_cells, of_boroughs = people.by_layer["cells-r8"], people.by_layer["boroughs"]
    for name, total in (("residents", 8_799_687), ("households", 3_423_841)):
        for found in (of_cells[name], of_boroughs[name]):
            assert found.how == "moved from lsoas by area"
            assert found.of_zone.sum() + found.outside == pytest.approx(total, abs=1e-3)
    assert of_cells["residents"].outside == 0
    assert "daytime" not in of_cells  # a borough's figure says nothing of its cells
    assert of_boroughs["daytime"].of_zone.sum() == 10_046_359
    assert of_boroughs["stops"].of_zone.sum() == 19_217
    ratio = day_ratio(of_boroughs, boroughs.zone_id)
    assert {code for code, one in ratio.items() if one >= 2} == {"E09000001", "E09000007", "E09000033"}
    assert ratio["E09000001"] == pytest.approx(64.4, abs=0.1)
    busiest = boroughs.name[np.argsort(-of_boroughs["footfall"].of_zone)][:2].tolist()
    assert busiest == ["Westminster", "Camden"]


def test_residents_of_boroughs_that_lsoas_make_are_their_own(london, shared_data):
    """The second road: LSOAs nest in boroughs, so the official parent code must say the same as the overlay."""
    study, boroughs, lsoas = london
    people = pd.read_csv(shared_data / "context/population/census2021_lsoa21_age_london.csv.gz")
    by_lsoa = people.groupby("lsoa21_code")["usual_residents"].sum().reindex(lsoas.zone_id).to_numpy(dtype=float)
    moved, _ = spread(by_lsoa, cut(lsoas.geometry, boroughs.geometry, study.projection), n_targets=len(boroughs))
    plain = pd.Series(by_lsoa).groupby(lsoas.parent).sum().reindex(boroughs.zone_id).to_numpy()
    assert moved == pytest.approx(plain, rel=2e-3)


@pytest.mark.parametrize(("by", "wrong"), [("area", 0.168), ("households", 0.030)])
def test_how_far_off_figures_of_larger_zones_are_when_moved_to_smaller_ones(london, shared_data, by, wrong):
    """Residents of eight boroughs' MSOAs moved to their LSOAs, of which the census gives the truth."""
    study, _, lsoas = london
    lsoas = lsoas.take(np.isin(lsoas.parent.astype(str), [f"E090000{number}" for number in EIGHT_BOROUGHS]))
    msoas = read_boundaries(BoundarySettings("msoas", shared_data / "boundaries/msoa_2021_london_bgc.geojson.gz"))
    msoas = msoas.take(np.isin(msoas.zone_id, largest_share(lsoas, msoas).astype(str)))
    folder = shared_data / "context/population"
    people = pd.read_csv(folder / "census2021_lsoa21_age_london.csv.gz").groupby("lsoa21_code")["usual_residents"].sum()
    homes = pd.read_csv(folder / "census2021_lsoa21_households_london.csv.gz").groupby("lsoa21_code")["n"].sum()
    holder = pd.Series(largest_share(lsoas, msoas), index=lsoas.zone_id)
    people = people.reindex(lsoas.zone_id)
    of_msoa = people.groupby(holder.reindex(people.index)).sum()
    figures = [ZoneFigure("residents", of_msoa.to_dict(), "msoa.csv", layer="msoas")]
    if by == "households":
        figures.append(ZoneFigure("households", homes.to_dict(), "homes.csv"))
    found = place_figures(Figures(figures), {"lsoas": lsoas}, [msoas], study.projection).by_layer["lsoas"]["residents"]
    truth = people.reindex(lsoas.zone_id).to_numpy()
    assert found.of_zone.sum() + found.outside == pytest.approx(truth.sum(), abs=0.01)
    assert np.abs(found.of_zone - truth).sum() / 2 / truth.sum() == pytest.approx(wrong, abs=0.01)


def test_quarter_hours_add_up_to_the_published_day(shared_data):
    path = shared_data / "context/transport/tfl_ByQhrEntryExit_2019.xlsx"
    table = read_quarter_hours(path)
    assert len(table) == 3_584
    assert list(table.columns[5:7]) == ["05:00", "05:15"]
    acton = table[(table["nlc"] == "500") & (table["day"] == "MTT") & (table["direction"] == "IN")].iloc[0]
    assert acton.iloc[5:].sum() == pytest.approx(10_091, abs=1)
    with pytest.raises(SourceError, match=r"holds no table of entries and exits by quarter hour"):
        read_quarter_hours(shared_data / "context/transport/tfl_AnnualisedEntryExit_2019.xlsx")
