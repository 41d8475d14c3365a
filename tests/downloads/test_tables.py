"""Sources that are a table or two: STATS19, NaPTAN, TfL, census, deprivation, London Datastore."""

from __future__ import annotations

import csv

import pytest
from fake_london import NOMIS, zip_of

from geo_safety.downloads import census, deprivation, london_datastore, naptan, stats19, tfl
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError

DFT = "/data.dft.gov.uk/road-accidents-safety-data/dft-road-casualty-statistics-collision"
NODES = "/naptan.api.dft.gov.uk/v1/access-nodes"
STATIONS = "/api.tfl.gov.uk/StopPoint/Mode/tube,dlr,overground,elizabeth-line,tram"
FILE_7 = (
    "/assets.publishing.service.gov.uk/media/691ded56d140bbbaa59a2a7d/"
    "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"
)
BULK = f"{NOMIS}/output/census/2021/census2021-ts001.zip"
WARDS = f"{NOMIS}/api/v01/dataset/NM_2021_1.data.csv"
DATASET = "/data.london.gov.uk/api/dataset/recorded_crime_summary"
COLLISIONS = b"collision_index,longitude,latitude,collision_severity,date,time\n1,0.1,51.5,3,05/01/2024,16:40\n"
RESIDENTS = b"date,geography,geography code,Residence type: Total; measures: Value\n2021,Camden 001A,E01000001,1500\n"


@pytest.mark.parametrize(("months", "file"), [(36, "last-5-years"), (60, "1979-latest-published-year")])
def test_collisions_come_from_the_smallest_file_that_holds_the_months(store, publisher_at, officials, months, file):
    officials.files[f"{DFT}-{file}.csv"] = COLLISIONS
    stats19.fetch(publisher_at("stats19"), store, Wanted(months=months))
    assert (store.folder / stats19.FILE).read_bytes() == COLLISIONS


def test_collisions_under_old_names_of_columns_are_taken_too(store, publisher_at, officials):
    old = COLLISIONS.replace(b"collision_severity", b"Accident_Severity")
    officials.files[f"{DFT}-last-5-years.csv"] = b"\xef\xbb\xbf" + old
    stats19.fetch(publisher_at("stats19"), store, Wanted())
    assert store.known(stats19.FILE)


def test_collisions_without_places_are_an_error_that_names_the_columns(store, publisher_at, officials):
    officials.files[f"{DFT}-last-5-years.csv"] = COLLISIONS.replace(b"longitude", b"easting")
    with pytest.raises(
        FetchError, match=r"table of collisions has changed: it lacks longitude and has .*easting.*by hand"
    ):
        stats19.fetch(publisher_at("stats19"), store, Wanted())
    assert not (store.folder / stats19.FILE).exists()


def test_stops_are_those_of_the_area(store, publisher_at, officials):
    officials.files[NODES] = b"ATCOCode,CommonName,Longitude,Latitude\n490000001A,High Street,0.1,51.5\n"
    naptan.fetch(publisher_at("naptan"), store, Wanted(area="180"))
    assert officials.asked[0].query == {"dataFormat": "csv", "atcoAreaCodes": "180"}
    assert store.known(naptan.FILE)


def _point(number: int, kind: str, **others: object) -> dict:
    point = {
        "id": f"940GZZ{number}",
        "commonName": f"Station, {number}",
        "lat": 51.5,
        "lon": -0.1,
        "modes": ["tube", "dlr"],
    }
    return {**point, "stopType": kind, **others}


def test_stations_are_rows_without_entrances_and_each_once(store, publisher_at, officials):
    points = [_point(2, "NaptanMetroStation"), _point(1, "NaptanRailStation"), _point(3, "NaptanMetroEntrance")]
    officials.pages[STATIONS] = lambda _: {"stopPoints": [*points, points[0]]}
    tfl.fetch(publisher_at("tfl"), store, Wanted())
    with (store.folder / tfl.FILE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["naptan_id"] for row in rows] == ["940GZZ1", "940GZZ2"]
    assert rows[0] == {
        "naptan_id": "940GZZ1",
        "name": "Station, 1",
        "longitude": "-0.1",
        "latitude": "51.5",
        "modes": "tube;dlr",
    }
    assert store.records[tfl.FILE].changed == "2 stations of 4 stop points, as a table"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"stops": []}, "lists no stop points"),
        ({"stopPoints": [{"id": 1, "name": "x"}]}, "lacks commonName, lon, lat, modes, stopType"),
        ({"stopPoints": [_point(1, "Platform")]}, "lists no station"),
    ],
)
def test_stations_in_another_form_are_an_error(store, publisher_at, officials, answer, says):
    officials.pages[STATIONS] = lambda _: answer
    with pytest.raises(FetchError, match=says):
        tfl.fetch(publisher_at("tfl"), store, Wanted())


@pytest.fixture
def nomis(officials, publisher_at):
    officials.files[BULK] = zip_of({"census2021-ts001-lsoa.csv": RESIDENTS, "census2021-ts001-ltla.csv": RESIDENTS})
    officials.files[WARDS] = b'"GEOGRAPHY_CODE","GEOGRAPHY_NAME","OBS_VALUE"\n"E05000001","Camley",12000\n'
    return publisher_at("census")


def test_residents_of_all_layers_have_the_same_columns(store, nomis):
    census.fetch(nomis, store, Wanted())
    for name in (*census.BULK, census.WARDS):
        with (store.folder / name).open(newline="") as file:
            assert {census.CODE, census.RESIDENTS} <= set(next(csv.DictReader(file)))


