"""The table of road-harm clusters."""

from __future__ import annotations

from geo_safety.schema.definitions import PLACE_ENDS, Column, Table, counted, place_columns


def _count(name: str, description: str) -> Column:
    return Column(name, "int", description, unit="count", minimum=0, hidden_with=(name,))


ROAD_HARM_CLUSTERS = Table(
    "road-harm-clusters",
    one_row_is="one place with at least 3 collisions within 100 m in which somebody was killed or seriously injured; never "
    "added to crime",
    key=("cluster_id",),
    columns=(
        *place_columns(Column("cluster_id", "string", "Name of the place for machines.", nullable=False)),
        Column("months", "int", "Months of data counted: 36 where there are so many.", unit="months", minimum=1, nullable=False),
        counted("chance_share", "float", "Share of the places with at least so many such collisions that chance would make: "
                "with every collision moved at random within 500 m.", decimals=3, minimum=0, maximum=1),
        _count("fatal", "Of these collisions those that killed somebody, as the police recorded them."),
        _count("slight", "Collisions with slight injuries only within the same 100 m."),
        _count("incidents_night", "Of the killed-or-serious collisions those between 22:00 and 06:00 local time; null "
               "where hidden or without hours."),
        Column("has_hours", "bool", "Whether the source gives hours, so that the night can be told.", nullable=False),
        Column("also_listed", "string", "Safety themes on whose list of neighbourhoods the place is, joined by ';': seen "
               "beside road harm, never added to it."),
        Column("safety_layer", "string", "Layer whose lists `also_listed` looks at."),
        *PLACE_ENDS,
    ),
    shown=(
        "name", "incidents_band", "chance_share", "also_listed", "months", "incidents", "has_hours", "borough_names",
        "caution",
    ),
)  # fmt: skip
