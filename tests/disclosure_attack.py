"""An attacker who knows everything that is published, where zones overlap, and integer programming."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

FAR = 10_000


@dataclass
class Knowledge:
    """What an attacker knows: linear facts about whole numbers of incidents, each in one atom.

    An atom is where one zone of each layer overlap; its incidents are what is counted in all of them.
    """

    atoms: list[tuple[str, ...]]
    facts: list[tuple[np.ndarray, int, int]] = field(default_factory=list)

    def learn(self, zones: Iterable[tuple[int, str]], least: int, most: int) -> None:
        """The incidents of these zones (layer number, id) together are between two numbers."""
        wanted = set(zones)
        inside = np.array([any((level, zone) in wanted for level, zone in enumerate(atom)) for atom in self.atoms])
        self.facts.append((inside, least, most))

    def range_of(self, level: int, zone: str) -> tuple[int, int]:
        """Least and greatest count of a zone in any world that fits all facts."""
        aim = np.array([atom[level] == zone for atom in self.atoms], dtype=float)
        matrix = lil_array((len(self.facts), len(self.atoms)))
        for row, (inside, _, _) in enumerate(self.facts):
            matrix[row, np.flatnonzero(inside)] = 1.0
        low = [least for _, least, _ in self.facts]
        high = [most for _, _, most in self.facts]
        found = []
        for sign in (1, -1):
            result = milp(
                sign * aim,
                constraints=LinearConstraint(matrix.tocsr(), low, high),
                bounds=Bounds(0, FAR),
                integrality=np.ones(len(self.atoms)),
            )
            assert result.status == 0, result.message
            found.append(round(sign * result.fun))
        return found[0], found[1]


def allowed(band: str | None, *, hidden_up_to: int = 7, rounded_to: int = 5) -> tuple[int, int]:
    """What a published band means to somebody who has read the documentation."""
    if band is None or band == "not shown":
        return 0, FAR
    if band == f"1-{hidden_up_to}":
        return 1, hidden_up_to
    value = int(band)
    if value == 0:
        return 0, 0
    half = rounded_to // 2
    return max(hidden_up_to + 1, value - half), value - half + rounded_to - 1


def narrowed(
    knowledge: Knowledge, truth: Mapping[tuple[int, str], int], *, hidden_up_to: int = 7
) -> dict[tuple[int, str], tuple[int, int]]:
    """Small counts that the attacker can narrow to less than all of 1 to the threshold, with what is left."""
    found = {}
    for (level, zone), count in truth.items():
        if 1 <= count <= hidden_up_to:
            least, most = knowledge.range_of(level, zone)
            assert least <= count <= most, "the attacker's facts are not true"
            if least > 1 or most < hidden_up_to:
                found[level, zone] = least, most
    return found
