"""Places that have stayed high for three steps and more: what is worth a message, where a single spike is not.

A hotspot area is told of when either

- it is in this release, and was first listed at least two quarters before: an id is kept only from one release to the
  next, so it was listed in every release between; or
- the months of this release itself show its peak hot in at least four steps in a row up to the last (tier C), or
  entrenched (tiers A and B).

An area that is new, or was high once, is not. More reports can mean more trust: the words do not call a rise bad.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo_safety.schema import AREAS
from geo_safety.view import View

STEPS = 3
"""Steps (quarters) in which an area has to be listed."""

_MONTHS_A_STEP = 3
_READ = ("area_id", "theme", "name", "boroughs", "wards", "first_hot", "window_end", "class", "tier", "incidents_band")


@dataclass(frozen=True)
class Alert:
    """One area that has stayed high.

    Parameters
    ----------
    since : str or None
        Last month of the release that first listed the area.
    last_month : str
        Last month of the data that it is told from.
    because : str
        What shows that it is no single spike.
    """

    area_id: str
    theme: str
    name: str
    boroughs: tuple[str, ...]
    wards: tuple[str, ...]
    since: str | None
    last_month: str
    emerging_class: str | None
    tier: str | None
    incidents_band: str | None
    because: str

    @property
    def title(self) -> str:
        """What it is about, in one line."""
        return f"Reported {self.theme.replace('_', ' ')}, {self.name[:1].lower()}{self.name[1:]}: high for {STEPS} steps or more"

    @property
    def text(self) -> str:
        """What to know about it, in plain words."""
        count = "" if self.incidents_band is None else f" Recorded incidents in the window: {self.incidents_band}."
        return (
            f"{self.because}{count} Recorded is not all, places are approximate, and more reports can mean more trust: "
            "look at the place before you act on the number."
        )


def persistent_areas(view: View, *, themes: Sequence[str], borough: str | None = None) -> list[Alert]:
    """Areas that have stayed high for three steps and more, in the order of theme and id.

    Parameters
    ----------
    borough : str, optional
        Code: only areas that reach into it.
    """
    found = []
    for theme in themes:
        if AREAS.name not in view.layers or theme not in view.themes_of(AREAS.name):
            continue
        for row in view.table(AREAS.name, theme=theme, columns=_READ).to_pylist():
            because = _because(row["tier"], row["first_hot"], row["window_end"])
            boroughs = _codes(row["boroughs"])
            if because is None or (borough is not None and borough not in boroughs):
                continue
            found.append(
                Alert(
                    area_id=row["area_id"],
                    theme=theme,
                    name=row["name"],
                    boroughs=boroughs,
                    wards=_codes(row["wards"]),
                    since=_month(row["first_hot"]),
                    last_month=_month(row["window_end"]) or view.manifest["months"]["last"],
                    emerging_class=row["class"],
                    tier=row["tier"],
                    incidents_band=row["incidents_band"],
                    because=because,
                )
            )
    return sorted(found, key=lambda alert: (alert.theme, alert.area_id))


def _because(tier: str | None, first_hot: dt.date | None, window_end: dt.date | None) -> str | None:
    """Why an area is told of; None where it is not.

    Examples
    --------
    >>> _because(None, dt.date(2025, 3, 1), dt.date(2025, 9, 1))
    'Listed in every release since 2025-03.'
    >>> _because(None, dt.date(2025, 6, 1), dt.date(2025, 9, 1)) is None
    True
    """
    if tier in ("A", "B"):
        return f"High over years (tier {tier})."
    if first_hot is not None and window_end is not None:
        months = (np.datetime64(window_end, "M") - np.datetime64(first_hot, "M")).astype(int)
        if months >= (STEPS - 1) * _MONTHS_A_STEP:
            return f"Listed in every release since {_month(first_hot)}."
    return "High in at least four steps in a row (tier C)." if tier == "C" else None


def _month(day: dt.date | None) -> str | None:
    return None if day is None else f"{day:%Y-%m}"


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()
