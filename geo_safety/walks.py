"""Records of walks: who owns what to do, and whether the place has changed when people walked it again.

A record holds places, ratings and tasks, and nobody's name: how many walked, not who. Records live in the state folder,
never in a release. Two walks are compared only where both were by daylight, or both in the dark.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from geo_safety.daylight import Light, dark_hours, light_at, time_zone_named
from geo_safety.errors import WalkError
from geo_safety.state_file import held
from geo_safety.walk_factors import FACTORS, KEYS

FILE = "walks.json"

LONGEST_NOTE = 300
FEWEST_PEOPLE = 2
"""Nobody is sent to walk alone."""

FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2100, 12, 30)
"""Days of walks: for these the sun's place is well known."""

FEWEST_COMPARED = 5
"""Two walks are compared as a whole from so many factors on that both have rated."""

_CONTACT = re.compile(r"\S+@\S+|(?:\d[\s-]?){7,}")
"""An address or a telephone number."""

BETWEEN_GROUPS = "Two groups of people see the same place differently: one step on one factor can be that, and is no proof of change."
NOT_COMPARED = "A walk by daylight and a walk in the dark are not compared."


class ActionEntry(BaseModel):
    """Something to do: what, who owns it (an organisation, no person), by when, how far."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str = Field(min_length=3, max_length=LONGEST_NOTE)
    owner: str = Field(min_length=2, max_length=100)
    due: dt.date | None = None
    state: Literal["open", "done", "dropped"] = "open"

    @field_validator("what", "owner")
    @classmethod
    def _holds_no_contact(cls, value: str) -> str:
        return without_contact(value)


class WalkEntry(BaseModel):
    """What a group brings back from a walk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place_id: str = Field(min_length=1, max_length=200)
    date: dt.date = Field(ge=FIRST_DAY, le=LAST_DAY)
    start: dt.time
    minutes: int = Field(default=45, ge=5, le=480)
    people: int = Field(ge=FEWEST_PEOPLE, le=500)
    factors: dict[str, int | None]
    notes: dict[str, str] = Field(default_factory=dict)
    actions: tuple[ActionEntry, ...] = Field(default=(), max_length=50)
    re_audit: dt.date | None = Field(default=None, le=LAST_DAY)

    @field_validator("factors")
    @classmethod
    def _rates_known_factors(cls, value: dict[str, int | None]) -> dict[str, int | None]:
        if unknown := sorted(set(value) - set(KEYS)):
            raise ValueError(f"there is no factor {', '.join(unknown)}; there are {', '.join(KEYS)}")
        if wrong := sorted(key for key, mark in value.items() if mark is not None and not 0 <= mark <= 3):
            raise ValueError(f"{', '.join(wrong)}: ratings are 0, 1, 2 or 3, or null where it was not looked at")
        if all(mark is None for mark in value.values()):
            raise ValueError("no factor is rated")
        return value

    @field_validator("notes")
    @classmethod
    def _notes_hold_no_contact(cls, value: dict[str, str]) -> dict[str, str]:
        for key, text in value.items():
            if key not in (*KEYS, "whole"):
                raise ValueError(f"there is no factor {key!r} to note; use one of {', '.join(KEYS)}, or whole")
            if len(text) > LONGEST_NOTE:
                raise ValueError(f"the note on {key} is longer than {LONGEST_NOTE} letters")
            without_contact(text)
        return value

    @model_validator(mode="after")
    def _comes_again_later(self) -> WalkEntry:
        if self.re_audit is not None and self.re_audit <= self.date:
            raise ValueError("re_audit has to be after the walk")
        return self


@dataclass(frozen=True)
class WalkedPlace:
    """The place of a walk as the release had it then; the record stays readable when the list has moved on."""

    place_id: str
    name: str
    type: str
    borough_code: str | None
    longitude: float
    latitude: float
    time_zone: str