def test_residents_come_page_by_page(store, nomis, officials, monkeypatch):
    monkeypatch.setattr(census, "PAGE", 2)
    rows = [f"E0500000{number},W,{number}\n" for number in range(4)]
    header = "GEOGRAPHY_CODE,GEOGRAPHY_NAME,OBS_VALUE\n"
    path = WARDS.rpartition("?")[2]
    query = (
        "date=latest&geography=TYPE153&c2021_restype_3=0&measures=20100&select=geography_code,geography_name,obs_value"
    )
    del officials.files[path]
    for start, text in ((0, header + "".join(rows[:2])), (2, header + "".join(rows[2:])), (4, "")):
        officials.files[f"{WARDS}?{query}&recordoffset={start}&recordlimit=2"] = text.encode()
    census.fetch(nomis, store, Wanted())
    lines = (store.folder / census.WARDS).read_text().splitlines()
    assert lines[1:] == [f"E0500000{number},{number}" for number in range(4)]
    assert len(store.records[census.WARDS].origins) == 2


def test_residents_that_are_there_are_only_asked_about(store, nomis, officials):
    census.fetch(nomis, store, Wanted())
    census.fetch(nomis, store, Wanted())
    assert "If-None-Match" in officials.asked_for(BULK)[-1].headers


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        (BULK, zip_of({"census2021-ts001-lsoa.csv": RESIDENTS}), "lacks census2021-ts001-ltla.csv"),
        (
            BULK,
            zip_of({f"census2021-ts001-{layer}.csv": b"a,b\n1,2\n" for layer in ("lsoa", "ltla")}),
            "lacks geography code",
        ),
        (WARDS, b"CODE,VALUE\nE05,1\n", "lacks GEOGRAPHY_CODE"),
        (WARDS, b"GEOGRAPHY_CODE,OBS_VALUE\n", "sends no rows"),
        (WARDS, b"", "lacks GEOGRAPHY_CODE"),
    ],
)
def test_residents_in_another_form_are_an_error(store, nomis, officials, path, content, says):
    officials.files[path] = content
    with pytest.raises(FetchError, match=says):
        census.fetch(nomis, store, Wanted())


def test_a_table_that_is_packed_too_well_is_not_unpacked(store, nomis, officials, monkeypatch):
    monkeypatch.setattr(census, "LARGEST_TABLE", 1_000_000)
    bomb = {f"census2021-ts001-{layer}.csv": b"0" * 2_000_000 for layer in ("lsoa", "ltla")}
    officials.files[BULK] = zip_of(bomb)
    with pytest.raises(FetchError, match="too large to be true"):
        census.fetch(nomis, store, Wanted())


def test_deprivation_is_kept_as_published(store, publisher_at, officials):
    officials.files[FILE_7] = b"LSOA code (2021),LSOA name (2021),Index of Multiple Deprivation (IMD) Score\nE01,x,1\n"
    deprivation.fetch(publisher_at("deprivation"), store, Wanted())
    assert store.known(deprivation.FILE)


def _resource(name: str, form: str, host: str = "https://data.london.gov.uk") -> dict:
    return {"title": name, "format": form, "url": f"{host}/download/recorded_crime_summary/1234/{name}"}


@pytest.fixture
def datastore(officials, publisher_at):
    officials.pages[DATASET] = lambda _: {
        "title": "MPS Recorded Crime",
        "licence": "ogl-v3",
        "resources": {
            "a": _resource("MPS%20Ward%20Level%20Crime%20(most%20recent).csv", "csv"),
            "b": _resource("notes.pdf", "pdf"),
            "c": _resource("borough.csv", "CSV"),
        },
    }
    folder = "/data.london.gov.uk/download/recorded_crime_summary/1234"
    officials.files[f"{folder}/MPS%20Ward%20Level%20Crime%20(most%20recent).csv"] = b"WardCode,202501\nE05,1\n"
    officials.files[f"{folder}/borough.csv"] = b"Borough,202501\nCamden,1\n"
    officials.files[f"{folder}/notes.pdf"] = b"%PDF"
    return publisher_at("london_datastore")


def test_a_data_set_comes_with_its_files_of_the_wanted_formats(store, datastore):
    london_datastore.fetch(datastore, store, Wanted())
    folder = store.folder / "datastore" / "recorded_crime_summary"
    assert sorted(path.name for path in folder.iterdir()) == [
        "MPS-20Ward-20Level-20Crime-20-most-20recent-.csv",
        "borough.csv",
    ]
    london_datastore.fetch(datastore, store, Wanted(formats=()))
    assert (folder / "notes.pdf").exists()
    assert store.records["datastore/recorded_crime_summary/borough.csv"].about["licence"] == "ogl-v3"


def test_a_data_set_without_the_format_is_an_error_with_those_it_has(store, datastore):
    with pytest.raises(FetchError, match=r"no xlsx file\. Use --formats; it has csv, pdf"):
        london_datastore.fetch(datastore, store, Wanted(formats=("xlsx",)))


def test_a_data_set_that_is_not_there_is_an_error(store, publisher_at):
    with pytest.raises(FetchError, match=r"nothing at .*/api/dataset/nowhere"):
        london_datastore.fetch(publisher_at("london_datastore"), store, Wanted(datasets=("nowhere",)))


def test_a_data_set_in_another_form_is_an_error(store, publisher_at, officials):
    officials.pages[DATASET] = lambda _: {"resources": ["a"]}
    with pytest.raises(FetchError, match="lists no resources"):
        london_datastore.fetch(publisher_at("london_datastore"), store, Wanted())


def test_a_web_page_in_place_of_a_table_is_an_error(store, publisher_at, officials):
    officials.files[NODES] = b"<!DOCTYPE html><title>Blocked</title>"
    with pytest.raises(FetchError, match="a web page: a proxy may have answered"):
        naptan.fetch(publisher_at("naptan"), store, Wanted())
