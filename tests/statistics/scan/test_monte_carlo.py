import h3
import numpy as np
import pytest
from scipy.stats import gumbel_r

from geo_safety.statistics import circles, discs
from geo_safety.statistics.scan import monte_carlo
from geo_safety.statistics.scan.likelihood import log_likelihood_ratio
from geo_safety.statistics.scan.monte_carlo import gumbel_p, null_maxima, rank_p, search

CELLS = sorted(h3.grid_disk("89195da49a3ffff", 6))[::2]  # 64 cells with holes between them
TOTAL = 80


def in_space(rng):
    return rng.multinomial(TOTAL, np.full(len(CELLS), 1 / len(CELLS)))[None]


def maximum_by_hand(windows, counts, direction, largest):
    """Best score of one map, window by window."""
    best = 0.0
    for layer in range(windows.layers):
        for position in np.flatnonzero(windows.centres(layer) >= 0):
            members = windows.members(layer, position)
            expected, inside = len(members) * TOTAL / len(CELLS), counts[members].sum()
            side = {"high": inside > expected, "low": inside < expected, "both": True}[direction]
            if expected <= largest * TOTAL and side:
                best = max(best, float(log_likelihood_ratio(inside, expected, TOTAL)))
    return best


@pytest.mark.parametrize("direction", ["high", "low", "both"])
@pytest.mark.parametrize("kind", ["discs", "circles"])
def test_maxima_are_those_of_looking_at_every_window(kind, direction):
    centres = np.array([h3.cell_to_latlng(cell) for cell in CELLS])
    windows = discs(CELLS, rings=4) if kind == "discs" else circles(centres, most=30)
    look = search(windows, np.full(len(CELLS), TOTAL / len(CELLS)), TOTAL, largest_share=0.4, direction=direction)
    found = null_maxima(look, in_space, replicates=25, seed=5, threads=1)
    maps = [in_space(np.random.default_rng([5, number]))[0] for number in range(25)]
    assert found == pytest.approx([maximum_by_hand(windows, counts, direction, 0.4) for counts in maps])


def test_neither_threads_nor_blocks_nor_limits_change_the_maxima(monkeypatch):
    def in_time(rng):
        return rng.multinomial(TOTAL, np.full(4 * len(CELLS), 0.25 / len(CELLS))).reshape(4, -1)

    def maxima(**how):
        monkeypatch.setattr(monte_carlo, "MOST_MAPS", how.get("maps", 64))
        monkeypatch.setattr(monte_carlo, "ORDINARY", how.get("ordinary", 0.7))
        return null_maxima(look, in_time, replicates=60, seed=2, threads=how.get("threads", 1)).tolist()

    look = search(
        discs(CELLS, rings=3),
        np.full(len(CELLS), TOTAL / len(CELLS)),
        TOTAL,
        largest_share=0.5,
        intervals=[(3, 4), (2, 4), (1, 2)],
        shares=[0.25, 0.5, 0.25],
    )
    one = maxima()
    assert maxima(threads=2) == one
    assert maxima(threads=3, maps=7) == one
    assert maxima(ordinary=0.0) == one
    assert maxima(ordinary=1.5) == one  # most maps have no window above the limits and are done anew


def test_counts_above_16_bits_are_exact():
    windows = discs(CELLS, rings=2)
    look = search(windows, np.full(len(CELLS), 90_000 / len(CELLS)), 90_000, largest_share=0.5)
    one_cell = np.zeros((1, len(CELLS)), int)
    one_cell[0, 5] = 90_000
    found = null_maxima(look, lambda _: one_cell, replicates=1, seed=1, threads=1)
    assert found == pytest.approx([90_000 * np.log(len(CELLS))])


def test_rank_counts_the_real_map_and_ties():
    assert rank_p(9.0, np.array([1.0, 2.0, 3.0])) == 0.25
    assert rank_p(2.0 + 1e-12, np.array([1.0, 2.0, 3.0])) == 0.75


def test_gumbel_tail_is_scipys_with_the_same_mean_and_deviation():
    null = gumbel_r.rvs(7, 1.3, size=999, random_state=np.random.default_rng(4))
    scale = null.std(ddof=1) * np.sqrt(6) / np.pi
    for score in (5.0, 12.0, 60.0):
        expected = gumbel_r.sf(score, null.mean() - np.euler_gamma * scale, scale)
        assert gumbel_p(score, null) == pytest.approx(expected)
    assert gumbel_p(12.0, null) == pytest.approx(gumbel_r.sf(12, 7, 1.3), rel=0.2)
    assert np.isnan(gumbel_p(3.0, np.array([1.0])))
    assert np.isnan(gumbel_p(3.0, np.array([1.0, 1.0])))


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="give at least one of both"):
        null_maxima(search(discs(CELLS), np.ones(64), 64, largest_share=0.5), in_space, replicates=0, seed=1, threads=1)
    with pytest.raises(ValueError, match="give a share above 0 and below 1"):
        search(discs(CELLS), np.ones(64), 64, largest_share=1.0)
