"""The checklists of packs, word for word as the project's brief for its domain has them: what each pack has to hold."""

from __future__ import annotations

BRIEF = {
    "chb": (
        "place, boundary, boroughs, population; screen criteria met or not; 5+ years by theme with class, tier, stability and "
        "break lines; count and harm with ranks and intervals; seasonality; setting; unscored context; blanks for threat, "
        "capacity, community voice; phases and measures (Clear: crime, harm; Hold: re-emergence signal, ASB; Build: perception, "
        "environment); comparison area, buffers, minimum detectable change, survey plan; equality and disclosure statements; "
        "what the pack cannot tell you"
    ),
    "wsa": (
        "type, boundary, times to audit; score parts and rank range; smoothed incidents (no sexual-offence counts); perception "
        "themes; transport and waiting; pre-filled 0-3 checklist; participant mix, pay, safety plan, consent, no names; asset "
        "owners; action table; re-audit date; “low reports do not mean safe”"
    ),
    "sna": (
        "definition used; level and trend v London and similar areas; where, when, who (borough aggregates); types; health view; "
        "risk and protective factors; asset map; gaps and under-reporting; current response; recommendations and measures; "
        "review date; annex with method, tables, GeoJSON, licences, suppression"
    ),
    "transport": (
        "scope; ranked list with passengers, rate, shrunken rate, interval; inside v approach v bus; themes; times (partner only); "
        "perception; lighting, staffing, CCTV, lines of sight; road-harm overlap; options and owners; trial design; denominator "
        "and station-assignment caveats"
    ),
}

# The brief's punctuation does not say everywhere where one item ends: brackets hold one, and so do these.
WHOLE = (
    "5+ years by theme with class, tier, stability and break lines",
    "ranked list with passengers, rate, shrunken rate, interval",
    "level and trend v London and similar areas",
)


def items_of(kind: str) -> list[str]:
    """The items of a kind, one by one."""
    found: list[str] = []
    for part in _apart(BRIEF[kind], ";"):
        found += [part] if part in WHOLE else _apart(part, ",")
    return found


def _apart(text: str, mark: str) -> list[str]:
    """A list at its commas or semicolons, but for those in brackets."""
    pieces, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == mark and not depth:
            pieces.append("")
        else:
            pieces[-1] += letter
    return [piece.strip() for piece in pieces]