def without_contact(text: str) -> str:
    """The text itself, where it holds no address or telephone number.

    Raises
    ------
    ValueError
        It does: records hold nobody's name or address.
    """
    if _CONTACT.search(text):
        raise ValueError("a note holds what looks like an e-mail address or a telephone number: leave people out")
    return text


def read_entry(document: object) -> WalkEntry:
    """A record as a group brings it, checked.

    Raises
    ------
    WalkError
        With all that is wrong with it.
    """
    try:
        return WalkEntry.model_validate(document)
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'record'}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        )
        raise WalkError(f"The record of the walk cannot be used: {told}.", "Correct it and give it again.") from None


def blank_entry(place: WalkedPlace, *, date: dt.date) -> dict[str, Any]:
    """A form to fill in: a record without any rating."""
    return {
        "place_id": place.place_id,
        "date": date.isoformat(),
        "start": "17:30",
        "minutes": 45,
        "people": FEWEST_PEOPLE,
        "factors": dict.fromkeys(KEYS),
        "notes": {},
        "actions": [{"what": "What is to be done", "owner": "Organisation", "due": None, "state": "open"}],
        "re_audit": None,
    }


def record_of(entry: WalkEntry, place: WalkedPlace) -> dict[str, Any]:
    """What is kept of a walk: the entry, its place, and how dark it was, computed from the sun."""
    zone = time_zone_named(place.time_zone)
    begin = dt.datetime.combine(entry.date, entry.start, tzinfo=zone)
    where = {"longitude": place.longitude, "latitude": place.latitude}
    middle = begin.astimezone(dt.UTC) + dt.timedelta(minutes=entry.minutes / 2)
    night = dark_hours(entry.date, **where, time_zone=place.time_zone)
    return {
        "id": f"{entry.date:%Y%m%d}-{secrets.token_hex(3)}",
        **entry.model_dump(mode="json"),
        "name": place.name,
        "type": place.type,
        "borough_code": place.borough_code,
        **where,
        "time_zone": place.time_zone,
        "light": light_at(middle, **where),
        "dark_from": None if night.dark_from is None else f"{night.dark_from:%H:%M}",
    }


def add_walk(state: Path, entry: WalkEntry, place: WalkedPlace) -> dict[str, Any]:
    """Keep the record of a walk; the same record a second time is refused.

    Raises
    ------
    WalkError
        It is kept already, or names another place.
    """
    if entry.place_id != place.place_id:
        raise WalkError(f"The record is of {entry.place_id!r}, not of {place.place_id!r}.", "Correct its place_id.")
    made = record_of(entry, place)
    with held(state, FILE) as kept:
        for other in kept:
            if all(other[key] == made[key] for key in ("place_id", "date", "start", "people", "factors")):
                raise WalkError(f"This walk is kept already, as {other['id']}.", "Nothing was changed.")
        kept.append(made)
    return made


