"""The oddities that the README of the real incident files lists, one by one, and what becomes of each.

The figures are counted here by another road (plain tables) than the readers take.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from geo_safety.accounts import total
from geo_safety.incidents import read_feed

LONDON = (-0.5104, 51.2868, 0.3340, 51.6919)  # the box around Greater London


def table_of(paths: list[Path]) -> pd.DataFrame:
    """Files as one plain table of texts, with their name's month and force."""
    parts = []
    for path in paths:
        with gzip.open(path) as stream:
            names = stream.readline().decode().strip().split(",")
        convert = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        part = pa.csv.read_csv(path, convert_options=convert)
        force = path.name[8:].removesuffix(".csv.gz")
        part = part.append_column("force", pa.array([force] * len(part)).dictionary_encode())
        parts.append(part)
    return pa.concat_tables(parts, promote_options="permissive").to_pandas()


@pytest.fixture(scope="module")
def streets(shared_data) -> pd.DataFrame:
    """All street rows of the mixed folder."""
    return table_of(sorted((shared_data / "incidents/police-uk").glob("*/*-street.csv.gz")))


@pytest.fixture(scope="module")
def btp(streets) -> pd.DataFrame:
    return streets[streets.force == "btp-street"]


def repeats(rows: pd.DataFrame) -> int:
    return int(rows.duplicated().sum())


def test_transport_police_rows_have_no_id_and_no_outcome(btp):
    assert len(btp) == 86_594
    assert (btp["Crime ID"] == "").all()
    assert (btp["Last outcome category"] == "").all()
    assert (btp["Context"] == "").all()


def test_equal_rows_are_normal_and_all_of_them_are_kept(streets, btp, shared_data, police):
    assert repeats(btp) == 37_782
    violence = btp[btp["Crime type"] == "Violence and sexual offences"]
    assert (repeats(violence), len(violence)) == (7_803, 16_376)
    yorkshire = streets[
        (streets.force == "south-yorkshire-street") & (streets["Crime type"] == "Anti-social behaviour")
    ]
    assert (repeats(yorkshire), len(yorkshire)) == (7_754, 29_608)
    feed = read_feed(police(shared_data / "incidents/police-uk", forces=("btp", "south-yorkshire")), workers=2)
    code = list(zip(feed.incidents.categories, feed.incidents.forces, strict=True))
    kept = np.bincount(feed.incidents.category, feed.incidents.weight, minlength=len(code))
    assert int(kept[code.index(("Violence and sexual offences", "btp"))]) == 16_376
    assert int(kept[code.index(("Anti-social behaviour", "south-yorkshire"))]) == 29_608
    assert total(feed.accounts)["repeated"] == 0


def test_ids_are_used_again_for_other_crimes(streets, shared_data, police):
    north = streets[(streets.force == "northern-ireland-street") & (streets["Crime ID"] != "")]
    old, new = (north[north.Month == month] for month in ("2014-01", "2021-03"))
    again = set(old["Crime ID"]) & set(new["Crime ID"])
    assert (len(again), new["Crime ID"].nunique()) == (7_782, 8_105)
    place = [frame.drop_duplicates("Crime ID").set_index("Crime ID")["Longitude"] for frame in (old, new)]
    shared = sorted(again)
    assert (place[0][shared] != place[1][shared]).mean() > 0.9
    feed = read_feed(police(shared_data / "incidents/police-uk", forces=("northern-ireland",)))
    assert total(feed.accounts)["repeated"] == 0


def test_transport_police_stopped_recording_anti_social_behaviour(btp):
    asb = btp[btp["Crime type"] == "Anti-social behaviour"]
    assert (int((asb.Month < "2015").sum()), int((asb.Month >= "2020").sum())) == (8_658, 0)


def test_rows_without_a_place_are_not_spread_evenly(streets):
    city = streets[streets.force == "city-of-london-street"]
    empty = city["Longitude"] == ""
    assert (empty == (city["Latitude"] == "")).all()
    assert (city.loc[empty, "Location"] == "No Location").all()
    assert (city.loc[empty, "LSOA code"] == "").all()
    by_year = empty.groupby(city.Month.str[:4]).mean().round(3)
    assert round(empty.mean(), 3) == 0.069
    assert (by_year["2023"], by_year["2024"]) == (0.086, 0.096)
    assert empty[city["Crime type"] == "Violence and sexual offences"].mean() > 1.25 * empty.mean()


