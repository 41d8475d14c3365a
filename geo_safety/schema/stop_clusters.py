"""The table of stop clusters."""

from __future__ import annotations

from geo_safety.schema.definitions import PLACE_ENDS, Column, Table, busy_columns, counted, place_columns

STOP_CLUSTERS = Table(
    "stop-clusters",
    one_row_is="one cluster of bus or tram stops and one theme, with the street incidents within 50 m of its stops; "
    "clusters without any have no row",
    key=("cluster_id", "theme"),
    columns=(
        *place_columns(Column("cluster_id", "string", "Name of the cluster for machines.", nullable=False)),
        Column("stops", "int", "Stops of the cluster.", minimum=1, nullable=False),
        Column("stop_ids", "string", "Their ids, joined by ';'."),
        Column("area_km2", "float", "Area within 50 m of its stops.", unit="km²", decimals=6, minimum=0),
        counted("per_km2", "float", "Incidents over that area.", unit="per km²", decimals=2, minimum=0),
        *busy_columns("stop clusters", "incidents over area"),
        Column("incidents_night", "int", "Those between 22:00 and 06:00 local time; null where hidden, or where the source "
               "gives no hours.", unit="count", minimum=0, hidden_with=("incidents_night",)),
        Column("has_hours", "bool", "Whether the source gives hours, so that the night can be told.", nullable=False),
        *PLACE_ENDS,
    ),
    shown=(
        "name", "incidents_band", "ratio", "ratio_low", "ratio_high", "is_hotspot", "incidents_night", "stops", "incidents",
        "probability", "has_hours", "borough_names", "caution",
    ),
)  # fmt: skip
