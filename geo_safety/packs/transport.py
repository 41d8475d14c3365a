"""The transport brief: stations, ways to them, stops and routes of one scope, side by side and never added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geo_safety.disclosure import BAND_HIDDEN
from geo_safety.errors import ReleaseError
from geo_safety.packs.basis import Basis, label, months_in_caption, months_words, noun
from geo_safety.packs.content import (
    Blank,
    Cell,
    Pack,
    Part,
    Picture,
    Points,
    Section,
    Shape,
    Table,
    Words,
    facts,
    items,
)
from geo_safety.packs.drawing import Drawn, intervals, place_map
from geo_safety.packs.figures import counted, interval, listed, number, ranked
from geo_safety.packs.roadside import (
    ROADS,
    SHOWN,
    on_the_ground_section,
    options_section,
    perception_section,
    road_harm_section,
    times_section,
    trial_section,
)
from geo_safety.packs.scope import Scope, find_scope
from geo_safety.packs.statements import disclosure_words, source_words

CHECKLIST = items(
    scope="scope",
    ranked="ranked list with passengers, rate, shrunken rate, interval",
    inside="inside v approach v bus",
    themes="themes",
    times="times (partner only)",
    perception="perception",
    lighting="lighting",
    staffing="staffing",
    cctv="CCTV",
    sight="lines of sight",
    road_harm="road-harm overlap",
    options="options and owners",
    trial="trial design",
    caveats="denominator and station-assignment caveats",
)

STATIONS, STOPS, ROUTES = "stations", "stop-clusters", "corridors"

CAVEATS = (
    "Rates are per million entries and exits. Published rates per million passenger journeys are another unit: never mix them.",
    "Who changes trains is in no count of entries and exits, and who comes to meet somebody is in none either.",
    "A station has no rate where a part of its passengers is not counted, or where it has fewer than 100,000 a year.",
    (
        "Transport police records are placed at a station even where something happened on a train, and ends of lines collect "
        "what is found there. They say nothing of where in the station."
    ),
    "A street incident within 400 m of two stations is counted at the nearer one only; within 50 m of two stops at the nearest.",
    "Around stops: open data do not say whether a bus had anything to do with it.",
    "Routes share streets: rows of routes are views of the same incidents, and are never added.",
)


def make(basis: Basis, place_id: str) -> Pack:
    """The brief of one scope.

    Parameters
    ----------
    place_id : str
        Code or name of a borough, a `station_id`, `corridor_id` or `area_id`, or `study`.

    Raises
    ------
    ReleaseError
        There is no such place, or the release has no layer of stations, stops or routes.
    """
    if not any(basis.has(layer) for layer in (STATIONS, STOPS, ROUTES)):
        raise ReleaseError(
            f"Release {basis.view.release_id} holds no stations, stops or routes.",
            "Give the run [[context]] files of the kinds stations, footfall, stops and routes.",
        )
    scope = find_scope(basis, place_id)
    stations = _rows(basis, scope, STATIONS)
    stops = _rows(basis, scope, STOPS)
    roads = _rows(basis, scope, ROADS).get("road_harm", [])
    sections = (
        _scope_section(basis, scope, stations, stops, roads),
        _ranked(stations),
        _inside(stations, stops),
        _around_stops(stops),
        _routes(basis, scope),
        times_section(stops, roads),
        perception_section(basis, scope),
        on_the_ground_section(basis, scope),
        road_harm_section(basis, roads),
        options_section(),
        trial_section(basis, scope, stops),
        Section(
            "How to read these figures", ("caveats",), (Points(CAVEATS), Words(disclosure_words(basis), is_note=True))
        ),
    )
    return Pack(
        kind="transport",
        title=f"Transport brief: {scope.name}",
        place_id=scope.id,
        place_name=scope.name,
        lead=_lead(scope, stations, stops),
        checklist=CHECKLIST,
        sections=sections,
        shapes=_shapes(scope, stations, stops, roads),
        publication=basis.publication,
        disclosure=disclosure_words(basis),
    )


def _rows(basis: Basis, scope: Scope, layer: str) -> dict[str, list[dict[str, Any]]]:
    """Theme → rows of the scope."""
    if not basis.has(layer):
        return {}
    return {theme: scope.holds(basis.rows(layer, theme)) for theme in basis.view.themes_of(layer)}


def _main(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str | None:
    """The theme that stations are ranked by: what the transport police recorded, else the first with a count."""
    if rows.get("transport"):
        return "transport"
    return next((theme for theme, ones in rows.items() if any(one["incidents_band"] for one in ones)), None)


def _lead(
    scope: Scope, stations: dict[str, list[dict[str, Any]]], stops: dict[str, list[dict[str, Any]]]
) -> tuple[str, ...]:
    main = _main(stations)
    rows = stations.get(main or "", [])
    out = [row["name"] for row in rows if row["is_hotspot"]]
    rated = sum(row["rate"] is not None for row in rows)
    texts = [scope.how]
    if main:
        texts.append(
            f"{rated} of {len(rows)} stations have a rate; {_stand_out(out)} (above 90 of 100 stations of their mode, surely above "
            "the middle one, at least 10 reports)."
        )
    busy = {theme: sum(bool(row["is_hotspot"]) for row in ones) for theme, ones in stops.items()}
    said = [f"{count} for {noun(theme).lower()}" for theme, count in busy.items() if count]
    texts.append(f"Clusters of stops with at least three times the mean: {listed(said)}.")
    texts.append("Inside, on the way and around stops are recorded and counted apart. They are never added.")
    return tuple(texts)


def _stand_out(names: list[str]) -> str:
    if not names:
        return "none stands out"
    return f"{listed(names[:8])} stand{'s' if len(names) == 1 else ''} out" + (f" and {len(names) - 8} more" if len(names) > 8 else "")  # fmt: skip


def _scope_section(
    basis: Basis,
    scope: Scope,
    stations: dict[str, list[dict[str, Any]]],
    stops: dict[str, list[dict[str, Any]]],
    roads: list[dict[str, Any]],
) -> Section:
    main = _main(stations) or next(iter(stations), "")
    rows = stations.get(main, [])
    about = facts(
        "Scope",
        "What this brief is about",
        [
            ("Scope", scope.how),
            ("Stations", len(rows)),
            ("Clusters of stops with street incidents within 50 m", len({row["cluster_id"] for ones in stops.values() for row in ones})),
            ("Places of road harm", len(roads)),
            ("Months", _all_months(stations, stops) or None),
            ("Passengers", listed(sorted({str(row["entries_exits_source"]) for row in rows if row["entries_exits_source"]}))),
        ],
    )  # fmt: skip
    out = [row for row in rows if row["is_hotspot"]]
    busy = _listed_once(stops)
    fill = "none" if scope.outline.geom_type.endswith("LineString") else "#0b5394"
    layers = [Drawn("Scope", [scope.outline], fill=fill, line="#0b5394")]
    for words, shown, colour in (
        ("Stations", [row for row in rows if not row["is_hotspot"]], "#6b7782"),
        ("Stops at 3 times the mean", busy, "#1b7f79"),
        ("Road harm", roads, "#9a5b00"),
        ("Stations that stand out", out, "#b3123c"),
    ):
        if shown:
            points = [row["geometry"].centroid for row in shown]
            names = [row["name"] for row in shown] if colour == "#b3123c" and len(shown) <= 12 else ()
            layers.append(Drawn(words, points, fill=colour, line=colour, names=names))
    drawn = place_map(layers, ground=basis.ground, label=f"Map of {scope.name}", around=0.06)
    said = f"North is up. Places are approximate: say “around”, never “at”. {source_words(basis)}"
    return Section("Scope", ("scope",), (about, Picture(drawn, said)))


def _all_months(
    stations: Mapping[str, Sequence[Mapping[str, Any]]], stops: Mapping[str, Sequence[Mapping[str, Any]]]
) -> str:
    """The months of what is counted inside, on the way and around stops."""
    told = {
        "Inside": months_words(stations),
        "On the way": months_words(stations, prefix="approach_"),
        "Around stops": months_words(stops),
    }
    return "; ".join(f"{where}, {months}" for where, months in told.items() if months)


def _listed_once(stops: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Clusters on the list of any theme, each once."""
    found = {row["cluster_id"]: row for ones in stops.values() for row in ones if row["is_hotspot"]}
    return [found[key] for key in sorted(found)]


