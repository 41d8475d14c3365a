"""The command `walks`: sheets to take along, records of what people saw, and what came of it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from geo_safety.cli_options import (
    EXIT_DONE,
    RELEASES_HELP,
    add_actions,
    add_json,
    add_state_folder,
    answer,
    state_folder,
)

LIGHTS = ("day", "twilight", "dark")


def add_walk_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `walks`."""
    parser = command("walks", _list, "walk sheets, records of Women's Safety Audits, and what is still to be done")
    actions = (
        ("sheet", _sheet, "write the sheet of a place, to print and take along"),
        ("form", _form, "write the record of a walk as a form to fill in (JSON)"),
        ("add", _add, "keep the record of a walk"),
        ("list", _list, "list the walks that are kept"),
        ("compare", _compare, "the last two walks of a place in the same light, side by side"),
        ("actions", _actions, "what is still to be done, and who owns it"),
        ("action", _action, "say how far an action of a walk is"),
        ("remove", _remove, "forget the record of a walk"),
        ("nominate", _nominate, "keep a place that the community named: one in five of the list is theirs"),
        ("nominations", _nominations, "list the places that the community named"),
        ("forget", _forget, "take a nomination back"),
    )
    for name, action in add_actions(parser, actions):
        action.add_argument("releases", type=Path, metavar="RELEASES", help=RELEASES_HELP)
        if name in ("sheet", "form", "compare", "forget"):
            action.add_argument(
                "place", metavar="PLACE", help="place_id, of the layer wsa-shortlist or of a nomination"
            )
        if name == "nominate":
            action.add_argument(
                "--name", required=True, metavar="N", help="a street, a stop, a park; no house, no person"
            )
            action.add_argument("--type", required=True, metavar="KIND", help="such as 'park edge'")
            action.add_argument("--at", required=True, type=_point, metavar="LAT,LON", help="WGS84; --at=LAT,LON")
            action.add_argument("--by", required=True, metavar="WHO", help="organisation that passes it on")
        if name in ("sheet", "form"):
            action.add_argument("out", type=Path, metavar="OUT", help="file to write")
            action.add_argument(
                "--date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="of the walk (default today)"
            )
        if name == "add":
            action.add_argument("file", type=Path, metavar="FILE.json", help="record, as `walks form` prepares it")
        if name in ("action", "remove"):
            action.add_argument("id", metavar="ID", help="as `walks list` shows it")
        if name == "action":
            action.add_argument("number", type=int, metavar="N", help="the action's number, from 1")
            action.add_argument(
                "state_of_it",
                choices=("open", "done", "dropped"),
                metavar="open|done|dropped",
                help="what became of it",
            )
        if name == "list":
            action.add_argument("--place", metavar="PLACE", help="of this place only")
        if name == "compare":
            action.add_argument("--light", choices=LIGHTS, default="dark", help="default dark")
        add_state_folder(action)
        add_json(action)


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _sheet(options: argparse.Namespace) -> int:
    from geo_safety.nominations import nominations
    from geo_safety.release import current
    from geo_safety.view import View
    from geo_safety.walk_sheet import place_named, walk_sheet

    release = current(options.releases)
    view = View(release)
    ground = json.loads(release.base_map())["features"]
    found = place_named(view, options.place, named=nominations(state_folder(options)))
    html = walk_sheet(found, date=options.date or _today(), manifest=view.manifest, ground=ground)
    _write(options.out, html)
    answer(
        options,
        {"place": options.place, "file": str(options.out)},
        f"{options.out}: the sheet of {found.place.name}. Open it in any browser and print it on A4.",
    )
    return EXIT_DONE


def _form(options: argparse.Namespace) -> int:
    from geo_safety.nominations import nominations
    from geo_safety.release import current
    from geo_safety.view import View
    from geo_safety.walk_sheet import place_named
    from geo_safety.walks import blank_entry

    named = nominations(state_folder(options))
    place = place_named(View(current(options.releases)), options.place, named=named).place
    form = blank_entry(place, date=options.date or _today())
    _write(options.out, json.dumps(form, indent=1, ensure_ascii=False) + "\n")
    answer(options, form, f"{options.out}: fill in the ratings (0 to 3, or null), then: geo-safety walks add")
    return EXIT_DONE


def _write(path: Path, text: str) -> None:
    from geo_safety.errors import OutputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}).", "Choose another place.") from None


