"""When it is dark: against almanacs as published, and against the sun's height by another road."""

from __future__ import annotations

import datetime as dt
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.daylight import dark_hours, light_at, time_zone_named
from geo_safety.errors import ConfigError

LONDON = {"longitude": -0.128, "latitude": 51.507}


def clock(day: str, time: str, zone: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone))


def minutes(found: dt.datetime, said: dt.datetime) -> float:
    return abs((found - said).total_seconds()) / 60


@pytest.mark.parametrize(
    ("longitude", "latitude", "zone", "event", "day", "time"),
    [
        # US Naval Observatory, as quoted by the test suite of Astro::Coords: Mauna Kea, 15 July 2003.
        (-155.483, 19.817, "Pacific/Honolulu", "sunset", "2003-07-14", "19:04"),
        (-155.483, 19.817, "Pacific/Honolulu", "dark_from", "2003-07-14", "19:28"),
        (-155.483, 19.817, "Pacific/Honolulu", "dark_until", "2003-07-15", "05:27"),
        (-155.483, 19.817, "Pacific/Honolulu", "sunrise", "2003-07-15", "05:51"),
        # US Naval Observatory, 70° N 0° E on 21 December 2025: the sun stays below, civil twilight 09:55 to 14:02.
        (0.0, 70.0, "UTC", "dark_from", "2025-12-21", "14:02"),
        (0.0, 70.0, "UTC", "dark_until", "2025-12-22", "09:55"),
    ],
)
def test_events_are_those_of_the_almanac_within_two_minutes(longitude, latitude, zone, event, day, time):
    evening = event in ("sunset", "dark_from")
    date = dt.date.fromisoformat(day) - (dt.timedelta(0) if evening else dt.timedelta(days=1))
    found = getattr(dark_hours(date, longitude=longitude, latitude=latitude, time_zone=zone), event)
    assert minutes(found, clock(day, time, zone)) <= 2


def test_a_sun_that_never_rises_or_sets_is_said_and_not_guessed():
    winter = dark_hours(dt.date(2025, 12, 21), longitude=0.0, latitude=70.0, time_zone="UTC")
    assert (winter.sunset, winter.sunrise) == (None, None)
    assert winter.hours == pytest.approx(19.9, abs=0.1)
    summer = dark_hours(dt.date(2025, 6, 21), longitude=0.0, latitude=70.0, time_zone="UTC")
    assert (summer.dark_from, summer.dark_until, summer.hours) == (None, None, 0.0)
    pole = dark_hours(dt.date(2025, 12, 21), longitude=15.6, latitude=82.0, time_zone="UTC")
    assert (pole.dark_from, pole.hours) == (None, 24.0)


def test_clocks_that_change_in_the_night_are_followed():
    night = dark_hours(dt.date(2025, 10, 25), **LONDON, time_zone="Europe/London")
    assert (night.dark_from.utcoffset(), night.dark_until.utcoffset()) == (dt.timedelta(hours=1), dt.timedelta(0))
    assert night.hours == pytest.approx((night.dark_until.timestamp() - night.dark_from.timestamp()) / 3600)


def height_of_the_sun(moment: dt.datetime, longitude: float, latitude: float) -> float:
    """Degrees: mean orbital elements, as in Astronomical Almanac, section C, low-precision formulas (to 0.01°)."""
    n = moment.timestamp() / 86400 + 2440587.5 - 2451545.0
    mean, anomaly = math.radians((280.460 + 0.9856474 * n) % 360), math.radians((357.528 + 0.9856003 * n) % 360)
    ecliptic = mean + math.radians(1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.0000004 * n)
    right = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    sidereal = math.radians((280.46061837 + 360.98564736629 * n + longitude) % 360)
    phi, hour = math.radians(latitude), sidereal - right
    return math.degrees(
        math.asin(math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour))
    )


@given(
    day=st.dates(dt.date(2015, 1, 1), dt.date(2045, 12, 31)),
    longitude=st.floats(-170, 170),
    latitude=st.floats(-60, 60),
)
def test_at_dusk_and_dawn_the_sun_is_six_degrees_below_by_another_formula(day, longitude, latitude):
    night = dark_hours(day, longitude=longitude, latitude=latitude, time_zone="UTC")
    for moment in (night.dark_from, night.dark_until):
        if moment is not None:
            assert height_of_the_sun(moment, longitude, latitude) == pytest.approx(-6.0, abs=0.35)


@given(hour=st.integers(0, 23), day=st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)))
def test_light_is_told_by_the_height_of_the_sun(hour, day):
    moment = dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC)
    height = height_of_the_sun(moment, **LONDON)
    if min(abs(height + 6), abs(height + 0.833)) > 0.1:
        assert light_at(moment, **LONDON) == ("day" if height > -0.833 else "twilight" if height > -6 else "dark")


def test_a_moment_without_a_zone_and_a_zone_that_is_none_are_refused():
    with pytest.raises(ValueError, match="time zone"):
        light_at(dt.datetime(2025, 1, 1), **LONDON)  # noqa: DTZ001 - that is the point
    with pytest.raises(ConfigError, match="IANA"):
        time_zone_named("Europe/Atlantis")
