"""Places where a walk could be invited: 200 to 400 m of a kind that people know, made from what stands around.

A place is never a building. Refuges, clinics, hostels, schools and dwellings make no place, give none its name, and are
not told of either: a list that said "left out because of a refuge" would show where it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
import shapely.ops
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo_safety.boundaries import Study, inside
from geo_safety.schema.wsa_shortlist import PLACE_TYPES

FloatArray = NDArray[np.float64]

RADIUS_M = 150.0
"""A place around a point is a disc of this radius: 300 m across."""

SAME_STATION_M = 150.0
"""Stations nearer to each other are one interchange."""

NODE_REACH_M, NODE_STOPS, NODES_APART_M = 100.0, 4, 250.0
"""A bus node: at least so many stops within so many metres, and so far from the next node."""

STREET_USES, STREETS_APART_M = 20, 300.0
"""A high street: at least so many shops and other uses open to all within the radius of a place."""

SMALLEST_PARK_HA, STRETCH_M, STRETCHES_APART_M, EDGE_WIDTH_M = 1.0, 300.0, 1500.0, 25.0
"""A park's edge is cut into stretches of about this length; one is taken for each so many metres of a long edge."""

PATH_LAMPS = 3
"""A path in a list of street lights: at least so many lights bear its name."""

NAMED_WITHIN_M = 300.0
"""A place takes its name from a stop or station so near."""

PREMISES = (
    "academy", "almshouse", "asylum", "care", "child", "children", "clinic", "college", "convent", "dentist", "doctor", "gp", "health",
    "hospice", "hospital", "hostel", "hotel", "infirmary", "kindergarten", "medical", "nursery", "pharmacy", "prison",
    "rape", "refuge", "rehab", "school", "sheltered", "shelter", "social", "surgery", "university", "women's", "y m c a", "ymca", "ywca",
)  # fmt: skip
"""Words (English) of premises that are never shown."""

NEVER_NAMED = (
    *PREMISES, "church", "court", "estate", "flats", "gurdwara", "house", "lodge", "mandir", "mosque", "synagogue",
    "temple", "tower", "worship",
)  # fmt: skip
"""Those, and words of dwellings and houses of prayer: a stop that bears one gives no place its name."""

STREET_WORDS = ("road", "rd", "street", "st", "lane", "hill", "avenue", "ave", "way", "green", "gardens", "bridge",
                "square", "park", "grove", "end", "circus", "walk", "rise", "row", "broadway", "parade")  # fmt: skip
"""Before one of these words a name is that of a street: Court Road, Hospital Lane."""

NO_USE = (*NEVER_NAMED, "vacant", "closed", "disused", "empty", "no", "erotic", "massage", "unknown")
"""Points of interest of these kinds do not make a high street."""

PATH_WORDS = ("path", "footpath", "pathway", "towpath", "passage", "alley", "alleyway", "walkway", "footway", "subway",
              "underpass", "footbridge")  # fmt: skip
"""Words (English) by which a list of street lights tells a path from a street."""

_ROMAN = re.compile(r"^(ii|iii|iv|vi)$", re.IGNORECASE)
_SMALL = frozenset(("a", "and", "at", "between", "by", "from", "in", "into", "of", "on", "or", "the", "to", "under"))


@dataclass(frozen=True)
class Points:
    """Points with a label: arrays of shape (n,), WGS84; a label is None where there is none."""

    label: NDArray[np.object_]
    longitude: FloatArray
    latitude: FloatArray

    @classmethod
    def none(cls) -> Points:
        """No points at all."""
        return cls(np.empty(0, dtype=object), np.empty(0), np.empty(0))

    def __len__(self) -> int:
        return len(self.label)

    def take(self, which: NDArray[Any]) -> Points:
        """Those at these places (indices or a mask)."""
        return Points(self.label[which], self.longitude[which], self.latitude[which])


@dataclass(frozen=True)
class PublicSpace:
    """What is known of a study's public space.

    Parameters
    ----------
    stations, stops : Points
        Labelled by name.
    uses : Points
        Points of interest, labelled by kind.
    lamps : Points
        Street lights, labelled by street.
    perception : Points or None
        Reports of places where people do not feel safe; None where no source is given.
    perception_weight : array of float
        How many reports each of them stands for.
    park_name : array of object, shape (n_parks,)
    parks : array of shapely geometries, shape (n_parks,)
        WGS84.
    """

    stations: Points = field(default_factory=Points.none)
    stops: Points = field(default_factory=Points.none)
    uses: Points = field(default_factory=Points.none)
    lamps: Points = field(default_factory=Points.none)
    perception: Points | None = None
    perception_weight: FloatArray = field(default_factory=lambda: np.empty(0))
    park_name: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))
    parks: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))