def _ranked(stations: dict[str, list[dict[str, Any]]]) -> Section:
    main = _main(stations)
    if main is None:
        why = "The release has no stations with incidents of the transport police for this reader."
        return Section("Stations by rate", ("ranked",), (Blank("Ranked list", why, "ranked", 2),), starts_page=True)
    rows = sorted(stations[main], key=lambda row: (row["rate"] is None, -(row["rate"] or 0), row["name"]))
    table = tuple(
        (row["name"], row["mode"], row["entries_exits"], counted(row["incidents_band"]), _rounded(row["rate_observed"]), _rounded(row["rate"]),
         interval(row["rate_low"], row["rate_high"], 1), ranked(row["rank"], row["rank_low"], row["rank_high"]), "yes" if row["is_hotspot"] else "no")
        for row in rows
        if row["rate"] is not None
    )  # fmt: skip
    silent = sorted(
        (row for row in rows if row["rate"] is None), key=lambda row: (-(row["incidents"] or 0), row["name"])
    )
    without = tuple((row["name"], counted(row["incidents_band"]), row["why"] or row["caution"] or "Its count is hidden.")
                    for row in silent)  # fmt: skip
    head = ("Station", "Mode", "Entries and exits a year", "Incidents", "Rate as it is", "Shrunken rate", "90 % interval",
            "Rank in its mode (range)", "Stands out")  # fmt: skip
    charted = [row for row in rows if row["rate"] is not None][:15]
    parts: list[Part] = [
        Words(
            f"{noun(main)}. Rates are per million entries and exits; the shrunken rate leans towards what stations of the "
            "mode have in general, the more so the fewer passengers. Stations whose ranges overlap are not in an order. Modes are "
            "named as the source of passengers names them."
        ),
        Table(
            "Stations",
            f"Stations with a rate{months_in_caption(rows)}, the highest shrunken rate first",
            head,
            table,
            shown=SHOWN,
        ),
    ]
    if charted:
        median = charted[0]["mode_median"] if len({row["mode"] for row in charted}) == 1 else None
        drawn = intervals(
            [(row["name"], row["rate"], row["rate_low"], row["rate_high"]) for row in charted],
            label="Shrunken rates with their 90 % intervals",
            reference=median,
        )
        line = " Broken line: middle of the mode." if median is not None else ""
        parts.append(Picture(drawn, f"Shrunken rate and 90 % interval, per million entries and exits.{line}"))
    parts.append(
        Table("No rate", "Stations without a rate, and why", ("Station", "Incidents", "Why"), without, shown=SHOWN)
    )
    return Section("Stations by rate", ("ranked",), tuple(parts), starts_page=True)


