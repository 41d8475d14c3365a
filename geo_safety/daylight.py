"""When is it dark at a place? From the sun's height, for any date and place on Earth.

Dark means that the sun is more than 6° below the horizon (the end of civil twilight): without street lights a person
across the street can no longer be made out. Places near the poles have days on which the sun never comes up, or never
goes so low; both are answered, not guessed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from astral import Depression, LocationInfo, Observer, sun

from geo_safety.errors import ConfigError

Light = Literal["day", "twilight", "dark"]
LIGHTS: tuple[Light, ...] = get_args(Light)

DARK_BELOW = -float(Depression.CIVIL.value)
"""Degrees of the sun's centre above the horizon."""

SUNRISE_AT = -0.833
"""Degrees: the upper edge of the sun touches the horizon, refraction of the air included."""


@dataclass(frozen=True)
class DarkHours:
    """Daylight and darkness of the evening of one date and the morning after, in local time.

    Parameters
    ----------
    sunset, dark_from : datetime or None
        Of the date's evening; None where the sun does not set, or does not get that low.
    dark_until, sunrise : datetime or None
        Of the next morning.
    hours : float
        Between `dark_from` and `dark_until`; 0 where it does not get dark, 24 where it does not get light.
    """

    date: dt.date
    sunset: dt.datetime | None
    dark_from: dt.datetime | None
    dark_until: dt.datetime | None
    sunrise: dt.datetime | None
    hours: float


def time_zone_named(name: str) -> ZoneInfo:
    """The time zone of this name.

    Raises
    ------
    ConfigError
        There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"There is no time zone {name!r}.", "Use a name of the IANA list, such as Europe/London."
        ) from None


def dark_hours(date: dt.date, *, longitude: float, latitude: float, time_zone: str) -> DarkHours:
    """From when until when is it dark in the night that begins on this date?

    Parameters
    ----------
    longitude, latitude : float
        WGS84, degrees.
    time_zone : str
        IANA name; the answer is in its local time, summer time included.

    Notes
    -----
    The sun's place is that of Meeus (1998), Astronomical Algorithms, chapter 25, as the library `astral` has it; good to
    about a minute away from the poles. Hills and buildings are not considered.

    Examples
    --------
    London on the longest night of 2024:

    >>> night = dark_hours(dt.date(2024, 12, 21), longitude=-0.128, latitude=51.507, time_zone="Europe/London")
    >>> f"{night.sunset:%H:%M}, dark {night.dark_from:%H:%M} to {night.dark_until:%H:%M}, {night.hours:.1f} hours"
    '15:53, dark 16:34 to 07:23, 14.8 hours'
    """
    zone = time_zone_named(time_zone)
    place = LocationInfo(timezone=time_zone, longitude=longitude, latitude=latitude).observer
    morning = date + dt.timedelta(days=1)
    sunset, dark_from = _event(sun.sunset, place, date, zone), _event(sun.dusk, place, date, zone)
    dark_until, sunrise = _event(sun.dawn, place, morning, zone), _event(sun.sunrise, place, morning, zone)
    if dark_from is not None and dark_until is not None:
        # Wall clocks are not subtracted: one night in spring is an hour shorter than they say.
        hours = (dark_until.timestamp() - dark_from.timestamp()) / 3600
    else:
        midnight = dt.datetime.combine(morning, dt.time(), tzinfo=zone)
        noon = dt.datetime.combine(date, dt.time(12), tzinfo=zone)
        always = light_at(noon, longitude=longitude, latitude=latitude) == "dark"
        never = light_at(midnight, longitude=longitude, latitude=latitude) != "dark"
        hours = 24.0 if always else 0.0 if never else float("nan")
    return DarkHours(date, sunset, dark_from, dark_until, sunrise, hours)


def light_at(moment: dt.datetime, *, longitude: float, latitude: float) -> Light:
    """Is it day, twilight or dark?

    Parameters
    ----------
    moment : datetime
        With its time zone.

    Examples
    --------
    >>> half_past_four = dt.datetime(2024, 12, 21, 16, 20, tzinfo=ZoneInfo("Europe/London"))
    >>> light_at(half_past_four, longitude=-0.128, latitude=51.507)
    'twilight'
    """
    if moment.tzinfo is None:
        raise ValueError("light_at needs a moment with its time zone")
    height = sun.elevation(Observer(latitude, longitude), moment, with_refraction=False)
    return "day" if height >= SUNRISE_AT else "twilight" if height >= DARK_BELOW else "dark"


def _event(find: object, place: Observer, date: dt.date, zone: ZoneInfo) -> dt.datetime | None:
    try:
        found: dt.datetime = find(place, date=date, tzinfo=zone)  # type: ignore[operator]
    except ValueError:  # the sun does not reach this height on that day
        return None
    return found
