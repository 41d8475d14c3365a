"""Women's Safety Audit shortlist: where to invite people to walk a place together and say how it feels.

The list invites an audit; it is not one. It orders places by five parts, each a percentile among all candidate places,
and spreads them over wards, boroughs and kinds of place. Low reports do not mean safe, so one place in five is kept for
the community to name, and every place that is not listed says why.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo_safety.audit_places import RADIUS_M, Points, PublicSpace, candidate_places
from geo_safety.audit_score import part, percentile, score_places
from geo_safety.boundaries import Study, Zones, locate
from geo_safety.cell_layers import cell_layer, is_cells, resolution_of
from geo_safety.denominators import by_day
from geo_safety.grid import locate_in
from geo_safety.layers import Layer
from geo_safety.portfolio import ShortlistRules, choose
from geo_safety.products.inputs import ContextTable, Inputs, Made, Wanted

FloatArray = NDArray[np.float64]

THEME = "vawg_ps"

LOW_REPORTS = "Low reports do not mean safe: people may have stopped reporting, or stopped going there."
INVITES = "A place to invite a walk to; the walk itself has not been made."
SHARED = {
    "perception": "No perception data: its weight is shared among the other parts.",
    "incidents": "No figures of reports here: their weight is shared among the other parts.",
    "transport": "No stops or stations are known: their weight is shared among the other parts.",
    "built": "Nothing is known of light and uses: their weight is shared among the other parts.",
    "exposure": "Nothing is known of who is there: its weight is shared among the other parts.",
}
"""What is said where a part is missing."""

NO_LAMPS = "No list of street lights covers this place: look at the lighting on the walk."
RESIDENTS_STAND_IN = "All residents stand in for women and girls."

LAMPS_WITHIN_M, LIGHT_LISTED_M, LIGHT_EDGE_M = 100.0, 250.0, 60.0
"""Street lights are counted so near the middle. A list of lights covers what is surrounded by lights so near each other, and a
strip beyond its last ones that is narrower than the count reaches: further out, the lights are another borough's to list."""

SAMPLE_M = 100.0
"""Figures of cells are means over the middle and six points so far around it."""

SMALL = 5
"""Outside cells a zone is its own neighbourhood: its rate is not used where it would tell of a count below this."""

SAYS = (
    "A list of places to invite people to walk together; no place on it has been found unsafe.",
    LOW_REPORTS,
    "Some places are kept for the community to name: a list made from records alone repeats what records miss.",
    "More reports can mean more trust. A place is not worse because more was reported there.",
)

CONTEXT = {
    "stations": Wanted(("name",), needed=False),
    "stops": Wanted((), optional=("name",), needed=False),
    "parks": Wanted((), optional=("name",), drawn=True, needed=False),
    "places": Wanted((), optional=("kind",), needed=False),
    "lighting": Wanted((), optional=("street",), needed=False),
    "perception": Wanted((), optional=("reports",), needed=False),
}
"""Of all these a list can be made; of none it cannot."""

NO_PLACES = "No place can be made: give stations, stops, parks, places or lighting as [[context]]."


@dataclass(frozen=True)
class Figures:
    """What is known of the zones that places lie in; arrays of shape (n_zones,), NaN where unknown.

    Parameters
    ----------
    zones : Zones
        Cells, or what the study has instead.
    ratio : array of float
        Smoothed rate of reports in each zone's neighbourhood over the study's.
    people : Zones, optional
        Zones of the figures of people: wards where these are too large to tell of cells.
    women, residents, by_day : array of float, shape (n_people_zones,), optional
        People of each of them.
    footfall : array of float, optional
        Entries and exits a year of the stations in each zone.
    """

    zones: Zones
    ratio: FloatArray
    people: Zones | None = None
    women: FloatArray | None = None
    residents: FloatArray | None = None
    by_day: FloatArray | None = None
    footfall: FloatArray | None = None


