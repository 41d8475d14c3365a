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

    name: str = Field(description="The study's name on maps, pages and files.")
    outline: str | None = Field(
        default=None, description="File with the outline of the study; left out, the union of the boundary layers."
    )
    within: tuple[str, ...] = Field(
        default=(), description="Codes of zones of any boundary layer whose union is the study, in place of `outline`."
    )
    around: tuple[str, ...] = Field(
        default=(),
        description="Names of feeds of points whose H3 cells of about 5 km² are the study, where neither outline nor boundaries are at hand.",
    )
    themes: tuple[str, ...] = Field(
        default=(),
        description="Themes to judge, in order; the first is shown first. Left out, all that the feeds carry but `context`.",
    )
    window_months: int = Field(default=12, ge=1, le=120, description="Months of the window that lists are made for.")


class SourceEntry(Entry):
    """`[[sources]]`."""

    kind: str = Field(description="What reads the files: one of the kinds of source.")
    name: str = Field(description="The feed's name in messages and in the manifest; each its own.")
    path: str | list[str] = Field(
        description="File, folder, archive, glob or address, or a list of them; a later place supersedes an earlier one."
    )
    role: Literal["primary", "second"] = Field(
        default="primary",
        description="`primary` feeds make the layers; `second` feeds never enter them and only confirm a class.",
    )
    template: str | None = Field(
        default=None, description="For `table`: a layout of partner data with its columns, labels, role and access."
    )
    forces: tuple[str, ...] = Field(
        default=(), description="Police forces to keep, as the files spell them; left out, all."
    )
    as_at: str | None = Field(
        default=None,
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$",
        description="Leave out archives of later months, so that a release can be made as it would have been then (YYYY-MM).",
    )
    use: tuple[str, ...] | None = Field(
        default=None, description="Themes that the feed answers for; left out, those that its rows carry."
    )
    columns: dict[str, str] = Field(default_factory=dict, description="Our name of a column → the file's name.")
    time_format: str | None = Field(
        default=None,
        description="How times are written, as for `strptime`, or `epoch`, `epoch_ms`; left out, ISO 8601.",
    )
    time_zone: str = Field(
        default="Europe/London", description="Zone of local times; times that carry an offset are turned into it."
    )
    crs: str = Field(default="EPSG:4326", description="Coordinate system of the coordinates.")
    precision_m: float | None = Field(
        default=None,
        ge=0,
        description="How far a point may be from the truth, in metres; cells too small for it say so in `caution`.",
    )
    access: Literal["open", "partner", "internal"] = Field(
        default="open", description="Who may see figures made from the feed."
    )
    labels: str | dict[str, list[str] | str] | None = Field(
        default=None, description="Category → themes: a built-in table by name, or a table of your own."
    )
    attribution: str | None = Field(
        default=None,
        description="Who must be named on every output; left out, what the publisher of that kind of file asks for.",
    )
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="What separates values; left out, it is taken from the header.",
    )
    decimal: str = Field(default=".", min_length=1, max_length=1, description="Decimal sign of the coordinates.")
    layer: str | None = Field(
        default=None, description="For counts by area: the boundary layer whose codes the files use."
    )
    vintage: str | tuple[str, ...] = Field(
        default=(), description="Which drawings of that layer the codes are of; left out, the one that is shown."
    )