def test_places_without_an_lsoa_are_places(streets, btp, shared_data, police):
    scots = btp[(btp["LSOA code"] == "") & (btp["Longitude"] != "")]
    assert len(scots) == 3_379
    assert round(scots["Latitude"].astype(float).max(), 2) == 58.59
    north = streets[streets.force == "northern-ireland-street"]
    assert (north["LSOA code"] == "").all()
    assert btp["LSOA code"].str.startswith("W01").any()
    feed = read_feed(police(shared_data / "incidents/police-uk", forces=("btp",)))
    assert total(feed.accounts)["unlocated"] == 0


def test_transport_police_files_are_national_and_stack_on_few_points(btp):
    east, north = btp["Longitude"].astype(float), btp["Latitude"].astype(float)
    west_, south_, east_, north_ = LONDON
    in_london = east.between(west_, east_) & north.between(south_, north_)
    shares = in_london.groupby(btp.Month.str[:4]).mean()
    assert (round(shares["2014"], 2), round(shares["2021"], 2)) == (0.46, 0.45)
    points = btp[in_london].groupby(["Longitude", "Latitude"])
    assert 850 <= points.ngroups <= 950
    assert btp.groupby(["Month", "Longitude", "Latitude"]).size().max() == 153
    names = set(btp["Location"])
    assert {
        "On or near St  Pancras International (Station)",
        "On or near St Pancras International (Ctrl)",
    } & names or any("St  Pancras" in name for name in names)


def test_asb_never_has_an_outcome(streets):
    has_none = streets["Crime type"].eq("Anti-social behaviour") | streets.force.isin(
        ["btp-street", "northern-ireland-street"]
    )
    assert (streets.loc[has_none, "Last outcome category"] == "").all()


def test_court_results_stop_in_the_middle_of_2019(streets):
    court = streets["Last outcome category"].isin(
        ["Offender sent to prison", "Offender fined", "Offender given community sentence"]
    )
    assert court.any()
    assert streets.loc[court, "Month"].max() <= "2019-07"


def test_both_vintages_of_lsoas_stand_in_the_citys_files_until_2023(streets, shared_data):
    lookup = pd.read_csv(shared_data / "boundaries/lookup_lsoa11_lsoa21_london.csv", dtype=str)
    lookup.columns = [name.lower() for name in lookup.columns]
    old = set(lookup[next(name for name in lookup if name.startswith("lsoa11") and name.endswith(("cd", "code")))])
    new = set(lookup[next(name for name in lookup if name.startswith("lsoa21") and name.endswith(("cd", "code")))])
    city = streets[(streets.force == "city-of-london-street") & (streets.Month >= "2023-07")]
    assert not set(city["LSOA code"]) & (old - new)


def test_months_and_line_ends(shared_data, streets):
    paths = sorted((shared_data / "incidents/police-uk").glob("*/*-street.csv.gz"))
    ends = set()
    for path in paths[::12]:
        text = gzip.decompress(path.read_bytes())
        assert text.endswith(b"\n")
        assert text.isascii()
        ends.add(b"\r\n" in text)
    assert ends == {True, False}
    assert len(streets) == 77_494 + 86_594 + 191_151 + 26_726


def test_three_per_cent_of_searches_equal_another(shared_data):
    rows = table_of(
        sorted((shared_data / "incidents/police-uk").glob("2017-0[1-6]/*metropolitan-stop-and-search.csv.gz"))
    )
    assert 0.01 <= repeats(rows) / len(rows) <= 0.05


@pytest.fixture(scope="module")
def burglaries(shared_data) -> pd.DataFrame:
    return table_of(sorted((shared_data / "incidents/police-uk-met-burglary-only").glob("*/*.csv.gz")))