def _months_note(told: str) -> tuple[Words, ...]:
    return (Words(f"Months: {told}.", is_note=True),) if told else ()


def _rounded(value: float | None) -> str | None:
    return None if value is None else number(value, 1)


def _inside(stations: dict[str, list[dict[str, Any]]], stops: dict[str, list[dict[str, Any]]]) -> Section:
    """Inside, on the way and around stops, theme by theme: three recorders, three columns, no sum."""
    themes = [theme for theme in stations if any(_has_any(row) for row in stations[theme])]
    names = {row["station_id"]: row["name"] for ones in stations.values() for row in ones}
    of = {theme: {row["station_id"]: row for row in stations[theme]} for theme in themes}
    order = sorted(names, key=lambda one: (-_busiest(of, themes, one), names[one]))
    head = ("Station", *(f"{kind}: {label(theme).lower()}" for theme in themes for kind in ("inside", "on the way")))
    rows: list[tuple[Cell, ...]] = []
    for id in order:
        cells: list[Cell] = []
        for theme in themes:
            row = of[theme].get(id, {})
            cells += [counted(row.get("incidents_band")), _band(row.get("approach_incidents"), row)]
        rows.append((names[id], *cells))
    used = [place for place in range(1, len(head)) if any(row[place] is not None for row in rows)]
    kept = (0, *used)
    clusters = tuple(
        (label(theme), len(ones), sum(bool(row["is_hotspot"]) for row in ones)) for theme, ones in stops.items() if ones
    )
    parts: tuple[Part, ...] = (
        Words(
            "Inside: what the transport police recorded at the station. On the way: what the street police recorded within 400 m, "
            "each at its nearest station. Around stops: street incidents within 50 m. The three are never added."
        ),
        Table("Inside and approach", "Inside and on the way, by station and theme", tuple(head[one] for one in kept),
              tuple(tuple(row[one] for one in kept) for row in rows), shown=SHOWN),
        Table("Stops by theme", "Around stops", ("Theme", "Clusters with incidents", "At three times the mean or more"), clusters),
        *_months_note(_all_months(stations, stops)),
    )  # fmt: skip
    return Section("Inside, on the way, around stops", ("inside", "themes"), parts, starts_page=True)


def _has_any(row: Mapping[str, Any]) -> bool:
    return row["incidents_band"] is not None or row["approach_incidents"] is not None


