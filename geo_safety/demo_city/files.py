"""How are Doggerland's boundaries, context, counts and configuration written?"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_safety.demo_city.geography import FloatArray, IntArray
from geo_safety.demo_city.incidents import CATEGORIES, Incidents
from geo_safety.demo_city.railway import LINES, Railway

SEVERITIES, SEVERITY_SHARES = ("Slight", "Serious", "Fatal"), (0.85, 0.14, 0.01)
BUS_ROUTES, LEAST_ROUTE_M, ROUTE_ASIDE_M, BETWEEN_STOPS_M = 24, 5_000.0, 300.0, 350.0
HOURS = np.array([2, 1, 1, 1, 1, 2, 3, 5, 8, 6, 5, 5, 6, 6, 6, 8, 9, 10, 8, 6, 5, 4, 3, 3], dtype=float)
MPS_CLASSES = {
    "Bicycle theft": (("THEFT", "BICYCLE THEFT", 1.0),),
    "Burglary": (
        ("BURGLARY", "BURGLARY BUSINESS AND COMMUNITY", 0.3),
        ("BURGLARY", "DOMESTIC BURGLARY", 0.7),
    ),
    "Criminal damage and arson": (
        ("ARSON AND CRIMINAL DAMAGE", "ARSON", 0.05),
        ("ARSON AND CRIMINAL DAMAGE", "CRIMINAL DAMAGE", 0.95),
    ),
    "Drugs": (("DRUG OFFENCES", "POSSESSION OF DRUGS", 1.0),),
    "Other crime": (("MISCELLANEOUS CRIMES AGAINST SOCIETY", "MISC CRIMES AGAINST SOCIETY", 1.0),),
    "Other theft": (("THEFT", "OTHER THEFT", 1.0),),
    "Possession of weapons": (("POSSESSION OF WEAPONS", "POSSESSION OF WEAPONS", 1.0),),
    "Public order": (("PUBLIC ORDER OFFENCES", "PUBLIC FEAR ALARM OR DISTRESS", 1.0),),
    "Robbery": (
        ("ROBBERY", "ROBBERY OF BUSINESS PROPERTY", 0.1),
        ("ROBBERY", "ROBBERY OF PERSONAL PROPERTY", 0.9),
    ),
    "Shoplifting": (("THEFT", "SHOPLIFTING", 1.0),),
    "Theft from the person": (("THEFT", "THEFT FROM THE PERSON", 1.0),),
    "Vehicle crime": (("VEHICLE OFFENCES", "THEFT FROM A VEHICLE", 1.0),),
    "Violence and sexual offences": (
        ("SEXUAL OFFENCES", "OTHER SEXUAL OFFENCES", 0.1),
        ("VIOLENCE AGAINST THE PERSON", "STALKING AND HARASSMENT", 0.2),
        ("VIOLENCE AGAINST THE PERSON", "VIOLENCE WITH INJURY", 0.25),
        ("VIOLENCE AGAINST THE PERSON", "VIOLENCE WITHOUT INJURY", 0.45),
    ),
}
"""police.uk category → class, subclass and share in the police's own ward counts, which hold no ASB."""

