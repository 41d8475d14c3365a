"""The shape of a configuration file: sections, settings, their types and bounds; nothing of what they mean together."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Entry(BaseModel):
    """A part of the file; what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StudyEntry(Entry):
    """`[study]`."""

    name: str
    outline: str | None = None
    within: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    window_months: int = Field(default=12, ge=1, le=120)


class SourceEntry(Entry):
    """`[[sources]]`."""

    kind: str
    name: str
    path: str | list[str]
    role: Literal["primary", "second"] = "primary"
    template: str | None = None
    forces: tuple[str, ...] = ()
    as_at: str | None = Field(default=None, pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    use: tuple[str, ...] | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    time_format: str | None = None
    time_zone: str = "Europe/London"
    crs: str = "EPSG:4326"
    precision_m: float | None = Field(default=None, ge=0)
    access: Literal["open", "partner", "internal"] = "open"
    labels: str | dict[str, list[str] | str] | None = None
    attribution: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: str = Field(default=".", min_length=1, max_length=1)
    layer: str | None = None
    vintage: str | tuple[str, ...] = ()


class BoundaryEntry(Entry):
    """`[[boundaries]]`."""

    layer: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    path: str
    code: str | None = None
    name: str | None = None
    parent: str | None = None
    vintage: str | None = None
    crs: str | None = None
    attribution: str | None = None
    shown: bool = True


class ContextEntry(Entry):
    """`[[context]]`."""

    kind: Literal[
        "stations",
        "stops",
        "routes",
        "footfall",
        "population",
        "parks",
        "places",
        "lighting",
        "deprivation",
        "perception",
        "composition",
    ]
    path: str
    columns: dict[str, str] = Field(default_factory=dict)
    crs: str | None = None
    layer: str | None = None
    vintage: str | None = None
    year: str | int | None = None
    mode: str | None = None
    attribution: str | None = None


class GridEntry(Entry):
    """`[grid]`."""

    resolutions: tuple[int, ...] = ()


class BreakEntry(Entry):
    """`[[breaks]]`."""

    date: date
    feeds: tuple[str, ...] = ()
    text: str
    moves_points: bool | None = None


class HotspotsEntry(Entry):
    """`[hotspots]`."""

    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    level: float = Field(default=3.0, gt=1, le=50)
    layer: str | None = None
    dialect: Literal["strict", "arcgis3", "arcgis2", "sfdep"] = "strict"
    global_window: Literal["step", "cube"] = "step"
    minimum: dict[str, int] = Field(default_factory=dict)
    exposure: Literal["area", "residents", "by_day", "households", "footfall"] = "area"
    exposure_level: float = Field(default=2.0, gt=1, le=50)


class HarmEntry(Entry):
    """`[harm]`."""

    weights: str | list[str] = Field(default_factory=list)
    edition: Literal["cchi", "css"] = "cchi"


class DisclosureEntry(Entry):
    """`[disclosure]`: see `disclosure.rules.DisclosureRules`."""

    hidden_up_to: int = Field(default=7, ge=1, le=100)
    rounded_to: int = Field(default=5, ge=1, le=100)
    window_months: int = Field(default=12, ge=1, le=120)
    finest_resolution: int = Field(default=8, ge=0, le=9)
    smallest_polygon_km2: float = Field(default=0.5, ge=0, le=1000)
    ward_words: tuple[str, ...] = ()
    borough_words: tuple[str, ...] = ()
    loosened_because: str = ""


class WsaEntry(Entry):
    """`[products.wsa]`: the shortlist of places to walk together."""

    size: int = Field(default=20, ge=5, le=200)
    inner: tuple[str, ...] = ()
    weights: dict[
        Literal["incidents", "perception", "transport", "built", "exposure"], Annotated[float, Field(gt=0, le=1)]
    ] = Field(default_factory=dict)
    never_named: tuple[str, ...] = ()


class ProductsEntry(Entry):
    """`[products]`: which lists the release holds, and what they are to look like."""

    leave_out: tuple[str, ...] = ()
    wsa: WsaEntry = WsaEntry()


class ChecksEntry(Entry):
    """`[checks]`: what the checks of the lists need to know."""

    low_trust_boroughs: tuple[str, ...] = ()
    under_reporting: float = Field(default=0.2, gt=0, le=2)


class ConfigFile(Entry):
    """The whole file."""

    study: StudyEntry
    sources: tuple[SourceEntry, ...] = Field(min_length=1)
    boundaries: tuple[BoundaryEntry, ...] = ()
    grid: GridEntry = GridEntry()
    context: tuple[ContextEntry, ...] = ()
    breaks: tuple[BreakEntry, ...] = ()
    hotspots: HotspotsEntry = HotspotsEntry()
    harm: HarmEntry = HarmEntry()
    disclosure: DisclosureEntry = DisclosureEntry()
    products: ProductsEntry = ProductsEntry()
    checks: ChecksEntry = ChecksEntry()

    @property
    def shown_boundaries(self) -> list[BoundaryEntry]:
        """The entries that make layers: of several drawings of one layer the first."""
        first: dict[str, BoundaryEntry] = {}
        for entry in self.boundaries:
            if entry.shown:
                first.setdefault(entry.layer, entry)
        return list(first.values())