class BoundaryEntry(Entry):
    """`[[boundaries]]`."""

    layer: str = Field(
        pattern=r"^[a-z][a-z0-9_-]*$",
        description="Name of the layer; `wards` and `boroughs` also give places their names.",
    )
    path: str = Field(description="File of the zones.")
    code: str | None = Field(default=None, description="Column of the zones' codes; left out, recognised.")
    name: str | None = Field(default=None, description="Column of their names; left out, recognised.")
    parent: str | None = Field(
        default=None, description="Column of the code of the zone that each lies in, such as its borough."
    )
    vintage: str | None = Field(
        default=None, description="Year of the drawing; needed where two entries draw the same layer."
    )
    crs: str | None = Field(default=None, description="Coordinate system, where the file does not state it.")
    attribution: str | None = Field(
        default=None, description="Who must be named; left out, the publisher of a set that is recognised."
    )
    shown: bool = Field(
        default=True,
        description="Whether a layer is made of it; `false` keeps it for moving counts and for figures by its codes.",
    )


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
    ] = Field(description="What the file holds.")
    path: str = Field(description="The file.")
    columns: dict[str, str] = Field(default_factory=dict, description="Our name of a column → the file's name.")
    crs: str | None = Field(default=None, description="Coordinate system of its points; left out, WGS84.")
    layer: str | None = Field(
        default=None,
        description="Boundary layer whose codes a file of figures by zone uses; left out, found by the codes.",
    )
    vintage: str | None = Field(default=None, description="Which drawing of that layer; left out, found by the codes.")
    year: str | int | None = Field(default=None, description="What year the figures are of.")
    mode: str | None = Field(
        default=None, description="Mode of routes or of counted passengers, where no column says it."
    )
    attribution: str | None = Field(default=None, description="Who must be named on every output.")


class GridEntry(Entry):
    """`[grid]`."""

    resolutions: tuple[int, ...] = Field(
        default=(),
        description="H3 resolutions of the cell layers, each from 0 to 15; 9 is about 0.1 km², 8 about 0.7 km².",
    )


class BreakEntry(Entry):
    """`[[breaks]]`."""

    # Annotated, because a value would hide the type of the same name.
    date: Annotated[date, Field(description="Day of a change of recording that no step may silently cross.")]
    feeds: tuple[str, ...] = Field(default=(), description="Names of the feeds that it touches; left out, all.")
    text: str = Field(description="What happened, in a sentence for readers.")
    moves_points: bool | None = Field(
        default=None,
        description="Whether the points of the feed were drawn anew, so that single cells cannot be compared across it.",
    )


class HotspotsEntry(Entry):
    """`[hotspots]`."""

    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="Expected error share of a list.")
    level: float = Field(default=3.0, gt=1, le=50, description="A hotspot has at least so many times the study's rate.")
    layer: str | None = Field(
        default=None,
        description="Whose hotspots are joined into areas; left out, the finest grid up to 9, else the first boundary layer.",
    )
    dialect: Literal["strict", "arcgis3", "arcgis2", "sfdep"] = Field(
        default="strict", description="Whose rules name the emerging-hot-spot classes."
    )
    global_window: Literal["step", "cube"] = Field(
        default="step",
        description="What the steps of these classes are held against: the study's rate in the step, or over the whole span.",
    )
    minimum: dict[str, int] = Field(
        default_factory=dict,
        description="Theme (or `default`) → fewest incidents in the neighbourhood of a listed zone; unless set, 10, of robbery 5.",
    )
    exposure: Literal["area", "residents", "by_day", "households", "footfall"] = Field(
        default="area", description="What a second list beside the one by area is made by."
    )
    exposure_level: float = Field(default=2.0, gt=1, le=50, description="Level of that second list.")


class HarmEntry(Entry):
    """`[harm]`."""

    weights: str | list[str] = Field(
        default_factory=list, description="Files of harm weights that replace the built-in ones."
    )
    edition: Literal["cchi", "css"] = Field(
        default="cchi",
        description="Which index a harm spot is judged by: the Cambridge Crime Harm Index or the ONS Crime Severity Score.",
    )


