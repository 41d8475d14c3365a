"""Layouts of data that partners hand over by agreement: settings for `kind = "table"`, whose reader they use.

Their real layouts differ from one agreement to the next, so a template states what the extract has to hold and what its
columns are called unless `columns` says otherwise. It also states who may see the figures, whether they may make layers
(most describe incidents that the police also record, so they stand beside as a second source), and which further column
may be named as `detail`. Columns that are not named are never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from geo_safety.errors import ConfigError
from geo_safety.themes import Labels


@dataclass(frozen=True)
class Template:
    """What a `[[sources]]` entry says unless it says something else.

    Parameters
    ----------
    title : str
        What the data are.
    columns : mapping
        Our name → the extract's column.
    extra : mapping
        Further columns that may be named as `detail` → what they hold.
    labels : mapping
        Category → themes; where there is one and no column for it, it is the category of every row.
    role, access, crs, precision_m
        As in the config.
    """

    title: str
    columns: Mapping[str, str]
    extra: Mapping[str, str]
    labels: Labels
    role: Literal["primary", "second"] = "second"
    access: Literal["open", "partner", "internal"] = "partner"
    crs: str = "EPSG:4326"
    precision_m: float | None = None


_POINT = {"longitude": "longitude", "latitude": "latitude"}

TEMPLATES: dict[str, Template] = {
    "ambulance_assaults": Template(
        "Ambulance call-outs to assaults (London Ambulance Service, through SafeStats)",
        {**_POINT, "time": "call_time"},
        {"weapon": "weapon, where the crew noted one", "place_type": "street, station, licensed premises, home"},
        {"Assault": ("violence",)},
    ),
    "emergency_department": Template(
        "Assaults recorded by emergency departments (Information Sharing to Tackle Violence)",
        {**_POINT, "time": "assault_time"},
        {"weapon": "weapon", "place_type": "kind of place"},
        {"Assault": ("violence",)},
        precision_m=250.0,
    ),
    "streetsafe": Template(
        "Places where people felt unsafe (StreetSafe)",
        {**_POINT, "time": "reported"},
        {"issue": "what made the place feel unsafe", "time_of_day": "when it does"},
        {"StreetSafe report": ("perception",)},
        role="primary",
    ),
    "bus_crime": Template(
        "Bus-related crime (Transport for London, Metropolitan Police)",
        {**_POINT, "time": "incident_time", "category": "offence"},
        {"route": "bus route", "on_board": "on board or at a stop"},
        {
            "Violence against the person": ("violence", "transport"),
            "Sexual offences": ("violence", "transport"),
            "Robbery": ("robbery", "transport"),
            "Theft from the person": ("transport",),
            "Public order": ("transport",),
            "Criminal damage": ("context",),
        },
    ),
    "deliberate_fires": Template(
        "Deliberate fires (London Fire Brigade)",
        {"longitude": "easting_rounded", "latitude": "northing_rounded", "time": "date_of_call"},
        {"property_type": "what burned"},
        {"Deliberate fire": ("context",)},
        access="open",
        crs="EPSG:27700",
        precision_m=50.0,
    ),
}
"""Name → template. A new one is one entry here and a section of its docs page."""


def template_named(name: str) -> Template:
    """The template of this name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in TEMPLATES:
        raise ConfigError(f"There is no template {name!r}.", f"Use one of {', '.join(sorted(TEMPLATES))}.")
    return TEMPLATES[name]
