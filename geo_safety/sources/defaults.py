"""What a feed gets when its entry in the config does not say it."""

DEFAULT_LABELS = {
    "police_uk": "police_uk",
    "table": "police_uk",
    "stats19": "stats19",
    "area_counts": "mps",
    "mps_counts": "mps",
    "knife_crime": "knife_crime",
    "stop_search": "stop_search",
}
"""Table of labels that a kind of feed gets when its entry names none."""

ATTRIBUTION = {
    "police_uk": "Contains public sector information from data.police.uk, Open Government Licence v3.0",
    "stats19": "Contains public sector information from the Department for Transport, Open Government Licence v3.0",
    "stop_search": "Contains public sector information from data.police.uk, Open Government Licence v3.0",
    "mps_counts": "Contains public sector information from the Metropolitan Police Service, Open Government Licence v2.0",
    "knife_crime": "Contains public sector information from the Metropolitan Police Service, Open Government Licence v2.0",
}
"""What the publishers of these files ask for, where the config names nobody."""
