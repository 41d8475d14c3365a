"""The partner rule by name: what is hidden, rounded and left out, and what may be tightened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from geo_safety.cell_layers import cell_layer, resolution_of

NOT_SHOWN = "not shown"
"""What stands in `incidents_band` where a count is left out so that no hidden one can be worked out."""

WARD_WORDS = (
    "sex",
    "hate",
    "racial",
    "racist",
    "homophob",
    "transphob",
    "religio",
    "under 25",
    "under-25",
    "child",
    "youth",
    "juvenile",
)
BOROUGH_WORDS = ("domestic", "rape", "child sex", "child abuse", "exploitation")


@dataclass(frozen=True)
class DisclosureRules:
    """How figures of partner feeds leave.

    Parameters
    ----------
    hidden_up_to : int
        Counts from 1 to here are shown as a band.
    rounded_to : int
        All greater counts are rounded to a multiple of this.
    window_months : int
        Length of a window; each ends with a quarter of the financial year and overlaps no other.
    finest_resolution : int
        Of cells; of other layers wards and boroughs leave, and nothing finer.
    smallest_polygon_km2 : float
        Of a shape that a reader draws.
    ward_words, borough_words : tuple of str
        A theme with one of these words in its name, or in that of one of its categories, leaves by ward or coarser,
        or by borough only.
    loosened : tuple of str
        Settings that are looser than the defaults. Every reply says so.
    because : str
        Why they are.
    """

    hidden_up_to: int = 7
    rounded_to: int = 5
    window_months: int = 12
    finest_resolution: int = 8
    smallest_polygon_km2: float = 0.5
    ward_words: tuple[str, ...] = WARD_WORDS
    borough_words: tuple[str, ...] = BOROUGH_WORDS
    loosened: tuple[str, ...] = ()
    because: str = ""

    @property
    def band(self) -> str:
        """What stands in `incidents_band` where a small count is hidden."""
        return f"1-{self.hidden_up_to}"

    @property
    def line(self) -> str:
        """The rule in one line for machines."""
        text = f'hidden="{self.band}"; rounded={self.rounded_to}; window-months={self.window_months}; '
        text += f"finest=r{self.finest_resolution}; smallest-polygon-km2={self.smallest_polygon_km2:g}"
        return text + (f'; loosened="{" ".join(self.loosened)}"' if self.loosened else "")

    def as_dict(self) -> dict[str, Any]:
        """All settings, as the manifest shows them."""
        return asdict(self)

    def layers_for(self, theme: str, categories: Iterable[str], layers: Iterable[str]) -> list[str]:
        """Which of these layers may a theme leave by? One grid of cells, wards, boroughs.

        One grid, the finest that is allowed: cells of two grids do not quite lie in each other, and would have to be
        protected against each other too.

        Examples
        --------
        >>> layers = ("cells-r9", "cells-r8", "cells-r7", "lsoas", "wards", "boroughs")
        >>> DisclosureRules().layers_for("injury", ("Assault",), layers)
        ['cells-r8', 'wards', 'boroughs']
        >>> DisclosureRules().layers_for("injury", ("Sexual assault",), layers)
        ['wards', 'boroughs']
        >>> DisclosureRules().layers_for("domestic", ("Assault",), layers)
        ['boroughs']
        """
        there = set(layers)
        names = " | ".join((theme, *categories)).casefold().replace("_", " ")
        areas = [str(layer) for layer in ("wards", "boroughs") if layer in there]
        if any(word.casefold() in names for word in self.borough_words):
            return [layer for layer in areas if layer == "boroughs"]
        if any(word.casefold() in names for word in self.ward_words):
            return areas
        cells = sorted(resolution for layer in there if (resolution := resolution_of(layer)) is not None)
        return [cell_layer(resolution) for resolution in cells if resolution <= self.finest_resolution][-1:] + areas


TIGHTER = {"hidden_up_to": 1, "rounded_to": 1, "window_months": 1, "finest_resolution": -1, "smallest_polygon_km2": 1}
"""Settings of one number, and in which direction they are tighter."""


def rules_from(written: Mapping[str, Any]) -> tuple[DisclosureRules, list[str]]:
    """The rule with some settings changed, and what is looser for it without a reason.

    Parameters
    ----------
    written : mapping
        Settings by name. Words are added to the built-in ones. `loosened_because` is the reason for looser ones.

    Examples
    --------
    >>> rules, unreasoned = rules_from({"hidden_up_to": 9})
    >>> rules.band, rules.loosened, unreasoned
    ('1-9', (), [])
    >>> rules_from({"rounded_to": 1})[1]
    ['rounded_to']
    """
    default = DisclosureRules()
    values = {name: value for name, value in written.items() if name in {one.name for one in fields(DisclosureRules)}}
    for name in ("ward_words", "borough_words"):
        values[name] = tuple(dict.fromkeys([*getattr(default, name), *values.get(name, ())]))
    looser = tuple(
        name for name, sign in TIGHTER.items() if name in values and sign * values[name] < sign * getattr(default, name)
    )
    because = str(written.get("loosened_because", ""))
    rules = DisclosureRules(**{**values, "loosened": looser, "because": because})
    return rules, [] if because.strip() else list(looser)
