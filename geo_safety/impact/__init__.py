"""Did our scheme work, did it move, does it come back? The case of one boundary, or of a set of places.

`periods` says which months are compared, `places` with which places, `past` what went before, `effect` what changed
and where it went, `watch` whether it comes back. `document` is what leaves, by class of reader, `page` the same for
people, `files` writes both.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geo_safety import statistics
from geo_safety.analysis import Ground
from geo_safety.case_file import Case
from geo_safety.cell_layers import is_cells
from geo_safety.cube import Cube
from geo_safety.errors import ConfigError, WindowError
from geo_safety.impact.effect import Effect, among_themes, effect_of
from geo_safety.impact.past import Past, past_of
from geo_safety.impact.periods import Periods, periods_of
from geo_safety.impact.places import Places, find_places, with_comparison
from geo_safety.impact.watch import Watch, watch
from geo_safety.months import month_text
from geo_safety.statistics import DisplacementDifference

__all__ = ["Impact", "assess"]


@dataclass(frozen=True)
class Harm:
    """The weighted displacement difference in harm.

    Parameters
    ----------
    themes : tuple of str
        Those that are weighed: they share no incidents.
    found : DisplacementDifference
        With the measured dispersion in its variance.
    """

    themes: tuple[str, ...]
    found: DisplacementDifference


@dataclass(frozen=True)
class Impact:
    """Everything that a release says of one case; **exact** figures, see `document`.

    Parameters
    ----------
    effects : tuple of Effect
        One a theme, that of the scheme first.
    watches : tuple of Watch
        The same order.
    harm : mapping of str to Harm
        Edition of the weights → the weighted displacement difference in its unit.
    skipped : mapping of str to str
        Themes that could not be judged → why.
    """

    case: Case
    layer: str
    places: Places
    past: Past
    effects: tuple[Effect, ...]
    watches: tuple[Watch, ...]
    harm: Mapping[str, Harm]
    skipped: Mapping[str, str]


def assess(
    case: Case,
    ground: Ground,
    *,
    base_map: bytes = b"",
    harm_per_incident: Mapping[str, Mapping[str, float]] | None = None,
    points_moved: Mapping[str, Sequence[int]] | None = None,
) -> Impact:
    """What do a release's months and zones say of this case?

    Parameters
    ----------
    ground : Ground
        The layer whose zones are counted, with the themes that the reader may have counted anew.
    base_map : bytes
        The release's ground as GeoJSON: parks and stations to liken places by.
    harm_per_incident : mapping of edition to theme to float, optional
        Harm of an average incident of each theme.
    points_moved : mapping of theme to sequence of int, optional
        Months, since 1970-01, in which the map points of a theme's feeds were renewed: single cells cannot be compared
        across them.

    Raises
    ------
    ConfigError, WindowError, BoundaryError
        The case does not fit the release.
    """
    themes = case.themes or tuple(ground.cubes)
    unknown = [theme for theme in themes if theme not in ground.cubes]
    if unknown or not themes:
        raise ConfigError(
            f"The layer {ground.layer.name} has no months of {', '.join(unknown) or 'any theme'}.",
            f"It has: {', '.join(ground.cubes) or 'none'}.",
        )
    main = ground.cubes[themes[0]]
    periods = periods_of(case, main)
    places = find_places(case, ground)
    _refuse_unanswered(places, main)
    places = with_comparison(places, case, ground, main, periods, base_map=base_map)
    effects, skipped = [], {}
    for theme in (*themes, *(other for other in ground.cubes if other not in themes)):
        cube = ground.cubes[theme]
        try:
            own = periods if theme == themes[0] else periods_of(case, cube, months=_months(periods, main))
            _refuse_unanswered(places, cube)
        except (WindowError, ConfigError) as error:
            skipped[theme] = error.problem
            continue
        effects.append(
            effect_of(
                places,
                cube,
                own,
                ground.layer.surroundings.width,
                breaks=[month for month, _ in ground.facts[theme].recording.breaks],
                moved=_moved(own, ground.layer.name, (points_moved or {}).get(theme, ())),
                seed=_seed(case, theme),
            )
        )
    judged = among_themes(effects)
    watches = tuple(
        watch(places, ground.cubes[one.theme], one.periods, one.noise, seed=_seed(case, one.theme)) for one in judged
    )
    weights = {edition: _weighed(judged, ground, each) for edition, each in (harm_per_incident or {}).items()}
    harm = {
        edition: Harm(weighed, _harm(judged, (harm_per_incident or {})[edition], weighed))
        for edition, weighed in weights.items()
        if weighed
    }
    past = past_of(places, ground, main, periods)
    return Impact(case, ground.layer.name, places, past, judged, watches, harm, skipped)


def _months(periods: Periods, cube: Cube) -> list[int]:
    return (periods.before.columns + cube.first_month).tolist()


def _seed(case: Case, theme: str) -> int:
    return zlib.crc32(f"{case.name}/{theme}".encode())


def _refuse_unanswered(places: Places, cube: Cube) -> None:
    silent = int((~cube.is_answered[places.covered]).sum())
    if silent:
        raise ConfigError(
            f"The feeds of {cube.theme} do not answer for {silent} of the case's zones.",
            "Take another theme, or a boundary inside the area of the force.",
        )


def _moved(periods: Periods, layer: str, renewed: Sequence[int]) -> str:
    """Why single cells cannot be compared over these months; empty where they can."""
    crossed = [month for month in renewed if periods.before.first < month <= periods.after.last]
    if not crossed or not is_cells(layer):
        return ""
    return (
        f"The source renewed its map points in {month_text(crossed[0])}: single cells cannot be compared across it. Take a "
        "layer of wards, or months on one side of it."
    )


def _weighed(effects: Sequence[Effect], ground: Ground, weights: Mapping[str, float]) -> tuple[str, ...]:
    """Themes that have a weight and share no incidents with one before, in order."""
    chosen: list[str] = []
    for one in effects:
        shared = set(ground.facts[one.theme].same_incidents) - {one.theme}
        same_months = one.periods.lengths == effects[0].periods.lengths
        if weights.get(one.theme, 0) > 0 and same_months and one.displacement is not None and not shared & set(chosen):
            chosen.append(one.theme)
    return tuple(chosen)


def _harm(effects: Sequence[Effect], weights: Mapping[str, float], themes: Sequence[str]) -> DisplacementDifference:
    """The weighted displacement difference with each theme's incidents weighed, measured dispersion in its variance."""
    of_theme = {one.theme: one for one in effects}
    chosen = [of_theme[theme] for theme in themes]
    kinds = [
        np.array([one.counts.total(name) for one in chosen])
        for name in ("response", "comparison", "buffer", "buffer_comparison")
    ]
    sizes = chosen[0].counts.sizes
    before, after = chosen[0].periods.lengths
    return statistics.weighted_displacement_difference(
        *kinds,
        period_lengths=(before / after, 1.0),
        area_sizes=(1.0, sizes[1] / sizes[0], 1.0, sizes[3] / sizes[2]),
        harm=[weights[theme] for theme in themes],
        dispersion=max(one.noise.dispersion for one in chosen),
    )
