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


EVIDENCE: dict[str, dict[str, tuple[str, ...]]] = {
    "chb": {
        "place": (r"Place Around \w",),
        "boundary": (r"Boundary \w.{2,60} on the list of [\w -]+ or entrenched in it",),
        "boroughs": (r"Boroughs \w[\w ,]* Wards \w",),
        "population": (r"People who live there ([\d,]+ |Not known)", r"People who are there by day ([\d,]+|Not known)"),
        "screen criteria met or not": (
            r"Between 0\.3 and 3 km² (met|not met|unknown)", r"entrenched \(tier A or B\).*? (met|not met|unknown)",
            r"top 5 % \(Cambridge Crime Harm Index\) (met|not met|unknown)", r"top 10 % \(ONS .*?\) (met|not met|unknown)",
            r"by day in the top 10 % (met|not met|unknown)", r"dominates (met|not met|unknown)",
        ),
        "5+ years by theme with class, tier, stability and break lines": (
            r"Theme Class Tier Stable Rolling years high Zones entrenched Changes of recording [A-Z]",
            r"Each box is one rolling year", r"in years of twelve months Theme to 20\d\d", r"Fewer than five years|to 2020",
        ),
        "count and harm with ranks and intervals": (
            r"90 % interval Rank by count per km² \(90 % interval\)", r"\d+ \(\d+ to \d+\)",
            r"Cambridge Crime Harm Index \(days\) [\d,]+", r"ONS Crime Severity Score ([\d,]+|not told)",
        ),
        "seasonality": (r"Theme Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec [A-Z][a-z -]+ \d",),
        "setting": (r"Stations in it or within about 300 m", r"Bus or tram stops (\d|Not known)", r"What the place is like"),
        "unscored context": (r"never scored",),
        "blanks for threat": (r"intelligence picture Held by the police", r"Safeguarding concerns Held by the partners"),
        "capacity": (r"Capacity of police, council and partners over three years Held by the partners",),
        "community voice": (r"Community voice: .* Known to the people who use the place",),
        "phases and measures (Clear: crime, harm; Hold: re-emergence signal, ASB; Build: perception, environment)": (
            r"Clear (not set|20\d\d-\d\d) Reported incidents and harm", r"Hold (not set|20\d\d-\d\d) Signal that it comes back \(control chart",
            r"Hold (not set|20\d\d-\d\d) Reported anti-social behaviour", r"Build (not set|20\d\d-\d\d) What people say: survey", r"Build (not set|20\d\d-\d\d) Environment: lighting",
        ),
        "comparison area": (r"Comparison areas( lie at least [\d,]+ m away| Not to be told:)",),
        "buffers": (r"Ring: the zones around the place, \d+ zones|Ring around it Not to be told",),
        "minimum detectable change": (r"would be found in four of five|Too few to say|smallest change that could be seen cannot be told|Smallest change to be seen Not to be told",),
        "survey plan": (r"Survey plan\.", r"Before Clear", r"End of Hold", r"A year into Build"),
        "equality and disclosure statements": (
            r"No figure here is about a person", r"Equality Act 2010, section 149", r"Counts of 1 to 4 are hidden",
        ),
        "what the pack cannot tell you": (r"Whether organised crime is behind", r"What was not reported", r"at which hours"),
    },
    "wsa": {
        "type": (r"Type (station approach|bus node|high street|park edge|estate path)",),
        "boundary": (r"Boundary 200 to 400 m",),
        "times to audit": (r"January \d\d:\d\d \d\d:\d\d", r"December \d\d:\d\d", r"By daylight", r"In the dark"),
        "score parts and rank range": (
            r"Parts of the score Part", r"(higher than \d+ of 100 places.*?|not known here.*?){5}", r"with other weights between [\d,]+ and [\d,]+",
        ),
        "smoothed incidents (no sexual-offence counts)": (
            r"times the rate of the whole study \(90 % interval [\d.]+ to [\d.]+\), smoothed|rate around it is not told",
            r"No sexual offence and no domestic abuse is in it",
        ),
        "perception themes": (r"by theme: light, harassment, waiting, ways out, people about Known to the people",),
        "transport and waiting": (r"Bus or tram stops within 150 m (\d|no source)", r"Waiting: shelter, seats, light"),
        "pre-filled 0-3 checklist": (r"Known before Day 0-3 Dark 0-3", r"\d+ stops within 150 m", r"Factor 0 1 2 3"),
        "participant mix": (r"Participant mix\.", r"Disabled women", r"Who How many"),
        "pay": (r"Pay: hourly rate", r"Pay those who come"),
        "safety plan": (r"Safety plan: who leads", r"Nobody walks alone"),
        "consent": (r"Consent: how it is asked",),
        "no names": (r"No names: neither this pack nor the record of a walk holds anybody's name",),
        "asset owners": (r"Asset owners\.",),
        "action table": (r"Action table\.", r"What is to be done Owner \(organisation\) By when Done"),
        "re-audit date": (r"Walk again on",),
        "“low reports do not mean safe”": (r"Low reports do not mean safe\.",),
    },
    "sna": {
        "definition used": (r"Serious Violence Duty", r"cannot be cut to it", r"The partnership's own definition"),
        "level and trend v London and similar areas": (
            r"Reports of the window and of the window before it", r"boroughs of this study most like|Fewer than 5 other boroughs",
            r"the twelve months to|the long view",
        ),
        "where": (r"hotspot area", r"by ward", r"the busiest", r"(cross|lies in another)"),
        "when": (r"Months beside an average one|months of the year", r"No hour and no day of the week"),
        "who (borough aggregates)": (r"People harmed: age group", r"police and MOPAC hold borough totals", r"no figure of persons"),
        "types": (r"Harm, Cambridge index \(days\) Harm, ONS severity score", r"Knife crime, knife crime with injury"),
        "health view": (r"Ambulance calls to assaults",),
        "risk and protective factors": (r"(Residents|Area, km²) [\d,.]+", r"eprivation", r"Risk factors that the partnership sees", r"Protective factors"),
        "asset map": (r"stations", r"Assets of the borough", r"Youth and family hubs"),
        "gaps and under-reporting": (r"Recorded is not all", r"Source Role Rows read Without a place", r"Other gaps and under-reporting"),
        "current response": (r"Current schemes", r"Scheme Place From To Owner"),
        "recommendations and measures": (r"Recommendation Owner By when Measured by", r"Measure Baseline Direction"),
        "review date": (r"Review date", r"in any case within twelve months \(20\d\d-\d\d\)"),
        "annex with method": (r"Method version [\d.]+", r"Hotspot a neighbourhood with at least 3 times"),
        "tables": (r"every table of this chapter is a sheet",),
        "GeoJSON": (r"Shapes with their figures: the GeoJSON",),
        "licences": (r"Licences and whom to name: \S",),
        "suppression": (r"Suppression: Counts of 1 to 4 are hidden",),
    },
    "transport": {
        "scope": (r"Scope \w", r"Stations \d", r"Months Inside"),
        "ranked list with passengers, rate, shrunken rate, interval": (
            r"Entries and exits a year Incidents Rate as it is Shrunken rate 90 % interval Rank in its mode \(range\)",
            r"[\d,]+ \d+ [\d.,]+ [\d.,]+ [\d.,]+ to [\d.,]+ \d+ \(\d+ to \d+\)",
        ),
        "inside v approach v bus": (r"Inside: what the transport police recorded", r"on the way: ", r"Incidents within 50 m", r"never added"),
        "themes": (r"Inside and on the way, by station and theme", r"Around stops Theme"),
        "times (partner only)": (r"No time of day in this source|Between 22:00 and 06:00", r"only partners may have them"),
        "perception": (r"Silence is not a finding|do not feel safe", r"What passengers and staff say"),
        "lighting": (r"street lights|Street lights", r"Lighting: how bright"),
        "staffing": (r"Staffing: where, when, how many Held by the operator",),
        "CCTV": (r"Cameras and help points: where, and who watches Held by the operator",),
        "lines of sight": (r"Lines of sight: blind corners",),
        "road-harm overlap": (r"Also on the list of|no collisions with their severity", r"never added"),
        "options and owners": (r"Options and owners\.", r"Place What could be done Owner"),
        "trial design": (r"Trial design\.", r"Treated places, and how they were chosen", r"would be found in four of five|Too few to say|no obvious place|Not to be told|cannot be told"),
        "denominator and station-assignment caveats": (r"per million entries and exits", r"placed at a station even where"),
    },
}  # fmt: skip
"""What the sections that answer an item must say: figures, or the blank that names who holds them."""
