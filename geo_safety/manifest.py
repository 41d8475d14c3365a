"""What a release says about itself: sources, accounting, windows, settings, software.

Everything here is a pure function of what was read and counted; no clock, no host, no path of the
machine that made it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo_safety.boundaries import Zones
from geo_safety.catalogue import BoundarySet, recognise
from geo_safety.counted import Counted, Place, recording_of, same_incidents
from geo_safety.cube import Coverage, Cube, Window, stays_away
from geo_safety.hotspots import Judgement
from geo_safety.incidents import Feed
from geo_safety.months import month_ranges, month_text
from geo_safety.schema import is_true
from geo_safety.settings import Settings
from geo_safety.software import software
from geo_safety.statistics import RULES_VERSION

METHOD_VERSION = f"2026.1.{RULES_VERSION}"
"""Version of the rules that make a hotspot; it changes whenever the same counts could give another list."""

BUCKETS = ("superseded", "quarantined", "repeated", "unlocated", "outside", "accepted")
"""What can become of a row, in the order in which it is decided; they add up to `rows_read`."""

TOTALS = ("rows_read", *BUCKETS, "unused", "incidents")


def make_manifest(
    counted: Counted,
    judged: Mapping[str, Mapping[str, Judgement]],
    *,
    reliability: Sequence[Mapping[str, Any]] = (),
    calibration: Mapping[str, Any] | None = None,
    harm: Mapping[str, Any] | None = None,
    areas: Mapping[str, Any] | None = None,
    products: Mapping[str, Any] | None = None,
    checks: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The manifest but for what only writing knows: the release's id, the layers and their files.

    Parameters
    ----------
    counted : Counted
        What was read and counted.
    judged : mapping of layer to theme to Judgement
        What the hotspot rule made of it.
    reliability : sequence of mapping
        Rows of `reliability.reliability_rows`.
    calibration : mapping, optional
        What `calibrate` found for the same settings.
    harm : mapping, optional
        What `harm.harm_summary` says of the weights.
    areas : mapping, optional
        What `area_life.follow` says became of the areas of the release before.
    products : mapping, optional
        What `products.make_products` says of each product, and why one was not made.
    checks : mapping, optional
        What `release_checks.release_checks` says of the lists.
    context : mapping, optional
        What `borough_context.borough_context` says of each borough's residents; of public figures, so for everybody.
    """
    settings, study = counted.settings, counted.place.study
    first = min((one.first_month for one in counted.coverages), default=0)
    return {
        "method_version": METHOD_VERSION,
        "study": {
            "name": settings.name,
            "themes": [one.theme for one in counted.coverages],
            "window_months": settings.window_months,
            "area_km2": round(study.area_km2, 6),
            "bounds": [round(bound, 7) for bound in shapely.bounds(study.outline).tolist()],
        },
        "months": {
            "first": month_text(first),
            "last": last_month(counted),
            "missing": missing_months(counted),
            "counted_as_zero": [text for feed in counted.feeds for text in _zeros_worth_saying(feed)],
        },
        "sources": (sources := [source_summary(feed) for feed in counted.feeds]),
        "accounting": accounting(sources),
        "themes": {one.theme: theme_summary(one, counted, judged) for one in counted.coverages},
        "boundaries": _boundaries(counted.place),
        "crosswalks": [move.as_json() for move in counted.moves],
        "denominators": {
            layer: {name: one.as_json() for name, one in figures.items()}
            for layer, figures in counted.denominators.items()
        },
        "rules": _rules(settings),
        "reliability": list(reliability),
        "calibration": None if calibration is None else dict(calibration),
        "harm": None if harm is None else dict(harm),
        "areas": None if areas is None else dict(areas),
        "products": dict(products or {}),
        "checks": None if checks is None else dict(checks),
        "context": dict(context or {}),
        "settings": json.loads(json.dumps(settings.as_written, default=str)),
        "attribution": _attribution(counted),
        "software": software(),
    }