def candidate_places(space: PublicSpace, study: Study, *, never_named: Sequence[str] = ()) -> pd.DataFrame:
    """Every place of a study where a walk could be invited.

    Parameters
    ----------
    space : PublicSpace
        What the context holds; a kind of place whose source is absent has none.
    never_named : sequence of str
        Further words of premises, for other languages.

    Returns
    -------
    DataFrame
        One row a place with its middle inside the study: `type`, `label` (None where nothing near has a name that may be
        shown), `longitude`, `latitude` (of the middle), `geometry` (WGS84). Sorted by type, then south to north.
    """
    words = _any_of((*NEVER_NAMED, *never_named))
    named = _Namer(space, study, words)
    rows = [
        *_station_approaches(space, study, _any_of((*PREMISES, *never_named))),
        *_bus_nodes(space, study, named),
        *_high_streets(space, study, named, _any_of((*NO_USE, *never_named))),
        *_park_edges(space, study, _any_of((*PREMISES, *never_named))),
        *_estate_paths(space, study, words),
    ]
    frame = pd.DataFrame(rows, columns=["type", "label", "longitude", "latitude", "geometry"])
    frame = frame[inside(frame["longitude"].to_numpy(dtype=float), frame["latitude"].to_numpy(dtype=float), study)]
    order = frame["type"].map({name: place for place, name in enumerate(PLACE_TYPES)})
    by = frame.assign(_order=order).sort_values(["_order", "latitude", "longitude"], kind="stable")
    return by.drop(columns="_order").reset_index(drop=True)


def is_protected(text: str, *, never_named: Sequence[str] = ()) -> bool:
    """Whether a name is that of premises or a dwelling, and so may not be shown as a place.

    Examples
    --------
    >>> [
    ...     is_protected(name)
    ...     for name in ("Tottenham Court Road", "St Mary's Hospital", "12 Mill Lane", "Stratford Schools")
    ... ]
    [False, True, True, True]
    """
    return bool(_any_of((*NEVER_NAMED, *never_named)).search(text) or re.search(r"\d", text))


def tidy(text: str) -> str:
    """A name as people write it: symbols out, capitals only where a word begins.

    Examples
    --------
    >>> tidy("WESTMINSTER STN <> / PARLIAMENT SQUARE"), tidy("KING'S CROSS  #"), tidy("Far Shoal")
    ('Westminster Stn / Parliament Square', "King's Cross", 'Far Shoal')
    >>> tidy("FOOTPATH FROM ELM ROW TO (OLD) NEW-END")
    'Footpath from Elm Row to (Old) New-End'
    """
    plain = " ".join(re.sub(r"<>|>[A-Z]<|[#<>\[\]{}|~^]", " ", text).split()).strip(" /-,")
    plain = re.sub(r"^hail (&|and) ride ", "", plain, flags=re.IGNORECASE)
    if plain != plain.upper():
        return plain
    words = [word if _ROMAN.match(word) else _capital(word.lower()) for word in plain.split()]
    return " ".join(word.lower() if place and word.lower() in _SMALL else word for place, word in enumerate(words))


def _capital(word: str) -> str:
    """The word with its first letter large, and letters after a slash, a hyphen or a bracket."""
    return re.sub(r"(^|[/(-])([a-z])", lambda found: found[1] + found[2].upper(), word)