def make(inputs: Inputs) -> Made | str:
    """The shortlist of a run."""
    if THEME not in inputs.themes:
        return f"The study has no theme {THEME}."
    layer = _finest(inputs)
    if layer is None:
        return "The study has no layer of cells or wards."
    places = candidate_places(space_of(inputs.context), inputs.study, never_named=inputs.wsa.never_named)
    if not len(places):
        return NO_PLACES
    rows = inputs.rows(layer.name, THEME)
    window = rows[["window_start", "window_end"]].iloc[0]
    frame, notes = shortlist(
        places,
        space_of(inputs.context),
        _figures(layer, rows, inputs.layers.get("wards")),
        inputs.study,
        wards=_zones(inputs, "wards"),
        boroughs=_zones(inputs, "boroughs"),
        rules=inputs.wsa,
    )
    frame = frame.assign(window_start=_day(window["window_start"]), window_end=_day(window["window_end"]))
    return Made(frame, (THEME,), (*SAYS, *notes), ())


def space_of(context: Mapping[str, Sequence[ContextTable]]) -> PublicSpace:
    """The public space that the files of the context tell of."""
    felt = _points(context.get("perception", ()), "reports")
    weight = pd.to_numeric(pd.Series(felt.label, dtype=object), errors="coerce").to_numpy(dtype=float)
    drawn = [table.frame for table in context.get("parks", ())]
    parks = pd.concat(drawn, ignore_index=True) if drawn else pd.DataFrame({"name": [], "geometry": []}, dtype=object)
    return PublicSpace(
        stations=_points(context.get("stations", ()), "name"),
        stops=_points(context.get("stops", ()), "name"),
        # Named places without a kind are for maps.
        uses=_points([table for table in context.get("places", ()) if "kind" in table.frame], "kind"),
        lamps=_points(context.get("lighting", ()), "street"),
        perception=felt if context.get("perception") else None,
        perception_weight=np.clip(np.where(np.isnan(weight), 1.0, weight), 0.0, None),
        park_name=np.array(_texts(parks["name"]), dtype=object),
        parks=parks["geometry"].to_numpy(dtype=object),
    )


def _points(tables: Sequence[ContextTable], label: str) -> Points:
    if not tables:
        return Points.none()
    rows = pd.concat([table.frame for table in tables], ignore_index=True)
    labels = _texts(rows[label]) if label in rows else [None] * len(rows)
    return Points(
        np.array(labels, dtype=object), rows["longitude"].to_numpy(dtype=float), rows["latitude"].to_numpy(dtype=float)
    )


def _finest(inputs: Inputs) -> Layer | None:
    """Cells as fine as there are (up to resolution 9, finer ones say nothing more), else wards."""
    cells = [
        resolution for name in inputs.layers if (resolution := resolution_of(name)) is not None and resolution <= 9
    ]
    return inputs.layers.get(cell_layer(max(cells)) if cells else "wards")


def _figures(layer: Layer, rows: pd.DataFrame, wards: Layer | None) -> Figures:
    ratio = rows["ratio"].to_numpy(dtype=float, na_value=np.nan)
    if not is_cells(layer.name):
        incidents = rows["incidents"].to_numpy(dtype=float, na_value=np.nan)
        ratio = np.where((incidents > 0) & (incidents < SMALL), np.nan, ratio)
    known = layer if wards is None or {"women", "residents"} & set(layer.denominators) else wards
    found = {name: one.of_zone for name, one in known.denominators.items()}
    day, footfall = by_day(known.denominators), layer.denominators.get("footfall")
    return Figures(
        layer.zones,
        ratio,
        people=known.zones,
        women=found.get("women"),
        residents=found.get("residents"),
        by_day=None if day is None else day.of_zone,
        footfall=None if footfall is None else footfall.of_zone,
    )


def _zones(inputs: Inputs, name: str) -> Zones | None:
    return inputs.layers[name].zones if name in inputs.layers else None


def _day(value: Any) -> dt.date | None:
    return None if pd.isna(value) else value


