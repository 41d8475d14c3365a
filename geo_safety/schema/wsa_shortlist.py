"""The table of the Women's Safety Audit shortlist."""

from __future__ import annotations

from geo_safety.schema.definitions import PLACE_ENDS, Column, Table, place_columns

PLACE_TYPES = ("station approach", "bus node", "high street", "park edge", "estate path")
"""Kinds of place that people know, in the order in which they are made."""

PARTS = ("incidents", "perception", "transport", "built", "exposure")


def _part(name: str, description: str) -> Column:
    return Column(f"part_{name}", "float", f"{description} Percentile among all candidate places; null where unknown.",
                  unit="percentile", decimals=1, minimum=0, maximum=100)  # fmt: skip


def _around(name: str, description: str, unit: str) -> Column:
    return Column(name, "float", f"{description} Null where no source tells.", unit=unit, decimals=0, minimum=0)


WSA_SHORTLIST = Table(
    "wsa-shortlist",
    one_row_is="one place of 200 to 400 m where a Women's Safety Audit could be invited; it is not an audit, and low "
    "reports do not mean safe",
    key=("place_id",),
    columns=(
        # Places are not counted one by one: a count of so small a place, taken from its cells, would tell of small counts.
        *place_columns(
            Column("place_id", "string", "Name of the place for machines: its kind and middle.", nullable=False)
        ),
        Column("type", "string", "Kind of place.", values=PLACE_TYPES, nullable=False),
        Column("ward_name", "string", "Name of the ward of its middle; null in none."),
        Column("is_inner", "bool", "Whether it lies in the inner zone that the config names; null where it names none."),
        Column("is_listed", "bool", "Whether it is on the list.", nullable=False),
        Column("excluded_because", "string", "Why it is not on the list; null for places that are."),
        Column("rank", "int", "Place in the order by score, 1 is the first; null where too little is known.", minimum=1),
        Column("rank_low", "int", "Best place under other weights: each halved or raised by half, all 32 ways.", minimum=1),
        Column("rank_high", "int", "Lowest place under these weights.", minimum=1),
        Column("score", "float", "Weighted mean of the known parts. It orders invitations and measures no safety.",
               unit="score", decimals=1, minimum=0, maximum=100),
        _part("incidents", "Reported incidents relevant to women's safety in public space, smoothed over the "
              "neighbourhood; no sexual offences, no domestic abuse."),
        _part("perception", "What people say of the place, by surveys or reports that they do not feel safe."),
        _part("transport", "Interface with public transport and waiting: stops near, and entries and exits of stations."),
        _part("built", "Built environment: few street lights near (where they are listed) and few uses open to all."),
        _part("exposure", "How many women and girls are there: who lives there, and who is there by day."),
        Column("weight_known", "float", "Share of the weight whose parts are known; the rest is shared among them.",
               decimals=2, minimum=0, maximum=1),
        Column("parts_missing", "string", "Parts that are not known, joined by '; '."),
        _around("stops_within_150m", "Bus or tram stops within 150 m of the middle.", "stops"),
        _around("uses_within_150m", "Shops and other uses open to all within 150 m.", "uses"),
        _around("lamps_within_100m", "Street lights within 100 m.", "street lights"),
        _around("footfall", "Entries and exits a year of the stations around it.", "entries and exits"),
        *PLACE_ENDS,
    ),
    shown=(
        "name", "type", "borough_names", "is_listed", "rank", "rank_low", "rank_high", "score", "parts_missing",
        "excluded_because", "caution",
    ),
)  # fmt: skip
