"""What people look at on a walk, and what 0, 1, 2 and 3 mean: one table for the sheet, the records and the comparison.

The first nine are those of the Safetipin audit, the rest come from women's safety audits as they are walked in many
cities (signs, isolation, ways out, upkeep, what is next door); the words are our own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Factor:
    """One thing to look at.

    Parameters
    ----------
    key : str
        Name for machines.
    name, question : str
        For people.
    anchors : tuple of four str
        What 0, 1, 2 and 3 mean, worst first.
    """

    key: str
    name: str
    question: str
    anchors: tuple[str, str, str, str]


FACTORS = (
    Factor("lighting", "Light", "Can you make out a face across the street?",
           ("no light", "some light, long dark stretches", "enough, with dark corners", "even, faces are clear")),
    Factor("visibility", "Sightlines", "How far do you see ahead, and who sees you?",
           ("blind corners, nobody looks on", "views often blocked", "mostly clear, some eyes", "clear, many eyes on the way")),
    Factor("openness", "Openness", "Could somebody be shut in here?",
           ("shut in, one way only", "narrow, hidden recesses", "mostly open", "open on all sides")),
    Factor("people", "People", "Is anybody about?",
           ("nobody", "very few", "some", "many, coming and going")),
    Factor("security", "Staff", "Is there anybody whose job it is to help, in sight or call?",
           ("none", "far off or shut", "within call", "in sight")),
    Factor("walk_path", "Way to walk", "Is there a way for feet, wheels and prams?",
           ("none", "broken or blocked", "usable", "wide, even, step-free")),
    Factor("public_transport", "Public transport", "How far is the next stop that is served now?",
           ("none within 10 minutes", "5 to 10 minutes", "2 to 5 minutes", "under 2 minutes")),
    Factor("diversity", "Who is here", "Are women, girls, older people and children here too?",
           ("none of them", "hardly any", "some", "as many as anybody")),
    Factor("feeling", "How it feels", "Would you come this way alone, now?",
           ("never", "only if I must", "with some care", "gladly")),
    Factor("signage", "Signs", "Do you know where you are and how to go on?",
           ("no signs", "hard to find or read", "most turns", "clear at every turn")),
    Factor("isolation", "Help near", "Would anybody hear a call?",
           ("nobody", "hardly", "probably", "surely")),
    Factor("escape_routes", "Ways out", "Can you leave another way?",
           ("none", "one, hard to reach", "one", "several")),
    Factor("maintenance", "Upkeep", "Is the place looked after?",
           ("left to itself", "poor", "fair", "well kept")),
    Factor("nearby_uses", "Next door", "Is what is next door open, and does it make the place feel safer?",
           ("blank or shut", "mostly shut", "partly open", "open and looking out")),
)  # fmt: skip

KEYS = tuple(factor.key for factor in FACTORS)