@pytest.mark.slow
def test_met_ids_that_repeat_are_one_crime_at_one_place(burglaries):
    named = burglaries[burglaries["Crime ID"] != ""]
    is_repeat = named["Crime ID"].duplicated()
    assert (named.loc[is_repeat, "Crime ID"].nunique(), int(is_repeat.sum())) == (3_677, 5_964)
    for column in ("Month", "Longitude", "Latitude"):
        assert len(named.drop_duplicates(["Crime ID", column])) == len(named.drop_duplicates("Crime ID"))
    outcomes = named.drop_duplicates(["Crime ID", "Last outcome category"])["Crime ID"]
    assert outcomes[outcomes.duplicated()].nunique() == 2_191  # the rows of the other 1,486 are equal
    nameless = burglaries[burglaries["Crime ID"] == ""]
    assert (len(nameless), sorted(set(nameless.Month))) == (24_364, ["2010-12", "2011-01", "2011-07"])


@pytest.mark.slow
def test_met_burglaries_mix_both_vintages_of_lsoas_and_reach_beyond_london(burglaries, shared_data):
    codes = {
        year: set(pc.cast(pa.array(_codes(shared_data, year)), pa.string()).to_pylist()) for year in ("2011", "2021")
    }
    ended, new = codes["2011"] - codes["2021"], codes["2021"] - codes["2011"]
    for month, of_new, of_ended in (("2022-03", 8, 398), ("2022-12", 41, 364)):
        used = burglaries.loc[burglaries.Month == month, "LSOA code"]
        assert (int(used.isin(new).sum()), int(used.isin(ended).sum())) == (of_new, of_ended)
    earlier = burglaries.loc[burglaries.Month < "2022-02", "LSOA code"]
    assert int(earlier.isin(new).sum()) == 0
    located = burglaries[burglaries["Longitude"] != ""]
    by_year = (burglaries["Longitude"] == "").groupby(burglaries.Month.str[:4]).mean().round(3)
    assert (by_year["2021"], by_year["2022"]) == (0.021, 0.036)
    east, north = located["Longitude"].astype(float), located["Latitude"].astype(float)
    outside = ~(east.between(LONDON[0], LONDON[2]) & north.between(LONDON[1], LONDON[3]))
    assert 90 <= int(outside.sum()) <= 125


def _codes(shared_data: Path, year: str) -> list[str]:
    from geo_safety.boundaries import BoundarySettings, read_boundaries

    path = shared_data / f"boundaries/lsoa_{year}_london_bgc.geojson.gz"
    return read_boundaries(BoundarySettings("lsoas", path, f"LSOA{year[2:]}CD")).zone_id.tolist()


def test_the_lattice_of_the_hex_counts_is_not_h3(shared_data):
    rows = pd.read_csv(shared_data / "incidents/london-hex-counts/2025-05-london-hex.csv.gz")
    assert np.allclose(rows.longitude, rows.hex_q * 0.00216455, atol=2e-6)
    assert np.allclose(rows.latitude, (rows.hex_r + rows.hex_q / 2) * 0.0015669, atol=2e-5)


def test_chicagos_times_heap_at_the_hour_and_the_half(shared_data):
    minutes = pd.read_csv(
        shared_data / "incidents/foreign/chicago_aggravated_assaults.csv.gz", usecols=["date"]
    ).date.str[-2:]
    assert (round((minutes == "00").mean(), 2), round((minutes == "30").mean(), 2)) == (0.18, 0.13)


def test_camdens_sample_holds_transport_police_rows(shared_data):
    rows = pd.read_csv(shared_data / "incidents/camden/Police_API_Sample_July_2019.csv.gz", dtype=str)
    assert (len(rows), int((rows.Service == "British Transport Police").sum())) == (4_075, 309)


