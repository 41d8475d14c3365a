"""From raw files to a release: against a plain recount, on real London, on Doggerland's planted truth."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest

from geo_safety.demo_city import make_demo_city
from geo_safety.errors import ProblemsError
from geo_safety.pipeline import check_config, run
from geo_safety.release import Release

REAL_CONFIGS = ("london-2025", "london-robbery", "london-burglary", "city", "wards-mps")


@pytest.fixture(scope="session")
def real_release(shared_data, tmp_path_factory):
    """A function from a real config's name to its release, made once."""
    made: dict[str, Release] = {}

    def release_of(name: str) -> Release:
        if name not in made:
            made[name] = run(shared_data / f"{name}.toml", tmp_path_factory.mktemp(name), workers=2)
        return made[name]

    return release_of


@pytest.fixture(scope="session")
def doggerland(tmp_path_factory):
    """The demo city's folder and its release."""
    folder = tmp_path_factory.mktemp("doggerland")
    return folder / "city", run(make_demo_city(folder / "city", seed=1), folder / "releases", workers=2)


def counts_of(release: Release, layer: str, theme: str) -> pd.Series:
    table = release.table(layer, theme=theme, access="internal", columns=["zone_id", "incidents"]).to_pandas()
    return table.set_index("zone_id")["incidents"]


def test_counts_of_london_robbery_equal_a_plain_recount(real_release, shared_data):
    release = real_release("london-robbery")
    rows = pd.read_csv(shared_data / "incidents/london-points/robbery.csv.gz")
    rows = rows[rows["month"].between("2019-02", "2020-01")]
    points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["longitude"], rows["latitude"]), crs=4326)
    outline = gpd.read_file(shared_data / "boundaries/greater_london_outline.geojson")
    points = points[points.intersects(outline.geometry.iloc[0])]
    for resolution, n_cells in ((8, 2580), (9, 17342)):
        cells = [h3.latlng_to_cell(y, x, resolution) for x, y in zip(points.geometry.x, points.geometry.y, strict=True)]
        counted = counts_of(release, f"cells-r{resolution}", "robbery")
        assert len(counted) == n_cells
        plain = pd.Series(cells).value_counts().reindex(counted.index, fill_value=0)
        assert counted.to_numpy().tolist() == plain.to_numpy().tolist()
    with gzip.open(shared_data / "boundaries/wards_2020_london_bgc.geojson.gz") as file:
        wards = gpd.GeoDataFrame.from_features(json.load(file), crs=4326)
    joined = points.sjoin(wards[["WD20CD", "geometry"]], predicate="intersects")
    joined = joined[~joined.index.duplicated()]
    counted = counts_of(release, "wards", "robbery")
    assert len(counted) == 657
    plain = joined["WD20CD"].value_counts().reindex(counted.index, fill_value=0)
    assert counted.to_numpy().tolist() == plain.to_numpy().tolist()
    in_no_ward = release.manifest["themes"]["robbery"]["layers"]["wards"]["in_no_zone"]
    assert in_no_ward == len(points) - len(joined) > 0


def test_ward_counts_equal_a_plain_sum_of_the_official_file(real_release, shared_data):
    release = real_release("wards-mps")
    raw = pd.read_csv(shared_data / "incidents/mps-counts/mps-ward-historical.csv.gz")
    months = [name for name in raw.columns if "202303" <= name <= "202402"]
    violent = raw[raw["majortext"].isin(["VIOLENCE AGAINST THE PERSON", "SEXUAL OFFENCES"])]
    plain = violent.groupby("wardcode")[months].sum().sum(axis=1)
    counted = counts_of(release, "wards", "violence")
    assert counted.dropna().astype(int).to_dict() == plain.to_dict()
    # The City of London has a force of its own: its 25 wards are unknown here, not zero.
    assert sorted(counted.index[counted.isna()]) == [f"E0500{number}" for number in range(9288, 9313)]
    boroughs = counts_of(release, "boroughs", "violence")
    assert boroughs.index[boroughs.isna()].tolist() == ["E09000001"]
    assert boroughs.sum() == plain.sum()


