import warnings
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.statistics import knox, near_repeat_chains


@pytest.fixture(scope="module")
def burkitt():
    """Burkitt's lymphoma in the West Nile district of Uganda (Williams et al. 1978), which libpysal carries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the packages' own news
        import geopandas
        import libpysal

        frame = geopandas.read_file(libpysal.examples.get_path("burkitt.shp"))
    return frame[["X", "Y"]].to_numpy(), frame["T"].to_numpy()


def by_loops(points, times, distances, spans):
    table = np.zeros((len(distances) - 1, len(spans) - 1), int)
    for a, b in combinations(range(len(times)), 2):
        apart, between = np.hypot(*np.subtract(points[a], points[b])), abs(times[a] - times[b])
        for row in range(len(distances) - 1):
            for column in range(len(spans) - 1):
                table[row, column] += (
                    distances[row] <= apart < distances[row + 1] and spans[column] <= between < spans[column + 1]
                )
    return table


def test_knox_on_burkitt_matches_pysal(burkitt):
    # pointpats.spacetime.knox, documented example: delta 20, tau 5 (ends included) gives 13 pairs, p 0.17 from 99 shuffles (standard error 0.04).
    # Coordinates and days are whole numbers and no distance lies between 20 and 20.01, so half-open bands agree.
    found = knox(*burkitt, distance_edges=[0, 20.01], time_edges=[0, 6], permutations=999, seed=1)
    assert found.observed.tolist() == [[13]]
    assert found.p[0, 0] == pytest.approx(0.17, abs=0.05)


def test_every_band_matches_plain_loops(burkitt):
    points, times = burkitt[0][:80], burkitt[1][:80]
    distances, spans = [0, 1, 20, 35.5, 60], [0, 5, 30, 400]
    found = knox(points, times, distance_edges=distances, time_edges=spans, permutations=0, seed=1)
    assert found.observed.tolist() == by_loops(points, times, distances, spans).tolist()
    assert found.observed.sum() > 100
    assert np.isnan(found.p).all()
    assert found.distance_bands.tolist() == [[0, 1], [1, 20], [20, 35.5], [35.5, 60]]
    assert found.time_bands.tolist() == [[0, 5], [5, 30], [30, 400]]


def test_bands_are_half_open():
    points, days = [[0, 0], [100, 0]], [0, 7]
    inside = {"distance_edges": [0, 100, 200], "time_edges": [0, 7, 14]}
    assert knox(points, days, **inside, permutations=0, seed=1).observed.tolist() == [[0, 0], [0, 1]]
    assert knox(points, days, distance_edges=[0, 100], time_edges=[0, 8], permutations=0, seed=1).observed.sum() == 0
    assert (
        knox([[5, 5], [5, 5]], [3, 3], distance_edges=[0, 1], time_edges=[0, 1], permutations=0, seed=1).observed == 1
    )


def test_expected_is_the_mean_of_all_orders_and_p_their_share():
    points, days = [[0, 0], [3, 0], [50, 0], [52, 0], [200, 0], [204, 0]], [0, 2, 9, 10, 30, 47]
    options = {"distance_edges": [0, 5, 60], "time_edges": [0, 3, 20]}
    found = knox(points, days, **options, permutations=4999, seed=3)
    every = np.array([by_loops(points, order, [0, 5, 60], [0, 3, 20]) for order in permutations(days)])
    assert found.expected == pytest.approx(every.mean(axis=0))
    assert found.p == pytest.approx((every >= found.observed).mean(axis=0), abs=0.03)
    assert found.ratio == pytest.approx(found.observed / every.mean(axis=0))


def test_random_incidents_are_found_at_the_stated_rate_and_planted_repeats_are_found():
    rng = np.random.default_rng(4)
    options = {"distance_edges": [0, 100], "time_edges": [0, 8], "permutations": 99}
    p = [knox(rng.uniform(0, 3000, (120, 2)), rng.integers(0, 365, 120), **options, seed=s).p[0, 0] for s in range(200)]
    assert np.mean(np.array(p) <= 0.05) < 0.09  # 5 %, sd 1.5 points
    first, day = rng.uniform(0, 3000, (60, 2)), rng.integers(0, 365, 60)
    again, later = first + rng.uniform(-40, 40, (60, 2)), day + rng.integers(0, 7, 60)
    assert knox(np.vstack([first, again]), np.append(day, later), **options, seed=1).p[0, 0] == 0.01


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 20)), max_size=15),
    st.permutations(range(15)),
)
def test_moving_everything_and_the_order_of_rows_do_not_matter(events, order):
    table = np.array(events, float).reshape(-1, 3)
    order = [i for i in order if i < len(table)]
    options = {"distance_edges": [0, 5, 10], "time_edges": [0, 3, 9], "permutations": 0, "seed": 1}
    one = knox(table[:, :2], table[:, 2], **options)
    other = knox(table[order, :2] + 1000, table[order, 2] + 365, **options)
    assert np.array_equal(one.observed, other.observed)
    assert one.expected == pytest.approx(other.expected)
    assert one.observed.tolist() == by_loops(table[:, :2], table[:, 2], [0, 5, 10], [0, 3, 9]).tolist()
    assert not np.isinf(one.ratio).any()


def test_same_seed_same_answer(burkitt):
    options = {"distance_edges": [0, 20], "time_edges": [0, 30], "permutations": 49}
    assert knox(*burkitt, **options, seed=5).p == knox(*burkitt, **options, seed=5).p


def test_chains_drawn_by_hand():
    #            a         b        c: near b  d: lone     e: near c, too late  f and g: a pair of their own, earlier
    points = [[0, 0], [40, 0], [80, 0], [500, 0], [100, 0], [900, 0], [900, 10]]
    days = [10, 12, 17, 12, 40, 1, 8]
    assert near_repeat_chains(points, days, distance=50, time=8).tolist() == [1, 1, 1, -1, -1, 0, 0]
    assert near_repeat_chains(points, days, distance=40, time=8).tolist() == [-1, -1, -1, -1, -1, 0, 0]  # half-open
    assert near_repeat_chains(points, days, distance=50, time=7).tolist() == [0, 0, 0, -1, -1, -1, -1]


def test_dates_are_taken_as_days_and_months_are_refused():
    points, options = [[0, 0], [10, 0], [900, 0]], {"distance": 50, "time": 8}
    dates = np.array(["2024-02-28", "2024-03-01", "2024-03-01"], dtype="datetime64[D]")
    assert near_repeat_chains(points, dates, **options).tolist() == [0, 0, -1]
    assert near_repeat_chains(points, dates.astype("datetime64[ns]"), distance=50, time=2).tolist() == [-1, -1, -1]
    with pytest.raises(ValueError, match="months, not dates"):
        near_repeat_chains(points, dates.astype("datetime64[M]"), **options)
    firsts = np.array([f"2024-{month:02}-01" for month in range(1, 13)], dtype="datetime64[s]")
    with pytest.raises(ValueError, match="months, not dates"):
        knox(np.zeros((12, 2)), firsts, distance_edges=[0, 1], time_edges=[0, 1], seed=1)
    with pytest.raises(ValueError, match="undated"):
        near_repeat_chains(points, [np.datetime64("2024-01-05"), np.datetime64("NaT"), dates[0]], **options)


def test_without_incidents_there_are_no_pairs_and_no_chains():
    nothing = knox(np.empty((0, 2)), [], distance_edges=[0, 1], time_edges=[0, 1], seed=1)
    assert (nothing.observed.tolist(), nothing.expected.tolist()) == ([[0]], [[0]])
    assert np.isnan(nothing.ratio).all()
    assert near_repeat_chains(np.empty((0, 2)), [], distance=1, time=1).tolist() == []
    assert near_repeat_chains([[1, 1]], [0], distance=1, time=1).tolist() == [-1]


def test_the_remedy_is_named():
    options = {"distance_edges": [0, 1], "time_edges": [0, 1], "seed": 1}
    with pytest.raises(ValueError, match="leave unlocated and undated incidents out"):
        knox([[0, np.nan]], [1], **options)
    with pytest.raises(ValueError, match="one time for each point"):
        knox([[0, 0]], [1, 2], **options)
    with pytest.raises(ValueError, match="`distance_edges` must rise"):
        knox([[0, 0]], [1], distance_edges=[5, 1], time_edges=[0, 1], seed=1)
    with pytest.raises(ValueError, match="above zero"):
        near_repeat_chains([[0, 0]], [1], distance=0, time=1)
