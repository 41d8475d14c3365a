"""Counting by zone: a drawn town, a plain loop as the second road, and real London against pandas and h3."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.counts import count_sparse, count_zones
from geo_safety.incidents import Incidents, read_feed
from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import POLICE_UK


def made_of(rows: list[tuple[int, int, int, int]], *, n_locations: int = 4, n_categories: int = 3) -> Incidents:
    """Incidents of (location, month, category, weight)."""
    in_order = sorted(rows, key=lambda row: row[2])
    location, month, category, weight = np.array(in_order, dtype=np.int64).reshape(-1, 4).T
    return Incidents(
        feed="f",
        categories=tuple("abc"[:n_categories]),
        forces=("",) * n_categories,
        longitude=np.arange(n_locations, dtype=float),
        latitude=np.arange(n_locations, dtype=float),
        location=location.astype(np.int32),
        month=month.astype(np.int32),
        starts=np.searchsorted(category, np.arange(n_categories + 1)).tolist(),
        weight=weight,
    )


ALL = np.ones(3, dtype=bool)


def test_a_drawn_town():
    # Places 0 and 1 lie in zone 1, place 2 in zone 0, place 3 on the bridge; zone 2 is empty.
    zone_of_location = np.array([1, 1, 0, -1], dtype=np.int32)
    incidents = made_of(
        [(0, 600, 0, 1), (1, 600, 0, 2), (2, 601, 1, 1), (3, 601, 0, 5), (-1, 600, 0, 7), (0, 602, 0, 9)]
    )
    counted = count_zones(
        incidents, zone_of_location, n_zones=3, first_month=600, n_months=2, category_mask=np.array([True, True, False])
    )
    assert counted.incidents.tolist() == [[0, 1], [3, 0], [0, 0]]
    assert counted.in_no_zone.tolist() == [0, 5]
    assert counted.unlocated.tolist() == [7, 0]


def test_a_theme_counts_its_own_categories_alone():
    incidents = made_of([(0, 600, 0, 1), (0, 600, 1, 1)])
    zones = np.zeros(4, dtype=np.int32)
    counted = count_zones(
        incidents, zones, n_zones=1, first_month=600, n_months=1, category_mask=np.array([False, True, False])
    )
    assert counted.incidents.tolist() == [[1]]


ROW = st.tuples(st.integers(-1, 3), st.integers(598, 604), st.integers(0, 2), st.integers(0, 9))


@given(st.lists(ROW, max_size=40), st.lists(st.integers(-1, 2), min_size=4, max_size=4))
def test_counts_equal_a_plain_loop(rows, zones):
    zone_of_location = np.array(zones, dtype=np.int32)
    counted = count_zones(made_of(rows), zone_of_location, n_zones=3, first_month=600, n_months=3, category_mask=ALL)
    loop = np.zeros((3, 3), dtype=int)
    for location, month, _, weight in rows:
        if location >= 0 and zones[location] >= 0 and 600 <= month < 603:
            loop[zones[location], month - 600] += weight
    assert counted.incidents.tolist() == loop.tolist()
    in_span = sum(weight for _, month, _, weight in rows if 600 <= month < 603)
    assert counted.incidents.sum() + counted.in_no_zone.sum() + counted.unlocated.sum() == in_span


@given(st.lists(ROW, max_size=40), st.lists(st.integers(-1, 2), min_size=4, max_size=4))
def test_sparse_counts_are_the_same_without_the_zeros(rows, zones):
    sparse = count_sparse(made_of(rows), np.array(zones, dtype=np.int32), n_zones=3)
    found = {
        (int(zone), int(month), int(category)): int(n)
        for zone, month, category, n in zip(sparse.zone, sparse.month, sparse.category, sparse.incidents, strict=True)
    }
    loop: Counter[tuple] = Counter()
    for location, month, category, weight in rows:
        if location >= 0 and zones[location] >= 0:
            loop[zones[location], month, category] += weight
    assert found == {key: n for key, n in loop.items() if n}


def test_counts_do_not_depend_on_the_order_of_the_zones():
    rng = np.random.default_rng(3)
    incidents = made_of(
        [(int(rng.integers(4)), 600 + int(rng.integers(3)), int(rng.integers(3)), 1) for _ in range(50)]
    )
    zones, order = np.array([0, 1, 2, 2], dtype=np.int32), np.array([2, 0, 1], dtype=np.int32)
    settings = {"n_zones": 3, "first_month": 600, "n_months": 3, "category_mask": ALL}
    plain = count_zones(incidents, zones, **settings).incidents
    shuffled = count_zones(incidents, order[zones], **settings).incidents
    assert np.array_equal(shuffled[order], plain)


@pytest.mark.slow
def test_real_london_counts_by_cell_equal_one_index_a_row(shared_data):
    import h3
    import pandas as pd

    path = shared_data / "incidents/london-points/robbery.csv.gz"
    columns = {"longitude": "longitude", "latitude": "latitude", "time": "month", "category": "crime_type"}
    incidents = read_feed(FeedSettings("table", "points", (path,), columns=columns, labels=POLICE_UK)).incidents
    index = [h3.latlng_to_cell(lat, lon, 9) for lon, lat in zip(incidents.longitude, incidents.latitude, strict=True)]
    cells, cell_of_location = np.unique(index, return_inverse=True)
    counted = count_zones(
        incidents,
        cell_of_location.astype(np.int32),
        n_zones=len(cells),
        first_month=int(incidents.month.min()),
        n_months=24,
        category_mask=np.array([True]),
    ).incidents

    frame = pd.read_csv(path)
    frame["cell"] = [h3.latlng_to_cell(lat, lon, 9) for lon, lat in zip(frame.longitude, frame.latitude, strict=True)]
    plain = pd.crosstab(frame.cell, frame.month)
    assert plain.index.tolist() == cells.tolist()
    assert np.array_equal(plain.to_numpy(), counted)


def test_counting_needs_no_data_frames(tmp_path):
    # Importing pandas takes longer than reading a year of a city; Arrow does it behind our back where it is let.
    (tmp_path / "a.csv").write_text(
        "when,lon,lat,what\n2020-01,-0.1,51.5,Robbery\n2020-01,,,Robbery\n2020-01,0,0,Robbery\n"
    )
    code = f"""
import sys
from pathlib import Path
import numpy as np
from geo_safety.counts import count_sparse
from geo_safety.grid import index_locations
from geo_safety.incidents import read_feed
from geo_safety.sources.feed import FeedSettings
columns = dict(longitude="lon", latitude="lat", time="when", category="what")
settings = FeedSettings("table", "f", (Path({str(tmp_path)!r}),), columns=columns, labels={{"Robbery": ("robbery",)}})
incidents = read_feed(settings).incidents
index_locations(incidents.longitude, incidents.latitude, 9)
assert count_sparse(incidents, np.zeros(1, dtype=np.int32), n_zones=1).incidents.tolist() == [1]
print(*(name for name in ("pandas", "geopandas", "pyproj", "scipy") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