CONFIG = """\
# Doggerland: a fictional city on the Dogger Bank. Every place, name and incident is invented.
[study]
name = "Doggerland"
outline = "boundaries/outline.geojson"
themes = ["violence", "robbery", "asb", "transport", "vawg_ps", "road_harm"]
window_months = 12

[[sources]]
kind = "police_uk"
name = "police.uk city"
path = ["police-uk", "resupplied"]   # the later place supersedes the earlier one, month by month
forces = ["doggerland"]
use = ["violence", "robbery", "asb", "vawg_ps"]
attribution = "Invented incidents of the fictional city of Doggerland"

[[sources]]
kind = "police_uk"
name = "police.uk transport"
path = "police-uk"
forces = ["btp"]                     # the slug of the transport police decides the theme
use = ["transport"]
attribution = "Invented incidents of the fictional city of Doggerland"

[[sources]]
kind = "stats19"
name = "Collisions"
path = "collisions/collisions.csv"
attribution = "Invented collisions of the fictional city of Doggerland"

[[sources]]
kind = "area_counts"
name = "Ward counts"
role = "second"
path = "ward-counts/ward-counts.csv"
layer = "wards"
columns = {{ zone_id = "wardcode", category = "majortext" }}
labels = "mps"
attribution = "Invented ward counts of the fictional city of Doggerland"

[[boundaries]]
layer = "wards"
path = "boundaries/wards.geojson"
code = "ward_code"
name = "ward_name"
parent = "borough_code"
vintage = "2022"

[[boundaries]]
layer = "boroughs"
path = "boundaries/boroughs.geojson"
code = "borough_code"
name = "borough_name"
vintage = "2022"

[grid]
resolutions = [8, 9]

[[context]]
kind = "stations"
path = "context/stations.csv"
columns = {{ id = "station_id", name = "name", longitude = "longitude", latitude = "latitude", modes = "modes" }}

[[context]]
kind = "footfall"
path = "context/stations.csv"
columns = {{ id = "station_id", entries = "entries", exits = "exits" }}

[[context]]
kind = "routes"
path = "context/lines.geojson"
columns = {{ id = "line_id", name = "name", mode = "mode" }}

[[context]]
kind = "routes"
path = "context/bus-routes.geojson"
columns = {{ id = "route_id", name = "name", mode = "mode" }}

[[context]]
kind = "stops"
path = "context/stops.csv"
columns = {{ id = "stop_id", name = "name", longitude = "longitude", latitude = "latitude" }}

[[context]]
kind = "parks"
path = "context/parks.geojson"
columns = {{ id = "park_id", name = "name" }}

[[context]]
kind = "population"
path = "context/population.csv"
columns = {{ zone_id = "ward_code", residents = "residents", women = "women" }}

[[context]]
kind = "places"
path = "context/places.csv"
columns = {{ id = "place_id", kind = "kind", longitude = "longitude", latitude = "latitude" }}

[[context]]
kind = "lighting"                    # one borough has listed its street lights
path = "context/lights.csv"
columns = {{ id = "light_id", street = "street", longitude = "longitude", latitude = "latitude" }}

[[breaks]]
date = "{break_date}"
feeds = ["police.uk city"]
text = "The police force changed its recording system; more violence is recorded since."

[hotspots]
alpha = 0.05
level = 3
minimum = {{ default = 10, robbery = 5 }}

[products.wsa]
inner = [{inner}]
"""


