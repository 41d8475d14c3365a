"""Doggerland in the official layout of London's open data, for a server on the loopback.

The city force becomes `metropolitan`; every twentieth row of it goes to `city-of-london`. Each layer has one zone that
is not London's, which the query has to leave out.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

from loopback_sources import FeatureService, Officials

from geo_safety.sources.mps_counts import BOROUGHS

POLICE = "/data.police.uk"
ONS = "/services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
NOMIS = "/www.nomisweb.co.uk"
ARCHIVE_MONTHS = 36


def fake_london(city: Path, *, bulk: int = 2) -> Officials:
    """What the official sources would serve if Doggerland were London; `bulk` other forces fill the archive."""
    officials = Officials()
    _serve_police(officials, city / "police-uk", bulk)
    _serve_boundaries(officials, city / "boundaries")
    _serve_census(officials, city)
    stations = [
        {
            "id": row["station_id"],
            "commonName": row["name"],
            "lat": float(row["latitude"]),
            "lon": float(row["longitude"]),
        }
        | {"modes": row["modes"].split(";"), "stopType": "NaptanMetroStation"}
        for row in _rows(city / "context" / "stations.csv")
    ]
    entrance = {**stations[0], "id": "entrance", "stopType": "NaptanMetroEntrance"}
    modes = "tube,dlr,overground,elizabeth-line,tram"
    officials.pages[f"/api.tfl.gov.uk/StopPoint/Mode/{modes}"] = lambda _: {"stopPoints": [*stations, entrance]}
    officials.files["/naptan.api.dft.gov.uk/v1/access-nodes"] = _table(
        ["ATCOCode", "CommonName", "Longitude", "Latitude", "StopType"],
        [
            [row["stop_id"], row["name"], row["longitude"], row["latitude"], "BCT"]
            for row in _rows(city / "context" / "stops.csv")
        ],
    )
    collisions = (city / "collisions" / "collisions.csv").read_bytes()
    name = "dft-road-casualty-statistics-collision-last-5-years.csv"
    officials.files[f"/data.dft.gov.uk/road-accidents-safety-data/{name}"] = collisions
    return officials


def _serve_police(officials: Officials, folder: Path, bulk: int) -> None:
    files: dict[str, bytes] = {}
    for path in sorted(folder.glob("*/*.csv")):
        month, text = path.parent.name, path.read_text(encoding="utf-8")
        if "-doggerland-street" in path.name:
            header, *rows = text.splitlines(keepends=True)
            files[f"{month}/{month}-metropolitan-street.csv"] = _join(header, [r for i, r in enumerate(rows) if i % 20])
            files[f"{month}/{month}-city-of-london-street.csv"] = _join(header, rows[::20])
            for number in range(bulk):
                files[f"{month}/{month}-elsewhere-{number}-street.csv"] = _join(header, rows[:50])
        elif "-btp-street" in path.name:
            files[f"{month}/{month}-btp-street.csv"] = text.encode()
    newest = max(files)[:7]
    add_archive(officials, newest, files)
    officials.pages[f"{POLICE}/api/crime-last-updated"] = lambda _: {"date": f"{newest}-01"}


def add_archive(officials: Officials, month: str, files: dict[str, bytes], *, md5: str | None = None) -> None:
    """Serve one more archive and name it, newest first, on the page of archives."""
    archive = zip_of(files)
    officials.files[f"{POLICE}/data/archive/{month}.zip"] = archive
    row = (
        f'<tr><td><a href="/data/archive/{month}.zip">{month}</a></td>\n<td>{len(archive):,} bytes</td>\n'
        f"<td>MD5\n{md5 or hashlib.md5(archive).hexdigest()}\n</td></tr>\n"
    )
    page = officials.files.get(f"{POLICE}/data/archive/", b"<html><body><table>\n</table></body></html>").decode()
    officials.files[f"{POLICE}/data/archive/"] = page.replace("<table>\n", f"<table>\n{row}", 1).encode()


def zip_of(files: dict[str, bytes]) -> bytes:
    """A zip archive with these members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=(2026, 1, 28, 9, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _serve_boundaries(officials: Officials, folder: Path) -> None:
    boroughs = json.loads((folder / "boroughs.geojson").read_text())["features"]
    number = {one["properties"]["borough_code"]: i for i, one in enumerate(boroughs)}
    code = {key: f"E090000{i + 1:02d}" for key, i in number.items()}
    layers = {
        "Local_Authority_Districts_December_2022_UK_BGC_V2": [
            _feature(one, LAD22CD=code[one["properties"]["borough_code"]], LAD22NM=one["properties"]["borough_name"])
            for one in boroughs
        ],
        "Wards_December_2022_Boundaries_UK_BGC": [
            _feature(
                one,
                WD22CD="E05" + one["properties"]["ward_code"][-4:].zfill(6),
                WD22NM=one["properties"]["ward_name"],
                LAD22CD=code[one["properties"]["borough_code"]],
            )
            for one in json.loads((folder / "wards.geojson").read_text())["features"]
        ],
        "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5": [
            _feature(
                one,
                LSOA21CD=_lsoa(one),
                LSOA21NM=f"{[*BOROUGHS][i % 33]} {one['properties']['lsoa_name'].rpartition(' ')[2]}",
            )
            for i, one in enumerate(json.loads((folder / "lsoas.geojson").read_text())["features"])
        ],
    }
    for service, features in layers.items():
        elsewhere = {key: f"W99 {value}" for key, value in features[0]["properties"].items()}
        page = FeatureService([*features, {**features[0], "properties": elsewhere}], most=100)
        officials.pages[f"{ONS}/{service}/FeatureServer/0/query"] = page


def _serve_census(officials: Officials, city: Path) -> None:
    header = ["date", "geography", "geography code", "Residence type: Total; measures: Value"]
    lsoas = json.loads((city / "boundaries" / "lsoas.geojson").read_text())["features"]
    wards = list(_rows(city / "context" / "population.csv"))
    members = {
        "census2021-ts001-lsoa.csv": _table(header, [["2021", "x", _lsoa(one), 1_700] for one in lsoas]),
        "census2021-ts001-ltla.csv": _table(header, [["2021", "x", f"E090000{i:02d}", 90_000] for i in range(1, 9)]),
    }
    officials.files[f"{NOMIS}/output/census/2021/census2021-ts001.zip"] = zip_of(members)
    officials.files[f"{NOMIS}/api/v01/dataset/NM_2021_1.data.csv"] = _table(
        ["GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "OBS_VALUE"],
        [["E05" + row["ward_code"][-4:].zfill(6), row["ward_name"], row["residents"]] for row in wards],
    )


def _lsoa(feature: dict) -> str:
    return "E01" + feature["properties"]["lsoa_code"][-5:].zfill(6)


def _feature(feature: dict, **properties: object) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": feature["geometry"]}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _join(header: str, rows: list[str]) -> bytes:
    return "".join([header, *rows]).encode()


def _table(header: list[str], rows: list[list]) -> bytes:
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows(rows)
    return text.getvalue().encode()
