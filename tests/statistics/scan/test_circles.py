import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.statistics import circles


def all_circles(windows):
    """Members of every window with its centre and radius."""
    return [
        (int(centre), windows.radius(layer, position), tuple(windows.members(layer, position).tolist()))
        for layer in range(windows.layers)
        for position, centre in enumerate(windows.centres(layer))
        if centre >= 0
    ]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25),
    st.sampled_from([np.inf, 2.0, 0.5]),
    st.sampled_from([None, 1, 4]),
)
def test_circles_are_all_sets_within_a_distance(points, radius, most):
    # Whole coordinates: many equal distances, and zones with the same centre.
    points = np.array(points, float)
    expected = []
    for centre, point in enumerate(points):
        distance = np.hypot(*(points - point).T)
        for reach in np.unique(distance[distance <= radius]):
            inside = np.flatnonzero(distance <= reach)
            if most is None or len(inside) <= most:
                expected.append((centre, reach, tuple(inside.tolist())))
    found = all_circles(circles(points, radius=radius, most=most))
    assert [each[::2] for each in found] == [each[::2] for each in expected]
    assert [each[1] for each in found] == pytest.approx([each[1] for each in expected])


def test_sums_are_those_of_the_members():
    rng = np.random.default_rng(3)
    points, values = rng.random((300, 2)), rng.integers(0, 99, (2, 300)).astype(np.uint32)
    windows = circles(points)
    assert windows.layers > 1
    exact = list(windows.exact_sums(values[1].astype(float)))
    for layer, sums in enumerate(windows.sums(values)):
        for position in (0, 299, 300, 1234):
            members = windows.members(layer, position)
            assert sums[:, position].tolist() == values[:, members].sum(axis=1).tolist()
            assert exact[layer][position] == values[1, members].sum()


def test_wrong_points_and_limits_are_refused():
    with pytest.raises(ValueError, match=r"give east and north of each zone"):
        circles(np.zeros(5))
    with pytest.raises(ValueError, match=r"finite"):
        circles(np.array([[0, np.nan]]))
    with pytest.raises(ValueError, match=r"give 0 or more, and 1 or more"):
        circles(np.zeros((3, 2)), most=0)
