"""How do Doggerland's incidents look as files? The official police.uk layout with the oddities of real files."""

import io
import itertools
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from geo_safety.demo_city.geography import IntArray
from geo_safety.demo_city.incidents import NAMES, Incidents
from geo_safety.demo_city.streets import MapPoints

CITY, TRANSPORT = "doggerland", "btp"  # the transport force's slug decides its theme, so it is the real one's
COLUMNS = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name",
    "Crime type", "Last outcome category", "Context",
)  # fmt: skip
OUTCOMES = (
    "Investigation complete; no suspect identified", "Unable to prosecute suspect", "Under investigation",
    "Status update unavailable", "Awaiting court outcome", "Court result unavailable", "Local resolution",
    "Offender given a caution", "Action to be taken by another organisation",
    "Further action is not in the public interest",
)  # fmt: skip
OUTCOME_SHARES = (0.42, 0.28, 0.08, 0.06, 0.04, 0.04, 0.03, 0.02, 0.02, 0.01)
ASB = NAMES.index("Anti-social behaviour")
REPEATED_SHARE = 0.008  # rows that repeat a Crime ID of their month (City of London: 1.1 %)
LATE_SHARE = 0.06  # rows of the resupplied month that its first file lacks
CRLF_EVERY = 5  # every fifth file ends its lines with CR LF
UNREADABLE = (("1.7O1234", "54.712345"), ("east of the pier", "54.7"))  # a letter O for a zero; words


@dataclass(frozen=True)
class Oddities:
    """Months, counted from the first, in which something is odd."""

    gap: int
    category_gap: int
    resupplied: int
    unreadable: int
    recording_break: int
    other_kinds: int

    @classmethod
    def of(cls, months: int) -> "Oddities":
        """Spread over the series; no gap falls in the newest twelve months."""
        return cls(
            gap=int(months * 0.35),
            category_gap=int(months * 0.2),
            resupplied=int(months * 0.6),
            unreadable=int(months * 0.7),
            recording_break=int(months * 0.25),
            other_kinds=months - 2,
        )


@dataclass(frozen=True)
class Tally:
    """What became of a force's rows, each in the first bucket that holds it; the buckets add up to `rows_read`."""

    rows_read: int = 0
    superseded: int = 0
    quarantined: int = 0
    repeated: int = 0
    unlocated: int = 0
    outside: int = 0
    accepted: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, bucket.name) + getattr(other, bucket.name) for bucket in fields(self)))


@dataclass(frozen=True)
class Texts:
    """What is printed for each map point; the last entry of each is for a row without coordinates."""

    longitude: pa.Array
    latitude: pa.Array
    location: pa.Array
    lsoa_code: pa.Array
    lsoa_name: pa.Array
    is_inside: np.ndarray

    @classmethod
    def of(cls, points: list[MapPoints], locations: list[str], lsoa_codes: list[str], lsoa_names: list[str]) -> "Texts":
        """Texts of several sets of points, one after the other."""
        lon_lat = np.vstack([part.lon_lat for part in points])
        lsoa = np.concatenate([part.lsoa for part in points])
        inside = np.concatenate([part.cell >= 0 for part in points] + [[False]])
        return cls(
            pa.array([*(f"{lon:.6f}" for lon in lon_lat[:, 0]), ""]),
            pa.array([*(f"{lat:.6f}" for lat in lon_lat[:, 1]), ""]),
            pa.array([*locations, "No Location"]),
            pa.array([*(lsoa_codes[i] for i in lsoa), ""]),
            pa.array([*(lsoa_names[i] for i in lsoa), ""]),
            inside,
        )


def write_city_files(
    rng: np.random.Generator, folder: Path, incidents: Incidents, texts: Texts, months: list[str], odd: Oddities
) -> Tally:
    """Write the city force's street files, with gaps, repeats, a resupplied month and unreadable rows."""
    tally = Tally()
    for number, (month, rows) in enumerate(zip(months, _by_month(incidents, len(months)), strict=True)):
        if number == odd.gap:
            continue
        kept = rows[incidents.category[rows] != ASB] if number == odd.category_gap else rows
        has_id = incidents.category[kept] != ASB
        crime_ids = _crime_ids(rng, has_id)
        repeats = rng.choice(np.flatnonzero(has_id), int(REPEATED_SHARE * has_id.sum()), replace=False)
        lines = np.sort(np.concatenate([np.arange(len(kept)), repeats]))
        outcomes = _outcomes(rng, has_id)[lines]
        again = np.flatnonzero(np.diff(lines, prepend=-1) == 0)
        revised = again[rng.random(len(again)) < 2 / 3]
        outcomes[revised] = rng.integers(0, len(OUTCOMES), len(revised))
        parts = [kept[lines], crime_ids.take(pa.array(lines)), outcomes]
        name = f"{month}-{CITY}-street.csv"
        line_end = b"\r\n" if number % CRLF_EVERY == 0 else b"\n"
        unreadable = UNREADABLE if number == odd.unreadable else ()
        if number == odd.resupplied:  # the first file lacks late rows, and its outcomes are older
            first = np.flatnonzero(rng.random(len(kept)) >= LATE_SHARE)
            older = [kept[first], crime_ids.take(pa.array(first)), _outcomes(rng, has_id)[first]]
            table = _table(incidents, texts, month, "Doggerland Police", *older)
            _write(table, folder / "police-uk" / month / name, line_end)
            tally += Tally(rows_read=len(first), superseded=len(first))
            line_end = b"\r\n"
        table = _table(incidents, texts, month, "Doggerland Police", *parts)
        where = "resupplied" if number == odd.resupplied else "police-uk"
        _write(table, folder / where / month / name, line_end, unreadable)
        tally += _tally(incidents, texts, kept, len(unreadable), len(again))
    return tally