def shortlist(
    places: pd.DataFrame,
    space: PublicSpace,
    figures: Figures,
    study: Study,
    *,
    wards: Zones | None,
    boroughs: Zones | None,
    rules: ShortlistRules,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """All candidate places with their scores, those on the list and why the others are not.

    Parameters
    ----------
    places : DataFrame
        From `audit_places.candidate_places`; at least one.

    Returns
    -------
    DataFrame, tuple of str
        A row a candidate in columns of `schema.WSA_SHORTLIST`, listed ones first, then by rank; and what has to be said
        of the whole list.
    """
    places = places.assign(**_located(places, wards, boroughs))
    places = places.assign(**_around(places, space, study, figures))
    parts = parts_of(places, space, figures, study)
    scores = score_places(parts, weights=rules.weights)
    is_inner = np.isin(places["boroughs"].to_numpy(dtype=object), rules.inner) if rules.inner else None
    portfolio = choose(
        scores.rank,
        types=places["type"].tolist(),
        wards=_texts(places["wards"]),
        boroughs=_texts(places["boroughs"]),
        is_inner=is_inner,
        spots=_spots(places, study),
        rules=rules.portfolio,
    )
    frame = places.assign(
        place_id=_ids(places),
        name=_names(places),
        theme=THEME,
        is_inner=None if is_inner is None else is_inner,
        is_listed=portfolio.is_listed,
        excluded_because=portfolio.excluded_because,
        score=scores.score,
        rank=scores.rank,
        rank_low=scores.rank_low,
        rank_high=scores.rank_high,
        weight_known=scores.known_weight / sum(rules.weights.values()),
        parts_missing=_missing(parts, rules.weights),
        caution=_cautions(parts, places, figures, rules.weights),
        **{f"part_{name}": 100 * parts[name] for name in rules.weights},
    ).drop(columns=["label", "longitude", "latitude"])
    order = frame.assign(_late=~portfolio.is_listed).sort_values(["_late", "rank", "place_id"], kind="stable")
    return order.drop(columns="_late").reset_index(drop=True), (*portfolio.notes, *_unknown(rules.inner, boroughs))


def _unknown(inner: Sequence[str], boroughs: Zones | None) -> tuple[str, ...]:
    known = set() if boroughs is None else set(boroughs.zone_id.tolist())
    strange = [code for code in inner if code not in known]
    return (f"The inner zone names boroughs that the study does not have: {', '.join(strange)}.",) if strange else ()


def parts_of(places: pd.DataFrame, space: PublicSpace, figures: Figures, study: Study) -> pd.DataFrame:
    """The five parts of every place, each a percentile (0 to 1) among all places; NaN where nothing is known.

    `built` and `transport` hold counts around the place, `incidents` and `exposure` means over the zones around it.
    """
    ratio = _sampled(figures.ratio, figures.zones, places)
    zones = figures.people or figures.zones
    people = [
        _sampled(values / zones.area_km2, zones, places)
        for values in (figures.women if figures.women is not None else figures.residents, figures.by_day)
        if values is not None
    ]
    unknown = np.full(len(places), np.nan)
    perception = unknown
    if space.perception is not None:
        perception = _summed(space.perception, space.perception_weight, places, study, RADIUS_M)
    # Fewer lights and fewer open doors give a place more of the part.
    built = [-places[name].to_numpy(dtype=float) for name in ("lamps_within_100m", "uses_within_150m")]
    transport = [places[name].to_numpy(dtype=float) for name in ("stops_within_150m", "footfall")]
    return pd.DataFrame({
        "incidents": percentile(ratio),
        "perception": percentile(perception),
        "transport": part(transport),
        "built": part(built),
        "exposure": part(people) if people else unknown,
    })  # fmt: skip


def _around(places: pd.DataFrame, space: PublicSpace, study: Study, figures: Figures) -> dict[str, FloatArray]:
    """What stands around each place; NaN where no source tells."""
    lamps = _counted(space.lamps, places, study, LAMPS_WITHIN_M)
    if len(space.lamps):
        lamps = np.where(_is_covered(space.lamps, places, study), lamps, np.nan)
    footfall = None if figures.footfall is None else np.nan_to_num(figures.footfall)
    return {
        "lamps_within_100m": lamps,
        "stops_within_150m": _counted(space.stops, places, study, RADIUS_M),
        "uses_within_150m": _counted(space.uses, places, study, RADIUS_M),
        "footfall": np.full(len(places), np.nan)
        if footfall is None
        else _sampled(footfall, figures.zones, places, "most"),
    }


def _counted(points: Points, places: pd.DataFrame, study: Study, reach_m: float) -> FloatArray:
    if not len(points):
        return np.full(len(places), np.nan)
    return _summed(points, np.ones(len(points)), places, study, reach_m)


def _is_covered(lamps: Points, places: pd.DataFrame, study: Study) -> NDArray[np.bool_]:
    """Whether a list of street lights reaches a place: an unlit park inside a lit borough counts, a street beyond does not."""
    east, north = study.projection.metres(lamps.longitude, lamps.latitude)
    discs = shapely.buffer(shapely.points(np.unique(np.round(np.column_stack([east, north]) / 50), axis=0) * 50),
                           LIGHT_LISTED_M, quad_segs=8)  # fmt: skip
    reach = shapely.get_parts(shapely.union_all(discs))
    whole = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(reach)))
    whole = shapely.buffer(whole, LIGHT_EDGE_M - LIGHT_LISTED_M)
    shapely.prepare(whole)
    return shapely.intersects_xy(whole, _spots(places, study))


