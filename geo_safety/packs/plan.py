"""How a change at a site would be seen: comparison areas, ring, the smallest change, and a plan to ask people."""

from __future__ import annotations

import numpy as np
import shapely

from geo_safety.case_file import Case, Phase
from geo_safety.errors import GeoSafetyError
from geo_safety.impact.reading import Report
from geo_safety.packs.basis import Basis, label
from geo_safety.packs.content import BOARD_DECIDES, Blank, Form, Part, Section, Table, Words
from geo_safety.packs.site import Site


def plan_of(basis: Basis, site: Site, theme: str) -> tuple[Report | None, str]:
    """Comparison areas, ring and smallest change to be seen, for a scheme that begins after the data's last month."""
    case = site.case or Case(
        name=site.name,
        shapes=np.empty(0, dtype=object),
        zones=site.zones,
        phases=(Phase("clear", basis.last_month + 1, None),),
        themes=(theme,),
        layer=site.layer,
    )
    try:
        return basis.judge(case), ""
    except GeoSafetyError as error:
        return None, str(error)


def plan_section(report: Report | None, why_not: str) -> Section:
    """The section; without a report the reason stands in a blank."""
    survey = Form(
        "Survey plan.", ("When", "Who is asked, and how many", "Questions", "Owner"),
        ("Before Clear", "End of Hold", "A year into Build"), BOARD_DECIDES, "survey",
    )  # fmt: skip
    answers = ("comparison", "buffers", "detectable", "survey")
    if report is None:
        blanks = (
            Blank("Comparison areas", f"Not to be told: {why_not}", "comparison", 1),
            Blank("Ring around it", "Not to be told, for the same reason.", "buffers", 1),
            Blank("Smallest change to be seen", "Not to be told, for the same reason.", "detectable", 1),
        )
        return Section("How a change would be seen", answers, (*blanks, survey), starts_page=True)
    document = report.document
    areas = tuple((one["name"], one["zones"]) for one in document["comparison"]["areas"])
    found = document["comparison"]["balance"]
    balance = tuple(
        (_likened(one["what"]), {True: "yes", False: "no", None: "not told"}[one["is_balanced"]]) for one in found
    )
    apart = sum(one["is_balanced"] is False for one in found)
    seen = document["answer"]["what_could_be_seen"]
    if not areas:
        seen = (
            "No area of its size had a level within a factor of two of it: there is nothing to compare it with, and the "
            "smallest change that could be seen cannot be told. Judge it against its own past, and say so."
        )
    parts: tuple[Part, ...] = (
        Words(seen),
        Words(
            f"Ring: the zones around the place, {document['case']['zones_around']} zones, where it could move to. "
            f"Comparison areas lie at least {document['comparison']['at_least_m']:,.0f} m away and were like the place before."
        ),
        Table("Comparison", "Comparison areas, the most alike first", ("Area", "Zones"), areas),
        Table("Balance", "Were they alike before?", ("Likened by", "Balanced"), balance),
        *(
            [
                Words(
                    f"It differs from them in {apart} of these {len(found)}: the comparison is weak, and the board should know."
                )
            ]
            if apart
            else []
        ),
        Words("Whether one of them had a scheme of its own is for you to check.", is_note=True),
        survey,
    )
    return Section("How a change would be seen", answers, parts, starts_page=True)


def shapes_in(report: Report, kind: str) -> list[shapely.Geometry]:
    """Shapes of one kind: `place`, `ring` or `comparison area`."""
    return [
        shapely.geometry.shape(one["geometry"])
        for one in report.places["features"]
        if one["properties"]["kind"] == kind
    ]


def _likened(what: str) -> str:
    """What places are likened by, with the theme as it reads.

    Examples
    --------
    >>> _likened("asb a zone and year"), _likened("share of parks")
    ('anti-social behaviour, a zone and year', 'share of parks')
    """
    theme, _, rest = what.partition(" a zone and year")
    if rest or theme == what or theme.startswith("incidents"):
        return what
    return f"{label(theme).lower()}, a zone and year"
