"""A borough's chapter on place for its strategic needs assessment, from a release alone.

The Serious Violence Duty has every Community Safety Partnership keep such an assessment. What only the partnership knows
stays visibly blank, with the reason and who holds it. `borough` and `years` read the release; `people`, `level`, `where` and
`trust` put the sections into words.
"""

from __future__ import annotations

from geo_safety.packs.basis import Basis
from geo_safety.packs.content import Pack, items
from geo_safety.packs.sna import level, people, trend, trust, where
from geo_safety.packs.sna.borough import Borough
from geo_safety.packs.statements import disclosure_words

CHECKLIST = items(
    definition="definition used",
    level="level and trend v London and similar areas",
    where="where",
    when="when",
    who="who (borough aggregates)",
    types="types",
    health="health view",
    factors="risk and protective factors",
    assets="asset map",
    gaps="gaps and under-reporting",
    response="current response",
    recommendations="recommendations and measures",
    review="review date",
    method="annex with method",
    tables="tables",
    geojson="GeoJSON",
    licences="licences",
    suppression="suppression",
)


def make(basis: Basis, place_id: str) -> Pack:
    """The chapter of one borough.

    Parameters
    ----------
    place_id : str
        Code or name of the borough.

    Raises
    ------
    ReleaseError
        The release has no boroughs, or not this one.
    """
    borough = Borough(basis, place_id)
    sections = (
        people.definition(borough),
        level.level(borough),
        level.alike(borough),
        trend.trend(borough),
        where.where(borough),
        where.concentration(borough),
        where.across(borough),
        where.when(borough),
        people.who(),
        people.types(borough),
        people.health(borough),
        people.factors(borough),
        people.assets(borough),
        trust.gaps(borough),
        trust.fairness(borough),
        people.response(),
        people.recommendations(borough),
        people.review(borough),
        trust.method(borough),
    )
    return Pack(
        kind="sna",
        title=f"{borough.name}: place chapter for the strategic needs assessment",
        place_id=borough.code,
        place_name=borough.name,
        lead=lead(borough),
        checklist=CHECKLIST,
        sections=sections,
        shapes=where.shapes_of(borough),
        publication=basis.publication,
        disclosure=disclosure_words(basis),
    )


def lead(borough: Borough) -> tuple[str, ...]:
    """What a board has to know before it reads on."""
    return (
        *level.summary_of_level(borough),
        *where.summary_of_places(borough),
        "Recorded incidents are not all incidents, and they say nothing of people. Boxes with a broken line are for the partnership to fill in.",
    )
