"""Which of our themes a source's own categories belong to, and what differs by theme.

An incident can carry several themes (a robbery at a station is `robbery` and `transport`), so
themes are never added together. A category that is in no table carries no theme: its rows are
counted as accepted and `unused`.
"""

from __future__ import annotations

from collections.abc import Mapping

from geo_safety.errors import ConfigError

Labels = Mapping[str, tuple[str, ...]]
"""Category of a source → the themes that it carries."""

THEMES: dict[str, str] = {
    "violence": "Violence and sexual offences, as recorded by the police",
    "robbery": "Robbery, personal and business",
    "asb": "Anti-social behaviour incidents (not crimes)",
    "transport": "Incidents recorded by the transport police, at stations and on trains",
    "vawg_ps": "Reported public-space incidents relevant to the safety of women and girls",
    "road_harm": "Road collisions with injury",
    "context": "Shown beside, never scored",
}

NEVER_SCORED = "context"
"""The theme of what is shown beside: much of it follows police activity. Stop and search carries no other."""

POLICE_UK: Labels = {
    "Violence and sexual offences": ("violence",),
    "Robbery": ("robbery", "vawg_ps"),
    "Theft from the person": ("vawg_ps",),
    "Public order": ("vawg_ps",),
    "Anti-social behaviour": ("asb",),
    "Bicycle theft": ("context",),
    "Burglary": ("context",),
    "Criminal damage and arson": ("context",),
    "Drugs": ("context",),
    "Other crime": ("context",),
    "Other theft": ("context",),
    "Possession of weapons": ("context",),
    "Shoplifting": ("context",),
    "Vehicle crime": ("context",),
}

MPS: Labels = {
    "VIOLENCE AGAINST THE PERSON": ("violence",),
    "SEXUAL OFFENCES": ("violence",),
    "ROBBERY": ("robbery",),
    "ARSON AND CRIMINAL DAMAGE": ("context",),
    "BURGLARY": ("context",),
    "DRUG OFFENCES": ("context",),
    "MISCELLANEOUS CRIMES AGAINST SOCIETY": ("context",),
    "POSSESSION OF WEAPONS": ("context",),
    "PUBLIC ORDER OFFENCES": ("context",),
    "THEFT": ("context",),
    "VEHICLE OFFENCES": ("context",),
}

STATS19: Labels = {"Fatal": ("road_harm",), "Serious": ("road_harm",), "Slight": ("road_harm",)}

STOP_SEARCH: Labels = {
    "Person search": ("context",),
    "Vehicle search": ("context",),
    "Person and Vehicle search": ("context",),
    "Search of an unstated kind": ("context",),
}

KNIFE_CRIME: Labels = {"Knife Crime": ("knife_crime",), "Knife Crime with Injury": ("knife_injury",)}
"""Two themes of their own: injury is a part of the whole, and neither is added to anything."""

BUILT_IN_LABELS: dict[str, Labels] = {
    "police_uk": POLICE_UK,
    "mps": MPS,
    "stats19": STATS19,
    "stop_search": STOP_SEARCH,
    "knife_crime": KNIFE_CRIME,
}

DETAIL_SIGN = ": "
"""Stands between a category and its detail, as in `Assault: knife`."""

TRANSPORT_FORCE = "btp"
"""Every row of this force's files also carries the theme `transport`."""


def labels_named(labels: str | Mapping[str, object]) -> Labels:
    """Which category → theme table does a feed's `labels` setting mean?

    Parameters
    ----------
    labels : str or mapping
        The name of a built-in table, or the table itself: category → theme or list of themes.

    Raises
    ------
    ConfigError
        If no built-in table has that name, or a table's values are no theme names.

    Examples
    --------
    >>> labels_named("stats19")["Serious"]
    ('road_harm',)
    >>> labels_named({"ASALTO": ["robbery"]})
    {'ASALTO': ('robbery',)}
    """
    if isinstance(labels, str):
        if labels not in BUILT_IN_LABELS:
            raise ConfigError(
                f"There is no built-in table of labels named {labels!r}.",
                f'Use one of {sorted(BUILT_IN_LABELS)} or a table such as {{ "Robbery" = ["robbery"] }}.',
            )
        return BUILT_IN_LABELS[labels]
    table = {}
    for category, themes in labels.items():
        names = (themes,) if isinstance(themes, str) else themes
        if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
            raise ConfigError(
                f"The label {category!r} must name one theme or a list of themes.",
                f'Write for example {{ {category!r} = ["robbery"] }}.',
            )
        table[category] = tuple(names)
    return table


def themes_of(category: str, labels: Labels, *, force: str = "") -> tuple[str, ...]:
    """Which themes does an incident of this category carry?

    Examples
    --------
    >>> themes_of("Robbery", POLICE_UK, force="btp")
    ('robbery', 'vawg_ps', 'transport')
    >>> themes_of("Unheard of", POLICE_UK)
    ()

    A category with a detail carries what it is labelled with as a whole, else what its first part is:

    >>> themes_of("Robbery: mobile phone", POLICE_UK)
    ('robbery', 'vawg_ps')
    """
    themes = labels.get(category)
    if themes is None:
        themes = labels.get(category.partition(DETAIL_SIGN)[0], ())
    if force == TRANSPORT_FORCE and "transport" not in themes:
        return (*themes, "transport")
    return themes
