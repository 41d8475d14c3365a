"""Times, numbers and weights of single texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from geo_safety.errors import ConfigError
from geo_safety.sources.values import NO_MONTH, looks_swapped, parse_counts, parse_month, parse_numbers, parse_times


@pytest.mark.parametrize(
    ("text", "formats", "minute"),
    [
        ("2020-05", (), "2020-05-01T00:00"),
        ("202005", (), "2020-05-01T00:00"),
        ("2020-05-31", (), "2020-05-31T00:00"),
        ("2020-05-31 23:59", (), "2020-05-31T23:59"),
        ("2020-05-31T23:59:59.5", (), "2020-05-31T23:59"),
        ("31/05/2020", ("%d/%m/%Y",), "2020-05-31T00:00"),
        ("06/01/2019 12:00:00 AM", ("%m/%d/%Y %I:%M:%S %p",), "2019-06-01T00:00"),
        # Times with an offset become local: summer time in London is one hour ahead.
        ("2020-05-31T23:30:00Z", (), "2020-06-01T00:30"),
        ("2020-06-01T00:30:00+01:00", (), "2020-06-01T00:30"),
        ("2020-12-31T23:30:00Z", (), "2020-12-31T23:30"),
        ("31/05/2020 23:30 +0000", ("%d/%m/%Y %H:%M %z",), "2020-06-01T00:30"),
        ("1962-03-01", (), "1962-03-01T00:00"),
    ],
)
def test_times_become_local_minutes_and_months(text, formats, minute):
    times = parse_times([text], formats=formats, time_zone="Europe/London")
    expected = np.datetime64(minute, "m")
    assert times.minute[0] == expected.astype(int)
    assert times.month[0] == expected.astype("datetime64[M]").astype(int)


@pytest.mark.parametrize(
    "text", ["", "2020-13", "2020-00", "20200", "May 2020", "2020-02-30", "0000-01", "9999-01", "NaN"]
)
def test_what_is_no_time_is_marked(text):
    assert parse_times([text], formats=(), time_zone="Europe/London").month.tolist() == [NO_MONTH]


def test_a_format_admits_nothing_else():
    assert parse_times(["2020-05-31"], formats=("%d/%m/%Y",), time_zone="UTC").month.tolist() == [NO_MONTH]


@pytest.mark.parametrize(
    ("texts", "formats", "has_days"),
    [(["2020-05"], (), False), (["2020-05", "2020-05-02"], (), True), (["05/2020"], ("%m/%Y",), False)],
)
def test_months_alone_give_no_dates(texts, formats, has_days):
    assert parse_times(texts, formats=formats, time_zone="UTC").has_days == has_days


def test_an_unknown_time_zone_is_refused():
    with pytest.raises(ConfigError, match=r"no time zone 'Atlantis'.*Europe/London"):
        parse_times([], formats=(), time_zone="Atlantis")


def test_month_numbers_agree_with_numpy():
    for text in ("1969-12", "1970-01", "2024-02"):
        assert parse_month(text) == np.datetime64(text, "M").astype(int)


def test_numbers_of_all_spellings():
    found = parse_numbers(pa.array(["1.5", "-2", "1e400", "inf", "nan", "x", ""]))
    assert found.tolist()[:4] == [1.5, -2, np.inf, np.inf]
    assert np.isnan(found[4:]).all()


def test_weights_are_whole_and_not_negative():
    texts = ["0", "12", "1e3", "1.5", "-1", "nan", "inf", "99999999999", ""]
    assert parse_counts(pa.array(texts)).tolist() == [0, 12, 1000, -1, -1, -1, -1, -1, -1]


LONDON = (-0.5, 51.2, 0.4, 51.7)


@pytest.mark.parametrize(
    ("longitude", "latitude", "swapped"),
    [
        ([51.5, 51.6, 51.4], [-0.1, 0.1, 0.0], True),
        ([-0.1, 0.1, 0.0], [51.5, 51.6, 51.4], False),
        ([-87.6, -87.7], [41.8, 41.9], False),  # another city altogether
        ([], [], False),
    ],
)
def test_exchanged_coordinates_are_noticed(longitude, latitude, swapped):
    assert looks_swapped(np.array(longitude), np.array(latitude), LONDON) == swapped
