"""The five-part score: drawn by hand, and its rank range against every weight of the box."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.audit_score import WEIGHTS, part, percentile, score_places


def parts(*rows: tuple[float | None, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(WEIGHTS), dtype=float)


def test_the_weights_are_those_of_the_brief():
    assert dict(WEIGHTS) == {"incidents": 0.30, "perception": 0.25, "transport": 0.20, "built": 0.15, "exposure": 0.10}


def test_the_score_is_the_weighted_mean_of_percentiles():
    scores = score_places(parts((0.9, 0.5, 0.8, 0.2, 0.6), (0.1, 0.5, 0.2, 0.8, 0.4)))
    # .27 + .125 + .16 + .03 + .06 and .03 + .125 + .04 + .12 + .04
    assert scores.score.tolist() == pytest.approx([64.5, 35.5])
    assert (scores.rank.tolist(), scores.rank_low.tolist(), scores.rank_high.tolist()) == ([1, 2], [1, 2], [1, 2])


def test_the_weight_of_a_missing_part_goes_to_the_known_ones():
    scores = score_places(parts((0.9, None, 0.8, 0.2, 0.6)))
    assert scores.score[0] == pytest.approx(100 * (0.27 + 0.16 + 0.03 + 0.06) / 0.75)
    assert scores.known_weight[0] == pytest.approx(0.75)


def test_a_place_of_which_less_than_half_of_the_weight_is_known_is_not_ranked():
    scores = score_places(
        parts((None, None, 0.9, 0.9, 0.9), (0.1, 0.1, None, None, None), (0.5, None, 0.5, None, None))
    )
    assert np.isnan(scores.score).tolist() == [True, False, False]
    assert scores.rank.tolist()[1:] == [2, 1]


def test_a_part_of_several_figures_takes_what_is_known_of_each():
    assert part([np.array([np.nan, np.nan]), np.array([1.0, 2.0])]).tolist() == [0.25, 0.75]
    assert np.isnan(part([np.array([np.nan, 3.0])])).tolist() == [True, False]


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_percentiles_average_to_one_half(values):
    assert percentile(np.array(values)).mean() == pytest.approx(0.5)


@given(
    known=st.lists(st.booleans(), min_size=5, max_size=5),
    pair=st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), min_size=2, max_size=2),
    swings=st.lists(st.floats(0.5, 1.5), min_size=5, max_size=5),
)
def test_of_two_places_of_which_the_same_is_known_the_corners_say_who_can_come_first(known, pair, swings):
    rows = [tuple(value if is_known else None for value, is_known in zip(row, known, strict=True)) for row in pair]
    scores = score_places(parts(*rows))
    if np.isnan(scores.score).any():
        return
    weight = np.array(list(WEIGHTS.values())) * np.array(swings) * np.array(known)
    first, second = (np.array(row) @ weight / weight.sum() for row in pair)
    if abs(first - second) > 1e-4:
        rank = 1 if first > second else 2
        assert scores.rank_low[0] <= rank <= scores.rank_high[0]
