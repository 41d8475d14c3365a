"""Broken inputs by the thousand for every reader: nothing may crash, hang, write elsewhere, or lose a row.

`make fuzz` runs the long form (10,000 inputs a reader, each reader in a process of its own, so that a crash in native
code is seen). `tests/sources/test_fuzzing.py` runs a few hundred. One number names each input: `--reader table.csv --only 4711`
repeats it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import shapely

from geo_safety.boundaries import BoundarySettings, read_boundaries
from geo_safety.errors import GeoSafetyError
from geo_safety.incidents import read_feed
from geo_safety.recognition.folder import recognise_folder
from geo_safety.sources.feed import FeedSettings
from geo_safety.sources.templates import TEMPLATES
from geo_safety.themes import KNIFE_CRIME, MPS, POLICE_UK, STATS19, STOP_SEARCH

SECONDS = 20
"""An input that takes more of the processor's time hangs, whatever else the machine does; or that takes WALL_SECONDS."""

WALL_SECONDS = 600

ROWS = 12


class HangError(Exception):
    """An input took too long."""


class Finding(AssertionError):  # noqa: N818 - what a fuzzer brings home
    """What an input did that no input may do."""


@dataclass(frozen=True)
class Target:
    """A reader with a sound input to start from."""

    name: str
    data: bytes
    settings: dict = field(default_factory=dict)
    are_boundaries: bool = False


def _text(header: str, row: Callable[[int], str]) -> bytes:
    return "\n".join([header, *map(row, range(ROWS))]).encode() + b"\n"


def _street() -> bytes:
    header = (
        "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
        "Last outcome category,Context"
    )
    return _text(
        header, lambda n: f"{n % 9 or ''},2020-01,x,x,-0.1{n},51.5{n},é {n},E01,A,{'Robbery' if n % 2 else 'Drugs'},,"
    )


def _searches() -> bytes:
    header = "Type,Date,Latitude,Longitude,Gender,Object of search"
    return _text(header, lambda n: f"Person search,2020-01-{n + 1:02d}T10:00:00+00:00,51.{n},-0.1{n},Male,Drugs")


def _collisions() -> bytes:
    return _text(
        "accident_index,longitude,latitude,accident_severity,date,time",
        lambda n: f"{n},-0.1,51.{n},3,0{n % 9 + 1}/01/2022,16:4{n % 10}",
    )


def _wards() -> bytes:
    header = "wardname,wardcode,majortext,minortext,lookup_boroughname,202001,202002,202003"
    return _text(header, lambda n: f"w,E0500000{n % 10},ROBBERY,P,x,{n},{n},{n}")


def _dashboard() -> bytes:
    header = "month_year,area_type,area_code,crime_type,crime_subtype,measure,count"
    return _text(
        header,
        lambda n: (
            f"2024-0{n % 9 + 1}-01,{'Borough' if n % 2 else 'Safer Neighbourhood Teams'},E0900000{n % 10},Knife Crime,Knife Crime,Offences,{n}"
        ),
    )