def write_layer(path: Path, shapes: Iterable[BaseGeometry], properties: Iterable[Mapping[str, Any]]) -> None:
    """Write shapes in degrees as GeoJSON, rings turned as RFC 7946 asks."""
    features = [
        {"type": "Feature", "properties": about, "geometry": shapely.geometry.mapping(shapely.orient_polygons(shape))}
        for shape, about in zip(shapes, properties, strict=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8", newline="")


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a small CSV table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_stations(path: Path, railway: Railway) -> None:
    """Write the stations with their yearly entries and exits."""
    on_line = [[i for i, stops in enumerate(railway.stops) if s in stops] for s in range(len(railway.names))]
    header = ("station_id", "name", "longitude", "latitude", "modes", "lines", "entries", "exits")
    rows = [
        (
            f"DGS{number:03d}",
            name,
            f"{lon:.6f}",
            f"{lat:.6f}",
            ";".join(sorted({LINES[i][1] for i in lines})),
            ";".join(LINES[i][0] for i in lines),
            int(entries),
            int(exits),
        )
        for number, (name, (lon, lat), lines, entries, exits) in enumerate(
            zip(railway.names, railway.points.lon_lat, on_line, railway.entries, railway.exits, strict=True), start=1
        )
    ]
    write_rows(path, header, rows)


def write_lines(path: Path, railway: Railway) -> None:
    """Write the course of each line."""
    about = [{"line_id": f"DGR{i}", "name": name, "mode": mode} for i, (name, mode) in enumerate(LINES, start=1)]
    features = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": {"type": "LineString", "coordinates": railway.points.lon_lat[stops].tolist()},
        }
        for properties, stops in zip(about, railway.stops, strict=True)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8", newline="")


def write_bus_routes(path: Path, rng: np.random.Generator, stops: FloatArray) -> None:
    """Write bus routes, each from one stop to one far from it, over the stops that lie on the way.

    Parameters
    ----------
    stops : array of float, shape (n, 2)
        Longitude and latitude.
    """
    narrower = np.cos(np.radians(stops[:, 1].mean()))
    metres = (stops - stops.mean(axis=0)) * (111_320 * narrower, 111_320)
    shapes, about = [], []
    for number in range(1, BUS_ROUTES + 1):
        first = int(rng.integers(len(stops)))
        far = np.flatnonzero(np.hypot(*(metres - metres[first]).T) >= LEAST_ROUTE_M)
        last = int(rng.choice(far))
        way = metres[last] - metres[first]
        along = (metres - metres[first]) @ way / np.hypot(*way)
        aside = np.abs((metres - metres[first]) @ (-way[1], way[0]) / np.hypot(*way))
        served = [first]
        for stop in np.argsort(along, kind="stable").tolist():
            if aside[stop] <= ROUTE_ASIDE_M and along[served[-1]] + BETWEEN_STOPS_M <= along[stop] < along[last]:
                served.append(stop)
        shapes.append(shapely.LineString(stops[[*served, last]]))
        about.append({"route_id": f"DGX{number:02d}", "name": str(number), "mode": "bus"})
    write_layer(path, shapes, about)


def write_collisions(
    rng: np.random.Generator, path: Path, month: IntArray, lon_lat: FloatArray, months: list[str]
) -> None:
    """Write collisions in the STATS19 layout: a date and a local time each, in order of date."""
    days = np.array([np.datetime64(m, "M").astype("datetime64[D]") for m in months])
    length = np.diff([*days, np.datetime64(months[-1], "M").astype("datetime64[D]") + np.timedelta64(31, "D")])
    date = days[month] + (rng.random(len(month)) * length[month].astype(int)).astype("timedelta64[D]")
    hour = rng.choice(24, len(month), p=HOURS / HOURS.sum())
    minute = rng.integers(0, 60, len(month))
    severity = rng.choice(SEVERITIES, len(month), p=SEVERITY_SHARES)
    vehicles, casualties = rng.integers(1, 4, len(month)), 1 + rng.poisson(0.25, len(month))
    order = np.lexsort((lon_lat[:, 1], lon_lat[:, 0], minute, hour, date))
    header = (
        "accident_index", "longitude", "latitude", "accident_severity", "number_of_vehicles", "number_of_casualties",
        "date", "time",
    )  # fmt: skip
    rows = [
        (
            f"{str(date[i])[:4]}DG{number:06d}",
            f"{lon_lat[i, 0]:.6f}",
            f"{lon_lat[i, 1]:.6f}",
            severity[i],
            vehicles[i],
            casualties[i],
            str(date[i]).replace("-", "/"),
            f"{hour[i]:02d}:{minute[i]:02d}",
        )
        for number, i in enumerate(order.tolist(), start=1)
    ]
    write_rows(path, header, rows)


def write_ward_counts(
    rng: np.random.Generator,
    path: Path,
    incidents: Incidents,
    incident_ward: IntArray,
    wards: Sequence[tuple[str, str, str]],
    months: list[str],
) -> None:
    """Write the police's own ward counts: a row a ward and subclass, a column a month.

    `incident_ward` is -1 for incidents in no ward, which are left out; `wards` holds name, code and borough. The last
    ward's rows come twice, once under a harbour police of its own: both halves belong to it.
    """
    header = [
        "wardname",
        "wardcode",
        "majortext",
        "minortext",
        "lookup_boroughname",
        *(m.replace("-", "") for m in months),
    ]
    rows = []
    shape = (len(wards), len(months))
    for number, category in enumerate(CATEGORIES):
        mine = (incidents.category == number) & (incident_ward >= 0)
        place = incident_ward[mine] * len(months) + incidents.month[mine]
        classes = MPS_CLASSES.get(category.name, ())
        shares = [share for *_, share in classes]
        which = rng.choice(len(classes), len(place), p=shares) if classes else np.empty(0)
        for i, (major, minor, _) in enumerate(classes):
            counts = np.bincount(place[which == i], minlength=shape[0] * shape[1]).reshape(shape)
            for (name, code, borough), line in zip(wards[:-1], counts[:-1], strict=True):
                rows.append((name, code, major, minor, borough, *line.tolist()))
            name, code, borough = wards[-1]
            harbour = rng.binomial(counts[-1], 0.3)
            rows.append((name, code, major, minor, "Harbour Security (HS1)", *harbour.tolist()))
            rows.append((name, code, major, minor, borough, *(counts[-1] - harbour).tolist()))
    write_rows(path, header, sorted(rows))
