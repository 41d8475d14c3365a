"""How much harm do a zone's incidents do, by two indexes that do not agree?

The Cambridge Crime Harm Index puts a robbery equal to an injury assault, the ONS Crime Severity Score four to five
times higher, so both are given, and where they rank a place differently that is said. Harm stands beside the count,
never instead of it, and from police.uk it is indicative: one category mixes common assault and homicide.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_safety.cube import Placement, Window, count_placed
from geo_safety.errors import ConfigError
from geo_safety.incidents import Feed, theme_matrix
from geo_safety.presence import totals_by
from geo_safety.themes import NEVER_SCORED

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

EDITIONS = ("cchi", "css")
"""The two indexes: Cambridge Crime Harm Index and ONS Crime Severity Score."""

MOST_MISSING = 0.1
"""An edition without a weight for some categories is given while these do at most this share of the harm by the other."""

MOST_UNKNOWN = 0.01
"""Categories that neither edition weighs may hold at most this share of a theme's incidents."""

RANK_SHARES = (0.5, 0.25, 0.1, 0.05, 0.01)
"""Rank classes: the top 50, 25, 10, 5 and 1 % of the zones with harm."""

CLASSES_APART = 2
"""So many rank classes apart, the editions are said to differ on a zone."""

SPOT_DEVIATIONS = 2.0
"""A harm spot lies so many standard deviations above the mean (Weinborn et al. 2017)."""

BUILT_IN = Path(__file__).resolve().parent / "weights"
"""The tables that come with the program, one file an edition."""


@dataclass(frozen=True)
class Weights:
    """The weights of one edition.

    Parameters
    ----------
    edition, label, unit, source : str
        `cchi` or `css`; which issue of it; what one unit is; where the figures are from.
    sha256 : str
        Hash of the file.
    by_category : mapping of str to float
        A source's own category → harm of one incident.
    by_force : mapping of str to mapping
        What is different for one police force.
    zero : mapping of str to str
        Categories that weigh nothing on purpose → why.
    """

    edition: str
    label: str
    unit: str
    source: str
    sha256: str
    by_category: Mapping[str, float]
    by_force: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    zero: Mapping[str, str] = field(default_factory=dict)

    def of(self, category: str, force: str = "") -> float:
        """Harm of one incident; NaN where no weight is published."""
        if category in self.zero:
            return 0.0
        return self.by_force.get(force, {}).get(category, self.by_category.get(category, float("nan")))


def read_weights(own: Sequence[Path] = ()) -> dict[str, Weights]:
    """The table of each edition: the built-in ones, and the user's own in their place.

    Parameters
    ----------
    own : sequence of Path
        Tables that replace the built-in one of the same edition.

    Raises
    ------
    ConfigError
        A file is no table of weights, or two are of one edition.

    Examples
    --------
    >>> weights = read_weights()
    >>> [weights[edition].of("Robbery") for edition in EDITIONS]
    [365.0, 993.55]
    """
    tables: dict[str, Weights] = {}
    for path in own:
        table = _read_table(path)
        if table.edition in tables:
            raise ConfigError(
                f"Two tables of harm weights are of the edition {table.edition!r}.", "Keep one of them under [harm]."
            )
        tables[table.edition] = table
    return {edition: tables.get(edition) or _read_table(BUILT_IN / f"{edition}.toml") for edition in EDITIONS}


@dataclass(frozen=True)
class HarmRules:
    """How harm is weighed.

    Parameters
    ----------
    edition : {'cchi', 'css'}
        The edition that decides harm spots.
    weights : mapping of str to Weights
        The table of each edition.
    """

    edition: str = "cchi"
    weights: Mapping[str, Weights] = field(default_factory=read_weights)