def _busiest(of: Mapping[str, Mapping[str, Mapping[str, Any]]], themes: Sequence[str], id: str) -> int:
    return max((of[theme].get(id, {}).get("incidents") or 0 for theme in themes), default=0)


def _band(count: int | None, row: Mapping[str, Any]) -> str | None:
    """A count of the approach: 1 to 4 are hidden there, and a station that is not counted has no window."""
    if count is not None:
        return f"{count:,}"
    return BAND_HIDDEN if row.get("approach_window_start") else None


def _around_stops(stops: dict[str, list[dict[str, Any]]]) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for theme, ones in stops.items():
        told = sorted(
            (row for row in ones if row["ratio"] is not None), key=lambda row: (-row["ratio"], row["cluster_id"])
        )
        rows += [
            (row["name"], label(theme), counted(row["incidents_band"]), row["stops"], number(row["ratio"], 1), interval(row["ratio_low"], row["ratio_high"], 1),
             "yes" if row["is_hotspot"] else "no")
            for row in told[:200]
        ]  # fmt: skip
    rows.sort(key=lambda row: (row[6] == "no", -float(str(row[4]).replace(",", ""))))
    head = ("Around", "Theme", "Incidents within 50 m", "Number of stops", "Times the mean of all clusters", "90 % interval", "Listed")  # fmt: skip
    parts: tuple[Part, ...] = (
        Words(
            "By area, not by passenger: nobody counts passengers stop by stop here. Listed: at least three times the mean."
        ),
        *_months_note(months_words(stops)),
        Table("Stops", "Clusters of stops, the listed ones first", head, tuple(rows), shown=SHOWN),
    )
    return Section("Around stops", ("inside",), parts)


def _routes(basis: Basis, scope: Scope) -> Section:
    rows: list[tuple[Cell, ...]] = []
    routes = _rows(basis, scope, ROUTES)
    for theme, ones in routes.items():
        for row in ones:
            if row["ratio"] is None:
                continue
            busiest = listed(list(dict.fromkeys(filter(None, (row["busiest_from"], row["busiest_to"])))), "to")
            rows.append((row["name"], label(theme), row["counts_of"], counted(row["incidents_band"]), _rounded(row["per_km"]), number(row["ratio"], 1),
                         interval(row["ratio_low"], row["ratio_high"], 1), busiest))  # fmt: skip
    rows.sort(key=lambda row: (-float(str(row[5]).replace(",", "")), str(row[0]), str(row[1])))
    if not rows:
        why = "No routes were given to this release, or its points are too coarse to be counted along them."
        return Section("Routes and lines", ("inside",), (Words(why),))
    head = (
        "Route",
        "Theme",
        "Counted",
        "Incidents, whole course",
        "Per km",
        "Times the mean",
        "90 % interval",
        "Busiest kilometre",
    )
    parts: tuple[Part, ...] = (Table("Routes", "Routes through the scope, over their whole course", head, tuple(rows), shown=SHOWN),
             Words("Routes share streets: these rows are never added.", is_note=True),
             *_months_note(months_words(routes)))  # fmt: skip
    return Section("Routes and lines", ("inside",), parts)


def _shapes(
    scope: Scope,
    stations: dict[str, list[dict[str, Any]]],
    stops: dict[str, list[dict[str, Any]]],
    roads: list[dict[str, Any]],
) -> tuple[Shape, ...]:
    main = _main(stations) or ""
    found = [Shape("scope", "scope", scope.shape, {"name": scope.name})]
    keep = ("name", "incidents_band", "is_hotspot")
    of_station = (
        *keep,
        "mode",
        "entries_exits",
        "rate_observed",
        "rate",
        "rate_low",
        "rate_high",
        "approach_incidents",
        "why",
    )
    of_stops = (*keep, "stops", "ratio", "ratio_low", "ratio_high")
    of_road = ("name", "incidents_band", "months", "chance_share", "also_listed")
    for row in stations.get(main, []):
        about = {"theme": main, **{name: row[name] for name in of_station}}
        found.append(Shape(f"station-{row['station_id']}", "station", row["geometry"], about))
    for theme, ones in stops.items():
        for row in ones:
            about = {"theme": theme, **{name: row[name] for name in of_stops}}
            found.append(Shape(f"stops-{row['cluster_id']}-{theme}", "stops", row["geometry"], about))
    for row in roads:
        about = {name: row[name] for name in of_road}
        found.append(Shape(f"road-harm-{row['cluster_id']}", "road harm", row["geometry"], about))
    return tuple(found)
