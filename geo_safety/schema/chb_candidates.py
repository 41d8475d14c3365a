"""The table of the Clear Hold Build screen."""

from __future__ import annotations

from geo_safety.schema.definitions import PLACE_ENDS, RELIABILITY, TIERS, Column, Table, around, counted, place_columns

ANSWERS = ("met", "not met", "unknown")
"""What can be said of one criterion."""

LEFT_BLANK = "only the police and the partners hold it."

OUTCOMES = ("all met", "none failed, some unknown", "not all met")


def _criterion(name: str, description: str) -> Column:
    return Column(f"meets_{name}", "string", description, values=ANSWERS, nullable=False)


def _blank(name: str, description: str) -> Column:
    return Column(name, "string", f"{description} Always empty here: {LEFT_BLANK}")


CHB_CANDIDATES = Table(
    "chb-candidates",
    one_row_is="one place (0.3 to 3 km², or as near as its zones allow) screened on recorded incidents for one theme; "
    "no list of Clear Hold Build sites",
    key=("candidate_id",),
    columns=(
        *place_columns(Column("candidate_id", "string", "Name of the place for machines.", nullable=False)),
        Column("of_layer", "string", "Layer whose zones it is made of.", nullable=False),
        Column("zones", "string", "zone_id of each zone, joined by ';'."),
        Column("is_cross_border", "bool", "Whether it lies in more than one borough.", nullable=False),
        Column("outcome", "string", "The criteria taken together.", values=OUTCOMES, nullable=False),
        Column("criteria_met", "int", "Number of criteria met.", minimum=0, nullable=False),
        Column("criteria_not_met", "int", "Number of criteria not met.", minimum=0, nullable=False),
        Column("criteria_unknown", "int", "Number of criteria that these data cannot answer.", minimum=0, nullable=False),
        _criterion("size", "Between 0.3 and 3 km²."),
        _criterion("entrenched", "Zones entrenched in the theme (tier A or B) hold at least half of its reports here."),
        _criterion("second_theme", "On the list of another theme of violence, robbery and anti-social behaviour."),
        _criterion("harm_cchi", "Harm per km² by the Cambridge index in the top 5 % of the layer's zones."),
        _criterion("harm_css", "Harm per km² by the Crime Severity Score in the top 10 % of the layer's zones."),
        _criterion("daytime", "Reports per person there by day in the top 10 % of the layer's zones."),
        _criterion("not_venue", "No single map point or month dominates."),
        Column("why", "string", "Each criterion in words, with its figures' places.", nullable=False),
        Column("second_themes", "string", "Other themes on whose list it is, joined by ';'."),
        Column("area_km2", "float", "Area inside the study.", unit="km²", decimals=6, minimum=0),
        around("ratio", "Highest neighbourhood rate inside over the study's (posterior mean).", decimals=3, minimum=0),
        Column("class", "string", "Emerging hot-spot class of its highest zone."),
        Column("tier", "string", "How well founded a long-standing class is, in its highest zone.", values=TIERS),
        Column("stability", "float", "How sure we are of that class.", decimals=4, minimum=0, maximum=1),
        Column("steps_hot", "int", "Judged steps in which its highest zone was hot.", minimum=0),
        Column("steps", "int", "Judged steps.", minimum=0),
        Column("reliability", "string", "Whether the figures may be compared and ranked.", values=RELIABILITY),
        Column("confirmed_by", "string", "Second source that confirms the class."),
        counted("harm_cchi", "float", "Harm of the theme's incidents by the Cambridge Crime Harm Index (indicative).",
                unit="days", decimals=1, minimum=0),
        counted("harm_cchi_top_share", "float", "Place of its harm per km² by that index: share of the layer's zones "
                "with as much or more.", decimals=4, minimum=0, maximum=1),
        counted("harm_css", "float", "Harm of the theme's incidents by the ONS Crime Severity Score (indicative).",
                unit="score", decimals=1, minimum=0),
        counted("harm_css_top_share", "float", "Place of its harm per km² by that score.", decimals=4, minimum=0,
                maximum=1),
        counted("weights_differ", "bool", "The two indexes put it at least two rank classes apart."),
        counted("daytime_top_share", "float", "Place of its reports per person there by day.", decimals=4, minimum=0,
                maximum=1),
        Column("residents", "float", "People who live there. Context, not score.", unit="people", decimals=0, minimum=0),
        Column("by_day", "float", "People who are there by day. Context, not score.", unit="people", decimals=0, minimum=0),
        Column("footfall", "float", "Entries to and exits from stations there, a year. Context, not score.",
               unit="entries and exits", decimals=0, minimum=0),
        Column("stops", "float", "Bus or tram stops there. Context, not score.", unit="stops", decimals=0, minimum=0),
        _blank("threat", "Organised-crime threat."),
        _blank("intelligence", "Intelligence picture."),
        _blank("safeguarding", "Safeguarding concerns."),
        _blank("partnership", "Partnership capacity and community voice."),
        *PLACE_ENDS,
    ),
    shown=(
        "name", "of_layer", "boroughs", "outcome", "criteria_met", "criteria_not_met", "criteria_unknown", "area_km2",
        "incidents_band", "ratio", "class", "tier", "reliability", "caution",
    ),
)  # fmt: skip