COLUMNS = {"longitude": "lon", "latitude": "lat", "time": "when", "category": "what"}
_FRAME = {
    "lon": [-0.1 - n / 100 for n in range(ROWS)],
    "lat": [51.5 + n / 100 for n in range(ROWS)],
    "when": [f"2020-{n % 12 + 1:02d}" for n in range(ROWS)],
    "what": ["Robbery", "Drugs"] * (ROWS // 2),
}


def _points(kind: str) -> bytes:
    if kind == "csv":
        return _text(
            "when,lon,lat,what", lambda n: f"2020-{n % 12 + 1:02d},-0.1{n},51.{n},{'Robbery' if n % 2 else 'Räuber'}"
        )
    if kind == "parquet":
        data = io.BytesIO()
        pyarrow.parquet.write_table(pa.table(_FRAME), data)
        return data.getvalue()
    if kind == "xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        book.active.append(list(_FRAME))
        for row in zip(*_FRAME.values(), strict=True):
            book.active.append(row)
        data = io.BytesIO()
        book.save(data)
        return data.getvalue()
    import geopandas as gpd

    shapes = [shapely.Point(*at) for at in zip(_FRAME["lon"], _FRAME["lat"], strict=True)]
    frame = gpd.GeoDataFrame({"when": _FRAME["when"], "what": _FRAME["what"]}, geometry=shapes, crs="EPSG:4326")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{kind}"
        frame.to_file(path, driver=_DRIVERS[kind])
        return path.read_bytes()


_DRIVERS = {"gpkg": "GPKG", "geojson": "GeoJSON", "kml": "KML", "fgb": "FlatGeobuf", "shp": "ESRI Shapefile"}


def _boundaries(kind: str) -> bytes:
    """Four wards in a row; a shapefile is zipped with its companions."""
    import geopandas as gpd

    names = {
        "WD22CD": [f"E0500000{n}" for n in range(4)],
        "WD22NM": ["Äsch", "B", "C", "D"],
        "LAD22CD": ["E09000001"] * 4,
    }
    boxes = [shapely.box(1.7 + n / 100, 54.7, 1.71 + n / 100, 54.71) for n in range(4)]
    frame = gpd.GeoDataFrame(names, geometry=boxes, crs="EPSG:4326")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{kind}"
        frame.to_file(path, driver=_DRIVERS[kind])
        if kind != "shp":
            return path.read_bytes()
        return _zip({part.name: part.read_bytes() for part in sorted(path.parent.iterdir())})


def _extract(name: str) -> Target:
    """A partner's extract by its template, one further column of it named as `detail`."""
    template = TEMPLATES[name]
    columns = {**template.columns, "detail": next(iter(template.extra))}
    values = {"longitude": "-0.1{}", "latitude": "51.{}", "weight": "{}", "detail": "é {}"}
    if template.crs == "EPSG:27700":
        values |= {"longitude": "5300{}", "latitude": "1800{}"}
    classes = list(template.labels)

    def row(n: int) -> str:
        made = {
            **values,
            "time": f"2020-{n % 12 + 1:02d}-{n % 27 + 1:02d} 1{n % 10}:30",
            "category": classes[n % len(classes)],
        }
        return ",".join(made[use].format(n + 1) for use in columns)

    settings = {
        "kind": "table",
        "labels": template.labels,
        "columns": columns,
        "crs": template.crs,
        "access": template.access,
    }
    return Target(f"{name}/a.csv", _text(",".join(columns.values()), row), settings)


def targets() -> dict[str, Target]:
    """All readers; `recognition` reads whatever it is given by guesses."""
    geometry = {"when": "when", "what": "what"}
    found = [
        Target("police_uk/2020-01-kent-street.csv", _street(), {"kind": "police_uk", "labels": POLICE_UK}),
        Target("stop_search/2020-01-kent-stop-and-search.csv", _searches(), {"kind": "stop_search", "labels": STOP_SEARCH}),
        Target("stats19/a.csv", _collisions(), {"kind": "stats19", "labels": STATS19}),
        Target("mps_counts/a.csv", _wards(), {"kind": "mps_counts", "labels": MPS, "layer": "wards"}),
        Target("knife_crime/a.csv", _dashboard(), {"kind": "knife_crime", "labels": KNIFE_CRIME, "layer": "boroughs"}),
        Target("area_counts/a.csv", _wards(),
               {"kind": "area_counts", "labels": MPS, "layer": "wards", "columns": {"zone_id": "wardcode", "category": "majortext"}}),
    ]  # fmt: skip
    for kind in ("csv", "parquet", "xlsx", "gpkg", "geojson", "kml", "fgb"):
        columns = (
            COLUMNS if kind in ("csv", "parquet", "xlsx") else {"time": geometry["when"], "category": geometry["what"]}
        )
        found.append(
            Target(f"table.{kind}/a.{kind}", _points(kind), {"kind": "table", "labels": POLICE_UK, "columns": columns})
        )
    found += [_extract(name) for name in TEMPLATES]
    for kind in ("geojson", "gpkg", "fgb", "kml", "shp"):
        name = f"boundaries.{kind}/a.{'zip' if kind == 'shp' else kind}"
        found.append(Target(name, _boundaries(kind), are_boundaries=True))
    found.append(Target("recognition/a.csv", _points("csv")))
    return {target.name.split("/")[0]: target for target in found}


# Mutations: each takes a generator and bytes, and gives bytes.


def _truncated(rng: np.random.Generator, data: bytes) -> bytes:
    return data[: int(rng.integers(0, len(data) + 1))]


def _flipped(rng: np.random.Generator, data: bytes) -> bytes:
    out = bytearray(data)
    for place in rng.integers(0, max(len(out), 1), rng.integers(1, 9)):
        if out:
            out[place] ^= 1 << int(rng.integers(0, 8))
    return bytes(out)


def _spliced(rng: np.random.Generator, data: bytes) -> bytes:
    """A piece moved, doubled or left out."""
    a, b, c = sorted(rng.integers(0, len(data) + 1, 3).tolist())
    return [data[:a] + data[b:], data[:b] + data[a:], data[:a] + data[b:c] + data[a:b] + data[c:]][
        int(rng.integers(0, 3))
    ]


def _columns_swapped(rng: np.random.Generator, data: bytes) -> bytes:
    lines = [line.split(b",") for line in data.split(b"\n")]
    one, other = rng.integers(0, max(len(lines[0]), 1), 2).tolist()
    for line in lines[int(rng.integers(0, 2)) :]:  # with or without the header
        if max(one, other) < len(line):
            line[one], line[other] = line[other], line[one]
    return b"\n".join(b",".join(line) for line in lines)


def _recoded(rng: np.random.Generator, data: bytes) -> bytes:
    text = data.decode("utf-8", errors="replace")
    code = ["utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-8-sig", "utf-7", "cp037"][
        int(rng.integers(0, 8))
    ]
    return text.encode(code, errors="replace")


def _giant_field(rng: np.random.Generator, data: bytes) -> bytes:
    """One value far larger than the rest of the file, sometimes in an open quotation."""
    place = int(rng.integers(0, len(data) + 1))
    field_ = rng.choice(np.frombuffer(b'9a,"\n ', dtype=np.uint8), 3).tobytes() * int(
        rng.choice([10, 3_000, 400_000], p=[0.5, 0.49, 0.01])
    )
    return data[:place] + field_ + data[place:]


def _odd_value(rng: np.random.Generator, data: bytes) -> bytes:
    """One value of one row replaced by something that numbers and dates stumble over."""
    odd = (b"", b"nan", b"inf", b"-1e400", b"0", b"2020-13", b"9" * 40, b'"', b"\0", b"NULL", b"-0", b"1,5", b"\xff\xfe", b"=1+1",
           b"99999999999", b"0001-01", b"2020-02-30T25:61Z", "٣".encode())  # fmt: skip
    lines = data.split(b"\n")
    row = int(rng.integers(0, len(lines)))
    values = lines[row].split(b",")
    values[int(rng.integers(0, len(values)))] = odd[int(rng.integers(0, len(odd)))]
    lines[row] = b",".join(values)
    return b"\n".join(lines)


def _line_ends(rng: np.random.Generator, data: bytes) -> bytes:
    return data.replace(b"\n", [b"\r\n", b"\r", b"\n\n", b"\n\r\n", b"\x0b"][int(rng.integers(0, 5))])


MUTATIONS = (
    _truncated,
    _flipped,
    _spliced,
    _columns_swapped,
    _recoded,
    _giant_field,
    _odd_value,
    _odd_value,
    _line_ends,
)


def _packed(rng: np.random.Generator, name: str, data: bytes) -> tuple[str, bytes]:
    """The file as it is, gzipped, zipped, or zipped with ill will; sometimes damaged after packing."""
    how = int(rng.integers(0, 12))
    if how < 7:
        return name, data
    if how == 7:
        name, data = f"{name}.gz", gzip.compress(data, 1, mtime=0)
    else:
        inside = [name, f"../{name}", f"/{name}", f"a/../../{name}", f"x/{name}"][int(rng.integers(0, 5))]
        members = {inside: data}
        if how == 9:
            members = {"inner.zip": _zip(members)}
        if how == 10:
            members["bomb.csv"] = b"a,b\n" * (1 << 18)
        name, data = "2020-06.zip", _zip(members)
        if how == 11:  # a header that promises far more than is there
            data = data.replace(len(members[inside]).to_bytes(4, "little"), (0x7FFFFFF0).to_bytes(4, "little"))
    if rng.random() < 0.4:
        data = (_truncated if rng.random() < 0.5 else _flipped)(rng, data)
    return name, data


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compresslevel=1)
    return out.getvalue()