def test_london_2025_accounts_for_every_incident(real_release, shared_data):
    release = real_release("london-2025")
    files = sorted((shared_data / "incidents/london-hex-counts").glob("*.csv.gz"))
    everything = sum(pd.read_csv(file)["crime_count"].sum() for file in files)
    assert everything == 785_914
    (feed,) = [source for source in release.manifest["sources"] if source["name"] == "London hex counts"]
    assert everything - sum(file["incidents"] for file in feed["files"]) == 1_632
    in_no_ward = [
        layer["wards"]["in_no_zone"]
        for theme in ("violence", "asb", "robbery")
        for layer in [release.manifest["themes"][theme]["layers"]]
    ]
    assert 0 < sum(in_no_ward) < 1_304  # the rest of the 1,304 are of other categories


def test_gaps_and_zeros_of_the_city_follow_the_rule(real_release):
    release = real_release("city")
    missing = release.manifest["months"]["missing"]["police.uk"]
    gaps_in_files = set(missing["violence"])
    assert set(missing["asb"]) - gaps_in_files == {"2017-05", "2017-07", "2017-08"}
    assert set(missing["robbery"]) == gaps_in_files
    series = release.table("series", theme="robbery", access="internal").to_pandas()
    city = series[series["layer"] == "boroughs"].set_index("month")["incidents"]
    for zero in ("2016-10", "2017-03", "2020-04"):
        assert city[pd.Timestamp(f"{zero}-01").date()] == 0
    assert np.isnan(city[pd.Timestamp("2020-12-01").date()])


@pytest.mark.parametrize("name", REAL_CONFIGS)
def test_every_real_config_runs_unchanged_and_its_accounts_add_up(real_release, name):
    release = real_release(name)
    for source in release.manifest["sources"]:
        for file in source["files"]:
            buckets = ("superseded", "quarantined", "repeated", "unlocated", "outside", "accepted")
            assert file["rows_read"] == sum(file[bucket] for bucket in buckets)
    for theme in release.themes:
        summary = release.manifest["themes"][theme]
        for layer in summary["layers"].values():
            assert (layer["why_no_statistics"] is None) == summary["is_complete"]


def test_fourteen_years_of_wards_have_classes_tiers_and_stability(real_release):
    release = real_release("wards-mps")
    for theme, fewest in (("violence", 75), ("robbery", 55)):
        wards = release.table("wards", theme=theme).to_pandas()
        judged = wards[wards["class"].notna()]
        assert len(judged) == 679  # all but the 25 of the City of London
        assert judged["steps"].unique().tolist() == [52]
        entrenched = judged[judged["is_entrenched"] == True]  # noqa: E712 - null is not listed
        assert len(entrenched) >= fewest
        assert set(entrenched["tier"]) == {"B"}  # no second source beside these counts: never tier A
        assert entrenched["stability"].between(0, 1).all()
        assert (1 - entrenched["entrenched_probability"]).mean() <= 0.05
        assert wards.loc[wards["class"].isna(), "is_entrenched"].isna().all()
    violent = release.table("wards", theme="violence").to_pandas().set_index("name")
    assert {"West End", "Camden Town", "Brixton Windrush", "Fairfield"} <= set(
        violent.index[violent["is_entrenched"] == True]  # noqa: E712
    )


def test_burglary_across_july_2022_needs_the_second_source_on_cells_and_not_on_wards(real_release):
    release = real_release("london-burglary")
    for layer in ("cells-r8", "cells-r9"):
        cells = release.table(layer, theme="burglary", access="internal").to_pandas()
        entrenched = cells[cells["is_entrenched"] == True]  # noqa: E712
        assert len(entrenched) > 30
        assert set(entrenched["confirmed_by"]) == {"MPS ward counts"}
        assert set(entrenched["tier"]) == {"A"}  # 28 quarters and confirmed
        surely = cells["entrenched_probability"] >= 0.95
        assert cells.loc[surely & cells["confirmed_by"].isna(), "is_entrenched"].eq(False).any()
    wards = release.table("wards", theme="burglary", access="internal").to_pandas()
    tiers = wards[wards["is_entrenched"] == True].groupby("tier")["confirmed_by"]  # noqa: E712
    assert tiers.apply(lambda by: by.notna().all()).to_dict() == {"A": True, "B": False}
    assert wards["caution"].str.contains("Recording changed in 2022-07: The anonymous map points were renewed").all()
    assert wards["steps"].dropna().unique().tolist() == [25]


