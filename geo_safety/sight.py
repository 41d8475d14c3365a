"""Which counts may be context to which: the figures of open themes are made from open counts alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from geo_safety.boundaries import Study
from geo_safety.denominators import figure_named
from geo_safety.disclosure import ACCESS_CLASSES, Access
from geo_safety.exposure import EXPOSURES, with_exposure
from geo_safety.hotspots import HotspotRules, Judgement, ThemeCounts, find_hotspots
from geo_safety.layers import Layer
from geo_safety.reliability import inner_half, reliability_rows


def in_sight(
    counts: Sequence[ThemeCounts], classes: Mapping[str, Access]
) -> Iterator[tuple[set[str], list[ThemeCounts]]]:
    """Themes of one class, and the counts that may be context to them: those of no more closed ones.

    The figures of a theme are made with the others' counts as context. Closed counts must not be in open figures.
    """
    for access in sorted(set(classes.values()), key=ACCESS_CLASSES.index):
        seen = [one for one in counts if ACCESS_CLASSES.index(classes[one.theme]) <= ACCESS_CLASSES.index(access)]
        yield {theme for theme, own in classes.items() if own == access}, seen


def find_in_sight(
    counts: Sequence[ThemeCounts], classes: Mapping[str, Access], layer: Layer, *, rules: HotspotRules
) -> dict[str, Judgement]:
    """Which zones of one layer are on the list, theme by theme, in the order of the themes?

    Parameters
    ----------
    classes : mapping of theme to {'open', 'partner', 'internal'}
        Who may see its figures.
    """
    found: dict[str, Judgement] = {}
    for own, seen in in_sight(counts, classes):
        judged = _find(seen, layer, rules=rules)
        found |= {theme: one for theme, one in judged.items() if theme in own}
    return {one.theme: found[one.theme] for one in counts}


def reliability_in_sight(
    counts: Sequence[ThemeCounts], classes: Mapping[str, Access], layer: Layer, study: Study, *, level: float
) -> list[dict[str, Any]]:
    """Rows of `reliability.reliability_rows`, in the order of the themes."""
    rows = []
    for own, seen in in_sight(counts, classes):
        is_inner = inner_half(layer.zones, study, [one.own for one in seen if one.is_judged])
        made = reliability_rows(seen, layer.surroundings, layer=layer.name, is_inner=is_inner, level=level)
        rows += [row for row in made if row["theme"] in own]
    order = {one.theme: number for number, one in enumerate(counts)}
    return sorted(rows, key=lambda row: order[row["theme"]])


def _find(counts: Sequence[ThemeCounts], layer: Layer, *, rules: HotspotRules) -> dict[str, Judgement]:
    """The list by area, and beside it the one by the exposure that the config names."""
    found = find_hotspots(counts, layer.surroundings, rules=rules)
    if rules.exposure == "area":
        return found
    return with_exposure(
        found,
        counts,
        layer.surroundings,
        figure_named(layer.denominators, rules.exposure),
        name=rules.exposure,
        rules=rules,
        fewest=EXPOSURES[rules.exposure],
    )
