import numpy as np
import pytest

from geo_safety.statistics import change_class


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (100, 100, "not distinguishable"),
        # log ratio over sqrt(1/now + 1/before): 1.91, 1.97, 2.57, 2.63
        (129, 100, "not distinguishable"),
        (130, 100, "more"),
        (140, 100, "more"),
        (141, 100, "clearly more"),
        (100, 130, "fewer"),
        (100, 141, "clearly fewer"),
        (19, 60, "too few"),
        (60, 19, "too few"),
        (20, 60, "clearly fewer"),
    ],
)
def test_classes_either_side_of_each_bound(now, before, expected):
    assert change_class([now], [before], 1e9, 1e9, 1.0).tolist() == [expected]


def test_the_study_own_change_is_no_change_of_the_place():
    assert change_class([150], [100], 15_000, 10_000, 1.0).tolist() == ["not distinguishable"]
    assert change_class([100], [100], 15_000, 10_000, 1.0).tolist() == ["clearly fewer"]


def test_noise_and_a_small_study_make_it_harder_to_tell():
    assert change_class([143], [100], 1e9, 1e9, 2.0).tolist() == ["not distinguishable"]
    assert change_class([143], [100], 400, 400, 1.0).tolist() == ["more"]


def test_unknown_places_have_no_class_and_empty_studies_are_too_few():
    assert change_class([np.nan, 30], [30, np.nan], 60, 60, 1.0).tolist() == [None, None]
    assert change_class([0, 0], [0, 0], 0, 0, 1.0).tolist() == ["too few", "too few"]
    assert change_class([], [], 0, 0, 1.0).tolist() == []


def test_about_one_in_twenty_unchanged_places_is_called_changed():
    rng = np.random.default_rng(1)
    now, before = rng.negative_binomial(100 / 0.5, 1 / 1.5, (2, 20_000))
    classes = change_class(now, before, now.sum(), before.sum(), 1.5)
    assert (classes != "not distinguishable").mean() == pytest.approx(0.05, abs=0.008)
    assert np.isin(classes, ["clearly more", "clearly fewer"]).mean() == pytest.approx(0.01, abs=0.004)