def disc_around(longitude: float, latitude: float) -> shapely.Geometry:
    """The place around a point: 300 m across, in WGS84."""
    return _Plane(longitude, latitude).degrees(shapely.Point(0, 0).buffer(RADIUS_M, quad_segs=6))


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Any of the words, also in the plural, but not as the name of a street; underscores part words as spaces do."""
    streets = "|".join(STREET_WORDS)
    listed = "|".join(map(re.escape, words))
    return re.compile(rf"(?<![a-z])(?:{listed})(?:e?s)?(?![a-z])(?!\s+(?:{streets})(?![a-z]))", re.IGNORECASE)


class _Namer:
    """What places without a name of their own are called after: the nearest stop or station with one to show."""

    def __init__(self, space: PublicSpace, study: Study, words: re.Pattern[str]) -> None:
        labels = [
            tidy(str(label)) if label is not None else "" for label in (*space.stations.label, *space.stops.label)
        ]
        keep = np.array(
            [bool(text) and not words.search(text) and not re.search(r"\d", text) for text in labels], dtype=bool
        )
        east, north = study.projection.metres(
            np.concatenate([space.stations.longitude, space.stops.longitude]),
            np.concatenate([space.stations.latitude, space.stops.latitude]),
        )
        self._labels = [text for text, kept in zip(labels, keep, strict=True) if kept]
        self._tree = cKDTree(np.column_stack([east, north])[keep]) if keep.any() else None

    def near(self, spot: FloatArray) -> str | None:
        """The commonest name within a hundred metres, else the nearest within reach."""
        if self._tree is None:
            return None
        close = sorted(self._tree.query_ball_point(spot, NODE_REACH_M))
        if close:
            counts = Counter(self._labels[place] for place in close)
            return min(counts, key=lambda name: (-counts[name], name))
        distance, place = self._tree.query(spot)
        return self._labels[int(place)] if distance <= NAMED_WITHIN_M else None


def _station_approaches(space: PublicSpace, study: Study, words: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    stations = space.stations
    for members in _clusters(_metres(stations, study), SAME_STATION_M):
        names = sorted({tidy(str(stations.label[place])) for place in members}, key=lambda name: (len(name), name))
        shown = next((name for name in names if not words.search(name)), None)
        lon, lat = float(stations.longitude[members].mean()), float(stations.latitude[members].mean())
        yield _disc("station approach", shown, lon, lat)


def _bus_nodes(space: PublicSpace, study: Study, named: _Namer) -> Iterator[dict[str, Any]]:
    stops, spots = space.stops, _metres(space.stops, study)
    if not len(stops):
        return
    tree = cKDTree(spots)
    near = [sorted(found) for found in tree.query_ball_point(spots, NODE_REACH_M)]
    stations = _metres(space.stations, study)
    from_station = cKDTree(stations).query(spots)[0] if len(stations) else np.full(len(spots), np.inf)
    for place in _densest([len(found) for found in near], spots, least=NODE_STOPS, apart_m=NODES_APART_M):
        # A station's own stops belong to its approach.
        if from_station[place] > RADIUS_M:
            members = near[place]
            lon, lat = float(stops.longitude[members].mean()), float(stops.latitude[members].mean())
            yield _disc("bus node", named.near(spots[members].mean(axis=0)), lon, lat)


def _high_streets(
    space: PublicSpace, study: Study, named: _Namer, not_a_use: re.Pattern[str]
) -> Iterator[dict[str, Any]]:
    is_use = np.array(
        [label is not None and not not_a_use.search(str(label)) for label in space.uses.label], dtype=bool
    )
    uses = space.uses.take(is_use)
    if not len(uses):
        return
    spots = _metres(uses, study)
    near = [sorted(found) for found in cKDTree(spots).query_ball_point(spots, RADIUS_M)]
    for place in _densest([len(found) for found in near], spots, least=STREET_USES, apart_m=STREETS_APART_M):
        members = near[place]
        lon, lat = float(uses.longitude[members].mean()), float(uses.latitude[members].mean())
        yield _disc("high street", named.near(spots[members].mean(axis=0)), lon, lat)


def _park_edges(space: PublicSpace, study: Study, words: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    """The stretches of each named park's edge at which most people arrive."""
    arrivals = np.vstack([_metres(space.stations, study), _metres(space.stops, study)])
    tree = cKDTree(arrivals) if len(arrivals) else None
    valid = shapely.make_valid(space.parks)
    hectares = study.projection.area_km2(valid) * 100 if len(valid) else np.empty(0)
    for name, park, size in zip(space.park_name, valid, hectares, strict=True):
        if name is None or size < SMALLEST_PARK_HA or words.search(str(name)):
            continue
        largest = max(shapely.get_parts(park), key=shapely.area)
        if largest.geom_type != "Polygon":
            continue
        plane = _Plane(largest.centroid.x, largest.centroid.y)
        edge = plane.metres(largest.exterior)
        pieces = max(1, round(edge.length / STRETCH_M))
        stretches = [
            shapely.ops.substring(edge, part * edge.length / pieces, (part + 1) * edge.length / pieces)
            for part in range(pieces)
        ]
        middles = np.array([plane.degrees(one.interpolate(0.5, normalized=True)).coords[0] for one in stretches])
        spots = np.column_stack(study.projection.metres(middles[:, 0], middles[:, 1]))
        arriving = (
            [0] * pieces if tree is None else [len(found) for found in tree.query_ball_point(spots, 2 * NODE_REACH_M)]
        )
        most = max(1, int(edge.length // STRETCHES_APART_M))
        for place in _densest(arriving, spots, least=0, apart_m=2 * STRETCH_M)[:most]:
            shape = stretches[place].simplify(2).buffer(EDGE_WIDTH_M, quad_segs=2)
            lon, lat = middles[place].tolist()
            yield _row("park edge", tidy(str(name)), lon, lat, plane.degrees(shape))


def _estate_paths(space: PublicSpace, study: Study, words: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    """Paths that a list of street lights names, and points of interest whose kind says that they are such paths."""
    path = _any_of(PATH_WORDS)
    lamps = space.lamps
    streets: dict[str, list[int]] = {}
    for place, street in enumerate(lamps.label):
        if street is not None and path.search(str(street)):
            streets.setdefault(str(street), []).append(place)
    for street, members in sorted(streets.items()):
        if len(members) >= PATH_LAMPS:
            middle = _middle(_metres(lamps.take(np.array(members)), study))
            lon, lat = float(lamps.longitude[members[middle]]), float(lamps.latitude[members[middle]])
            # House numbers and schools are in such names: "from 53 Chester Road to ...".
            shown = None if words.search(street) or re.search(r"\d", street) else tidy(street)
            yield _disc("estate path", shown, lon, lat)
    for label, lon, lat in zip(space.uses.label, space.uses.longitude, space.uses.latitude, strict=True):
        if label is not None and str(label).replace("_", " ").casefold() == "estate path":
            yield _disc("estate path", None, float(lon), float(lat))


def _middle(spots: FloatArray) -> int:
    """The point nearest to the mean of all."""
    return int(np.argmin(np.hypot(*(spots - spots.mean(axis=0)).T)))


def _densest(numbers: Sequence[int], spots: FloatArray, *, least: int, apart_m: float) -> list[int]:
    """Places by number, most first, each as far from those before as asked; of equal numbers the first.

    Examples
    --------
    >>> _densest([3, 5, 5, 2], np.array([[0.0, 0], [10, 0], [500, 0], [900, 0]]), least=3, apart_m=100)
    [1, 2]
    """
    order = np.argsort(-np.asarray(numbers), kind="stable")
    tree = cKDTree(spots)
    free = np.ones(len(spots), dtype=bool)
    chosen = []
    for place in order.tolist():
        if numbers[place] < least:
            break
        if free[place]:
            chosen.append(place)
            free[tree.query_ball_point(spots[place], apart_m)] = False
    return chosen


def _clusters(spots: FloatArray, reach_m: float) -> Iterator[NDArray[np.int64]]:
    """Points that are near each other, or near one that is (single linkage), by their first member."""
    if not len(spots):
        return
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = cKDTree(spots).query_pairs(reach_m, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(spots), len(spots)))
    _, cluster = connected_components(links, directed=False)
    for number in dict.fromkeys(cluster.tolist()):
        yield np.flatnonzero(cluster == number)


def _metres(points: Points, study: Study) -> FloatArray:
    return np.column_stack(study.projection.metres(points.longitude, points.latitude))


@dataclass(frozen=True)
class _Plane:
    """Metres around one point and back; right to a thousandth within a few kilometres."""

    longitude: float
    latitude: float

    @property
    def _scale(self) -> FloatArray:
        phi = np.radians(self.latitude)
        # Length of a degree on the WGS84 ellipsoid (series in multiple angles).
        east = 111_412.84 * np.cos(phi) - 93.5 * np.cos(3 * phi) + 0.118 * np.cos(5 * phi)
        north = 111_132.92 - 559.82 * np.cos(2 * phi) + 1.175 * np.cos(4 * phi)
        return np.array([east, north])

    def metres(self, shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(shape, lambda at: (at - (self.longitude, self.latitude)) * self._scale)

    def degrees(self, shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(shape, lambda at: np.round(at / self._scale + (self.longitude, self.latitude), 6))


def _disc(type: str, label: str | None, longitude: float, latitude: float) -> dict[str, Any]:
    return _row(type, label, longitude, latitude, disc_around(longitude, latitude))


def _row(type: str, label: str | None, longitude: float, latitude: float, shape: shapely.Geometry) -> dict[str, Any]:
    return {
        "type": type,
        "label": label or None,
        "longitude": round(longitude, 6),
        "latitude": round(latitude, 6),
        "geometry": shape,
    }
