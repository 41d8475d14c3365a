"""Boundary sets from a feature service: pages, limits, faults inside answers, changed columns."""

from __future__ import annotations

import json

import pytest
from fake_london import ONS
from loopback_sources import Fault, FeatureService

from geo_safety.catalogue import read_catalogue
from geo_safety.downloads import open_geography
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError

WARDS = f"{ONS}/Wards_December_2022_Boundaries_UK_BGC/FeatureServer/0/query"
LSOAS = f"{ONS}/Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5/FeatureServer/0/query"
ONE_LAYER = Wanted(layers=("wards-2022",))
SQUARE = {"type": "Polygon", "coordinates": [[[0, 51], [0.1, 51], [0.1, 51.1], [0, 51]]]}


def ward(number: int, *, borough: str = "E09000007", **others: object) -> dict:
    properties = {"WD22CD": f"E05{number:06d}", "WD22NM": f"Ward {number}", "LAD22CD": borough, **others}
    return {"type": "Feature", "properties": properties, "geometry": SQUARE}


@pytest.fixture
def service(officials) -> FeatureService:
    """1,234 wards of London in no order, and one of Leeds; 100 a page at most."""
    features = [ward(number * 7 % 1_234) for number in range(1_234)]
    made = FeatureService([*features, ward(5_000, borough="E08000035")], most=100)
    officials.pages[WARDS] = made
    return made


def fetched(store, layer: str = "wards-2022") -> list[dict]:
    return json.loads((store.folder / "boundaries" / f"{layer}.geojson").read_text())["features"]


@pytest.mark.parametrize("in_properties", [False, True])
def test_all_pages_are_put_together_sorted_and_without_other_towns(
    store, publisher_at, service, officials, in_properties
):
    service.limit_in_properties = in_properties
    open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)
    assert [one["properties"]["WD22CD"] for one in fetched(store)] == [f"E05{number:06d}" for number in range(1_234)]
    offsets = [one.query["resultOffset"] for one in officials.asked_for(WARDS) if "resultOffset" in one.query]
    assert offsets == [str(start) for start in range(0, 1_234, 100)]
    assert all(
        one.query["outSR"] == "4326" and one.query["f"] == "geojson" for one in officials.asked if "outSR" in one.query
    )
    record = store.records["boundaries/wards-2022.geojson"]
    assert len(record.origins) == 13
    assert record.about == {"layer": "wards-2022", "where": "LAD22CD LIKE 'E09%'", "zones": 1_234}


def test_a_page_that_is_too_heavy_is_asked_for_in_smaller_parts(store, publisher_at, service):
    service.most, service.heavy = 1_000, 40
    open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)
    assert len(fetched(store)) == 1_234


def test_a_service_that_sends_nothing_at_all_is_given_up(store, publisher_at, service):
    service.heavy = 0
    with pytest.raises(FetchError, match="counts 1,234 zones and stops after 0"):
        open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)


def test_faults_on_the_way_do_not_matter(store, publisher_at, service, officials):
    service.errors = [{"code": 504, "message": "gateway"}, {"code": 429, "message": "Too many requests"}]
    officials.faults[WARDS] = [Fault(), Fault(), Fault(), Fault(drop=1_000), Fault(status=429), Fault(cut=20)]
    open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)
    assert len(fetched(store)) == 1_234


def test_a_refused_query_is_an_error_with_the_services_own_words(store, publisher_at, service):
    service.errors = [{"code": 400, "message": "Invalid field: LAD22CD"}]
    with pytest.raises(FetchError, match=r"refuses the query \(400: Invalid field: LAD22CD\)"):
        open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)


def test_fewer_zones_than_counted_are_not_taken_for_all(store, publisher_at, service):
    service.stale = 3
    with pytest.raises(FetchError, match="counts 1,237 zones and stops after 1,234"):
        open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)
    assert not (store.folder / "boundaries").exists()


def test_zones_that_come_twice_are_not_taken_for_all(store, publisher_at, service):
    service.features.append(ward(3))
    with pytest.raises(FetchError, match="counts 1,235 zones and sends 1,234"):
        open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)


def test_a_column_with_another_name_is_an_error_that_names_both(store, publisher_at, officials):
    renamed = ward(1)
    renamed["properties"]["WARDNM"] = renamed["properties"].pop("WD22NM")
    officials.pages[WARDS] = FeatureService([renamed])
    with pytest.raises(FetchError, match=r"has changed: it lacks WD22NM and has LAD22CD, WARDNM, WD22CD"):
        open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)


@pytest.mark.parametrize("answer", [{"items": []}, [], {"count": "many"}])
def test_an_answer_of_another_form_is_an_error(store, publisher_at, officials, answer):
    officials.pages[WARDS] = lambda _: answer
    with pytest.raises(FetchError, match="has changed: it does not count"):
        open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)


def test_pages_of_another_form_are_an_error(store, publisher_at, officials):
    officials.pages[WARDS] = lambda query: (
        {"count": 1} if "returnCountOnly" in query else {"features": [{"attributes": 1}]}
    )
    with pytest.raises(FetchError, match="has changed: it sends no features"):
        open_geography.fetch(publisher_at("open_geography"), store, ONE_LAYER)


def test_lsoas_are_picked_by_the_names_of_londons_boroughs(store, publisher_at, officials):
    names = ["Camden 001A", "Richmond upon Thames 014C", "Richmondshire 001A", "Kingston upon Hull 001A"]
    officials.pages[LSOAS] = FeatureService(
        [
            {"type": "Feature", "properties": {"LSOA21CD": f"E01{i:06d}", "LSOA21NM": name}, "geometry": SQUARE}
            for i, name in enumerate(names)
        ]
    )
    open_geography.fetch(publisher_at("open_geography"), store, Wanted(layers=("lsoas-2021",)))
    assert [one["properties"]["LSOA21NM"] for one in fetched(store, "lsoas-2021")] == names[:2]


@pytest.mark.usefixtures("service")
def test_another_town_is_a_matter_of_where(store, publisher_at):
    wanted = Wanted(layers=("wards-2022",), where="LAD22CD LIKE 'E08000035%'")
    open_geography.fetch(publisher_at("open_geography"), store, wanted)
    assert [one["properties"]["WD22CD"] for one in fetched(store)] == ["E05005000"]


@pytest.mark.usefixtures("service")
def test_a_where_without_zones_is_an_error(store, publisher_at):
    with pytest.raises(FetchError, match="no zone where LAD22CD LIKE 'X%'"):
        open_geography.fetch(
            publisher_at("open_geography"), store, Wanted(layers=("wards-2022",), where="LAD22CD LIKE 'X%'")
        )


def test_an_unknown_layer_is_an_error_with_the_known_ones(store, publisher_at):
    with pytest.raises(FetchError, match=r"no layer parishes.*wards-2022, wards-2025, boroughs-2022"):
        open_geography.fetch(publisher_at("open_geography"), store, Wanted(layers=("parishes",)))


def test_every_layer_on_offer_is_in_the_catalogue(publisher_at):
    assert set(publisher_at("open_geography").more["layers"]) <= {one.id for one in read_catalogue()}
