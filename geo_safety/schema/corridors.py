"""The table of corridors."""

from __future__ import annotations

from geo_safety.schema.definitions import PLACE_ENDS, Column, Table, busy_columns, counted, place_columns

CORRIDORS = Table(
    "corridors",
    one_row_is="one bus route or rail line and one theme; routes share streets, so rows are never added",
    key=("corridor_id", "theme"),
    columns=(
        *place_columns(Column("corridor_id", "string", "Id of the route or line.", nullable=False)),
        Column("mode", "string", "Its mode, as its file says it."),
        Column("counts_of", "string", "What is counted along it.", values=("street", "stations"), nullable=False),
        Column("km", "float", "Length of its course; what it runs twice counts once.", unit="km", decimals=2, minimum=0),
        counted("per_km", "float", "Incidents over its length.", unit="per km", decimals=2, minimum=0),
        *busy_columns("corridors that count the same", "incidents over length"),
        Column("busiest_incidents", "int", "Incidents on its busiest kilometre, or at its busiest station.", unit="count",
               minimum=0, hidden_with=("busiest_incidents",)),
        Column("busiest_from", "string", "Stop or station nearest to where that begins.", hidden_with=("busiest_incidents",)),
        Column("busiest_to", "string", "Stop or station nearest to where it ends.", hidden_with=("busiest_incidents",)),
        Column("stations", "int", "Stations on it.", minimum=0),
        Column("stops", "int", "Bus or tram stops within 50 m of it.", minimum=0),
        Column("incidents_night", "int", "Those between 22:00 and 06:00 local time; null where hidden, or where the source "
               "gives no hours.", unit="count", minimum=0, hidden_with=("incidents_night",)),
        Column("has_hours", "bool", "Whether the source gives hours, so that the night can be told.", nullable=False),
        *PLACE_ENDS,
    ),
    shown=(
        "name", "counts_of", "incidents_band", "km", "per_km", "ratio", "ratio_low", "ratio_high", "busiest_from",
        "busiest_to", "is_hotspot", "mode", "incidents", "has_hours", "borough_names", "caution",
    ),
    shape="MultiLineString",
)  # fmt: skip
