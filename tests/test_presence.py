"""Gaps between files, where files are not one a month."""

from __future__ import annotations

import numpy as np
import pytest

from geo_safety.presence import answered_months, totals_by


def months(text: str) -> np.ndarray:
    """Rows by month, one sign each: '.' is none, a digit times ten."""
    return np.array([0 if sign == "." else 10 * int(sign) for sign in text])


@pytest.mark.parametrize(
    ("rows", "spans", "answered"),
    [
        ("55.55", [(0, 4)], "##.##"),  # a busy feed does not fall silent for a month
        ("11.11", [(0, 4)], "##.##"),  # ten a month: the chance of none is 1 in 22,000
        ("1.1.1", [(0, 0), (2, 2), (4, 4)], "#.#.#"),  # one file a month: a month without a file is a gap
        ("5.......5", [(0, 8)], "#.......#"),  # also in the middle of a long gap
        ("...5", [(3, 3)], "...#"),
    ],
)
def test_months_without_rows(rows, spans, answered):
    found = answered_months(months(rows), spans)
    assert "".join("#" if month else "." for month in found) == answered


def test_a_rare_kind_of_incident_has_true_zeros():
    rows = np.array([1, 0, 0, 2, 0, 9])
    assert answered_months(rows, [(0, 5)]).all()


def test_totals_stay_whole_numbers():
    assert totals_by(np.array([0, 0, 1]), 3, np.array([2**40, 1, 5])).tolist() == [2**40 + 1, 5, 0]
    assert totals_by(np.zeros(0, dtype=int), 2).tolist() == [0, 0]