def _rules(settings: Settings) -> dict[str, Any]:
    """What makes a hotspot in this release."""
    rules = settings.hotspots
    return {
        "alpha": rules.alpha,
        "level": rules.level,
        "minimum": dict(rules.minimum),
        "layer": settings.area_layer,
        "exposure": rules.exposure,
        "exposure_level": rules.exposure_level,
        "dialect": rules.dialect,
        "global_window": rules.global_window,
    }


def _boundaries(place: Place) -> list[dict[str, Any]]:
    """Where the zones of each layer come from and what was done to them; those that make no layer last."""
    return [
        {
            "layer": zones.layer,
            "vintage": zones.vintage,
            "is_shown": is_shown,
            "zones": len(zones),
            "columns": None if zones.columns is None else zones.columns.as_json(),
            "catalogue": None if (known := _known_set(zones)) is None else known.id,
            "notes": list(zones.notes),
        }
        for is_shown, drawn in ((True, place.layers.values()), (False, place.drawings))
        for zones in drawn
    ]


def _known_set(zones: Zones) -> BoundarySet | None:
    """Which set of the catalogue these zones are, if they come from a file."""
    if zones.columns is None:
        return None
    return recognise(zones.zone_id, zones.name, column=str(zones.columns.code.value))


def _attribution(counted: Counted) -> list[str]:
    """Whom every output names: as the config and the kinds of feeds say, and the publishers of known boundaries."""
    drawn = (*counted.place.layers.values(), *counted.place.drawings)
    known = [found.attribution for zones in drawn if (found := _known_set(zones)) is not None and found.attribution]
    return list(dict.fromkeys([*counted.settings.attribution, *known]))


def last_month(counted: Counted) -> str:
    """The last month of any theme's window, such as `2025-12`; without windows the first month of all."""
    ends = [one.window.end for one in counted.coverages if one.window is not None]
    return month_text(max(ends or [one.first_month for one in counted.coverages], default=0))


def missing_months(counted: Counted) -> dict[str, dict[str, list[str]]]:
    """Gaps by feed and theme."""
    found: dict[str, dict[str, list[str]]] = {}
    for coverage in counted.coverages:
        for feed, months in coverage.missing.items():
            found.setdefault(feed, {})[coverage.theme] = [month_text(month) for month in months.tolist()]
    return found


def _zeros_worth_saying(feed: Feed) -> Iterator[str]:
    presence = feed.presence
    away = stays_away(presence.rows, presence.has_file)
    for unit, category in np.argwhere(away.any(axis=1)).tolist():
        months = month_ranges(np.flatnonzero(away[unit, :, category]) + presence.first_month)
        yield f"{feed.settings.name}: {feed.counted.categories[category]} of {presence.units[unit]} in {months}"


def source_summary(feed: Feed) -> dict[str, Any]:
    """A feed and the account of each of its files."""
    return {
        "name": feed.settings.name,
        "kind": feed.settings.kind,
        "role": feed.settings.role,
        "access": feed.settings.access,
        "files": [asdict(account) for account in feed.accounts],
    }


def theme_summary(
    coverage: Coverage, counted: Counted, judged: Mapping[str, Mapping[str, Judgement]]
) -> dict[str, Any]:
    """Window, noise, length and expected error share of a theme's lists, layer by layer."""
    window, recording = coverage.window, recording_of(coverage, counted)
    layers = {}
    for name, judgements in judged.items():
        judgement, cube = judgements[coverage.theme], counted.cubes[name, coverage.theme]
        columns = slice(0, 0) if window is None else cube.columns(window)
        layers[name] = {
            "in_no_zone": int(cube.in_no_zone[columns].sum()),
            "unlocated": int(cube.unlocated[columns].sum()),
            **_before(cube, window),
            "why_no_statistics": judgement.why_not,
            "why_no_classes": judgement.why_no_class,
            **_list_summary(judgement),
        }
    return {
        "feeds": list(coverage.feeds),
        "window": None if window is None else {"start": month_text(window.start), "end": month_text(window.end)},
        "is_complete": window is not None and window.is_complete,
        "same_incidents": list(same_incidents(coverage.theme, counted.feeds)),
        "recording": {
            "precision_m": recording.precision_m,
            "unlocated_share": round(recording.unlocated_share, 6),
            "breaks": [{"month": month_text(month), "text": text} for month, text in recording.breaks],
        },
        "layers": layers,
    }