def broken(target: Target, number: int) -> tuple[str, bytes]:
    """The input of this number: a file's name and its bytes."""
    rng = np.random.default_rng([number, *target.name.encode()])
    data = target.data
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        if data:
            data = MUTATIONS[int(rng.integers(0, len(MUTATIONS)))](rng, data)
    return _packed(rng, target.name.split("/")[1], data)


def check(target: Target, number: int, folder: Path) -> str:
    """Feed one broken input to its reader; what became of it.

    Raises
    ------
    Finding
        It crashed, hung, wrote a file, or its account does not add up.
    """
    name, data = broken(target, number)
    path = folder / "in" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    before = _files(folder)
    try:
        with _limit(), _no_writing():
            return _read(target, path.parent)
    except GeoSafetyError as error:
        if not (error.problem and error.remedy):
            raise Finding(f"{target.name} {number}: an error without a remedy") from error
        return "refused"
    except (Exception, HangError) as error:
        raise Finding(f"{target.name} {number}: {type(error).__name__}: {error}") from error
    finally:
        if _files(folder) != before:
            raise Finding(f"{target.name} {number}: it left files behind")
        path.unlink()


def _read(target: Target, folder: Path) -> str:
    if target.are_boundaries:
        return _read_zones(next(folder.iterdir()))
    if not target.settings:
        found = recognise_folder(folder)
        return "recognised" if found.candidates else "left out"
    feed = read_feed(FeedSettings(name="fuzz", path=(folder,), **target.settings))
    for account in feed.accounts:
        account.checked()
    told = sum(account.quarantined for account in feed.accounts)
    if told != len(feed.quarantined):
        raise Finding(f"{told} rows are set aside by the account, {len(feed.quarantined)} are there")
    return "partly read" if told else "read"