def test_the_delay_between_offence_and_record(shared_data):
    path = shared_data / "incidents/mps-counts/mps-vawg-ward-month-recorded-vs-committed.csv.gz"
    rows = pd.read_csv(path, dtype=str)
    recorded, committed = rows.recorded_date_months, rows.date_committed_from_date_months
    counted = rows["count"].astype(float)
    is_known = committed.notna() & (committed != "1900-01-01")
    months = [(pd.to_datetime(column, errors="coerce").dt.to_period("M")) for column in (recorded, committed)]
    lag = (months[0].dt.year - months[1].dt.year) * 12 + months[0].dt.month - months[1].dt.month
    weight = counted[is_known].sum()
    shares = [counted[is_known & (lag == months_)].sum() / weight for months_ in (0, 1)]
    assert shares == pytest.approx([0.81, 0.075], abs=0.006)
    assert counted[is_known & (lag > 12)].sum() / weight == pytest.approx(0.046, abs=0.006)
    assert int(committed.isna().sum()) == 531
    assert int((lag < 0).sum()) == 4
    assert int(rows.ward_name_clean_2.isna().sum()) == 1_953


def boroughs_of(shared_data: Path, rows: pd.DataFrame) -> pd.Series:
    """Number of rows by name of the borough that holds them; `None` where none does."""
    from geo_safety.boundaries import BoundarySettings, locate, read_boundaries

    path = shared_data / "boundaries/boroughs_lad2022_london_gen20_bng_shp.zip"
    zones = read_boundaries(BoundarySettings("boroughs", path, "LAD22CD", "LAD22NM"))
    place = locate(rows["Longitude"].to_numpy(float), rows["Latitude"].to_numpy(float), zones)
    return pd.Series(np.append(zones.name, "None")[place]).value_counts()


def test_the_citys_files_hold_rows_of_other_boroughs_and_of_derbyshire(streets, shared_data):
    city = streets[(streets.force == "city-of-london-street") & (streets["Longitude"] != "")]
    found = boroughs_of(shared_data, city)
    names = ["City of London", "Tower Hamlets", "Islington", "Camden", "Westminster", "Hackney", "Southwark"]
    assert found[names].tolist() == [67_193, 1_657, 1_196, 613, 239, 179, 152]
    assert round(found["Tower Hamlets"] / len(city), 3) == 0.023
    east, north = city["Longitude"].astype(float), city["Latitude"].astype(float)
    far = city[~(east.between(LONDON[0], LONDON[2]) & north.between(LONDON[1], LONDON[3]))]
    assert set(far["LSOA name"].str[:-5]) >= {"Derbyshire Dales", "Thurrock", "Tandridge"}
    assert len(far) < 20


def test_hex_counts_agree_with_the_boroughs_totals_of_the_month(shared_data):
    boroughs = pd.read_csv(shared_data / "incidents/mps-counts/mps-borough-recent.csv.gz").groupby("majortext")
    groups = {
        "Robbery": (["ROBBERY"], 0.05),
        "Burglary": (["BURGLARY"], 0.012),
        "Violence and sexual offences": (["VIOLENCE AGAINST THE PERSON", "SEXUAL OFFENCES"], 0.01),
    }
    robbery = []
    for path in sorted((shared_data / "incidents/london-hex-counts").glob("*.csv.gz")):
        counted = pd.read_csv(path).groupby("crime_type").crime_count.sum()
        month = boroughs[path.name[:7].replace("-", "")].sum()
        for kind, (majors, within) in groups.items():
            assert counted[kind] == pytest.approx(month[majors].sum(), rel=within), path.name
        robbery.append(int(counted["Robbery"]))
    # What has no place is not in the lattice: 498 robberies in eight months.
    assert robbery == [2_765, 2_766, 2_835, 2_623, 2_526, 2_587, 2_713, 2_580]


def test_the_dashboards_two_kinds_of_area_are_two_cuts_of_the_same_offences(shared_data):
    rows = pd.read_csv(shared_data / "incidents/mps-counts/mps-monthly-dashboard.csv.gz")
    cuts = rows.pivot_table(index=["crime_subtype", "measure"], columns="area_type", values="count", aggfunc="sum")
    assert (cuts["Borough"] == cuts["Safer Neighbourhood Teams"]).all()
    assert cuts.loc[("Knife Crime", "Offences"), "Borough"] == 55_616
    # The subtypes overlap: a robbery with a knife that injures is in three of them.
    assert cuts.loc[("Knife Crime with Injury", "Offences"), "Borough"] == 14_045