class DisclosureEntry(Entry):
    """`[disclosure]`: see `disclosure.rules.DisclosureRules`."""

    hidden_up_to: int = Field(
        default=7, ge=1, le=100, description="Partner feeds: counts from 1 to here are shown as a band."
    )
    rounded_to: int = Field(
        default=5, ge=1, le=100, description="Partner feeds: greater counts are rounded to a multiple of this."
    )
    window_months: int = Field(
        default=12,
        ge=1,
        le=120,
        description="Partner feeds: length of a window, which ends with a quarter of the financial year.",
    )
    finest_resolution: int = Field(
        default=8, ge=0, le=9, description="Partner feeds: finest grid of cells that leaves."
    )
    smallest_polygon_km2: float = Field(
        default=0.5, ge=0, le=1000, description="Partner feeds: smallest shape that a reader may draw."
    )
    ward_words: tuple[str, ...] = Field(
        default=(),
        description="Further words: a theme or category that holds one leaves by ward or coarser. They are added to the built-in ones.",
    )
    borough_words: tuple[str, ...] = Field(
        default=(), description="Further words: a theme or category that holds one leaves by borough only."
    )
    loosened_because: str = Field(
        default="",
        description="The reason, without which no setting may protect less than its default; every reply then says it.",
    )


class WsaEntry(Entry):
    """`[products.wsa]`: the shortlist of places to walk together."""

    size: int = Field(
        default=20,
        ge=5,
        le=200,
        description="Places on the list, those kept for nominations by the community among them.",
    )
    inner: tuple[str, ...] = Field(
        default=(),
        description="Codes of the boroughs of the inner zone; left out, no share is kept for places outside it.",
    )
    weights: dict[
        Literal["incidents", "perception", "transport", "built", "exposure"], Annotated[float, Field(gt=0, le=1)]
    ] = Field(default_factory=dict, description="Part of the score → its weight; parts that are not named keep theirs.")
    never_named: tuple[str, ...] = Field(
        default=(), description="Further words of premises that may give no place its name."
    )


class ProductsEntry(Entry):
    """`[products]`: which lists the release holds, and what they are to look like."""

    leave_out: tuple[str, ...] = Field(default=(), description="Products that are not made.")
    wsa: WsaEntry = Field(default=WsaEntry(), description="The shortlist of places to walk together.")


class ChecksEntry(Entry):
    """`[checks]`: what the checks of the lists need to know."""

    low_trust_boroughs: tuple[str, ...] = Field(
        default=(), description="Names or codes of boroughs where people may report less; which ones is for you to say."
    )
    under_reporting: float = Field(
        default=0.2,
        gt=0,
        le=2,
        description="By which share their reports are raised in one of the checks of the lists.",
    )


class ConfigFile(Entry):
    """The whole file."""

    study: StudyEntry = Field(description="Where, when and which themes.")
    sources: tuple[SourceEntry, ...] = Field(min_length=1, description="The feeds of incidents; at least one.")
    boundaries: tuple[BoundaryEntry, ...] = Field(
        default=(), description="Zones: wards, boroughs, LSOAs or any others."
    )
    grid: GridEntry = Field(default=GridEntry(), description="Cells.")
    context: tuple[ContextEntry, ...] = Field(
        default=(), description="What is shown beside the incidents and never scored."
    )
    breaks: tuple[BreakEntry, ...] = Field(default=(), description="Changes of recording.")
    hotspots: HotspotsEntry = Field(default=HotspotsEntry(), description="The hotspot rule.")
    harm: HarmEntry = Field(default=HarmEntry(), description="Weights of harm.")
    disclosure: DisclosureEntry = Field(default=DisclosureEntry(), description="How figures of partner feeds leave.")
    products: ProductsEntry = Field(default=ProductsEntry(), description="Which lists to act on the release holds.")
    checks: ChecksEntry = Field(default=ChecksEntry(), description="What the checks of the lists need to know.")

    @property
    def shown_boundaries(self) -> list[BoundaryEntry]:
        """The entries that make layers: of several drawings of one layer the first."""
        first: dict[str, BoundaryEntry] = {}
        for entry in self.boundaries:
            if entry.shown:
                first.setdefault(entry.layer, entry)
        return list(first.values())
