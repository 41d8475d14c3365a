"""A second look at counts that were protected together, by a road that has nothing of the first: greatest flows.

`together` searches ways one by one from the true counts and leaves figures out; here the published figures are taken
as they are, and for each hidden count a flow algorithm of another library says how far the others let it go.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from geo_safety.disclosure.rules import DisclosureRules
from geo_safety.disclosure.together import IntArray, Links, Shown, Tier, value_range

MUCH = 1 << 20


def weak_points(
    tiers: Sequence[Tier], links: Sequence[Links], shown: Sequence[Shown], rules: DisclosureRules
) -> list[str]:
    """Which small counts do the published figures leave less than every value from 1 to the threshold?

    Parameters
    ----------
    tiers, links
        The exact counts, as for `together.protect_together`.
    shown : sequence of Shown
        What is about to be published of each tier.

    Returns
    -------
    list of str
        Layer, place and the values left; empty when all is well.
    """
    sizes = [len(tier.counts) + 1 for tier in tiers]
    first = np.concatenate([[2], 2 + 2 * np.cumsum(sizes)])  # two nodes a zone, after the source 0 and the sink 1
    room: dict[tuple[int, int], int] = {}
    zones = []
    for number, tier in enumerate(tiers):
        through = _through(tier, number, links)
        for place, count in enumerate(through.tolist()):
            node = int(first[number]) + 2 * place
            is_published = place < len(tier.counts) and tier.counts[place] >= 0
            least, most = value_range(count, shown[number].band[place] if is_published else None, rules)
            room[node, node + 1], room[node + 1, node] = min(most - count, MUCH), count - least
            if is_published and 1 <= count <= rules.hidden_up_to:
                zones.append((tier.layer, place, node, count))
            if number == 0:
                room[0, node], room[node, 0] = MUCH, count
            if number == len(tiers) - 1:
                room[node + 1, 1], room[1, node + 1] = MUCH, count
        if number < len(links):
            link = links[number]
            for here, there, count in zip(link.here.tolist(), link.there.tolist(), link.counts.tolist(), strict=True):
                one, other = int(first[number]) + 2 * here + 1, int(first[number + 1]) + 2 * there
                room[one, other], room[other, one] = MUCH, count
    room[1, 0], room[0, 1] = MUCH, int(_through(tiers[0], 0, links).sum())
    size = int(first[-1])
    ends = np.array(list(room), dtype=np.int64)
    graph = csr_array((np.array(list(room.values()), dtype=np.int32), (ends[:, 0], ends[:, 1])), shape=(size, size))
    found = []
    for layer, place, node, count in zones:
        # Without the zone's own arc: what the rest of the network can take.
        mine = [_entry(graph, node, node + 1), _entry(graph, node + 1, node)]
        kept = graph.data[mine].copy()
        graph.data[mine] = 0
        more = maximum_flow(graph, node + 1, node).flow_value
        less = maximum_flow(graph, node, node + 1).flow_value
        graph.data[mine] = kept
        if count + more < rules.hidden_up_to or count - less > 1:
            found.append(f"{layer}: zone {place} can only be {max(1, count - less)} to {count + more}")
    return found


def _through(tier: Tier, number: int, links: Sequence[Links]) -> IntArray:
    size = len(tier.counts) + 1
    if number < len(links):
        return np.bincount(links[number].here, links[number].counts, minlength=size).astype(np.int64)
    if number:
        return np.bincount(links[number - 1].there, links[number - 1].counts, minlength=size).astype(np.int64)
    return np.append(np.maximum(tier.counts, 0), 0)


def _entry(graph: csr_array, row: int, column: int) -> int:
    """Where in the matrix's data an entry stands."""
    start, stop = graph.indptr[row], graph.indptr[row + 1]
    return int(start + np.flatnonzero(graph.indices[start:stop] == column)[0])