def _read_table(path: Path) -> Weights:
    try:
        content = path.read_bytes()
        written = tomllib.loads(content.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"The table of harm weights {path.name} cannot be read ({error}).", "Correct `weights` under [harm]."
        ) from None
    wrong = list(_faults(written))
    if wrong:
        raise ConfigError(
            f"The table of harm weights {path.name} {'; '.join(wrong)}.",
            'It needs edition = "cchi" or "css", label, unit, source, and [weights] with a number for each category.',
        )
    texts = {name: " ".join(written[name].split()) for name in ("edition", "label", "unit", "source")}
    return Weights(
        **texts,
        sha256=hashlib.sha256(content).hexdigest(),
        by_category=written["weights"],
        by_force=written.get("forces", {}),
        zero=written.get("zero", {}),
    )


def _faults(written: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the content of a table of weights."""
    known = {"edition", "label", "unit", "source", "weights", "forces", "zero"}
    yield from (f"has the unknown entry {name!r}" for name in sorted(set(written) - known))
    if written.get("edition") not in EDITIONS:
        yield f"has the edition {written.get('edition')!r}"
    yield from (f"lacks {name}" for name in ("label", "unit", "source") if not isinstance(written.get(name), str))
    forces = written.get("forces", {})
    tables = [written.get("weights"), *(forces.values() if isinstance(forces, dict) else [None])]
    if not all(isinstance(table, dict) for table in tables) or not isinstance(written.get("zero", {}), dict):
        yield "has no table where one is needed"
        return
    for category, weight in (item for table in tables for item in table.items()):
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not is_number or not 0 <= weight < float("inf"):
            yield f"gives {category!r} the weight {weight!r}"


@dataclass(frozen=True)
class Weighing:
    """What each category of one theme weighs, and which editions can be given.

    Parameters
    ----------
    theme : str
    window : Window, optional
        The theme's window; None where no month has data.
    by_code : tuple of mapping
        For each feed, in order: edition → array of float, shape (n_categories,); the weight of each of its codes, NaN
        where there is none.
    why_not : mapping of str to str
        Edition → why the theme gets no harm by it; editions that are given are absent.
    unweighted : mapping of str to tuple of str
        Edition → categories of the theme that hold incidents and have no weight in it.
    """

    theme: str
    window: Window | None
    by_code: tuple[Mapping[str, FloatArray], ...]
    why_not: Mapping[str, str]
    unweighted: Mapping[str, tuple[str, ...]]

    @property
    def editions(self) -> tuple[str, ...]:
        """Editions that the theme gets."""
        return tuple(edition for edition in EDITIONS if edition not in self.why_not)


def weigh(theme: str, window: Window | None, feeds: Sequence[Feed], weights: Mapping[str, Weights]) -> Weighing:
    """Which editions can tell the harm of a theme, and what does each of its categories weigh?

    An edition that has no weight for some category is given all the same where these categories do at most a tenth
    of the theme's harm by the other edition (thefts from the person beside robbery). It is not given where they do
    more, where more than 1 % of the incidents are of categories that neither edition weighs, or where every category
    weighs 0 (anti-social behaviour).

    Parameters
    ----------
    feeds : sequence of Feed
        The feeds that answer for the theme.
    weights : mapping of str to Weights
        As `read_weights` gives them.
    """
    by_code = tuple(
        {
            edition: np.array(
                [
                    table.of(category, force)
                    for category, force in zip(feed.counted.categories, feed.counted.forces, strict=True)
                ]
            )
            for edition, table in weights.items()
        }
        for feed in feeds
    )
    if window is None:
        return Weighing(theme, window, by_code, dict.fromkeys(EDITIONS, "No month with data."), {})
    totals = [np.where(theme_matrix(feed)[theme], _totals(feed, window), 0) for feed in feeds]
    incidents = np.concatenate(totals)
    names = np.array([category for feed in feeds for category in feed.counted.categories], dtype=object)
    table = {edition: np.concatenate([codes[edition] for codes in by_code]) for edition in EDITIONS}
    missing = {edition: np.isnan(table[edition]) & (incidents > 0) for edition in EDITIONS}
    why_not = {}
    for edition, other in zip(EDITIONS, reversed(EDITIONS), strict=True):
        reason = _why_not(theme, incidents, table[edition], table[other])
        if reason is not None:
            why_not[edition] = reason
    unweighted = {edition: tuple(sorted(set(names[gaps]))) for edition, gaps in missing.items() if gaps.any()}
    return Weighing(theme, window, by_code, why_not, unweighted)


def harm_summary(rules: HarmRules, weighings: Sequence[Weighing]) -> dict[str, Any]:
    """What the manifest says of harm: the tables used, and what each theme's figures leave out or why it has none."""
    tables = {
        edition: {"label": table.label, "unit": table.unit, "source": table.source, "sha256": table.sha256}
        for edition, table in rules.weights.items()
    }
    themes = {
        one.theme: {
            edition: {"why_not": one.why_not.get(edition), "unweighted": list(one.unweighted.get(edition, ()))}
            for edition in EDITIONS
        }
        for one in weighings
    }
    return {"harm_spots_by": rules.edition, "editions": tables, "themes": themes}


def _totals(feed: Feed, window: Window) -> NDArray[np.int64]:
    """Incidents of each category code in the window, with or without a place."""
    counted = feed.counted
    is_in = (counted.month >= window.start) & (counted.month <= window.end)
    number = feed.incidents.weight if feed.incidents is not None else feed.area_counts.count  # type: ignore[union-attr]
    return totals_by(counted.category[is_in], len(counted.categories), number[is_in])


def _why_not(theme: str, incidents: NDArray[np.int64], weight: FloatArray, other: FloatArray) -> str | None:
    """Why an edition cannot tell the harm of a theme; None where it can."""
    if theme == NEVER_SCORED:
        return "This theme is never scored."
    occurs = incidents > 0
    missing = occurs & np.isnan(weight)
    if missing[occurs].all():
        return "No category of the theme has a weight."
    if not np.nansum(weight[occurs]):
        return "Every category of the theme that has a weight weighs 0."
    unknown = incidents[missing & np.isnan(other)].sum() / incidents.sum()
    if unknown > MOST_UNKNOWN:
        return f"Categories without a weight in any edition hold {unknown:.0%} of the theme's incidents."
    harm = np.nan_to_num(other) * incidents
    share = harm[missing].sum() / max(harm.sum(), 1e-9)
    if share > MOST_MISSING:
        return f"Categories without a weight do {share:.0%} of the theme's harm by the other edition."
    return None


def harm_by_zone(
    weighing: Weighing,
    zone_id: NDArray[np.str_],
    feeds: Sequence[Feed],
    placements: Sequence[Placement],
) -> dict[str, FloatArray]:
    """How much harm do a theme's incidents of the window do in every zone of a layer?

    Parameters
    ----------
    weighing : Weighing
        From `weigh` with the same feeds.
    zone_id : array of str, shape (n_zones,)
        The layer's zones.
    placements : sequence of Placement
        Where the places of each feed lie in the layer.

    Returns
    -------
    dict of str to array of float, shape (n_zones,)
        Edition → sum of weight × incidents; NaN in zones that a feed does not answer for. Editions that cannot be
        given are absent.
    """
    harm = {edition: np.zeros(len(zone_id)) for edition in weighing.editions}
    window = weighing.window
    if window is None or not harm:
        return {}
    is_answered = np.ones(len(zone_id), dtype=bool)
    for feed, placement, by_code in zip(feeds, placements, weighing.by_code, strict=True):
        is_answered &= placement.is_answered
        in_theme = theme_matrix(feed)[weighing.theme]
        # One count for all categories of the same weights: they are few, the rows many.
        pairs = np.nan_to_num(np.stack([by_code[edition] for edition in harm]))
        for pair in np.unique(pairs[:, in_theme], axis=1).T:
            if not pair.any():
                continue
            codes = in_theme & (pairs == pair[:, None]).all(axis=0)
            counted = count_placed(
                feed, placement, zone_id, first_month=window.start, n_months=window.months, category_mask=codes
            )
            incidents = counted.incidents.sum(axis=1)
            for edition, weight in zip(harm, pair.tolist(), strict=True):
                harm[edition] += weight * incidents
    return {edition: np.where(is_answered, values, np.nan) for edition, values in harm.items()}


def harm_columns(
    harm: Mapping[str, FloatArray], area_km2: FloatArray, has_rate: BoolArray, *, edition: str, is_judged: bool
) -> dict[str, NDArray[Any]]:
    """A theme's harm as columns of a zone layer, with the two marks that make it fit to use.

    Parameters
    ----------
    harm : mapping of str to array of float, shape (n_zones,)
        As `harm_by_zone` gives it.
    area_km2, has_rate : arrays of shape (n_zones,)
        Size of each zone, and whether it is large enough for a figure per square kilometre.
    edition : {'cchi', 'css'}
        The one that decides `is_harm_spot`.
    is_judged : bool
        Whether the theme has a full window; without one it gets sums but no marks.

    Returns
    -------
    dict of str to array of shape (n_zones,)
        `harm_cchi`, `harm_css`; `is_harm_spot`: harm per km² at least two standard deviations above the mean of all
        zones; `harm_rank_differs`: the editions put the zone at least two rank classes apart. Columns that the
        theme does not have are absent.

    References
    ----------
    Weinborn, Ariel, Sherman, O'Dwyer (2017), Applied Geography 86, 226-244 (harm spots). Ashby (2017), Policing 12(4)
    (the indexes rank differently).
    """
    columns: dict[str, NDArray[Any]] = {f"harm_{name}": values for name, values in harm.items()}
    if not is_judged:
        return columns
    with np.errstate(invalid="ignore", divide="ignore"):
        density = {name: np.where(has_rate, values / area_km2, np.nan) for name, values in harm.items()}
    if edition in density:
        columns["is_harm_spot"] = _or_null(harm_spots(density[edition]), density[edition])
    if len(density) == len(EDITIONS):
        one, other = (density[name] for name in EDITIONS)
        columns["harm_rank_differs"] = _or_null(ranks_differ(one, other), one)
    return columns


def harm_spots(density: FloatArray) -> BoolArray:
    """In which zones is harm at least two standard deviations above the mean of all zones, zeros included?

    Parameters
    ----------
    density : array of float, shape (n_zones,)
        Harm per km²; NaN for zones without a figure.

    Examples
    --------
    Mean 10, standard deviation 30: 70 and more are spots.

    >>> harm_spots(np.array([100.0] + [0.0] * 9)).tolist()[:2]
    [True, False]
    """
    known = ~np.isnan(density)
    if not known.any() or density[known].std() == 0:
        return np.zeros(len(density), dtype=bool)
    line = density[known].mean() + SPOT_DEVIATIONS * density[known].std()
    return np.asarray(known & (np.nan_to_num(density) >= line))


def ranks_differ(one: FloatArray, other: FloatArray) -> BoolArray:
    """Which zones do two editions put at least two rank classes apart?

    Parameters
    ----------
    one, other : arrays of float, shape (n_zones,)
        Harm per km² by each edition; NaN for zones without a figure.

    Returns
    -------
    array of bool, shape (n_zones,)
        Zones without harm by either edition never differ.
    """
    with np.errstate(invalid="ignore"):
        has_harm = (one > 0) | (other > 0)
    apart = np.abs(_rank_class(one, has_harm) - _rank_class(other, has_harm)) >= CLASSES_APART
    return np.asarray(has_harm & apart)


def _rank_class(density: FloatArray, has_harm: BoolArray) -> NDArray[np.int64]:
    """In how many of the shares (top 50, 25, 10, 5, 1 %) each zone is; of equal values all have the best place."""
    values = np.nan_to_num(density[has_harm])
    place = 1 + len(values) - np.searchsorted(np.sort(values), values, side="right")
    found = np.zeros(len(density), dtype=np.int64)
    found[has_harm] = (place[:, None] <= np.array(RANK_SHARES) * len(values)).sum(axis=1)
    return found


def _or_null(marks: BoolArray, density: FloatArray) -> NDArray[np.object_]:
    column = marks.astype(object)
    column[np.isnan(density)] = None
    return column