def _add(options: argparse.Namespace) -> int:
    from geo_safety.errors import WalkError
    from geo_safety.nominations import nominations
    from geo_safety.release import current
    from geo_safety.view import View
    from geo_safety.walk_sheet import place_named
    from geo_safety.walks import add_walk, read_entry

    try:
        document = json.loads(options.file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise WalkError(
            f"{options.file} cannot be read as JSON ({error}).", "Start from `geo-safety walks form`."
        ) from None
    entry = read_entry(document)
    named = nominations(state_folder(options))
    place = place_named(View(current(options.releases)), entry.place_id, named=named).place
    kept = add_walk(state_folder(options), entry, place)
    light = {"day": "by daylight", "twilight": "in twilight", "dark": "in the dark"}[kept["light"]]
    answer(options, kept, f"Kept as {kept['id']}: {place.name}, walked {light} on {kept['date']}.")
    return EXIT_DONE


def _list(options: argparse.Namespace) -> int:
    from geo_safety.walks import walks

    rows = walks(state_folder(options), place_id=options.place)
    lines = [
        f"{row['id']}  {row['date']}  {row['light']:8}  {row['people']:3} people  "
        f"{sum(one['state'] == 'open' for one in row['actions'])} open  {row['name']}"
        + (f"  (again on {row['re_audit']})" if row["re_audit"] else "")
        for row in rows
    ]
    answer(options, {"walks": rows}, "\n".join(lines) or "No walk is kept.")
    return EXIT_DONE


def _compare(options: argparse.Namespace) -> int:
    from geo_safety.walks import compare_latest

    found = compare_latest(state_folder(options), options.place, options.light)
    lines = [f"{found['name']}, {found['light']}: {found['before']['date']} and {found['after']['date']}"]
    lines += [
        f"  {row['name']:18} {_mark(row['before'])} → {_mark(row['after'])}  {row['in_words']}"
        for row in found["factors"]
    ]
    if found["mean_before"] is not None:
        lines.append(f"  mean of {found['rated_both_times']}: {found['mean_before']} → {found['mean_after']}")
    answer(options, found, "\n".join([*lines, found["how"]]))
    return EXIT_DONE


def _mark(value: int | None) -> str:
    return "-" if value is None else str(value)


def _actions(options: argparse.Namespace) -> int:
    from geo_safety.walks import open_actions, walks

    rows = open_actions(walks(state_folder(options)))
    lines = [
        f"{row['due'] or 'no date':10}  {row['owner']}: {row['what']}  ({row['place']}, {row['walk']} no. {row['number']})"
        for row in rows
    ]
    answer(options, {"actions": rows}, "\n".join(lines) or "Nothing is open.")
    return EXIT_DONE


def _action(options: argparse.Namespace) -> int:
    from geo_safety.walks import set_action

    done: dict[str, Any] = set_action(state_folder(options), options.id, options.number, options.state_of_it)
    answer(options, done, f"{done['what']}: {done['state']}.")
    return EXIT_DONE


def _remove(options: argparse.Namespace) -> int:
    from geo_safety.walks import remove_walk

    remove_walk(state_folder(options), options.id)
    answer(options, {"removed": options.id}, f"{options.id} is forgotten.")
    return EXIT_DONE


def _point(text: str) -> tuple[float, float]:
    """Latitude and longitude, for argparse."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("give latitude and longitude, such as 51.5074,-0.1278") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise argparse.ArgumentTypeError("this is not on the globe")
    return latitude, longitude


def _nominate(options: argparse.Namespace) -> int:
    from geo_safety.nominations import nominate
    from geo_safety.release import current
    from geo_safety.view import View

    latitude, longitude = options.at
    kept = nominate(
        state_folder(options),
        View(current(options.releases)),
        name=options.name,
        type=options.type,
        longitude=longitude,
        latitude=latitude,
        by=options.by,
    )
    answer(options, kept, f"Kept as {kept['place_id']}: {kept['name']}. Its sheet: geo-safety walks sheet.")
    return EXIT_DONE


def _nominations(options: argparse.Namespace) -> int:
    from geo_safety.nominations import nominations

    rows = nominations(state_folder(options))
    lines = [
        f"{row['place_id']}  {row['type']:16}  {row['name']}, {row['borough_name'] or '-'}  (by {row['by']})"
        for row in rows
    ]
    answer(options, {"nominations": rows}, "\n".join(lines) or "No place is named.")
    return EXIT_DONE


def _forget(options: argparse.Namespace) -> int:
    from geo_safety.nominations import forget

    forget(state_folder(options), options.place)
    answer(options, {"forgotten": options.place}, f"{options.place} is no nomination any more.")
    return EXIT_DONE