def walks(state: Path, *, place_id: str | None = None, boroughs: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """The records kept, the newest first; of one place, or of some boroughs, where asked."""
    with held(state, FILE) as kept:
        found = list(kept)
    allowed = None if boroughs is None else set(boroughs)
    rows = [
        row
        for row in found
        if (place_id is None or row["place_id"] == place_id) and (allowed is None or row["borough_code"] in allowed)
    ]
    return sorted(rows, key=lambda row: (row["date"], row["start"], row["id"]), reverse=True)


def remove_walk(state: Path, id: str) -> None:
    """Forget the record of a walk.

    Raises
    ------
    WalkError
        There is none of this id.
    """
    with held(state, FILE) as kept:
        _place_of(kept, id)
        kept[:] = [row for row in kept if row["id"] != id]


def set_action(state: Path, id: str, number: int, state_of_it: Literal["open", "done", "dropped"]) -> dict[str, Any]:
    """Say how far an action of a walk is; actions are numbered from 1.

    Raises
    ------
    WalkError
        There is no such walk or action.
    """
    with held(state, FILE) as kept:
        place = _place_of(kept, id)
        actions = kept[place]["actions"]
        if not 1 <= number <= len(actions):
            raise WalkError(f"The walk {id} has no action {number}.", f"It has {len(actions)}.")
        actions[number - 1] = {**actions[number - 1], "state": state_of_it}
        return dict(actions[number - 1])


def open_actions(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is still to be done, the earliest due first, with its walk, number and place."""
    found = [
        {"walk": row["id"], "number": number, "place": row["name"], "walked": row["date"], **action}
        for row in records
        for number, action in enumerate(row["actions"], start=1)
        if action["state"] == "open"
    ]
    return sorted(found, key=lambda one: (one["due"] is None, one["due"] or "", one["walk"], one["number"]))


def latest_pair(
    records: Iterable[Mapping[str, Any]], light: Light
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The last two walks of a place in the same light, the earlier first; None where there are not two."""
    alike = sorted(
        (row for row in records if row["light"] == light), key=lambda row: (row["date"], row["start"], row["id"])
    )
    return (alike[-2], alike[-1]) if len(alike) >= 2 else None


def compare_latest(
    state: Path, place_id: str, light: Light, *, boroughs: Iterable[str] | None = None
) -> dict[str, Any]:
    """The last two walks of a place in the same light, compared.

    Raises
    ------
    WalkError
        There are not two.
    """
    pair = latest_pair(walks(state, place_id=place_id, boroughs=boroughs), light)
    if pair is None:
        raise WalkError(
            f"There are no two walks of {place_id!r} in this light ({light}).", f"Walk it again. {NOT_COMPARED}"
        )
    return compare(*pair)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """How did people rate a place the second time?

    Parameters
    ----------
    before, after : mapping
        Records of one place, both by daylight or both in the dark.

    Returns
    -------
    dict
        `factors`: one a factor with both ratings, the difference, and the word for it. `mean_before`, `mean_after`: over
        the factors that both rated; null where these are fewer than five. `actions`: of the earlier walk, as they stand.

    Raises
    ------
    WalkError
        The walks are of two places, or of different light.
    """
    if before["place_id"] != after["place_id"]:
        raise WalkError("The walks are of two places.", "Give two walks of one place.")
    if before["light"] != after["light"]:
        raise WalkError(NOT_COMPARED, f"One was by {before['light']}, the other by {after['light']}.")
    rows = []
    for factor in FACTORS:
        first, second = (one["factors"].get(factor.key) for one in (before, after))
        change = None if first is None or second is None else second - first
        rows.append({"factor": factor.key, "name": factor.name, "before": first, "after": second, "change": change,
                     "in_words": _in_words(change)})  # fmt: skip
    both = [row for row in rows if row["change"] is not None]
    whole = len(both) >= FEWEST_COMPARED
    return {
        "place_id": before["place_id"],
        "name": after["name"],
        "light": after["light"],
        "before": {key: before[key] for key in ("id", "date", "people")},
        "after": {key: after[key] for key in ("id", "date", "people")},
        "factors": rows,
        "rated_both_times": len(both),
        "mean_before": round(sum(row["before"] for row in both) / len(both), 2) if whole else None,
        "mean_after": round(sum(row["after"] for row in both) / len(both), 2) if whole else None,
        "actions": list(before["actions"]),
        "how": BETWEEN_GROUPS,
    }


def _in_words(change: int | None) -> str:
    if change is None:
        return "not rated both times"
    if change == 0:
        return "the same"
    return f"{'rated higher' if change > 0 else 'rated lower'} by {abs(change)}"


def _place_of(kept: list[dict[str, Any]], id: str) -> int:
    for place, row in enumerate(kept):
        if row["id"] == id:
            return place
    raise WalkError(f"There is no walk {id!r}.", f"There are: {', '.join(row['id'] for row in kept) or 'none'}.")