def _read_zones(path: Path) -> str:
    zones = read_boundaries(BoundarySettings("wards", path))
    if not (shapely.is_valid(zones.geometry).all() and np.isfinite(zones.area_km2).all()):
        raise Finding("zones that are no surfaces")
    return "read" if len(zones) == len(set(zones.zone_id.tolist())) == 4 else "partly read"


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@contextmanager
def _limit() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise HangError(f"no end after {SECONDS} s")

    clocks = {signal.ITIMER_PROF: (signal.SIGPROF, SECONDS), signal.ITIMER_REAL: (signal.SIGALRM, WALL_SECONDS)}
    before = {number: signal.signal(number, stop) for number, _ in clocks.values()}
    for clock, (_, seconds) in clocks.items():
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for clock in clocks:
            signal.setitimer(clock, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


_forbidden = False
_hooked = False


@contextmanager
def _no_writing() -> Iterator[None]:
    """No reader may open any file for writing: not in the work folder, not elsewhere."""
    global _forbidden, _hooked  # noqa: PLW0603 - an audit hook cannot be taken away again

    def watch(event: str, arguments: tuple) -> None:
        if not _forbidden:
            return
        writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if writes or event in ("os.mkdir", "os.rename", "os.symlink", "os.link"):
            raise Finding(f"it writes: {event} {arguments[:2]}")

    if not _hooked:
        sys.addaudithook(watch)
        _hooked = True
    _forbidden = True
    try:
        yield
    finally:
        _forbidden = False


def fuzz(target: Target, numbers: range, folder: Path, *, stop_at: int = 1) -> tuple[Counter[str], list[str]]:
    """Feed many; how often what came of them, and the findings."""
    came: Counter[str] = Counter()
    findings: list[str] = []
    for number in numbers:
        try:
            came[check(target, number, folder)] += 1
        except Finding as finding:
            findings.append(str(finding))
            if len(findings) >= stop_at:
                break
    return came, findings


def main() -> int:
    """Fuzz all readers, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--reader", choices=sorted(targets()))
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    if options.reader is None:
        codes = {}
        before = sum(os.times()[2:4])
        for name in targets():
            line = [sys.executable, __file__, "--reader", name, "--inputs", str(options.inputs)]
            codes[name] = subprocess.run(line, check=False).returncode
        failed = {name: code for name, code in codes.items() if code}
        minutes = (sum(os.times()[2:4]) - before) / 60
        print(
            f"{len(codes)} readers, {options.inputs:,} inputs each, {minutes:.1f} CPU minutes: {failed or 'nothing found'}"
        )
        return bool(failed)
    target = targets()[options.reader]
    numbers = range(options.inputs) if options.only is None else range(options.only, options.only + 1)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        came, findings = fuzz(target, numbers, Path(folder), stop_at=10)
    took = time.process_time() - started
    print(
        f"{options.reader:20} {sum(came.values()):6,} inputs, {took:6.1f} s: {dict(came.most_common())}",
        *findings,
        sep="\n  ",
        flush=True,
    )
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
