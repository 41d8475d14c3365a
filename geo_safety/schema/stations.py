"""The table of stations."""

from __future__ import annotations

from geo_safety.schema.definitions import PLACE_ENDS, Column, Table, counted, place_columns

_PER_MILLION = "incidents per million entries and exits"


def _rate(name: str, description: str) -> Column:
    return counted(name, "float", description, unit=_PER_MILLION, decimals=3, minimum=0)


STATIONS = Table(
    "stations",
    one_row_is="one station and one theme; `incidents` are those that the transport police recorded there, the way to "
    "it is counted apart",
    key=("station_id", "theme"),
    columns=(
        *place_columns(Column("station_id", "string", "Id of the station in its own list.", nullable=False)),
        Column("mode", "string", "The mode among whose stations it is compared."),
        Column("modes", "string", "All its modes, as its list says them, joined by ';'."),
        Column("entries_exits", "int", "Entries and exits a year.", unit="entries and exits", minimum=0),
        Column("entries_exits_source", "string", "Files and years of its entries and exits."),
        _rate("rate_observed", "Incidents over entries and exits of the window, as they are."),
        _rate("rate", "The same, shrunk to what stations of its mode have in general (posterior mean)."),
        _rate("rate_low", "Lower end of its 90 % interval."),
        _rate("rate_high", "Upper end of its 90 % interval."),
        Column("mode_median", "float", "Median of the shrunken rates of its mode.", unit=_PER_MILLION, decimals=3, minimum=0),
        Column("mode_p90", "float", "90th percentile of the shrunken rates of its mode.", unit=_PER_MILLION, decimals=3,
               minimum=0),
        counted("ratio", "float", "Its rate over the median of its mode.", decimals=3, minimum=0),
        counted("probability", "float", "Chance that its rate is at least 1.25 times the median of its mode.", decimals=4,
                minimum=0, maximum=1),
        counted("probability_above_median", "float", "Chance that its rate is above the median of its mode.", decimals=4,
                minimum=0, maximum=1),
        counted("rank", "int", "Place among the stations of its mode by the observed rate, 1 is the highest.", minimum=1),
        counted("rank_low", "int", "Best place that chance alone could give (90 % intervals).", minimum=1),
        counted("rank_high", "int", "Lowest place that chance alone could give (90 % intervals).", minimum=1),
        counted("is_hotspot", "bool", "Rate above the 90th percentile of its mode, at least 80 % sure that it is at "
                "least 1.25 times the median, and at least 10 incidents."),
        counted("why", "string", "Which of the three it meets; or why it has no rate."),
        Column("approach_incidents", "int", "Incidents of the theme that the street police recorded within 400 m, each "
               "given to its nearest station only; null where hidden or not counted. Never added to `incidents`.",
               unit="count", minimum=0, hidden_with=("approach_incidents",)),
        Column("approach_window_start", "date", "First day of the first month of those."),
        Column("approach_window_end", "date", "First day of their last month, which is inside."),
        Column("longitude", "float", "Place in WGS84.", unit="degrees", decimals=6),
        Column("latitude", "float", "Place in WGS84.", unit="degrees", decimals=6),
        *PLACE_ENDS,
    ),
    shown=(
        "name", "mode", "incidents_band", "rate", "rate_low", "rate_high", "is_hotspot", "entries_exits",
        "approach_incidents", "why", "incidents", "ratio", "probability", "borough_names", "caution",
    ),
    shape="Point",
)  # fmt: skip
