"""Which of the ranked places go on the list: not the first twenty, but a set that a city can stand by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo_safety.audit_score import WEIGHTS

OUT_OF_RANK = "Others of higher rank filled the list."
SAME_WARD = "Another place in its ward is on the list: at most one in a ward."
TOO_NEAR = "Another place on the list is nearer than {metres:.0f} m."
FOR_OTHERS = "Its turn was given up so that the list holds {what}."
NOT_RANKED = "Too little is known of it: parts with half of the weight or more are missing."
NO_WARD = "It lies in no ward."


@dataclass(frozen=True)
class PortfolioRules:
    """What the list must look like.

    Parameters
    ----------
    size : int
        Places on the whole list.
    nominated : int
        One of so many is kept for a place that the community names.
    types, boroughs : int
        At least so many kinds of place, and boroughs.
    outside_share : float
        At least this share outside the inner zone, where the study has one.
    apart_m : float
        No two places nearer to each other.
    """

    size: int = 20
    nominated: int = 5
    types: int = 3
    boroughs: int = 5
    outside_share: float = 0.30
    apart_m: float = 400.0

    @property
    def kept(self) -> int:
        """Places that are kept for the community: one in five, rounded up."""
        return math.ceil(self.size / self.nominated)

    @property
    def scored(self) -> int:
        """Places that the score fills."""
        return self.size - self.kept


@dataclass(frozen=True)
class ShortlistRules:
    """What a config says of the shortlist.

    Parameters
    ----------
    portfolio : PortfolioRules
    weights : mapping of part to weight
    inner : tuple of str
        Codes of the boroughs of the inner zone; empty where the study has none.
    never_named : tuple of str
        Further words of premises that may give no place its name.
    """

    portfolio: PortfolioRules = field(default_factory=PortfolioRules)
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    inner: tuple[str, ...] = ()
    never_named: tuple[str, ...] = ()


def shortlist_rules(
    *, size: int, inner: Sequence[str], weights: Mapping[str, float], never_named: Sequence[str]
) -> ShortlistRules:
    """The rules from what a config says; weights that it does not name stay what they are."""
    return ShortlistRules(PortfolioRules(size=size), {**WEIGHTS, **weights}, tuple(inner), tuple(never_named))


@dataclass(frozen=True)
class Portfolio:
    """The list.

    Parameters
    ----------
    is_listed : array of bool, shape (n_places,)
    excluded_because : array of object, shape (n_places,)
        None for those on the list.
    notes : tuple of str
        What could not be kept, in words.
    """

    is_listed: NDArray[np.bool_]
    excluded_because: NDArray[np.object_]
    notes: tuple[str, ...]


@dataclass
class _Needs:
    """What the list still lacks."""

    rules: PortfolioRules
    has_inner: bool
    types: set[str] = field(default_factory=set)
    boroughs: set[str] = field(default_factory=set)
    outside: int = 0

    def wants(self) -> dict[str, int]:
        found = {
            f"at least {self.rules.types} kinds of place": self.rules.types - len(self.types),
            f"places in at least {self.rules.boroughs} boroughs": self.rules.boroughs - len(self.boroughs),
        }
        if self.has_inner:
            share = math.ceil(self.rules.outside_share * self.rules.scored)
            found[f"at least {self.rules.outside_share:.0%} outside the inner zone"] = share - self.outside
        return {what: lack for what, lack in found.items() if lack > 0}

    def meets(self, type: str, borough: str | None, is_outside: bool) -> bool:  # noqa: FBT001 - a fact of the place
        """Whether this place makes something less lacking."""
        return (
            (len(self.types) < self.rules.types and type not in self.types)
            or (len(self.boroughs) < self.rules.boroughs and borough is not None and borough not in self.boroughs)
            or (self.has_inner and is_outside and any("outside" in what for what in self.wants()))
        )

    def take(self, type: str, borough: str | None, is_outside: bool) -> None:  # noqa: FBT001
        self.types.add(type)
        if borough is not None:
            self.boroughs.add(borough)
        self.outside += is_outside


def choose(
    rank: NDArray[np.float64],
    *,
    types: Sequence[str],
    wards: Sequence[str | None],
    boroughs: Sequence[str | None],
    is_inner: NDArray[np.bool_] | None,
    spots: NDArray[np.float64],
    rules: PortfolioRules,
) -> Portfolio:
    """Walk down the ranks and take each place that the rules allow.

    When no more turns are left than what is still lacking, only places that make something less lacking are taken: so a
    rule fails only where no place further down could meet it. Then the turns go to the highest ranks after all, and the
    notes say so.

    Parameters
    ----------
    rank : array of float, shape (n_places,)
        NaN for places that are not ranked; equal ranks are taken in their order.
    is_inner : array of bool, shape (n_places,), optional
        None where the study has no inner zone: then its rule does not apply.
    spots : array of float, shape (n_places, 2)
        Middles in metres.
    """
    needs = _Needs(rules, is_inner is not None)
    listed: list[int] = []
    reasons = np.where(np.isnan(rank), NOT_RANKED, OUT_OF_RANK).astype(object)
    near = cKDTree(spots).query_ball_point(spots, rules.apart_m - 1e-6) if len(spots) else []
    order = [place for place in np.argsort(rank, kind="stable").tolist() if not np.isnan(rank[place])]
    outside = np.zeros(len(rank), dtype=bool) if is_inner is None else ~is_inner
    # The second walk fills the turns that were given up for what no place could bring.
    for gives_way in (True, False):
        for place in order:
            if reasons[place] is None:
                continue
            left, lacking = rules.scored - len(listed), needs.wants()
            facts = (types[place], boroughs[place], bool(outside[place]))
            if wards[place] is None:
                reasons[place] = NO_WARD
            elif wards[place] in {wards[other] for other in listed}:
                reasons[place] = SAME_WARD
            elif not set(near[place]).isdisjoint(listed):
                reasons[place] = TOO_NEAR.format(metres=rules.apart_m)
            elif gives_way and left and sum(lacking.values()) >= left and not needs.meets(*facts):
                reasons[place] = FOR_OTHERS.format(what=" and ".join(lacking))
            elif left:
                listed.append(place)
                needs.take(*facts)
                reasons[place] = None
    is_listed = np.zeros(len(rank), dtype=bool)
    is_listed[listed] = True
    return Portfolio(is_listed, reasons, _notes(needs, len(listed)))


def _notes(needs: _Needs, listed: int) -> tuple[str, ...]:
    rules = needs.rules
    found = [f"{rules.kept} of {rules.size} places are kept for the community to name."]
    if listed < rules.scored:
        found.append(f"Only {listed} of {rules.scored} places could be found that keep the rules.")
    found += [f"No list could hold {what} here." for what in needs.wants()]
    if not needs.has_inner:
        found.append("The config names no inner zone: no share is kept for places outside it.")
    return tuple(found)