def write_transport_files(folder: Path, incidents: Incidents, texts: Texts, months: list[str]) -> Tally:
    """Write the transport force's street files: no Crime ID, no outcome, rows that repeat honestly."""
    tally = Tally()
    for number, (month, rows) in enumerate(zip(months, _by_month(incidents, len(months)), strict=True)):
        nothing = np.full(len(rows), -1)
        ids = _crime_ids(np.random.default_rng(0), np.zeros(len(rows), dtype=bool))
        table = _table(incidents, texts, month, "Doggerland Transport Police", rows, ids, nothing)
        line_end = b"\r\n" if number % CRLF_EVERY == 1 else b"\n"
        _write(table, folder / "police-uk" / month / f"{month}-{TRANSPORT}-street.csv", line_end)
        tally += _tally(incidents, texts, rows, 0, 0)
    return tally


def write_other_kinds(folder: Path, texts: Texts, month: str) -> None:
    """Write an outcomes and a stop-and-search file, as the official download holds them; neither is an incident file."""
    outcomes = ["Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Outcome type"]
    searches = [
        (
            "Type,Date,Part of a policing operation,Policing operation,Latitude,Longitude,Gender,Age range,"
            "Self-defined ethnicity,Officer-defined ethnicity,Legislation,Object of search,Outcome,"
            "Outcome linked to object of search,Removal of more than just outer clothing"
        )
    ]
    for i in range(40):
        lon, lat, where = texts.longitude[i], texts.latitude[i], texts.location[i]
        police = "Doggerland Police,Doggerland Police"
        lsoa = f"{texts.lsoa_code[i]},{texts.lsoa_name[i]}"
        outcomes.append(f"{i:064x},{month},{police},{lon},{lat},{where},{lsoa},{OUTCOMES[i % len(OUTCOMES)]}")
        searches.append(f"Vehicle search,{month}-05T21:{i:02d}:00+00:00,,,{lat},{lon},,,,,,,,,")
    for kind, lines in (("outcomes", outcomes), ("stop-and-search", searches)):
        text = "\n".join(lines) + "\n"
        (folder / "police-uk" / month / f"{month}-{CITY}-{kind}.csv").write_text(text, encoding="utf-8", newline="")


def _by_month(incidents: Incidents, months: int) -> list[IntArray]:
    bounds = np.searchsorted(incidents.month, np.arange(months + 1))
    return [np.arange(first, last) for first, last in itertools.pairwise(bounds)]


def _crime_ids(rng: np.random.Generator, has_id: np.ndarray) -> pa.Array:
    """64 hex digits for each row that has an ID, else an empty text: one buffer, as formatting row by row is slow."""
    digits = pa.py_buffer(rng.bytes(32 * int(has_id.sum())).hex().encode())
    offsets = np.concatenate([[0], np.cumsum(64 * has_id)]).astype(np.int32)
    return pa.StringArray.from_buffers(len(has_id), pa.py_buffer(offsets), digits)


def _outcomes(rng: np.random.Generator, has_id: np.ndarray) -> IntArray:
    return np.where(has_id, rng.choice(len(OUTCOMES), len(has_id), p=OUTCOME_SHARES), -1)


def _table(
    incidents: Incidents, texts: Texts, month: str, force: str, rows: IntArray, ids: pa.Array, outcomes: IntArray
) -> pa.Table:
    """One file's rows; `outcomes` is -1 where there is none."""
    last = len(texts.location) - 1
    point = pa.array(np.where(incidents.point[rows] < 0, last, incidents.point[rows]))
    same = {text: pa.repeat(text, len(rows)) for text in (month, force, "")}
    columns = [
        ids,
        same[month],
        same[force],
        same[force],
        texts.longitude.take(point),
        texts.latitude.take(point),
        texts.location.take(point),
        texts.lsoa_code.take(point),
        texts.lsoa_name.take(point),
        pa.array(NAMES).take(pa.array(incidents.category[rows])),
        pa.array([*OUTCOMES, ""]).take(pa.array(outcomes % (len(OUTCOMES) + 1))),
        same[""],
    ]
    return pa.table(dict(zip(COLUMNS, columns, strict=True)))


def _write(table: pa.Table, path: Path, line_end: bytes, unreadable: tuple[tuple[str, str], ...] = ()) -> None:
    """Write a table as police.uk does: no quotes. `unreadable` coordinates replace those of a copy of the first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.BytesIO()
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    pa.csv.write_csv(table, text, options)
    lines = ",".join(COLUMNS).encode() + b"\n" + text.getvalue()
    first = {name: table[name][0].as_py() for name in COLUMNS}
    for longitude, latitude in unreadable:
        row = first | {"Crime ID": "", "Longitude": longitude, "Latitude": latitude}
        lines += ",".join(row.values()).encode() + b"\n"
    path.write_bytes(lines.replace(b"\n", line_end))


def _tally(incidents: Incidents, texts: Texts, rows: IntArray, unreadable: int, repeated: int) -> Tally:
    """What became of a file's rows, each incident once, plus those that are unreadable or repeat an ID."""
    point = incidents.point[rows]
    inside = texts.is_inside[point]  # -1, no coordinates, is the last entry: not inside
    unlocated = int((point < 0).sum())
    return Tally(
        rows_read=len(rows) + unreadable + repeated,
        quarantined=unreadable,
        repeated=repeated,
        unlocated=unlocated,
        outside=int((~inside).sum()) - unlocated,
        accepted=int(inside.sum()),
    )
