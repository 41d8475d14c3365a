"""When: every usual writing, the order of day and month, months that look like days, and split dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.recognition.guess import Sample
from geo_safety.recognition.times import find_times, read_times
from geo_safety.sources.values import parse_times

DAYS = [
    datetime.fromisoformat("2023-01-01T05:07") + timedelta(days=day * 3, hours=day, minutes=day * 7)
    for day in range(60)
]


@pytest.mark.parametrize(
    ("pattern", "expected", "certainty"),
    [
        ("%Y-%m", None, "certain"),
        ("%Y%m", None, "certain"),
        ("%Y-%m-%d", None, "certain"),
        ("%Y-%m-%dT%H:%M:%SZ", None, "certain"),
        ("%Y-%m-%d %H:%M", None, "certain"),
        ("%d/%m/%Y", "%d/%m/%Y", "certain"),
        ("%m/%d/%Y", "%m/%d/%Y", "certain"),
        ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M", "certain"),
        ("%d/%m/%Y %I:%M %p", "%d/%m/%Y %I:%M %p", "certain"),
        ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p", "certain"),
        ("%d-%b-%Y", "%d-%b-%Y", "certain"),
        ("%d %B %Y", "%d %B %Y", "certain"),
        ("%b %Y", "%b %Y", "certain"),
        ("%Y/%m/%d", "%Y/%m/%d", "certain"),
        ("%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "certain"),
    ],
)
def test_every_usual_writing(pattern, expected, certainty):
    reading = read_times(list(dict.fromkeys(day.strftime(pattern) for day in DAYS)))
    assert (reading.time_format, reading.certainty) == (expected, certainty)


@given(
    st.lists(
        st.datetimes(datetime.fromisoformat("1995-01-01"), datetime.fromisoformat("2035-01-01")),
        min_size=40,
        max_size=80,
        unique=True,
    ),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%d", "%d-%b-%Y"]),
)
def test_what_is_read_by_the_guess_is_what_was_written(days, pattern):
    texts = list(dict.fromkeys(day.strftime(pattern) for day in days))
    reading = read_times(texts)
    assert reading is not None
    if reading.certainty == "certain":
        formats = (reading.time_format,) if reading.time_format else ()
        months = parse_times(texts, formats=formats, time_zone="UTC").month.tolist()
        written = [datetime.strptime(text, pattern) for text in texts]  # noqa: DTZ007
        assert months == [(day.year - 1970) * 12 + day.month - 1 for day in written]


@pytest.mark.parametrize(("scale", "name"), [(1, "epoch"), (1000, "epoch_ms")])
def test_seconds_and_milliseconds_since_1970(scale, name):
    seconds = [int(day.replace(tzinfo=UTC).timestamp()) for day in DAYS]
    texts = [str(second * scale) for second in seconds]
    reading = read_times(texts)
    assert (reading.time_format, reading.certainty, reading.has_offset) == (name, "likely", True)
    times = parse_times(texts, formats=(name,), time_zone="UTC")
    assert times.has_days
    assert times.minute.tolist() == [second // 60 for second in seconds]


@pytest.mark.parametrize(
    ("texts", "expected", "certainty"),
    [
        (["2022-01-01", "2022-02-01", "2022-03-01"], "%Y-%m-01", "likely"),
        (["01/01/2022", "01/02/2022", "01/03/2022"], "01/%m/%Y", "uncertain"),
        (["06/01/2019 12:00:00 AM"], "%m/01/%Y 12:00:00 AM", "uncertain"),
        (["6/1/2019", "7/1/2019"], "%m/1/%Y", "uncertain"),
        (["2022-01-01", "2022-02-02"], None, "certain"),
    ],
)
def test_dates_that_are_all_the_first_of_a_month_mean_months(texts, expected, certainty):
    reading = read_times(texts)
    assert (reading.time_format, reading.certainty) == (expected, certainty)
    if expected:
        assert not parse_times(texts, formats=(expected,), time_zone="UTC").has_days


def test_an_order_that_nothing_tells_is_uncertain():
    assert read_times(["03/04/2022", "05/06/2022", "11/12/2022"])[:2] == ("%d/%m/%Y", "uncertain")
    assert read_times(["03/04/2022 01:15 PM", "05/06/2022 02:10 AM"])[:2] == ("%m/%d/%Y %I:%M %p", "uncertain")


def test_a_clock_that_never_passes_noon_is_doubted():
    texts = [f"{1 + day % 28:02d}/{1 + day % 12:02d}/2022 {1 + day % 12:02d}:30" for day in range(300)]
    assert "12-hour clock without AM and PM" in read_times(list(dict.fromkeys(texts))).because


@pytest.mark.parametrize("texts", [["north"], ["1", "2"], ["12:30", "13:00"], ["2022"], ["99/99/2022"]])
def test_what_is_no_time(texts):
    assert read_times(texts) is None


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        ({"outcome_date": ["2022-01-05"], "date": ["2022-01-03"]}, {"time": "date"}),
        ({"reported_date": ["2022-01-05"], "occurred_date": ["2022-01-03"]}, {"time": "occurred_date"}),
        ({"Last Uploaded": ["18/02/2021"], "Epoch": ["06/01/2019 12:00:00 AM"]}, {"time": "Epoch"}),
        ({"date": ["2022-01-03"], "time": ["16:40"]}, {"time": "date", "clock": "time"}),
        ({"YEAR": ["2020"], "MONTH": ["1"], "DAY": ["31"], "HOUR": ["0"], "MINUTE": ["5"]},
         {"year": "YEAR", "month": "MONTH", "day": "DAY", "hour": "HOUR", "minute": "MINUTE"}),
        ({"año": ["2020"], "mes": ["1"]}, {"year": "año", "month": "mes"}),
        ({"YEAR": ["2020"], "MONTH": ["1"], "HOUR": ["0"]}, {"year": "YEAR", "month": "MONTH"}),
        ({"name": ["x"]}, {}),
    ],
)  # fmt: skip
def test_which_column_says_when(columns, chosen):
    assert find_times(Sample("a.csv", columns)).columns == chosen


def test_hours_that_are_missing_in_some_rows_are_left_out():
    columns = {"year": ["2020"] * 2, "month": ["1"] * 2, "day": ["3", "4"], "hour": ["5", ""]}
    assert find_times(Sample("a.csv", columns)).columns == {"year": "year", "month": "month", "day": "day"}
