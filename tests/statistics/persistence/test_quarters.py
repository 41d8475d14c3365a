import numpy as np
import pytest

from geo_safety.statistics.rates.persistence.quarters import global_rates, lowest_level, quarterly, step_totals

APRIL_2020 = 12 * 50 + 3


def test_three_years_from_april_are_twelve_quarters_and_nine_steps():
    found = quarterly(np.ones((2, 36)), first_month=APRIL_2020)
    assert found.counts.tolist() == [[3.0] * 12] * 2
    assert found.totals.tolist() == [6.0] * 12
    assert found.is_judged.tolist() == [True] * 9
    assert step_totals(found).tolist() == [[12.0] * 9] * 2


def test_three_years_from_may_have_eight_judged_steps():
    found = quarterly(np.ones((1, 36)), first_month=APRIL_2020 + 1)
    assert found.months.tolist() == [2] + [3] * 11 + [1]
    assert found.is_judged.tolist() == [False] + [True] * 8 + [False]


def test_a_gap_month_leaves_its_quarter_smaller_and_four_steps_unjudged():
    monthly = np.ones((2, 36))
    monthly[:, 16] = np.nan  # second month of the sixth quarter
    found = quarterly(monthly, first_month=APRIL_2020)
    assert found.counts[0].tolist() == [3.0] * 5 + [2.0] + [3.0] * 6
    assert np.flatnonzero(~found.is_judged).tolist() == [2, 3, 4, 5]


def test_a_quarter_without_any_month_is_empty():
    monthly = np.ones((1, 12))
    monthly[:, 3:6] = np.nan
    found = quarterly(monthly, first_month=APRIL_2020)
    assert (found.counts[0].tolist(), found.months.tolist()) == ([3.0, 0.0, 3.0, 3.0], [3, 0, 3, 3])


def test_places_without_an_answer_are_nan_and_not_in_the_totals():
    monthly = np.ones((3, 6))
    monthly[1, 4] = np.nan
    found = quarterly(monthly, first_month=APRIL_2020)
    assert np.isnan(found.counts[1]).all()
    assert found.totals.tolist() == [6.0, 6.0]


def test_short_series_have_no_steps():
    found = quarterly(np.ones((2, 5)), first_month=APRIL_2020)
    assert found.is_judged.shape == (0,)
    assert step_totals(found).shape == (2, 0)


def test_what_a_step_is_held_against_is_drawn_by_hand():
    # Study totals by quarter 1 1 1 1 3 3 3 3: steps hold 4, 6, 8, 10, 12, their mean is 8.
    found = quarterly(np.repeat([1.0, 3.0], 12)[None] / 3, first_month=APRIL_2020)
    assert global_rates(found, against="step").tolist() == pytest.approx([4, 6, 8, 10, 12])
    assert global_rates(found, against="cube").tolist() == pytest.approx([8] * 5)
    assert lowest_level(found, 3, against="step") == 3
    assert lowest_level(found, 3, against="cube") == pytest.approx(3 * 8 / 12)  # twice that of the busiest step


def test_steps_with_a_gap_and_without_incidents_set_no_level():
    monthly = np.repeat([1.0, 0.0, 9.0], [12, 12, 12])[None].copy()
    monthly[:, 30] = np.nan
    found = quarterly(monthly, first_month=APRIL_2020)
    judged = global_rates(found, against="step")[found.is_judged]
    assert judged.tolist() == [12, 9, 6, 3, 0, 27, 54]
    assert lowest_level(found, 3, against="cube") == pytest.approx(3 * (111 / 7) / 54)
    nothing = quarterly(np.zeros((1, 24)), first_month=APRIL_2020)
    assert lowest_level(nothing, 3, against="cube") == 3


def test_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="one row a neighbourhood"):
        quarterly(np.ones(12), first_month=0)