def test_the_city_has_classes_and_names_its_gap_months(real_release):
    release = real_release("city")
    for theme in ("violence", "robbery", "asb"):
        for layer in ("wards", "cells-r8", "cells-r9"):
            zones = release.table(layer, theme=theme).to_pandas()
            assert zones["class"].notna().all()
            assert zones["tier"].isna().all() or set(zones["tier"].dropna()) == {"C"}
            said = zones["caution"].str
            assert said.contains("Years with a gap month are not judged: ").all()
            assert said.contains("2020-12 to 2021-02").all()
            assert said.contains("2022-04 to 2022-06").all()
            # 44 quarters are 41 steps, of which those with a gap month are not judged.
            assert zones["steps"].between(20, 30).all()


@pytest.mark.parametrize("name", ["london-2025", "london-robbery"])
def test_a_series_too_short_for_classes_says_per_theme_how_long_it_must_be(real_release, name):
    release = real_release(name)
    assert len(release.themes) == {"london-2025": 5, "london-robbery": 2}[name]
    for theme in release.themes:
        for layer, summary in release.manifest["themes"][theme]["layers"].items():
            assert "36 months in a row from the start of a quarter" in summary["why_no_classes"]
            zones = release.table(layer, theme=theme, columns=["class", "tier", "is_entrenched", "caution"]).to_pandas()
            assert zones["caution"].str.contains("36 months in a row").all()
            assert zones[["class", "tier", "is_entrenched"]].isna().all(axis=None)


def test_a_series_that_is_too_short_gets_counts_but_no_statistics(real_release):
    table = real_release("london-robbery").table("wards", theme="transport", access="internal").to_pandas()
    assert table["incidents"].sum() > 0
    assert table["probability"].isna().all()
    assert table["caution"].str.contains("Too few months in a row: 9 without a gap, needs 12.", regex=False).all()
    assert table["window_start"].astype(str).unique().tolist() == ["2021-03-01"]


def test_london_robbery_finds_what_londoners_expect_and_not_the_west_end_alone(real_release):
    areas = real_release("london-robbery").table("hotspot-areas", access="internal", theme="robbery").to_pandas()
    names = " ".join(areas["name"])
    # Coldharbour is the ward of central Brixton at that time, Fairfield that of central Croydon.
    for place in ("West End, Westminster", "Camden Town", "Stratford", "Coldharbour", "Tottenham", "Fairfield"):
        assert place in names
    boroughs = set(";".join(areas["boroughs"]).split(";"))
    assert len(boroughs) >= 20
    assert areas["area_km2"].max() < 12


@pytest.mark.parametrize("name", ["london-2025", "london-burglary"])
def test_no_area_is_over_twelve_square_kilometres(real_release, name):
    areas = real_release(name).table("hotspot-areas", access="internal").to_pandas()
    assert len(areas) > 20
    assert areas["area_km2"].max() < 12


def test_doggerland_lists_what_was_planted_and_little_else(doggerland):
    folder, release = doggerland
    truth = pd.read_csv(folder / "truth_cells.csv")
    for theme, least_found in (("violence", 0.75), ("asb", 0.75), ("robbery", 0.5)):
        cells = release.table("cells-r9", theme=theme, access="internal").to_pandas()
        ratio = truth[truth["theme"] == theme].set_index("zone_id")["neighbourhood_ratio"].reindex(cells["zone_id"])
        listed = cells["is_hotspot"].to_numpy(dtype=bool)
        is_true = ratio.to_numpy() >= 3
        eligible = cells["incidents"].to_numpy() >= cells["incidents"].mean()
        assert (listed & ~is_true).sum() <= 0.12 * listed.sum()  # one draw of a list whose expected share is 5 %
        assert (listed & is_true).sum() >= least_found * (is_true & eligible).sum()
        far_off = ratio.to_numpy() < 1.5
        assert not (listed & far_off).any()