def _before(cube: Cube, window: Window | None) -> dict[str, int | None]:
    """What lay in no zone in the window before; null where there is none."""
    before = None if window is None else cube.window_before(window)
    counts = {"in_no_zone_previous": cube.in_no_zone, "unlocated_previous": cube.unlocated}
    return {
        name: None if before is None else int(monthly[cube.columns(before)].sum()) for name, monthly in counts.items()
    }


def _list_summary(judgement: Judgement) -> dict[str, Any]:
    if judgement.dispersion is None:
        return {}
    listed = is_true(judgement.table["is_hotspot"])
    error = float((1 - judgement.table.loc[listed, "probability"]).mean()) if listed.any() else None
    return {
        "dispersion": round(judgement.dispersion.value, 3),
        "dispersion_basis": judgement.dispersion.basis,
        "hotspots": int(listed.sum()),
        "expected_error_share": None if error is None else round(error, 4),
        **_class_summary(judgement.table),
    }


def _class_summary(table: pd.DataFrame) -> dict[str, Any]:
    """Number of zones by class and tier, and of entrenched ones with their expected error share."""
    if "class" not in table:
        return {}
    entrenched = is_true(table["is_entrenched"])
    error = 1 - table.loc[entrenched, "entrenched_probability"].astype(float)
    return {
        "steps": int(table["steps"].max()),
        "classes": {str(name): int(number) for name, number in table["class"].value_counts().sort_index().items()},
        "tiers": {str(name): int(number) for name, number in table["tier"].value_counts().sort_index().items()},
        "entrenched": int(entrenched.sum()),
        "entrenched_error_share": round(float(error.mean()), 4) if entrenched.any() else None,
    }


def accounting(sources: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Totals over all files of all feeds.

    Parameters
    ----------
    sources : sequence of mapping
        The manifest's `sources`.

    Examples
    --------
    >>> one = {"files": [{"rows_read": 3, "accepted": 2, "outside": 1}]}
    >>> accounting([one, one])["rows_read"]
    6
    """
    files = [file for source in sources for file in source["files"]]
    return {name: sum(file.get(name, 0) for file in files) for name in TOTALS}


def inputs_hash(parts: Iterable[tuple[str, str]], settings: Mapping[str, Any]) -> str:
    """One hash of everything that the figures depend on.

    Parameters
    ----------
    parts : iterable of (str, str)
        Name and hash of each input file; their order does not matter.
    settings : mapping
        The configuration as written.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    content = {"files": sorted(parts), "settings": settings, "software": software(), "method": METHOD_VERSION}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def accounting_text(manifest: Mapping[str, Any]) -> str:
    """The accounting of a release as a table for people: one line a feed, and the sum.

    Parameters
    ----------
    manifest : mapping
        A release's manifest, or anything with its `sources`.
    """
    header = ("feed", *TOTALS)
    rows = [(source["name"], *_sums(source)) for source in manifest["sources"]]
    if len(rows) > 1:
        rows.append(("all feeds", *accounting(manifest["sources"]).values()))
    texts = [header, *((str(name), *(f"{number:,}" for number in numbers)) for name, *numbers in rows)]
    widths = [max(len(row[place]) for row in texts) for place in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in texts
    )


def _sums(source: Mapping[str, Any]) -> list[int]:
    return list(accounting([source]).values())
