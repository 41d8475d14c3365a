"""Counts of several layers protected together, so that no hidden one can be worked out from those that are shown.

The incidents of one theme and window flow like water through the layers: each passes one zone of every layer, from
cells to wards to boroughs, and a zone's count is what flows through it. Whoever reads the published figures knows
each flow up to its band or its rounding, and where zones overlap; all worlds that fit are the flows that fit. So the
least and the greatest value that a hidden count can have is a question of how much can be pushed round through the
others, which has an exact answer (the greatest flow; whole numbers give whole numbers).

A count from 1 to the threshold is safe when the published figures leave it *every* value from 1 to the threshold.
Where they do not, figures in its way are left out (complementary suppression), the cheapest way first. Leaving a
figure out only lets more worlds fit, so one round over all hidden counts is enough.

Sources: the audit of suppression in linear tables (Fischetti and Salazar, "Solving the cell suppression problem on
tabular data with linear constraints", Management Science 47, 2001); flows and integrality (Ahuja, Magnanti and
Orlin, "Network Flows", 1993). What is promised is against whoever reads figures; whoever also knows which figures
*we* would have left out for which counts can learn a little more, as with every method of this kind.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_safety.disclosure.rules import NOT_SHOWN, DisclosureRules

IntArray = NDArray[np.int64]

NO_END = 1 << 40
_A_STEP = 1e-3  # of two ways that cost the same the shorter one
_COST_OF_LAYER = 4.0  # of a ward against a cell, of a borough against a ward
_BAND_COST = 0.2  # of a band that becomes "not shown", against a figure that does


@dataclass(frozen=True)
class Tier:
    """One layer's exact counts of one theme and window.

    Parameters
    ----------
    counts : array of int, shape (n_zones,)
        -1 for zones without an answer, of which nothing is published.
    """

    layer: str
    counts: IntArray


@dataclass(frozen=True)
class Links:
    """How the incidents of one tier lie in the next.

    Parameters
    ----------
    here, there : array of int, shape (n_links,)
        Zone in this tier and in the next; the number of zones stands for outside them all. Each pair once, and every
        pair that may hold incidents, whether or not it does now.
    counts : array of int, shape (n_links,)
        Incidents in both.
    """

    here: IntArray
    there: IntArray
    counts: IntArray


@dataclass(frozen=True)
class Shown:
    """What is published of one tier.

    Parameters
    ----------
    incidents : list of int or None
        The count, rounded; None where it is not shown or there is none.
    band : list of str or None
        The count in words; None where there is none.
    """

    incidents: list[int | None]
    band: list[str | None]


def protect_together(tiers: Sequence[Tier], links: Sequence[Links], rules: DisclosureRules) -> list[Shown]:
    """What may be published of these layers together?

    Parameters
    ----------
    tiers : sequence of Tier
        In an order in which incidents can be followed: each zone of a tier adds up, over `links`, to what it holds.
    links : sequence of Links
        Between each tier and the next, one fewer than tiers.

    Examples
    --------
    Three wards of one borough. With 8 to 12 in the third ward and in all, the second could only be 1 to 4, so the
    third is left out too. (Were it 12, its rounding alone would leave room enough.)

    >>> wards, borough = Tier("wards", np.array([0, 3, 8])), Tier("boroughs", np.array([11]))
    >>> within = Links(np.arange(3), np.zeros(3, dtype=int), wards.counts)
    >>> shown = protect_together([wards, borough], [within], DisclosureRules())
    >>> shown[0].band, shown[1].band
    (['0', '1-7', 'not shown'], ['10'])
    """
    flow = _Flow(tiers, links, rules)
    for zone in flow.small_zones():
        flow.make_safe(zone)
    return flow.shown()


def value_range(count: int, band: str | None, rules: DisclosureRules) -> tuple[int, int]:
    """Least and greatest count that a published figure allows.

    Examples
    --------
    >>> rules = DisclosureRules()
    >>> [value_range(count, band, rules) for count, band in ((0, "0"), (3, "1-7"), (9, "10"), (14, "15"))]
    [(0, 0), (1, 7), (8, 12), (13, 17)]
    """
    if band is None or band == NOT_SHOWN:
        return 0, NO_END
    if band == rules.band:
        return 1, rules.hidden_up_to
    if count == 0:
        return 0, 0
    least = _rounded(count, rules) - rules.rounded_to // 2
    return max(rules.hidden_up_to + 1, least), least + rules.rounded_to - 1


def band_of(count: int, rules: DisclosureRules) -> str:
    """What stands for a count by itself."""
    if 1 <= count <= rules.hidden_up_to:
        return rules.band
    return str(_rounded(count, rules))


def _rounded(count: int, rules: DisclosureRules) -> int:
    return (count + rules.rounded_to // 2) // rules.rounded_to * rules.rounded_to


class _Flow:
    """The worlds that fit the published figures, as a network around the true one.

    Arcs come in pairs: an even one carries incidents on its way through the layers, the odd one after it takes them
    back. What an arc can still take is how far its count may grow or shrink in a world that fits.
    """

    def __init__(self, tiers: Sequence[Tier], links: Sequence[Links], rules: DisclosureRules) -> None:
        self.tiers = tiers
        self.rules = rules
        self.head: list[int] = []
        self.room: list[int] = []
        self.arcs_of: list[list[int]] = [[], []]
        self.band: dict[int, str | None] = {}
        self.count: dict[int, int] = {}
        self.cost: dict[int, float] = {}
        self.zone_arc: list[list[int]] = []
        source, sink = 0, 1
        through = [self._tier_counts(tier, number, links) for number, tier in enumerate(tiers)]
        nodes = [[(self._node(), self._node()) for _ in counts] for counts in through]
        for number, (tier, counts) in enumerate(zip(tiers, through, strict=True)):
            self.zone_arc.append([])
            for place, ((start, end), count) in enumerate(zip(nodes[number], counts.tolist(), strict=True)):
                is_published = place < len(tier.counts) and tier.counts[place] >= 0
                arc = self._arc(start, end, 0, 0)
                self.zone_arc[number].append(arc)
                self.count[arc] = count
                self.cost[arc] = _COST_OF_LAYER**number * (1 + math.log2(1 + count))
                self._publish(arc, band_of(count, rules) if is_published else None)
        for number, link in enumerate(links):
            for here, there, count in zip(link.here.tolist(), link.there.tolist(), link.counts.tolist(), strict=True):
                self._arc(nodes[number][here][1], nodes[number + 1][there][0], NO_END, count)
        for (start, _), count in zip(nodes[0], through[0].tolist(), strict=True):
            self._arc(source, start, NO_END, count)
        for (_, end), count in zip(nodes[-1], through[-1].tolist(), strict=True):
            self._arc(end, sink, NO_END, count)
        self._arc(sink, source, NO_END, int(through[0].sum()))  # the study's total is nowhere published

    def small_zones(self) -> list[int]:
        """Arcs of the counts that must stay hidden, the smallest layers' first."""
        return [
            self.zone_arc[number][place]
            for number, tier in enumerate(self.tiers)
            for place in np.flatnonzero((tier.counts >= 1) & (tier.counts <= self.rules.hidden_up_to)).tolist()
        ]

    def make_safe(self, arc: int) -> None:
        """Leave figures out until this count may be anything from 1 to the threshold."""
        start, end = self.head[arc ^ 1], self.head[arc]
        count = self.count[arc]
        for source, sink, needed in ((end, start, self.rules.hidden_up_to - count), (start, end, count - 1)):
            changed: list[tuple[int, int]] = []
            need = needed
            while need > 0:
                way = self._way(source, sink, arc) or self._open_way(source, sink, arc)
                pushed = min([need, *(self.room[step] for step in way)])
                for step in way:
                    self.room[step] -= pushed
                    self.room[step ^ 1] += pushed
                    changed.append((step, pushed))
                need -= pushed
            for step, pushed in changed:
                self.room[step] += pushed
                self.room[step ^ 1] -= pushed

    def shown(self) -> list[Shown]:
        """What is published of each tier."""
        found = []
        for number, tier in enumerate(self.tiers):
            bands = [self.band[self.zone_arc[number][place]] for place in range(len(tier.counts))]
            values = [int(band) if band is not None and band.isdigit() else None for band in bands]
            found.append(Shown(values, bands))
        return found

    def _tier_counts(self, tier: Tier, number: int, links: Sequence[Links]) -> IntArray:
        """What flows through each zone of a tier, and past them all (the last element)."""
        size = len(tier.counts) + 1
        sides = [(links[number].here, links[number].counts)] if number < len(links) else []
        sides += [(links[number - 1].there, links[number - 1].counts)] if number else []
        if not sides:
            return np.append(np.maximum(tier.counts, 0), 0)
        totals = [np.bincount(zones, counts, minlength=size).astype(np.int64) for zones, counts in sides]
        for total in totals:
            known = tier.counts >= 0
            if not np.array_equal(total, totals[0]) or not np.array_equal(total[:-1][known], tier.counts[known]):
                raise ValueError(f"the links of {tier.layer} do not add up to its counts")
        return totals[0]

    def _node(self) -> int:
        self.arcs_of.append([])
        return len(self.arcs_of) - 1

    def _arc(self, start: int, end: int, more: int, less: int) -> int:
        arc = len(self.head)
        self.head += [end, start]
        self.room += [more, less]
        self.arcs_of[start].append(arc)
        self.arcs_of[end].append(arc + 1)
        return arc

    def _publish(self, arc: int, band: str | None) -> None:
        least, most = value_range(self.count[arc], band, self.rules)
        self.band[arc] = band
        self.room[arc], self.room[arc ^ 1] = most - self.count[arc], self.count[arc] - least

    def _way(self, source: int, sink: int, without: int) -> list[int] | None:
        """The shortest way on which something can be pushed; None where there is none."""
        came_by = {source: -1}
        queue = deque([source])
        while queue:
            node = queue.popleft()
            for arc in self.arcs_of[node]:
                if self.room[arc] > 0 and arc | 1 != without | 1 and self.head[arc] not in came_by:
                    came_by[self.head[arc]] = arc
                    if self.head[arc] == sink:
                        return self._trace(came_by, sink)
                    queue.append(self.head[arc])
        return None

    def _open_way(self, source: int, sink: int, without: int) -> list[int]:
        """The cheapest way, after leaving out the figures that bar it."""
        best = {source: 0.0}
        came_by = {source: -1}
        heap = [(0.0, source)]
        while heap:
            cost, node = heapq.heappop(heap)
            if node == sink:
                break
            if cost > best[node]:
                continue
            for arc in self.arcs_of[node]:
                price = self._price(arc)
                if arc | 1 == without | 1 or price is None:
                    continue
                to, total = self.head[arc], cost + price + _A_STEP
                if total < best.get(to, math.inf):
                    best[to], came_by[to] = total, arc
                    heapq.heappush(heap, (total, to))
        if sink not in came_by:
            raise RuntimeError("no figures left to leave out")  # an incident's own way is always open
        way = self._trace(came_by, sink)
        for arc in way:
            if self.room[arc] == 0:
                self._leave_out(arc & ~1)
        return way

    def _price(self, arc: int) -> float | None:
        """What it costs to push through an arc; None where nothing can be, whatever is left out."""
        if self.room[arc] > 0:
            return 0.0
        even = arc & ~1
        if self.band.get(even) in (None, NOT_SHOWN):
            return None
        # Backwards only what is there, less what this search has taken already.
        if arc != even and self._left_backwards(even) == 0:
            return None
        return self.cost[even] * (_BAND_COST if self.band[even] == self.rules.band else 1.0)

    def _left_backwards(self, arc: int) -> int:
        least, _ = value_range(self.count[arc], self.band[arc], self.rules)
        return self.room[arc ^ 1] + least

    def _leave_out(self, arc: int) -> None:
        """Publish nothing of a zone; what is pushed through it at the moment stays pushed."""
        least, _ = value_range(self.count[arc], self.band[arc], self.rules)
        self.band[arc] = NOT_SHOWN
        self.room[arc] = NO_END
        self.room[arc ^ 1] += least

    def _trace(self, came_by: dict[int, int], sink: int) -> list[int]:
        way, node = [], sink
        while (arc := came_by[node]) != -1:
            way.append(arc)
            node = self.head[arc ^ 1]
        return way
