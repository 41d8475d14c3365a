"""Commands about access: `keys` and `audit`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, date, datetime

from geo_safety.cli_options import (
    EXIT_DONE,
    add_actions,
    add_json,
    add_releases_folder,
    add_state_folder,
    answer,
    at_least_one,
    borough_codes,
    state_folder,
)


def add_access_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `keys` and `audit`."""
    _keys_commands(command("keys", _keys_list, "make, list and revoke keys of partners and internal readers"))
    audit = command("audit", _audit, "who read what with a key: the audit log")
    add_releases_folder(audit)
    add_state_folder(audit)
    audit.add_argument("--key", metavar="ID", help="reads with this key only")
    audit.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="reads from this day on")
    audit.add_argument("--json", action="store_true", help="one JSON object a line on stdout")


def _keys_commands(parser: argparse.ArgumentParser) -> None:
    actions = (
        ("make", _keys_make, "make a key and show it, this once"),
        ("list", _keys_list, "list all keys: whose, for what, until when, last used"),
        ("revoke", _keys_revoke, "take a key back at once"),
    )
    for name, action in add_actions(parser, actions):
        if name == "revoke":
            action.add_argument("id", metavar="ID", help="as `keys list` shows it")
        add_releases_folder(action)
        if name == "make":
            action.add_argument("--name", required=True, metavar="WHO", help="whom it is for; shown in `keys list`")
            action.add_argument(
                "--class", dest="access", required=True, choices=("partner", "internal"), help="class of readers"
            )
            action.add_argument(
                "--borough", action="append", default=[], metavar="B", help="code or name; once for each of a partner's"
            )
            action.add_argument("--days", type=at_least_one, default=90, metavar="N", help="valid so long (default 90)")
        add_state_folder(action)
        add_json(action)


def _keys_make(options: argparse.Namespace) -> int:
    from geo_safety.keys import make_key

    key, token = make_key(
        state_folder(options),
        name=options.name,
        access=options.access,
        boroughs=borough_codes(options.releases, options.borough),
        days=options.days,
        now=datetime.now(UTC),
    )
    boroughs = sorted(key.reader.boroughs)
    result = {
        "id": key.id,
        "key": token,
        "class": options.access,
        "boroughs": boroughs,
        "expires": key.expires.isoformat(),
    }
    text = f"{token}\n\nThis is the only time that the key is shown; only its hash is kept. Pass it on by a safe way.\n"
    text += f"Id {key.id}, for {key.name}, class {options.access}, until {key.expires:%Y-%m-%d}."
    if boroughs:
        text += f" Boroughs: {', '.join(boroughs)}."
    answer(options, result, text)
    return EXIT_DONE


def _keys_list(options: argparse.Namespace) -> int:
    from geo_safety.keys import list_keys

    now = datetime.now(UTC)
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "class": key.reader.access,
            "boroughs": sorted(key.reader.boroughs),
            "state": key.state(now),
            "made": f"{key.made:%Y-%m-%d}",
            "expires": f"{key.expires:%Y-%m-%d}",
            "last_used": None if key.last_used is None else f"{key.last_used:%Y-%m-%d %H:%M}",
        }
        for key in list_keys(state_folder(options))
    ]
    lines = [
        f"{row['id']}  {row['state']:7}  {row['class']:8}  until {row['expires']}  last used {row['last_used'] or 'never':16}  "
        f"{row['name']}  {' '.join(row['boroughs'])}".rstrip()  # type: ignore[arg-type]
        for row in rows
    ]
    answer(options, {"keys": rows}, "\n".join(lines) or "There are no keys.")
    return EXIT_DONE


def _keys_revoke(options: argparse.Namespace) -> int:
    from geo_safety.keys import revoke_key

    key = revoke_key(state_folder(options), options.id, now=datetime.now(UTC))
    answer(options, {"id": key.id, "state": "revoked"}, f"{key.id} ({key.name}) opens nothing any more.")
    return EXIT_DONE


def _audit(options: argparse.Namespace) -> int:
    from geo_safety.audit import read_audit

    for one in read_audit(state_folder(options), key=options.key, since=options.since):
        if options.json:
            print(json.dumps(one, ensure_ascii=True))
        else:
            told = {name: one.get(name) for name in ("path", "area", "filter")}
            print(f"{one['time']}  {one['key']}  {one['class']}  {one['status']}  rows {one['rows']}  "
                  f"suppressed {one['suppressed']}  {json.dumps(told)}")  # fmt: skip
    return EXIT_DONE
