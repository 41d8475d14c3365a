import warnings
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety import neighbours
from geo_safety.statistics import local_moran, local_moran_exact, mid_rank_grid

STREET = neighbours.from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3]])
GRID = [  # 3 x 3 squares with edge neighbours, themselves included
    [0, 1, 3], [0, 1, 2, 4], [1, 2, 5],
    [0, 3, 4, 6], [1, 3, 4, 5, 7], [2, 4, 5, 8],
    [3, 6, 7], [4, 6, 7, 8], [5, 7, 8],
]  # fmt: skip


@pytest.fixture(scope="module")
def columbus():
    """Crime in 49 neighbourhoods of Columbus, 1980 (Anselin 1988), which libpysal carries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the packages' own news
        import geopandas
        import libpysal

        frame = geopandas.read_file(libpysal.examples.get_path("columbus.shp"))
        w = libpysal.weights.Queen.from_dataframe(frame, use_index=False)
    lists = [[i, *w.neighbors[i]] for i in range(w.n)]
    return frame["CRIME"].to_numpy(), w, neighbours.from_lists(lists)


def by_enumeration(values, lists):
    """Both tails of the neighbours' sum, over every set of zones that the neighbours could be."""
    tails = []
    for zone, row in enumerate(lists):
        others = [v for i, v in enumerate(values) if i != zone]
        total = sum(values[i] for i in row if i != zone)
        sums = [sum(chosen) for chosen in combinations(others, len(row) - 1)]
        tails.append(
            [Fraction(sum(s >= total for s in sums), len(sums)), Fraction(sum(s <= total for s in sums), len(sums))]
        )
    return np.array(tails, float).T


def test_local_moran_matches_hand_calculation():
    # Anselin (1995), row-standardised; values 0 0 2 4: mean 1.5, deviations -1.5 -1.5 .5 2.5, sum of squares 11.
    # Zone 1: 3 x -1.5 x -1.5 / 11; zone 2: 3 x -1.5 x mean(-1.5, .5) / 11; and so on.
    found = local_moran([0, 0, 2, 4], STREET)
    assert found.statistic == pytest.approx([6.75 / 11, 2.25 / 11, 0.75 / 11, 3.75 / 11])
    assert found.quadrant.tolist() == ["low-low", "low-low", "high-high", "high-high"]


def test_agrees_with_esda_on_columbus(columbus):
    crime, w, near = columbus
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from esda import Moran_Local

        theirs = Moran_Local(crime, w, permutations=0)
    ours = local_moran(crime, near)
    assert ours.statistic == pytest.approx(theirs.Is, abs=1e-12)
    names = np.array(["", "high-high", "low-high", "low-low", "high-low"])
    assert ours.quadrant.tolist() == names[theirs.q].tolist()
    # Sokal, Oden & Thomson (1998), equations A7 and A8, as esda computes them: of a statistic n / (n - 1) times as large.
    n = len(crime)
    assert ours.z == pytest.approx((theirs.Is * n / (n - 1) - theirs.EIc) / np.sqrt(theirs.VIc), rel=1e-9)


def test_exact_p_is_what_esda_samples(columbus):
    crime, w, near = columbus
    tenths = np.round(10 * crime)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from esda import Moran_Local

        sampled = Moran_Local(tenths, w, permutations=19_999, seed=1).p_sim
    one_sided = np.minimum(local_moran_exact(tenths, near, tail="high"), local_moran_exact(tenths, near, tail="low"))
    # Theirs folds the tail: at least as large, or larger; ties apart the same. Five standard errors of sampling.
    error = np.sqrt(one_sided * (1 - one_sided) / 20_000)
    assert (np.abs(sampled - one_sided) <= 5 * error + 2e-3).all()
    assert one_sided.min() < 1e-3


@pytest.mark.parametrize(
    "values", [[0, 0, 0, 0, 0, 0, 0, 2, 5], [3, 1, 4, 1, 5, 9, 2, 6, 5], [7, 0, 0, 1000, 2, 2, 0, 1, 3]]
)
def test_exact_p_equals_rational_arithmetic(values):
    near = neighbours.from_lists(GRID)
    high, low = by_enumeration(values, GRID)
    assert local_moran_exact(values, near, tail="high") == pytest.approx(high, rel=1e-11)
    assert local_moran_exact(values, near, tail="low") == pytest.approx(low, rel=1e-11)
    assert local_moran_exact(values, near) == pytest.approx(np.minimum(1, 2 * np.minimum(high, low)), rel=1e-11)