def test_doggerlands_lasting_places_are_entrenched_and_nothing_unplanted_is(doggerland):
    """The short form of `benchmarks/bench_power.py`: one city."""
    folder, release = doggerland
    places = json.loads((folder / "truth.json").read_text())["places"]
    expected = pd.read_csv(folder / "truth_cells.csv", index_col=["theme", "zone_id"])["neighbourhood_expected"]
    strong = []
    for theme, likewise in (
        ("violence", ()),
        ("robbery", ()),
        ("asb", ()),
        ("road_harm", ()),
        ("vawg_ps", ("violence", "robbery")),
    ):
        cells = release.table("cells-r9", theme=theme, access="internal").to_pandas()
        entrenched = set(cells["zone_id"][cells["is_entrenched"].eq(True)])
        planted = [place for place in places if {theme, *likewise} & set(place["themes"])]
        assert entrenched <= {near for place in planted for cell in place["cells"] for near in h3.grid_disk(cell, 1)}
        strong += [
            (theme, place["place_id"], bool(entrenched & set(place["cells"])))
            for place in planted
            if theme in place["themes"] and place["kind"] in ("persistent", "intensifying") and place["ratio"] >= 5
            if expected[theme, place["centre"]] >= 20
        ]
    assert len(strong) >= 12
    assert [place for place in strong if not place[-1]] == []


def test_the_same_inputs_give_the_same_bytes_with_one_worker_and_with_two(doggerland, tmp_path):
    folder, release = doggerland
    again = run(folder / "demo.toml", tmp_path, workers=1)
    assert again.release_id == release.release_id
    assert again.manifest == release.manifest
    classes = again.table("cells-r9", theme="robbery", access="internal", columns=["class", "is_entrenched"])
    assert {"persistent", "intensifying"} <= set(classes["class"].to_pylist())
    assert True in set(classes["is_entrenched"].to_pylist())
    files = sorted(path.relative_to(release.folder) for path in release.folder.rglob("*.parquet"))
    assert len(files) > 10
    for file in files:
        one, two = (hashlib.sha256((each / file).read_bytes()).hexdigest() for each in (release.folder, again.folder))
        assert one == two, file


def test_a_check_says_what_a_run_would_find_and_writes_nothing(doggerland):
    folder, release = doggerland
    before = sorted(path.name for path in folder.iterdir())
    report = check_config(folder / "demo.toml")
    assert sorted(path.name for path in folder.iterdir()) == before
    assert report.as_json()["accounting"] == release.manifest["accounting"]
    assert "robbery: 2025-01 to 2025-12" in report.as_text()


def test_nothing_of_the_machine_is_in_the_manifest(doggerland):
    folder, release = doggerland
    text = json.dumps(release.manifest)
    assert str(folder) not in text
    assert str(Path.home()) not in text


def test_inputs_decide_the_release_id(doggerland, tmp_path):
    _, release = doggerland
    copy = tmp_path / "city"
    make_demo_city(copy, seed=1)
    target = max((copy / "police-uk").rglob("*-doggerland-street.csv*"))
    text = gzip.decompress(target.read_bytes()) if target.suffix == ".gz" else target.read_bytes()
    lines = text.splitlines(keepends=True)
    shorter = b"".join(lines[:-1])
    target.write_bytes(gzip.compress(shorter, mtime=0) if target.suffix == ".gz" else shorter)
    other = run(copy / "demo.toml", tmp_path / "releases", workers=2)
    assert other.release_id.split("-")[2] != release.release_id.split("-")[2]
    assert other.manifest["accounting"]["rows_read"] == release.manifest["accounting"]["rows_read"] - 1


@pytest.mark.parametrize(
    ("within", "code", "told"), [("", "nothing", "'nothing'"), ('within = ["Z9"]', "code", "Z9, named in `within`")]
)
def test_what_is_wrong_with_boundaries_or_study_and_with_files_is_told_at_once(tmp_path, within, code, told):
    (tmp_path / "one.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "Z1"}, "geometry": '
        '{"type": "Polygon", "coordinates": [[[0, 50], [0.01, 50], [0.01, 50.01], [0, 50.01], [0, 50]]]}}]}'
    )
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "config.toml").write_text(
        f"""
        [study]
        name = "S"
        {within}
        [[sources]]
        kind = "table"
        name = "points"
        path = "empty.csv"
        columns = {{ longitude = "x", latitude = "y", time = "when", category = "what" }}
        labels = {{ "Robbery" = ["robbery"] }}
        [[boundaries]]
        layer = "wards"
        path = "one.geojson"
        code = "{code}"
        """
    )
    with pytest.raises(ProblemsError) as caught:
        run(tmp_path / "config.toml", tmp_path / "releases", workers=2)
    of_places, of_files = map(str, caught.value.problems)
    assert told in of_places
    assert "empty.csv is empty" in of_files