def _summed(points: Points, weight: FloatArray, places: pd.DataFrame, study: Study, reach_m: float) -> FloatArray:
    """Sum of the weights of the points within reach of each place's middle."""
    tree = cKDTree(np.column_stack(study.projection.metres(points.longitude, points.latitude)))
    near = tree.query_ball_point(_spots(places, study), reach_m)
    return np.array([weight[found].sum() if found else 0.0 for found in near], dtype=float)


def _sampled(
    values: FloatArray, zones: Zones, places: pd.DataFrame, how: Literal["mean", "most"] = "mean"
) -> FloatArray:
    """Mean (or most) of a figure over the middle of each place and six points around it."""
    turn = np.arange(6) * np.pi / 3
    north = np.concatenate([[0.0], SAMPLE_M * np.sin(turn)]) / 111_132
    lat = places["latitude"].to_numpy(dtype=float)[:, None] + north
    east = np.concatenate([[0.0], SAMPLE_M * np.cos(turn)])[None, :] / (111_320 * np.cos(np.radians(lat)))
    lon = places["longitude"].to_numpy(dtype=float)[:, None] + east
    where = locate_in(lon.ravel(), lat.ravel(), zones).reshape(lon.shape)
    found = np.where(where >= 0, np.asarray(values, dtype=float)[where], np.nan)
    known = ~np.isnan(found)
    if how == "most":
        return np.where(known.any(axis=1), np.where(known, found, -np.inf).max(axis=1), np.nan)
    return np.where(known.any(axis=1), np.nansum(found, axis=1) / np.maximum(known.sum(axis=1), 1), np.nan)


def _located(places: pd.DataFrame, wards: Zones | None, boroughs: Zones | None) -> dict[str, NDArray[np.object_]]:
    """Codes and names of the ward and borough of each place's middle."""
    lon, lat = places["longitude"].to_numpy(dtype=float), places["latitude"].to_numpy(dtype=float)
    nothing = np.full(len(places), None, dtype=object)
    ward = nothing if wards is None else _taken(wards.zone_id, locate(lon, lat, wards))
    ward_name = nothing if wards is None else _taken(wards.name, locate(lon, lat, wards))
    if boroughs is not None:
        at = locate(lon, lat, boroughs)
        borough, borough_name = _taken(boroughs.zone_id, at), _taken(boroughs.name, at)
    else:
        borough = nothing if wards is None else _taken(wards.parent, locate(lon, lat, wards))
        borough_name = borough
    return {"wards": ward, "ward_name": ward_name, "boroughs": borough, "borough_names": borough_name}


