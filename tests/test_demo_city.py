"""Doggerland is what it says: official layouts, real oddities in exact numbers, and a truth that its files agree with."""

import csv
import gzip
import hashlib
import json
import tomllib
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from geo_safety.audit_places import candidate_places
from geo_safety.boundaries import Study
from geo_safety.context import read_wanted
from geo_safety.demo_city import make_demo_city
from geo_safety.errors import OutputError
from geo_safety.products import ContextTable
from geo_safety.products.wsa_shortlist import CONTEXT, space_of
from geo_safety.settings import read_settings
from geo_safety.shapes import EqualArea

COLUMNS = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
CATEGORY = {"violence": "Violence and sexual offences", "robbery": "Robbery", "asb": "Anti-social behaviour"}
LAST_YEAR = [f"2025-{month:02d}" for month in range(1, 13)]


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    return make_demo_city(tmp_path_factory.mktemp("doggerland")).parent


@pytest.fixture(scope="module")
def truth(city):
    return json.loads((city / "truth.json").read_text())


@pytest.fixture(scope="module")
def cells(city):
    return pd.read_csv(city / "truth_cells.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def rows(city):
    """Every row of both forces' street files, with its folder, force and, where it has coordinates, its cell."""
    paths = sorted([*city.glob("police-uk/*/*-street.csv"), *city.glob("resupplied/*/*-street.csv")])
    parts = [
        pd.read_csv(path, dtype=str, keep_default_na=False).assign(
            folder=path.parts[-3], force="btp" if "btp" in path.name else "city"
        )
        for path in paths
    ]
    table = pd.concat(parts, ignore_index=True)
    points = table[["Longitude", "Latitude"]].drop_duplicates()
    numbers = points.apply(pd.to_numeric, errors="coerce").dropna()
    points = points.loc[numbers.index].assign(
        cell=[h3.latlng_to_cell(lat, lon, 9) for lon, lat in numbers.to_numpy()],
        inside=shapely.contains_xy(outline_of(city), numbers.to_numpy()),
    )
    table = table.merge(points, how="left")
    return table.assign(inside=table["inside"].eq(True))  # a row without a place is outside


@pytest.fixture(scope="module")
def published(rows, truth):
    """Incidents of the city force as a reader should keep them: one row a Crime ID, no first supply."""
    first_supply = (rows.folder == "police-uk") & (rows.Month == truth["oddities"]["resupplied"])
    kept = rows[(rows.force == "city") & ~first_supply & rows.cell.notna()]
    return kept[(kept["Crime ID"] == "") | ~kept.duplicated(["Month", "Crime ID"])]


def shapes_of(city, layer):
    features = json.loads((city / "boundaries" / f"{layer}.geojson").read_text())["features"]
    return [feature["properties"] for feature in features], [
        shapely.geometry.shape(feature["geometry"]) for feature in features
    ]


def outline_of(city):
    return shapes_of(city, "outline")[1][0]


def digests(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_same_seed_gives_the_same_bytes_and_another_seed_another_city(tmp_path):
    once = make_demo_city(tmp_path / "once", seed=5, months=24).parent
    other = make_demo_city(tmp_path / "other", seed=6, months=25).parent
    ours, theirs = (json.loads((folder / "truth.json").read_text())["places"] for folder in (once, other))
    recipe = ("kind", "themes", "ratio", "rings")
    assert [[place[key] for key in recipe] for place in ours] == [[place[key] for key in recipe] for place in theirs]
    assert len({place["centre"] for place in ours} & {place["centre"] for place in theirs}) < 5
    assert not set(digests(once).values()) & set(digests(other).values())
    (other / "truth.json").unlink()  # as if interrupted: the next city replaces it whole
    make_demo_city(other, seed=5, months=24)
    assert digests(other) == digests(once)


def test_nobody_elses_data_is_replaced(tmp_path):
    mine = tmp_path / "police-uk" / "mine.csv"
    mine.parent.mkdir()
    mine.write_text("my own")
    with pytest.raises(OutputError, match="Choose a new or empty folder"):
        make_demo_city(tmp_path)
    assert mine.read_text() == "my own"
    with pytest.raises(OutputError, match="at least 24 months"):
        make_demo_city(tmp_path / "short", months=23)


def test_configuration_is_read_without_a_problem(city):
    settings = read_settings(city / "demo.toml")
    assert settings.name == "Doggerland"
    assert settings.themes == ("violence", "robbery", "asb", "transport", "vawg_ps", "road_harm")
    assert [(feed.name, feed.role) for feed in settings.feeds] == [
        ("police.uk city", "primary"),
        ("police.uk transport", "primary"),
        ("Collisions", "primary"),
        ("Ward counts", "second"),
    ]
    written = tomllib.loads((city / "demo.toml").read_text())
    entries = [*written["sources"], *written["boundaries"], *written["context"]]
    paths = [path for entry in entries for path in np.atleast_1d(entry["path"])]
    assert all((city / path).exists() for path in [*paths, written["study"]["outline"]])
    assert "truth" not in (city / "demo.toml").read_text(), "the pipeline must not know the truth"


def test_no_other_code_knows_the_truth(project_root):
    modules = [*project_root.glob("geo_safety/**/*.py"), *project_root.glob("api/**/*.py")]
    others = [path for path in modules if "demo_city" not in path.parts]
    assert len(others) > 20
    assert not [path for path in others if "truth.json" in path.read_text() or "truth_cells" in path.read_text()]


def test_context_columns_exist(city):
    for entry in tomllib.loads((city / "demo.toml").read_text())["context"]:
        path = city / entry["path"]
        if path.suffix == ".csv":
            names = set(pd.read_csv(path).columns)
        else:
            names = set(json.loads(path.read_text())["features"][0]["properties"])
        assert set(entry["columns"].values()) <= names


def test_street_files_have_the_official_layout(city, rows):
    files = sorted(city.glob("police-uk/*/*-street.csv"))
    assert len(files) == 2 * 84 - 1
    for path in files:
        text = path.read_bytes()
        assert text.isascii()
        assert text.endswith(b"\n")
        assert text.splitlines()[0].decode() == COLUMNS
        assert path.name.startswith(path.parent.name)
    assert rows["Crime type"].nunique() == 14
    assert 800_000 < len(rows) < 1_000_000
    assert (rows.Context == "").all()
    located = rows[rows.cell.notna()]
    assert located.Longitude.str.fullmatch(r"1\.\d{6}").all()
    assert located.Latitude.str.fullmatch(r"54\.\d{6}").all()
    assert located.groupby("Location").size().gt(1).mean() > 0.9


def test_incidents_are_as_sparse_as_in_london(cells):
    per_cell = cells.groupby("theme").expected.mean()
    assert 12 < per_cell["violence"] < 15
    assert 12 < per_cell["asb"] < 15
    assert 1.8 < per_cell["robbery"] < 2.2
    assert 3_400 < cells.zone_id.nunique() < 3_800


def test_files_hold_the_oddities_of_real_ones(city, rows, truth):
    odd = truth["oddities"]
    city_files = {path.parent.name for path in city.glob("police-uk/*/*-doggerland-street.csv")}
    months = {path.name for path in (city / "police-uk").iterdir()}
    assert months - city_files == {odd["gap"]}
    absent = rows[(rows.force == "city") & (rows["Crime type"] == CATEGORY["asb"])].Month.unique()
    assert city_files - set(absent) == {odd["category_gap"]}
    assert max(odd["gap"], odd["category_gap"]) < "2025-01", "no gap may fall in the newest window"
    line_ends = {b"\r\n" in path.read_bytes() for path in city.glob("police-uk/*/*-street.csv")}
    assert line_ends == {True, False}
    kinds = {path.name[8:] for path in city.glob(f"police-uk/{odd['other_kinds']}/*")}
    assert {"doggerland-outcomes.csv", "doggerland-stop-and-search.csv"} <= kinds


def test_rows_without_id_repeat_honestly_and_shared_ids_are_one_crime(rows):
    no_id = rows[rows["Crime ID"] == ""]
    assert (no_id["Last outcome category"] == "").all()
    assert set(no_id[no_id.cell.notna() & (no_id.force == "city")]["Crime type"]) == {CATEGORY["asb"]}
    transport = rows[rows.force == "btp"]
    assert (transport["Crime ID"] == "").all()
    assert transport.duplicated(list(transport.columns)).mean() > 0.3
    with_id = rows[(rows["Crime ID"] != "") & (rows.folder == "police-uk")]
    twice = with_id[with_id.duplicated(["Month", "Crime ID"], keep=False)].groupby(["Month", "Crime ID"])
    assert (twice.size() == 2).all()
    assert (twice[["Longitude", "Latitude", "Crime type", "LSOA code"]].nunique() < 2).all(axis=None)
    assert 0.5 < (twice["Last outcome category"].nunique() == 2).mean() < 0.75
    assert with_id.groupby("Crime ID").Month.nunique().max() == 1


def test_rows_without_coordinates_have_no_place_at_all(rows):
    empty = rows[rows.Longitude == ""]
    assert (empty.Location == "No Location").all()
    assert (empty[["Latitude", "LSOA code", "LSOA name"]] == "").all(axis=None)
    share = rows[rows.force == "city"].groupby("Crime type").Longitude.agg(lambda column: (column == "").mean())
    assert 0.055 < share[CATEGORY["violence"]] < 0.065
    assert (share.between(0.01, 0.07)).all()
    assert (rows[rows.force == "btp"].Longitude != "").all()


def test_resupplied_month_holds_more_rows_with_revised_outcomes(rows, truth):
    month = rows[(rows.Month == truth["oddities"]["resupplied"]) & (rows.force == "city")]
    first, second = month[month.folder == "police-uk"], month[month.folder == "resupplied"]
    assert set(rows[rows.folder == "resupplied"].Month) == {truth["oddities"]["resupplied"]}
    assert 0.92 < len(first) / len(second) < 0.96
    both = first[first["Crime ID"] != ""].merge(second.drop_duplicates("Crime ID"), on="Crime ID")
    assert len(both) == (first["Crime ID"] != "").sum()
    assert (both.Longitude_x == both.Longitude_y).all()
    assert (both["Last outcome category_x"] != both["Last outcome category_y"]).mean() > 0.5


def test_accounting_is_what_a_plain_recount_gives(rows, truth):
    for force, feed in (("city", "police.uk city"), ("btp", "police.uk transport")):
        left = rows[rows.force == force]
        found = {"rows_read": len(left)}

        def take(bucket, condition, found=found):
            nonlocal left
            found[bucket] = int(condition.sum())
            left = left[~condition]

        resupplied = left.Month == truth["oddities"]["resupplied"]
        take("superseded", resupplied & (left.folder == "police-uk") & (force == "city"))
        take("quarantined", left.cell.isna() & (left.Longitude != ""))
        take("repeated", (left["Crime ID"] != "") & left.duplicated(["Month", "Crime ID"]))
        take("unlocated", left.Longitude == "")
        take("outside", ~left.inside.astype(bool))
        found["accepted"] = len(left)
        assert found == truth["accounting"][feed]
        assert sum(found.values()) == 2 * found["rows_read"]


def test_zones_tile_each_other_and_leave_out_the_river(city):
    outline = outline_of(city)
    tiles = {layer: shapes_of(city, layer) for layer in ("lsoas", "wards", "boroughs")}
    assert [len(shapes) for _, shapes in tiles.values()] == [480, 120, 8]
    assert all(shape.is_valid and not shape.is_empty for _, shapes in tiles.values() for shape in shapes)
    for (inner, parts), (outer, wholes), code in (
        (tiles["lsoas"], tiles["wards"], "ward_code"),
        (tiles["wards"], tiles["boroughs"], "borough_code"),
    ):
        assert sum(part.area for part in parts) == pytest.approx(sum(whole.area for whole in wholes), rel=1e-9)
        for about, whole in zip(outer, wholes, strict=True):
            mine = [part for part, it in zip(parts, inner, strict=True) if it[code] == about[code]]
            assert shapely.union_all(mine).symmetric_difference(whole).area < 1e-12
    dry = shapely.union_all(tiles["boroughs"][1])
    assert dry.difference(outline.buffer(2e-6)).area < 1e-12
    assert 0.005 < 1 - dry.area / outline.area < 0.05, "the river is about two per cent of the city"
    assert outline.is_valid
    assert len(outline.geoms) == 2, "mainland and island"


def test_city_lies_at_sea_inside_the_british_national_grid(city):
    west, south, east, north = outline_of(city).bounds
    area = pyproj.CRS("EPSG:27700").area_of_use
    assert max(1.4, area.west) < west < east < min(2.0, area.east)
    assert max(54.5, area.south) < south < north < min(54.9, area.north)


def test_points_on_bridges_lie_in_a_cell_but_in_no_ward(city, rows, cells):
    on_bridge = rows[rows.Location.str.endswith(" Bridge")]
    assert len(on_bridge) > 100
    points = on_bridge[["Longitude", "Latitude"]].drop_duplicates().astype(float).to_numpy()
    wards = shapely.union_all(shapes_of(city, "wards")[1])
    assert len(points) == 12
    assert not shapely.intersects_xy(wards, points).any()
    assert shapely.contains_xy(outline_of(city), points).all()
    assert set(on_bridge.cell) <= set(cells.zone_id)


def test_cells_are_all_that_touch_the_outline(city, cells):
    outline = h3.geo_to_h3shape(outline_of(city))
    assert set(cells.zone_id) == set(h3.h3shape_to_cells_experimental(outline, 9, contain="overlap"))
    assert (cells.groupby("zone_id").size() == 6).all()


def test_some_ward_names_are_shared_across_boroughs_but_never_within_one(city):
    wards = pd.DataFrame(shapes_of(city, "wards")[0])
    assert wards.ward_name.duplicated().sum() == 4
    assert not wards.duplicated(["borough_code", "ward_name"]).any()
    assert wards.ward_code.is_unique
    assert not wards.ward_code.str.match(r"[EWSN]\d").any(), "no code may look official"


def test_no_name_belongs_to_london(city, shared_data):
    with gzip.open(shared_data / "boundaries" / "wards_2022_london_bgc.geojson.gz", "rt") as file:
        properties = [feature["properties"] for feature in json.load(file)["features"]]
    real = {about["WD22NM"] for about in properties} | {about["LAD22NM"] for about in properties}
    with (shared_data / "context" / "transport" / "tfl_stations_naptan_2026.csv").open(encoding="utf-8") as file:
        real |= {row["name"].removesuffix(" Station") for row in csv.DictReader(file)}
    ours = {about["ward_name"] for about in shapes_of(city, "wards")[0]}
    ours |= {about["borough_name"] for about in shapes_of(city, "boroughs")[0]}
    ours |= set(pd.read_csv(city / "context" / "stations.csv").name)
    assert len(ours) > 130
    assert not ours & real


def test_stations_have_footfall_and_lie_on_lines(city, rows):
    stations = pd.read_csv(city / "context" / "stations.csv")
    assert 40 < len(stations) < 70
    assert stations.name.is_unique
    assert stations.entries.min() > 10_000
    assert (stations.exits / stations.entries).between(0.9, 1.1).all()
    lines = json.loads((city / "context" / "lines.geojson").read_text())["features"]
    on_lines = {tuple(point) for line in lines for point in line["geometry"]["coordinates"]}
    assert on_lines == set(zip(stations.longitude, stations.latitude, strict=True))
    transport = rows[rows.force == "btp"][["Longitude", "Latitude"]].astype(float)
    assert set(transport.itertuples(index=False, name=None)) <= on_lines


def test_places_to_walk_can_be_made_of_the_context_and_none_was_planted(city, truth):
    settings = read_settings(city / "demo.toml")
    tables: dict[str, tuple[ContextTable, ...]] = {}
    for entry in settings.context:
        if (wanted := CONTEXT.get(entry.kind)) is not None:
            frame = read_wanted(
                entry, wanted.columns, optional=wanted.optional, placed=wanted.placed, drawn=wanted.drawn
            )
            tables[entry.kind] = (*tables.get(entry.kind, ()), ContextTable(entry.kind, entry.path.name, frame))
    middle = shapely.centroid(outline_of(city))
    study = Study("Doggerland", outline_of(city), 300.0, EqualArea(middle.x, middle.y))
    places = candidate_places(space_of(tables), study)
    assert {"station approach", "high street", "park edge", "estate path"} <= set(places["type"])
    assert len(places) > 60
    boroughs = {about["borough_code"] for about in shapes_of(city, "boroughs")[0]}
    assert set() < set(settings.products.wsa.inner) < boroughs
    kinds = set(pd.read_csv(city / "context" / "places.csv").kind)
    assert {"clinic", "school", "hostel"} <= kinds  # which make no place
    assert not any("walk" in json.dumps(place) for place in truth["places"])


def test_collisions_have_the_stats19_layout(city, cells):
    collisions = pd.read_csv(city / "collisions" / "collisions.csv")
    assert {"accident_index", "longitude", "latitude", "accident_severity", "date", "time"} <= set(collisions.columns)
    assert collisions.accident_index.is_unique
    dates = pd.to_datetime(collisions.date, format="%Y/%m/%d")
    assert (dates.min(), dates.max()) == (pd.Timestamp("2023-01-01"), pd.Timestamp("2025-12-31"))
    assert dates.is_monotonic_increasing
    assert collisions.time.str.fullmatch(r"[0-2]\d:[0-5]\d").all()
    assert set(collisions.accident_severity) == {"Slight", "Serious", "Fatal"}
    expected = cells[cells.theme == "road_harm"].expected.sum()
    assert (dates.dt.year == 2025).sum() == pytest.approx(expected, abs=4 * np.sqrt(1.2 * expected))


def test_ward_counts_agree_with_the_street_files(city, published, truth):
    counts = pd.read_csv(city / "ward-counts" / "ward-counts.csv")
    months = [name for name in counts.columns if name.isdigit()]
    assert list(counts.columns[:5]) == ["wardname", "wardcode", "majortext", "minortext", "lookup_boroughname"]
    assert len(months) == 84
    assert set(counts.wardcode) == {about["ward_code"] for about in shapes_of(city, "wards")[0]}
    robbery = counts[counts.majortext == "ROBBERY"][months].sum()
    mine = published[(published["Crime type"] == "Robbery") & published.inside.astype(bool)]
    street = mine.groupby("Month").size().rename(lambda month: month.replace("-", ""))
    assert (robbery[street.index] == street).all()
    assert robbery[truth["oddities"]["gap"].replace("-", "")] > 300, "the second source has no gap there"
    twice = counts[counts.duplicated(["wardcode", "majortext", "minortext"], keep=False)]
    assert len(set(twice.wardcode)) == 1
    assert set(twice.lookup_boroughname) > {"Harbour Security (HS1)"}


def test_planted_places_hold_what_the_truth_says(published, truth):
    """Counts of the newest year lie within the noise that the truth states: 4 standard deviations in each place."""
    year = published[published.Month.isin(LAST_YEAR)]
    judged = 0
    for place in truth["places"]:
        inside = year[year.cell.isin(place["cells"])]
        for theme, expected in place["expected_last_year"].items():
            if theme in CATEGORY:
                counted = (inside["Crime type"] == CATEGORY[theme]).sum()
                spread = np.sqrt(truth["dispersion"][CATEGORY[theme]] * expected)
                assert abs(counted - expected) < 4 * spread, (place["place_id"], theme)
                judged += 1
    assert judged == 48


def test_every_cell_agrees_with_the_truth_on_average(published, cells, truth):
    year = published[published.Month.isin(LAST_YEAR)]
    for theme, category in CATEGORY.items():
        expected = cells[cells.theme == theme].set_index("zone_id").expected
        counted = year[year["Crime type"] == category].groupby("cell").size().reindex(expected.index, fill_value=0)
        busy = expected > 1
        noise = ((counted - expected) ** 2 / expected)[busy].mean()
        assert noise == pytest.approx(truth["dispersion"][category], abs=0.25), theme
        assert counted.sum() == pytest.approx(expected.sum(), rel=0.03)
        assert (counted[expected == 0] == 0).all(), "nothing happens where nothing is expected"


def test_kinds_are_what_they_are_called(truth):
    kinds = {}
    for place in truth["places"]:
        kinds.setdefault(place["kind"], []).append(place)
    assert set(kinds) == {
        *("persistent", "intensifying", "diminishing", "new", "consecutive", "sporadic", "historical"),
        *("near_miss", "busy", "venue", "spike"),
    }
    ratios = {
        kind: [r for place in held for r in place["neighbourhood_ratio"].values()] for kind, held in kinds.items()
    }
    for kind in ("persistent", "intensifying", "diminishing", "new", "consecutive", "sporadic", "venue", "spike"):
        assert min(ratios[kind]) > 3, kind
    assert 1.9 < min(ratios["near_miss"]) < max(ratios["near_miss"]) < 2.75
    assert 1.4 < min(ratios["busy"]) < max(ratios["busy"]) < 2
    assert max(ratios["historical"]) < 3
    assert max(r for held in ratios.values() for r in held) <= 8
    assert all(len(place["active_months"]) == 6 for place in kinds["new"])
    assert any(place["crosses_border"] for place in kinds["persistent"])


def test_true_hotspots_are_the_planted_ones_and_their_rim(cells):
    judged = cells[cells.theme.isin(CATEGORY)]
    for theme, mine in judged.groupby("theme"):
        place_of = mine.set_index("zone_id").place
        hot = mine[mine.is_hot]
        assert 0.025 < len(hot) / len(mine) < 0.055, theme
        for cell in hot.zone_id:
            assert any(place_of.get(near) for near in h3.grid_disk(cell, 1)), "a hotspot that nobody planted"
        far = [all(not place_of.get(near) for near in h3.grid_disk(cell, 1)) for cell in mine.zone_id]
        assert mine[far].neighbourhood_ratio.max() < 2.2


def test_truth_of_neighbourhoods_is_the_sum_over_the_ring(cells):
    theme = cells[cells.theme == "robbery"].set_index("zone_id")
    for cell in theme.index[::173]:
        ring = [near for near in h3.grid_disk(cell, 1) if near in theme.index]
        total = theme.expected[ring].sum()
        row = theme.loc[cell]
        assert row.neighbourhood_cells == len(ring)
        assert row.neighbourhood_expected == pytest.approx(total, abs=1e-4)
        assert row.neighbourhood_ratio == pytest.approx(total / len(ring) / theme.expected.mean(), abs=1e-4)


def test_venue_and_spike_are_one_point_or_one_month(published, truth):
    for place in truth["places"]:
        if place["kind"] not in ("venue", "spike"):
            continue
        (theme,) = place["themes"]
        around = published[
            published.cell.isin(h3.grid_disk(place["centre"], 1)) & (published["Crime type"] == CATEGORY[theme])
        ]
        year = around[around.Month.isin(LAST_YEAR)]
        longitude, latitude = place["point"]
        at_point = (year.Longitude == f"{longitude:.6f}") & (year.Latitude == f"{latitude:.6f}")
        if place["kind"] == "spike":
            (month,) = place["months_at_point"]
            assert (year.Month == month).mean() > 0.25
            assert at_point[year.Month == month].mean() > 0.6
            assert len(year[year.Month != month]) < 3 * len(year) / place["neighbourhood_ratio"][theme]
        else:
            assert at_point.mean() > 0.5
            assert year.groupby("Month").size().max() / len(year) < 0.2


def test_steps_follow_the_planted_months(cells, truth):
    by_cell = cells.set_index(["theme", "zone_id"])
    for place in truth["places"]:
        for theme in set(place["themes"]) & set(CATEGORY):
            row = by_cell.loc[(theme, place["centre"])]
            share = row.steps_hot / row.steps
            assert row.steps == 25
            assert row.place == place["place_id"]
            match place["kind"]:
                case "persistent" | "intensifying" | "diminishing" | "venue":
                    assert share == 1
                case "new":
                    assert row.steps_hot == 1
                case "consecutive" | "sporadic":
                    assert 0.1 < share < 0.9
                    assert row.is_hot
                case "historical":
                    assert share > 0.9
                    assert not row.is_hot
                case "near_miss" | "busy":
                    assert row.steps_hot == 0


def test_places_are_drawn_as_shapes(city, truth):
    features = json.loads((city / "truth.geojson").read_text())["features"]
    assert [feature["id"] for feature in features] == [place["place_id"] for place in truth["places"]]
    for feature, place in zip(features, truth["places"], strict=True):
        latitude, longitude = h3.cell_to_latlng(place["centre"])
        assert shapely.contains_xy(shapely.geometry.shape(feature["geometry"]), longitude, latitude)