def test_z_has_the_moments_of_every_arrangement():
    values, near = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 7]), neighbours.from_lists(GRID)
    for zone, row in enumerate(GRID):
        others = np.delete(values, zone)
        means = [np.mean(chosen) for chosen in combinations(others, len(row) - 1)]
        seen = np.mean([values[i] for i in row if i != zone])
        sign = np.sign(values[zone] - values.mean())
        assert local_moran(values, near).z[zone] == pytest.approx(sign * (seen - np.mean(means)) / np.std(means))


def test_undefined_is_nan_never_infinite():
    for p in (local_moran_exact([2, 2, 2, 2], STREET), local_moran([2, 2, 2, 2], STREET).statistic):
        assert np.isnan(p).all()
    alone = neighbours.from_lists([[0, 1], [0, 1], [2]])
    found = local_moran([1, 5, 9], alone)
    assert (
        np.isnan(found.statistic).tolist()
        == np.isnan(local_moran_exact([1, 5, 9], alone)).tolist()
        == [False, False, True]
    )
    assert found.quadrant.tolist()[2] == ""
    assert not np.isinf(found.z).any()
    whole_map = neighbours.from_lists([[0, 1, 2]] * 3)
    found = local_moran([1, 5, 9], whole_map)
    assert np.isnan(found.z).all()
    assert np.isfinite(found.statistic).all()
    assert local_moran_exact([1, 5, 9], whole_map).tolist() == [1, 1, 1]


def test_zones_not_answered_for_are_left_out_of_everything():
    five = neighbours.from_lists([[0, 1, 2], [0, 1, 2], [0, 1, 2, 3, 4], [2, 3, 4], [2, 3, 4]])
    pairs = neighbours.from_lists([[0, 1], [0, 1], [2, 3], [2, 3]])
    kept = [0, 1, 3, 4]
    with_gap, without = [0, 1, np.nan, 3, 8], [0, 1, 3, 8]
    assert local_moran(with_gap, five).statistic[kept] == pytest.approx(local_moran(without, pairs).statistic)
    assert local_moran_exact(with_gap, five)[kept] == pytest.approx(local_moran_exact(without, pairs))
    assert np.isnan(local_moran_exact(with_gap, five)[2])


def test_shuffled_maps_are_found_no_more_often_than_stated():
    size = 12
    at = np.pad(np.arange(size * size).reshape(size, size), 1, constant_values=-1)
    near = np.stack([at[1:-1, 1:-1], at[:-2, 1:-1], at[2:, 1:-1], at[1:-1, :-2], at[1:-1, 2:]], axis=-1)
    near = neighbours.from_lists([row[row >= 0] for row in near.reshape(-1, 5)])
    rng = np.random.default_rng(8)
    maps = [mid_rank_grid(rng.poisson(2.0, size * size), top=100) for _ in range(40)]
    assert np.mean([local_moran_exact(each, near) <= 0.05 for each in maps]) < 0.052


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=9, max_size=9),
    st.integers(1, 4),
    st.integers(-5, 5),
    st.permutations(range(9)),
)
def test_scale_level_and_the_order_of_zones_do_not_matter(values, scale, level, order):
    values, near = np.array(values), neighbours.from_lists(GRID)
    place = np.argsort(order)
    shuffled = neighbours.from_lists([[int(place[j]) for j in GRID[i]] for i in order])
    moved = values * scale + level
    for one, two in (
        (local_moran_exact(values, near), local_moran_exact(moved, near)),
        (local_moran(values, near).z, local_moran(moved, near).z),
        (local_moran_exact(values, near)[order], local_moran_exact(values[order], shuffled)),
        (local_moran(values, near).statistic[order], local_moran(values[order], shuffled).statistic),
    ):
        assert one == pytest.approx(two, nan_ok=True, rel=1e-9)


def test_the_remedy_is_named():
    with pytest.raises(ValueError, match="mid_rank_grid"):
        local_moran_exact([0.5, 1, 2, 3], STREET)
    with pytest.raises(ValueError, match="'high' or 'low'"):
        local_moran_exact([0, 1, 2, 3], STREET, tail="both")