def _taken(values: NDArray[Any], places: NDArray[np.int32]) -> NDArray[np.object_]:
    found = np.asarray(values, dtype=object)[places]
    found[places < 0] = None
    return found


def _spots(places: pd.DataFrame, study: Study) -> FloatArray:
    lon, lat = places["longitude"].to_numpy(dtype=float), places["latitude"].to_numpy(dtype=float)
    return np.column_stack(study.projection.metres(lon, lat))


def _ids(places: pd.DataFrame) -> list[str]:
    """Names for machines, from kind and middle: the same as long as the place's own source does not move it."""
    plain = [
        f"{kind.replace(' ', '-')}_{lat:.4f}_{lon:.4f}"
        for kind, lat, lon in zip(places["type"], places["latitude"], places["longitude"], strict=True)
    ]
    return _numbered(plain, "_{}")


def _numbered(texts: Sequence[str], ending: str) -> list[str]:
    """The texts, each that was there before with its number at the end."""
    seen: Counter[str] = Counter()
    found = []
    for text in texts:
        seen[text] += 1
        found.append(text if seen[text] == 1 else text + ending.format(seen[text]))
    return found


_NAMED = {
    "station approach": ("Approach to {} station", "Approach to a station"),
    "bus node": ("Bus stops at {}", "Bus stops"),
    "high street": ("High street near {}", "High street"),
    "park edge": ("Edge of {}", "Edge of a park"),
    "estate path": ("{}", "Path"),
}
"""What a place of each kind is called with a label, and without."""


_STATION = re.compile(r"\b(stations?|stop|pier|terminal|halt|hub|interchange) station$", re.IGNORECASE)
"""A station's name that says already what it is."""


def _names(places: pd.DataFrame) -> list[str]:
    """Names for people, no two the same: kind, label, ward where need be, borough."""
    firsts = []
    wards, boroughs = _texts(places["ward_name"]), _texts(places["borough_names"])
    for kind, label, ward in zip(places["type"], _texts(places["label"]), wards, strict=True):
        with_label, without = _NAMED[kind]
        in_ward = f"{without} in {ward}" if ward else without
        firsts.append(_STATION.sub(r"\1", with_label.format(label) if label else in_ward))
    plain = [_joined(first, None, borough) for first, borough in zip(firsts, boroughs, strict=True)]
    twice = {name for name, times in Counter(plain).items() if times > 1}
    named = [
        _joined(first, ward if whole in twice and not first.endswith(f" in {ward}") else None, borough)
        for first, ward, borough, whole in zip(firsts, wards, boroughs, plain, strict=True)
    ]
    return _numbered(named, " ({})")


def _texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column]


def _joined(first: str, ward: str | None, borough: str | None) -> str:
    return ", ".join(part for part in (first, ward, borough) if part)


def _missing(parts: pd.DataFrame, weights: Mapping[str, float]) -> list[str | None]:
    unknown = parts[list(weights)].isna().to_numpy()
    return [
        "; ".join(name for name, is_unknown in zip(weights, row, strict=True) if is_unknown) or None for row in unknown
    ]


def _cautions(parts: pd.DataFrame, places: pd.DataFrame, figures: Figures, weights: Mapping[str, float]) -> list[str]:
    no_lamps = places["lamps_within_100m"].isna().to_numpy()
    stands_in = RESIDENTS_STAND_IN if figures.women is None and figures.residents is not None else ""
    unknown = parts[list(weights)].isna().to_numpy()
    said = []
    for row, dark in zip(unknown, no_lamps, strict=True):
        texts = [INVITES, LOW_REPORTS]
        texts += [SHARED[name] for name, is_unknown in zip(weights, row, strict=True) if is_unknown]
        texts += [NO_LAMPS] if dark else []
        texts += [stands_in] if stands_in else []
        said.append(" ".join(texts))
    return said
