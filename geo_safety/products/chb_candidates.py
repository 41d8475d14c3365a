"""Clear Hold Build: places screened on recorded incidents, each criterion by itself. It chooses nothing.

Clear Hold Build answers serious organised crime, and sites are chosen on threat, rate and severity of crime, and what
partners can do. Recorded incidents speak of the middle one only, so what the police and the partners hold is left
blank, and whoever reads the list sees which criteria are met, not met or cannot be answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_safety.areas import join_hotspots
from geo_safety.denominators import FEWEST_PEOPLE
from geo_safety.harm import CLASSES_APART, RANK_SHARES
from geo_safety.layers import Layer, has_rate
from geo_safety.products.inputs import Inputs, Made
from geo_safety.schema import is_true
from geo_safety.schema.chb_candidates import OUTCOMES

LED_BY = ("violence", "robbery")
"""A place is screened for one of these."""

BESIDE = ("violence", "robbery", "asb")
"""And has to be on the list of another of these."""

SCREENED = ("cells-r8", "wards", "lsoas")
"""Layers whose zones make such places."""

SMALLEST_KM2, LARGEST_KM2 = 0.3, 3.0

TOP_CCHI, TOP_CSS, TOP_BY_DAY = 0.05, 0.10, 0.10
"""Shares of the layer's zones in whose top a place has to be."""

ENTRENCHED_SHARE = 0.5
"""Entrenched zones hold at least this share of the place's incidents."""

SAYS = (
    (
        "Screened on recorded incidents only: this is no list of Clear Hold Build sites, and site selection also needs "
        "information that is not here."
    ),
    "Threat, intelligence, safeguarding and partnership are left blank: only the police and the partners hold them.",
    "Harm is indicative, and the two weight systems do not agree: read both, and the count beside them.",
)

Answer = Literal["met", "not met", "unknown"]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Criterion:
    """One criterion and what can be said of it."""

    name: str
    answer: Answer
    words: str


def make(inputs: Inputs) -> Made | str:
    """Places that are on the list of violence or robbery, or entrenched in it, with every criterion by itself."""
    themes = tuple(theme for theme in LED_BY if theme in inputs.themes)
    layers = [inputs.layers[name] for name in SCREENED if name in inputs.layers]
    if not themes:
        return f"The study has none of the themes {' and '.join(LED_BY)}."
    if not layers:
        return f"The study has none of the layers {', '.join(SCREENED)}."
    frames, notes = [], []
    for theme in themes:
        for layer in layers:
            rows = inputs.rows(layer.name, theme)
            if rows["is_hotspot"].isna().all():
                notes.append(f"{theme} on {layer.name}: not judged, so nothing is screened.")
                continue
            frames.append(_screened(inputs, layer, theme, rows))
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return Made(frame, themes, SAYS, tuple(notes))


