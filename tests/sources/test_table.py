"""Tables with a column map: every format, oddities of other cities, and what cannot be used."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from geo_safety.accounts import total
from geo_safety.errors import ConfigError, SourceError
from geo_safety.incidents import read_feed

HEADER = "when,lon,lat,what\n"
ONE_LABEL = {"Homicide": ("violence",)}


def rows_of(feed) -> list[tuple]:
    """(longitude, latitude, month, category, weight) of every row, as a reader of the file would write them."""
    rows = feed.incidents
    months = rows.month.astype("datetime64[M]").astype(str)
    places = [
        (None, None) if at < 0 else (round(rows.longitude[at], 4), round(rows.latitude[at], 4)) for at in rows.location
    ]
    return [
        (*place, month, rows.categories[code], weight)
        for place, month, code, weight in zip(places, months, rows.category, rows.weight.tolist(), strict=True)
    ]


def test_columns_are_taken_by_their_map(write_file, table):
    text = "what,n,lat,extra,lon,when\nRobbery,3,51.5,x,-0.1,2020-05\nDrugs,1,51.6,y,-0.2,2020-06\n"
    columns = {"longitude": "lon", "latitude": "lat", "time": "when", "category": "what", "weight": "n"}
    feed = read_feed(table(write_file("a.csv", text), columns=columns))
    assert rows_of(feed) == [(-0.1, 51.5, "2020-05", "Robbery", 3), (-0.2, 51.6, "2020-06", "Drugs", 1)]
    assert feed.incidents.date is None
    assert feed.accounts[0].incidents == 4


def test_semicolons_and_decimal_commas(write_file, table):
    text = 'when;lon;lat;what\n2020-05;"-75,5";6,25;Robbery\n'
    assert rows_of(read_feed(table(write_file("a.csv", text), decimal=",", delimiter=";"))) == [
        (-75.5, 6.25, "2020-05", "Robbery", 1)
    ]


def test_national_grid_coordinates_become_degrees(write_file, table):
    # The official example of the Ordnance Survey: Caister water tower is 1.716 E, 52.658 N.
    text = "when,lon,lat,what\n2020-05,651409.903,313177.270,Robbery\n"
    (row,) = rows_of(read_feed(table(write_file("a.csv", text), crs="EPSG:27700")))
    assert row[:2] == pytest.approx((1.7160, 52.6580), abs=2e-4)


def test_a_date_in_three_columns(write_file, table):
    text = "y,m,d,lon,lat,what\n2020,1,31,-0.1,51.5,Robbery\n2019,12,9,-0.1,51.5,Robbery\n2020,2,30,-0.1,51.5,Robbery\n"
    columns = {"year": "y", "month": "m", "day": "d", "longitude": "lon", "latitude": "lat", "category": "what"}
    feed = read_feed(table(write_file("a.csv", text), columns=columns))
    assert feed.incidents.date.astype("datetime64[D]").astype(str).tolist() == ["2020-01-31", "2019-12-09"]
    assert feed.quarantine.row.tolist() == [3]


def test_a_year_and_a_month_column(write_file, table):
    columns = {"year": "y", "month": "m", "longitude": "lon", "latitude": "lat", "category": "what"}
    feed = read_feed(table(write_file("a.csv", "y,m,lon,lat,what\n2020,1,-0.1,51.5,Robbery\n"), columns=columns))
    assert rows_of(feed)[0][2] == "2020-01"


def test_hour_and_minute_columns_make_the_time_exact(write_file, table):
    text = "y,m,d,h,n,lon,lat,what\n2020,1,31,23,5,-0.1,51.5,Robbery\n2020,1,31,24,0,-0.1,51.5,Robbery\n"
    split = {"year": "y", "month": "m", "day": "d", "hour": "h", "minute": "n"}
    columns = {**split, "longitude": "lon", "latitude": "lat", "category": "what"}
    feed = read_feed(table(write_file("a.csv", text), columns=columns))
    assert feed.incidents.date.astype(str).tolist() == ["2020-01-31T23:05"]
    assert feed.quarantine.row.tolist() == [2]


def test_a_time_of_day_in_a_column_of_its_own(write_file, table):
    text = "when,clock,lon,lat,what\n31/01/2020,23:05,-0.1,51.5,Robbery\n"
    columns = {"time": "when", "clock": "clock", "longitude": "lon", "latitude": "lat", "category": "what"}
    feed = read_feed(table(write_file("a.csv", text), columns=columns, time_format="%d/%m/%Y %H:%M"))
    assert feed.incidents.date.astype(str).tolist() == ["2020-01-31T23:05"]


def test_a_detail_makes_the_category_finer_and_keeps_its_themes(write_file, table):
    text = (
        "when,lon,lat,what,how\n2020-05,-0.1,51.5,Robbery,knife\n2020-05,-0.1,51.5,Robbery,\n2020-05,-0.1,51.5,,knife\n"
    )
    columns = {"longitude": "lon", "latitude": "lat", "time": "when", "category": "what", "detail": "how"}
    feed = read_feed(table(write_file("a.csv", text), columns=columns))
    codes = feed.incidents.category.tolist()
    assert [feed.incidents.categories[code] for code in codes] == ["Robbery: knife", "Robbery"]
    assert feed.quarantine.reason.tolist() == ["it has no category"]
    assert feed.accounts[0].unused == 0
    whole = read_feed(table(write_file("b.csv", text), columns=columns, labels={"Robbery: knife": ("knife",)}))
    assert (whole.accounts[0].accepted, whole.accounts[0].unused) == (2, 1)


def test_kml_points(write_file, table):
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        '<Schema name="s" id="s"><SimpleField name="when" type="string"/><SimpleField name="what" type="string"/></Schema>'
        '<Placemark><ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="when">2020-05</SimpleData>'
        '<SimpleData name="what">Robbery</SimpleData></SchemaData></ExtendedData>'
        "<Point><coordinates>-0.1,51.5,0</coordinates></Point></Placemark></Document></kml>"
    )
    feed = read_feed(table(write_file("a.kml", text), columns={"time": "when", "category": "what"}))
    assert rows_of(feed) == [(-0.1, 51.5, "2020-05", "Robbery", 1)]


def test_a_feed_of_one_category_needs_no_column_for_it(write_file, table):
    columns = {"longitude": "lon", "latitude": "lat", "time": "when"}
    path = write_file("a.csv", "when,lon,lat\n2020-05,-0.1,51.5\n")
    assert read_feed(table(path, columns=columns, labels=ONE_LABEL)).incidents.categories == ("Homicide",)
    stated = read_feed(table(path, columns=columns, category="Robbery"))
    assert stated.incidents.categories == ("Robbery",)
    with pytest.raises(SourceError, match=r"says nothing of the category.*give the feed one label"):
        read_feed(table(path, columns=columns))


TYPED = {
    "lon": [-0.1, -0.2, None],
    "lat": [51.5, 51.6, None],
    "what": ["Robbery", "Drugs", "Drugs"],
}
TYPED_ROWS = [
    (-0.1, 51.5, "2020-05", "Robbery", 1),
    (-0.2, 51.6, "2020-06", "Drugs", 1),
    (None, None, "2020-06", "Drugs", 1),
]


@pytest.mark.parametrize("kind", ["timestamp", "timestamp with zone", "date", "text", "category"])
def test_parquet_of_any_column_types(tmp_path, table, kind):
    times = pa.array(np.array(["2020-05-31T22:30", "2020-06-01T00:00", "2020-06-02T00:00"], dtype="datetime64[us]"))
    when = {
        "timestamp": times,
        "timestamp with zone": times.cast(pa.timestamp("us", "UTC")),
        "date": times.cast(pa.date32(), safe=False),
        "text": pa.array(["2020-05", "2020-06", "2020-06"]),
        "category": pa.array(["2020-05", "2020-06", "2020-06"]).dictionary_encode(),
    }[kind]
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pa.table({"when": when, **TYPED}), path)
    # Half past ten in the evening of May in universal time is still May in London.
    assert rows_of(read_feed(table(path))) == TYPED_ROWS


def test_excel_with_dates_as_dates(tmp_path, table):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["when", "lon", "lat", "what", "n"])
    sheet.append([np.datetime64("2020-05-01", "s").item(), -0.1, 51.5, "Robbery", 2.0])
    sheet.append(["01/06/2020", -0.2, 51.6, "Drugs", 1])
    sheet.append([np.datetime64("2020-06-02", "s").item(), None, None, "Drugs", 1])
    book.save(tmp_path / "a.xlsx")
    columns = {"longitude": "lon", "latitude": "lat", "time": "when", "category": "what", "weight": "n"}
    feed = read_feed(table(tmp_path / "a.xlsx", columns=columns, time_format="%d/%m/%Y"))
    assert [row[:4] for row in rows_of(feed)] == [row[:4] for row in TYPED_ROWS]
    assert feed.incidents.weight.tolist() == [2, 1, 1]


@pytest.mark.parametrize("packing", ["", ".gz", ".zip"])
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_points_of_a_file_with_geometry_in_its_own_system(tmp_path, write_file, table, suffix, packing):
    import geopandas as gpd
    import shapely

    frame = gpd.GeoDataFrame(
        {"when": ["2020-05", "2020-06", "2020-06"], "what": TYPED["what"]},
        geometry=[shapely.Point(-0.1, 51.5), shapely.Point(-0.2, 51.6), None],
        crs="EPSG:4326",
    )
    path = tmp_path / f"a{suffix}"
    frame.to_crs("EPSG:27700" if suffix == ".gpkg" else "EPSG:4326").to_file(path)
    if packing:
        path = write_file(f"b.zip/a{suffix}" if packing == ".zip" else f"b{suffix}.gz", path.read_bytes())
    feed = read_feed(table(path, columns={"time": "when", "category": "what"}))
    assert rows_of(feed) == TYPED_ROWS


def test_shapes_other_than_points_are_refused(write_file, table):
    text = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"when":"2020-05","what":"Robbery"},'
        '"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}]}'
    )
    with pytest.raises(SourceError, match=r"no readable \.geojson file.*not all points"):
        read_feed(table(write_file("a.geojson", text), columns={"time": "when", "category": "what"}))


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx", "a.gpkg", "a.geojson"])
def test_a_file_that_is_not_what_its_name_says_is_refused(write_file, table, name):
    with pytest.raises(SourceError, match=rf"{name} is no readable .*Export it again"):
        read_feed(table(write_file(name, io.BytesIO(b"when,lon,lat,what\n").getvalue())))


BAD_ROWS = {
    "2020-05,,,Robbery": None,  # unlocated
    "2020-05,NA,NA,Robbery": None,
    "2020-05,0,0,Robbery": "its coordinates are 0, 0",
    "2020-05,0.0,-0.00,Robbery": "its coordinates are 0, 0",
    "2020-05,-0.1,,Robbery": "one of its two coordinates is empty",
    "2020-05,nan,51.5,Robbery": "its coordinates are no numbers",
    "2020-05,nan,nan,Robbery": "its coordinates are no numbers",
    "2020-05,north,51.5,Robbery": "its coordinates are no numbers",
    "2020-05,inf,51.5,Robbery": "its coordinates are outside the range of the coordinate system",
    "2020-05,1e99,51.5,Robbery": "its coordinates are outside the range of the coordinate system",
    "2020-05,-0.1,90.5,Robbery": "its coordinates are outside the range of the coordinate system",
    "2020-13,-0.1,51.5,Robbery": "its time cannot be read",
    ",-0.1,51.5,Robbery": "its time cannot be read",
    "2020-05,-0.1,51.5,": "it has no category",
    "2020-05,-0.1,51.5": "it has 3 values where the header has 4",
    "2020-05,-0.1,51.5,Robbery,": "it has 5 values where the header has 4",
}


def test_every_kind_of_bad_row_is_set_aside_with_its_reason_and_text(write_file, table):
    good = "2020-05,-0.1,51.5,Robbery"
    lines = [line for bad in BAD_ROWS for line in (bad, good)]
    feed = read_feed(table(write_file("a.csv", HEADER + "\n".join(lines))))
    found = dict(zip(feed.quarantine.raw, feed.quarantine.reason, strict=True))
    assert found == {row: reason for row, reason in BAD_ROWS.items() if reason}
    assert [lines[row - 1] for row in feed.quarantine.row] == feed.quarantine.raw.tolist()
    account = feed.accounts[0]
    assert (account.accepted, account.unlocated, account.quarantined) == (len(BAD_ROWS), 2, len(found))


def test_coordinates_that_a_projection_does_not_know_are_set_aside(write_file, table):
    text = HEADER + "2020-05,490320,5458606,Robbery\n2020-05,1e15,1e15,Robbery\n"
    feed = read_feed(table(write_file("a.csv", text), crs="EPSG:32610"))
    assert feed.quarantine.reason.tolist() == ["its coordinates are outside the range of the coordinate system"]
    assert len(feed.incidents.longitude) == 1


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        (HEADER + "01/05/2020,-0.1,51.5,Robbery\n", {}, r"none of its 1 rows can be read.*time_format"),
        (HEADER + '2020-05,"-0,1","51,5",Robbery\n', {}, r"coordinates are no numbers.*`decimal`"),
        (HEADER + "2020-05,51.5,-122.4,Robbery\n", {}, r"outside the range.*longitude and latitude are not exchanged"),
        ("when;lon;lat;what\n2020-05;-0.1;51.5;Robbery\n", {"delimiter": ","}, r"set delimiter = ';'"),
        (
            "When,lon,lat,what\n",
            {},
            r"a\.csv has no column 'when' \(time\); its columns are 'When', 'lon', 'lat', 'what'.*perhaps 'When'",
        ),
        (HEADER, {"columns": {"longitude": "lon"}}, r"does not say which column holds latitude, time.*Add for example"),
        (HEADER, {"columns": {"lng": "lon"}}, r"names 'lng', which a table has no use for.*longitude"),
        (HEADER + "2020-05,1,1,Robbery\n", {"crs": "EPSG:0"}, r"no coordinate system 'EPSG:0'.*EPSG:27700"),
        ("", {}, "is empty"),
    ],
    ids=["time format", "decimal comma", "swapped", "separator", "column", "unmapped", "unknown use", "crs", "empty"],
)
def test_wrong_settings_give_one_clear_message(write_file, table, text, settings, message):
    with pytest.raises((SourceError, ConfigError), match=message):
        read_feed(table(write_file("a.csv", text), **settings))


def test_a_folder_of_other_things_is_refused(write_file, table, tmp_path):
    write_file("readme.md", "x")
    with pytest.raises(SourceError, match=r"none of the 1 files is a table.*\.csv"):
        read_feed(table(tmp_path))


def test_a_named_file_is_taken_whatever_its_suffix(write_file, table):
    feed = read_feed(table(write_file("export.dat", HEADER + "2020-05,-0.1,51.5,Robbery\n")))
    assert feed.accounts[0].accepted == 1


def test_a_column_of_ids_is_no_category(write_file, table):
    rows = "\n".join(f"2020-05,-0.1,51.5,{number}" for number in range(40_000))
    with pytest.raises(SourceError, match=r"40,000 different categories.*offence classes"):
        read_feed(table(write_file("a.csv", HEADER + rows)))


# Real files. Figures: their README, and counts made with other tools.


def test_all_of_the_real_london_points(shared_data, table):
    columns = {"longitude": "longitude", "latitude": "latitude", "time": "month", "category": "crime_type"}
    place = shared_data / "incidents/london-points/*.csv.gz"
    feed = read_feed(table(place, columns=columns, time_format="%Y-%m"), workers=2)
    assert total(feed.accounts)["accepted"] == 1_289_978
    assert len(feed.incidents.longitude) == 59_918
    assert feed.presence.has_file.tolist() == [[True] * 24]


def test_the_real_hexagon_counts(shared_data, table):
    columns = {
        "longitude": "longitude", "latitude": "latitude", "time": "month", "category": "crime_type", "weight": "crime_count",
    }  # fmt: skip
    feed = read_feed(table(shared_data / "incidents/london-hex-counts/*.csv.gz", columns=columns), workers=2)
    counted = total(feed.accounts)
    assert (counted["rows_read"], counted["accepted"], counted["incidents"]) == (436_110, 436_110, 785_914)


@pytest.mark.parametrize(
    ("name", "columns", "settings", "rows", "unlocated", "first"),
    [
        ("chicago_aggravated_assaults", {"longitude": "longitude", "latitude": "latitude", "time": "date"},
         {"time_format": "%Y-%m-%d %H:%M"}, 148_636, 0, (-87.6277, 41.7922, "2010-01-01T00:05")),
        ("medellin_homicides", {"longitude": "longitud", "latitude": "latitud", "time": "fecha_hecho"},
         {"decimal": ",", "delimiter": ";", "time_zone": "America/Bogota"}, 9_360, 81, (-75.5699, 6.2572, "2019-04-23T07:30")),
        ("nyc_shootings", {"longitude": "longitude", "latitude": "latitude", "time": "occur_date"},
         {}, 967, 0, (-73.8662, 40.6657, "2019-01-01T00:00")),
        ("san_francisco_robbery", {"longitude": "longitude", "latitude": "latitude", "time": "date_time"},
         {"time_zone": "America/Los_Angeles"}, 951, 0, (-122.4021, 37.7887, "2019-01-01T11:50")),
        ("nottingham_robbery", {"longitude": "longitude", "latitude": "latitude", "time": "month"},
         {}, 555, 0, (-1.0943, 52.9550, "2022-01-01T00:00")),
        ("vancouver_thefts", {"longitude": "X", "latitude": "Y", "year": "YEAR", "month": "MONTH", "day": "DAY"},
         {"crs": "EPSG:32610"}, 21_918, 0, (-123.1331, 49.2801, "2020-01-01T00:00")),
    ],
)  # fmt: skip
def test_real_files_of_other_cities(shared_data, table, name, columns, settings, rows, unlocated, first):
    place = shared_data / f"incidents/foreign/{name}.csv.gz"
    feed = read_feed(table(place, columns=columns, labels=ONE_LABEL, **settings))
    account = feed.accounts[0]
    assert (account.rows_read, account.unlocated, account.quarantined) == (rows, unlocated, 0)
    incidents = feed.incidents
    at = incidents.location[0]
    assert (round(incidents.longitude[at], 4), round(incidents.latitude[at], 4), str(incidents.date[0])) == first


@pytest.mark.parametrize(
    ("longitude", "latitude", "crs"), [("Longitude", "Latitude", "EPSG:4326"), ("Easting", "Northing", "EPSG:27700")]
)
def test_the_real_camden_sample_says_june(shared_data, table, longitude, latitude, crs):
    place = shared_data / "incidents/camden/Police_API_Sample_July_2019.csv.gz"
    columns = {"longitude": longitude, "latitude": latitude, "time": "Epoch", "category": "Category"}
    feed = read_feed(table(place, columns=columns, crs=crs, time_format="%m/%d/%Y %I:%M:%S %p"))
    assert feed.accounts[0].accepted == 4_075
    assert set(feed.incidents.month.astype("datetime64[M]").astype(str)) == {"2019-06"}
    assert feed.incidents.longitude[0] == pytest.approx(-0.1262, abs=1e-4)
