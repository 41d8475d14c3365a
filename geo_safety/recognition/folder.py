"""What is in a folder: feeds by kind, boundaries, and the rest with the reason why it is none of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from geo_safety.errors import GeoSafetyError, SourceError
from geo_safety.recognition.context_files import (
    WORKBOOKS,
    ContextFile,
    context_of_shapes,
    context_of_table,
    context_of_workbook,
)
from geo_safety.recognition.guess import Guess, Sample, words_of
from geo_safety.recognition.surfaces import Surface, holds_lines, recognise_surface
from geo_safety.recognition.tables import TableGuess, looks_like_names, recognise_table
from geo_safety.sources import mps_counts, outcomes, police_uk, stop_search
from geo_safety.sources.delimited import read_layout
from geo_safety.sources.feed import FeedSettings, RawFile
from geo_safety.sources.files import FoundFile, find_files, read_sample
from geo_safety.sources.formats import TEXT_SUFFIXES, TYPED_SUFFIXES, open_table, suffix_of
from geo_safety.sources.knife_crime import COLUMNS as DASHBOARD
from geo_safety.themes import KNIFE_CRIME, MPS, POLICE_UK, STATS19, STOP_SEARCH, labels_named

_SAMPLE_ROWS = 20_000
_MOST_SAMPLED = 24
_SHAPE_SUFFIXES = (".geojson", ".json", ".gpkg", ".kml", ".fgb", ".shp")
_SHAPE_PARTS = (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".xml", ".qix")
_OWN_NAMES = {"readme.md", "geo-safety.toml", "fetch.toml", "provenance.json"}


@dataclass
class Candidate:
    """A feed as recognised, before it is read.

    Parameters
    ----------
    shown : str
        Its files, for people.
    settings : FeedSettings
        How it will be read.
    guesses : tuple of Guess
        What was guessed of it, and how sure each guess is.
    labels : str or mapping
        As the config writes them.
    zones : frozenset of str
        Area codes in its first rows, for counts by area.
    """

    shown: str
    settings: FeedSettings
    guesses: tuple[Guess, ...] = ()
    labels: str | dict[str, tuple[str, ...]] | None = None
    zones: frozenset[str] = frozenset()


@dataclass
class Recognised:
    """What is in a folder."""

    candidates: list[Candidate] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    context: list[ContextFile] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Sorted:
    """The files of a folder by what their names and headers say."""

    street: dict[Path, list[FoundFile]] = field(default_factory=dict)
    searches: dict[Path, list[FoundFile]] = field(default_factory=dict)
    outcomes: list[FoundFile] = field(default_factory=list)
    collisions: list[FoundFile] = field(default_factory=list)
    mps: dict[str, list[FoundFile]] = field(default_factory=dict)
    dashboards: list[FoundFile] = field(default_factory=list)
    tables: dict[tuple[Path, tuple[str, ...]], list[FoundFile]] = field(default_factory=dict)


def recognise_folder(place: Path, *, crs: str | None = None) -> Recognised:
    """What do a folder, or one file, hold?

    Parameters
    ----------
    place : Path
        Searched to any depth; hidden files are passed by.
    crs : str, optional
        Coordinate system of tables in metres that state none.
    """
    done, found = Recognised(), _Sorted()
    for file in _files(place, done):
        try:
            _sort(file, found, done)
        except GeoSafetyError as error:
            done.left_out.append((file.name, str(error)))
    done.candidates += [*_police(found, place), *_counts(found), *_collisions(found)]
    for files in found.tables.values():
        _recognise_tables(files, done, crs=crs)
    if found.outcomes:
        what = "outcomes of crimes: matched to them by `geo-safety check`, never counted as incidents"
        done.left_out.append((_shown(found.outcomes), what))
    return done


def _files(place: Path, done: Recognised) -> Iterator[FoundFile]:
    """The files one by one, so that one that cannot be opened hides no other."""
    paths = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    base = place if place.is_dir() else place.parent
    for path in paths:
        name = path.relative_to(base).as_posix()
        if any(part.startswith(".") for part in path.relative_to(base).parts) or _is_own(path):
            continue
        try:
            members = find_files([path], feed=name)
        except SourceError as error:
            done.left_out.append((name, str(error)))
            continue
        for file in members:
            yield file._replace(name=name if file.member is None else f"{name}/{file.name.partition('/')[2]}")


def _is_own(path: Path) -> bool:
    """Whether we or the README wrote it: notes, provenance, configs."""
    return path.name.lower() in _OWN_NAMES or (path.suffix == ".toml" and b"[study]" in path.read_bytes())


def _sort(file: FoundFile, found: _Sorted, done: Recognised) -> None:
    suffix = suffix_of(file.name)
    if suffix in WORKBOOKS and file.member is None and (context := context_of_workbook(file.path)):
        done.context += context
        return
    if police_uk.NAME.fullmatch(file.name):
        found.street.setdefault(_root(file), []).append(file)
    elif stop_search.NAME.fullmatch(file.name):
        found.searches.setdefault(_root(file), []).append(file)
    elif outcomes.NAME.fullmatch(file.name):
        found.outcomes.append(file)
    elif suffix in TEXT_SUFFIXES:
        _sort_text(file, found, done)
    elif suffix in _SHAPE_SUFFIXES:
        _sort_shapes(file, found, done)
    elif suffix in TYPED_SUFFIXES:
        table = open_table(_raw(file), _plain(file))
        found.tables.setdefault((file.path.parent, table.names), []).append(file)
    elif suffix not in _SHAPE_PARTS:
        known = f"{', '.join((*TEXT_SUFFIXES, *TYPED_SUFFIXES))} and zipped shapefiles are"
        why = (
            "the old Excel format, which is read for figures of people alone: save it as .xlsx"
            if suffix == ".xls"
            else f"a kind of file that is not read ({known})"
        )
        done.left_out.append((file.name, why))


def _root(file: FoundFile) -> Path:
    """The folder (or archive) that holds the months of a police.uk download."""
    if file.member is not None:
        return file.path
    folder = file.path.parent
    return folder.parent if folder.name[:4].isdigit() and len(folder.name) == len("2024-01") else folder


def _sort_text(file: FoundFile, found: _Sorted, done: Recognised) -> None:
    names = read_layout(_raw(file), delimiter=None).names
    lower = {name.lower() for name in names}
    form = mps_counts.form_named(_raw(file))
    if {"accident_severity", "collision_severity"} & lower and {"longitude", "latitude"} <= lower:
        found.collisions.append(file)
    elif form:
        found.mps.setdefault(form, []).append(file)
    elif set(DASHBOARD.values()) <= lower:
        found.dashboards.append(file)
    elif {"casualty_severity", "vehicle_type"} & lower and "longitude" not in lower:
        raise SourceError("STATS19 casualties or vehicles: they hold no places.", "Use the file of collisions.")
    elif file.member is None and (context := context_of_table(file.path, names)):
        done.context += context
    else:
        found.tables.setdefault((file.path.parent, names), []).append(file)


def _sort_shapes(file: FoundFile, found: _Sorted, done: Recognised) -> None:
    is_whole = file.member is None or suffix_of(file.name) == ".shp"
    surface = recognise_surface(file.path) if is_whole else None
    context = context_of_shapes(file.path, are_surfaces=surface is not None) if is_whole else None
    if context is not None and (surface is not None or holds_lines(file.path)):
        done.context.append(context)
    elif surface is not None:
        done.surfaces.append(surface)
    elif suffix_of(file.name) == ".shp":
        done.left_out.append((file.name, "shapes that are no surfaces"))
    else:
        table = open_table(_raw(file), _plain(file))
        found.tables.setdefault((file.path.parent, table.names), []).append(file)


def _police(found: _Sorted, place: Path) -> Iterator[Candidate]:
    for kind, roots, labels in (("police_uk", found.street, POLICE_UK), ("stop_search", found.searches, STOP_SEARCH)):
        for root, files in roots.items():
            name = "police.uk" if kind == "police_uk" else "Stop and search"
            if len(roots) > 1:
                name = f"{name} {root.name}"
            path = place if not place.is_dir() else root
            shown = f"{root.relative_to(place).as_posix() if root != place and place in root.parents else root.name}: {len(files)} files"
            yield Candidate(shown, FeedSettings(kind=kind, name=name, path=(path,), labels=labels))


def _counts(found: _Sorted) -> Iterator[Candidate]:
    for layer, files in found.mps.items():
        settings = FeedSettings(kind="mps_counts", name=f"MPS {layer}", path=_paths(files), labels=MPS, layer=layer)
        codes = frozenset(mps_counts.BOROUGHS.values()) if layer == "boroughs" else None
        zones = codes or _values(files, mps_counts.FORMS[layer].zone)
        yield Candidate(_shown(files), settings, zones=zones)
    for file in found.dashboards:
        settings = FeedSettings(
            kind="knife_crime", name="MPS knife crime", path=(file.path,), labels=KNIFE_CRIME, layer="boroughs"
        )
        yield Candidate(file.name, settings, zones=frozenset(mps_counts.BOROUGHS.values()) - {"E09000001"})


def _collisions(found: _Sorted) -> Iterator[Candidate]:
    if found.collisions:
        settings = FeedSettings(kind="stats19", name="STATS19", path=_paths(found.collisions), labels=STATS19)
        yield Candidate(_shown(found.collisions), settings)


def _recognise_tables(files: Sequence[FoundFile], done: Recognised, *, crs: str | None) -> None:
    """Files of one folder with the same columns are one feed."""
    try:
        sample = sample_of(files)
        guess = recognise_table(sample, crs=crs)
    except GeoSafetyError as error:
        done.left_out.append((_shown(files), str(error)))
        return
    if guess.kind is None:
        named = looks_like_names(sample)
        more = (
            f" (the column {named} names areas, but names are no codes)"
            if named and "area codes" in guess.problem
            else ""
        )
        done.left_out.append((_shown(files), f"{guess.problem}{more}"))
        return
    done.candidates.append(_candidate(files, guess, sample))


def _candidate(files: Sequence[FoundFile], guess: TableGuess, sample: Sample) -> Candidate:
    first = files[0]
    guesses = list(guess.guesses)
    settings = dict(guess.settings)
    labels = settings.pop("labels")
    if suffix_of(first.name) in TEXT_SUFFIXES:
        layout = read_layout(_raw(first), delimiter=None)
        if layout.delimiter != ",":
            settings["delimiter"] = layout.delimiter
            guesses.insert(0, Guess("delimiter", layout.delimiter, "certain", "it stands most often in the header"))
        guesses.insert(0, _encoding(first, layout.encoding))
    name = first.path.parent.name if len(files) > 1 else first.name.rsplit("/", 1)[-1].split(".")[0]
    zones = frozenset(sample.filled(settings["columns"]["zone_id"])) if guess.kind == "area_counts" else frozenset()
    feed = FeedSettings(
        kind=str(guess.kind),
        name=" ".join(words_of(name)) or name,
        path=_paths(files),
        labels=labels_named(labels),
        **settings,
    )
    return Candidate(_shown(files), feed, tuple(guesses), labels, zones)


def _encoding(file: FoundFile, encoding: str) -> Guess:
    if encoding == "utf-16":
        return Guess("encoding", "UTF-16", "certain", "it begins with the mark of UTF-16")
    sample = read_sample(file.path, file.member, name=file.name)
    try:
        sample[: sample.rfind(b"\n") + 1].decode("utf-8-sig")
    except UnicodeDecodeError:
        return Guess("encoding", "Latin-1", "likely", "it is no UTF-8; older desktop programs write Latin-1")
    if sample.isascii():
        return Guess(
            "encoding", "UTF-8", "certain", "its first rows hold plain letters alone, which every encoding shares"
        )
    return Guess("encoding", "UTF-8", "certain", "letters with accents are read as such")


def sample_of(files: Sequence[FoundFile]) -> Sample:
    """The first rows of files with the same columns, some of each.

    Raises
    ------
    SourceError
        If one of them cannot be read.
    """
    chosen = files[:_MOST_SAMPLED]
    columns: dict[str, list[str]] = {}
    names: tuple[str, ...] = ()
    crs = None
    for file in chosen:
        table = open_table(_raw(file), _plain(file))
        names = table.names
        crs = crs or getattr(table, "crs", None)
        left = _SAMPLE_ROWS // len(chosen)
        for batch in table.batches(table.names):
            for name, column in batch.texts.items():
                texts = column.texts
                columns.setdefault(name, []).extend(texts[code] for code in column.code[:left].tolist())
            break
    name = files[0].name if len(files) == 1 else files[0].path.parent.name
    return Sample(name.rsplit("/", 1)[-1], columns or dict.fromkeys(names, ()), crs)


def _values(files: Sequence[FoundFile], column: str) -> frozenset[str]:
    return frozenset(
        text for name, texts in sample_of(files[:1]).columns.items() if name.lower() == column for text in texts
    )


def _paths(files: Sequence[FoundFile]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(file.path for file in files))


def _raw(file: FoundFile) -> RawFile:
    return RawFile(file.name, file.path, file.member)


def _plain(file: FoundFile) -> FeedSettings:
    return FeedSettings(kind="table", name=file.name, path=(file.path,))


def _shown(files: Sequence[FoundFile]) -> str:
    first = files[0].name
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more like it"