def _screened(inputs: Inputs, layer: Layer, theme: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The places of one theme on one layer."""
    window = rows[["window_start", "window_end"]].iloc[0]
    entrenched = is_true(rows["is_entrenched"]) & rows["tier"].isin(("A", "B")).to_numpy()
    areas = join_hotspots(
        layer.zones,
        theme=theme,
        is_hotspot=is_true(rows["is_hotspot"]) | entrenched,
        ratio=rows["ratio"].to_numpy(dtype=float),
        probability=rows["probability"].to_numpy(dtype=float),
        counts=rows["incidents"].to_numpy(dtype=float),
        neighbours=layer.surroundings.touching,
        gazetteer=layer.gazetteer,
        window_start=window["window_start"],
        window_end=window["window_end"],
        largest_km2=LARGEST_KM2,
    )
    place_of = {zone: place for place, zone in enumerate(layer.zones.zone_id.tolist())}
    screen = _Screen(inputs, layer, theme, rows, entrenched)
    added = [screen.of(np.array([place_of[zone] for zone in listed.split(";")])) for listed in areas["zones"]]
    kept = areas[["theme", "name", "boroughs", "borough_names", "wards", "window_start", "window_end", "incidents", "zones",
                  "is_cross_border", "area_km2", "ratio", "geometry"]]  # fmt: skip
    ids = [f"{layer.name}-{area_id}" for area_id in areas["area_id"]]
    return pd.concat(
        [kept.assign(candidate_id=ids, of_layer=layer.name), pd.DataFrame(added, index=kept.index)], axis=1
    )


@dataclass(frozen=True)
class _Screen:
    """What places of one theme on one layer are held against."""

    inputs: Inputs
    layer: Layer
    theme: str
    rows: pd.DataFrame
    entrenched: NDArray[np.bool_]

    def of(self, places: NDArray[np.int64]) -> dict[str, Any]:
        """All columns of one place, made of the zones at these places."""
        rows = self.rows.iloc[places]
        peak = rows.loc[rows["ratio"].astype(float).fillna(-1.0).idxmax()]
        shares = self._shares(places)
        criteria = list(self._criteria(places, rows, shares))
        answers = [one.answer for one in criteria]
        counts = {f"criteria_{name.replace(' ', '_')}": answers.count(name) for name in ("met", "not met", "unknown")}
        outcome = OUTCOMES[2] if "not met" in answers else OUTCOMES[1] if "unknown" in answers else OUTCOMES[0]
        others = [theme for theme, hot in self._hot_in(places).items() if hot]
        return {
            "outcome": outcome,
            **counts,
            **{f"meets_{one.name}": one.answer for one in criteria},
            "why": " ".join(f"{one.words}: {one.answer}." for one in criteria),
            "second_themes": ";".join(others) or None,
            **{name: peak[name] for name in ("class", "tier", "stability", "steps_hot", "steps", "reliability",
                                             "confirmed_by", "caution")},
            **{f"harm_{edition}": _sum(rows[f"harm_{edition}"]) for edition in ("cchi", "css")},
            **{f"{name}_top_share": share for name, share in shares.items()},
            "weights_differ": _differ(shares["harm_cchi"], shares["harm_css"]),
            **{name: _sum(rows[name]) for name in ("residents", "by_day", "footfall", "stops")},
        }  # fmt: skip

    def _criteria(
        self, places: NDArray[np.int64], rows: pd.DataFrame, shares: Mapping[str, float | None]
    ) -> Iterator[Criterion]:
        size = float(self.layer.zones.area_km2[places].sum())
        is_size = SMALLEST_KM2 <= size <= LARGEST_KM2
        yield Criterion("size", _answer(is_size), f"Size {size:.2g} km² (0.3 to 3)")
        yield self._entrenched(places, rows)
        yield self._second_theme(places)
        for edition, label, top in (("cchi", "Cambridge index", TOP_CCHI), ("css", "Crime Severity Score", TOP_CSS)):
            share = shares[f"harm_{edition}"]
            missing = " (its weights do not cover this theme)" if share is None else ""
            words = f"Harm per km² by the {label} in the top {top * 100:.0f} %{missing}"
            yield Criterion(f"harm_{edition}", _answer(None if share is None else share <= top), words)
        share = shares["daytime"]
        missing = " (no daytime population of these zones, or fewer than 250 people)" if share is None else ""
        words = f"Reports per person there by day in the top {TOP_BY_DAY * 100:.0f} %{missing}"
        yield Criterion("daytime", _answer(None if share is None else share <= TOP_BY_DAY), words)
        venue = rows["is_venue"]
        known: bool | None = None if venue.isna().any() else not bool(is_true(venue).any())
        missing = " (no map points, or too few months)" if known is None else ""
        yield Criterion("not_venue", _answer(known), f"No single map point or month dominates{missing}")

    def _entrenched(self, places: NDArray[np.int64], rows: pd.DataFrame) -> Criterion:
        if rows["is_entrenched"].isna().all():
            return Criterion("entrenched", "unknown", "Entrenched in tier A or B (too few months for classes)")
        incidents = rows["incidents"].to_numpy(dtype=float)
        share = float(incidents[self.entrenched[places]].sum() / max(incidents.sum(), 1.0))
        words = "Zones entrenched in tier A or B hold at least half of the reports"
        return Criterion("entrenched", _answer(share >= ENTRENCHED_SHARE), words)

    def _second_theme(self, places: NDArray[np.int64]) -> Criterion:
        hot = self._hot_in(places)
        met = [theme for theme, answer in hot.items() if answer]
        if met:
            return Criterion("second_theme", "met", f"On the list of another theme ({', '.join(met)})")
        unknown = [theme for theme, answer in hot.items() if answer is None]
        missing = f" (not judged here: {', '.join(unknown)})" if unknown else ""
        return Criterion("second_theme", "unknown" if unknown else "not met", f"On the list of another theme{missing}")

    def _hot_in(self, places: NDArray[np.int64]) -> dict[str, bool | None]:
        """Whether the place is on the list of each other theme; None where that is not known to whoever may see this."""
        found: dict[str, bool | None] = {}
        for theme in BESIDE:
            if theme == self.theme:
                continue
            if theme not in self.inputs.beside[self.theme]:
                found[theme] = None
                continue
            listed = self.inputs.rows(self.layer.name, theme)["is_hotspot"].iloc[places]
            found[theme] = True if is_true(listed).any() else None if listed.isna().any() else False
        return found

    def _shares(self, places: NDArray[np.int64]) -> dict[str, float | None]:
        """In which top share of the layer's zones the place is, by harm per km² and by reports per person by day."""
        area, fit = self.layer.zones.area_km2, has_rate(self.layer.zones)
        by_day = self.rows["by_day"].to_numpy(dtype=float)
        people = np.where(np.nan_to_num(by_day) >= FEWEST_PEOPLE, by_day, np.nan)
        incidents = self.rows["incidents"].to_numpy(dtype=float)
        return {
            "harm_cchi": top_share(self.rows["harm_cchi"].to_numpy(dtype=float), np.where(fit, area, np.nan), places),
            "harm_css": top_share(self.rows["harm_css"].to_numpy(dtype=float), np.where(fit, area, np.nan), places),
            "daytime": top_share(incidents, people, places),
        }


def top_share(amount: FloatArray, size: FloatArray, places: NDArray[np.int64]) -> float | None:
    """Which share of the zones has at least the amount per size of these places together?

    Parameters
    ----------
    amount, size : arrays of float, shape (n_zones,)
        NaN where unknown.

    Returns
    -------
    float or None
        None where the places' own amount or size is not known.

    Examples
    --------
    >>> amount, size = np.array([9.0, 9, 1, 1, 1, 1, 1, 1, 1, 1]), np.ones(10)
    >>> top_share(amount, size, np.array([0, 1])), top_share(amount, size, np.array([0, 2]))
    (0.2, 0.2)
    """
    known = ~np.isnan(amount) & ~np.isnan(size) & (size > 0)
    if not known[places].all():
        return None
    rate = amount[places].sum() / size[places].sum()
    if rate == 0:
        return 1.0
    return float((amount[known] / size[known] >= rate).mean())


def _differ(one: float | None, other: float | None) -> bool | None:
    """Whether the two indexes put a place at least two rank classes apart; None where one is not known."""
    if one is None or other is None:
        return None
    classes = [sum(share <= bound for bound in RANK_SHARES) for share in (one, other)]
    return abs(classes[0] - classes[1]) >= CLASSES_APART


def _answer(holds: bool | None) -> Answer:  # noqa: FBT001 - an answer, not a switch
    if holds is None:
        return "unknown"
    return "met" if holds else "not met"


def _sum(values: pd.Series) -> float | None:
    """The sum; None where a part is not known."""
    numbers = values.to_numpy(dtype=float)
    return None if np.isnan(numbers).any() else float(numbers.sum())
