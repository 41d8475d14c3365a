"""The command `subscriptions`: who is told when a place has stayed high."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geo_safety.cli_options import (
    EXIT_DONE,
    RELEASES_HELP,
    add_actions,
    add_json,
    add_state_folder,
    answer,
    borough_codes,
    state_folder,
)
from geo_safety.errors import ConfigError


def add_subscription_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `subscriptions`."""
    parser = command("subscriptions", _list, "who is told when a place has stayed high for three steps")
    actions = (
        ("add", _add, "tell an address (a webhook) of each new place, once"),
        ("list", _list, "list all subscriptions"),
        ("remove", _remove, "take a subscription back"),
        ("send", _send, "tell everybody what they were not told yet; run it after `geo-safety run`"),
    )
    for name, action in add_actions(parser, actions):
        action.add_argument("releases", type=Path, metavar="RELEASES", help=RELEASES_HELP)
        if name == "add":
            action.add_argument("url", metavar="URL", help="address that takes the messages (http or https)")
            action.add_argument("--theme", action="append", default=[], metavar="T", help="once for each; default all")
            action.add_argument("--borough", metavar="B", help="code or name")
        if name == "remove":
            action.add_argument("id", metavar="ID", help="as `subscriptions list` shows it")
        add_state_folder(action)
        add_json(action)


def _add(options: argparse.Namespace) -> int:
    from geo_safety.release import current
    from geo_safety.subscriptions import subscribe

    known = current(options.releases).themes
    if wrong := [theme for theme in options.theme if theme not in known]:
        raise ConfigError(f"There is no theme {', '.join(wrong)}.", f"There are: {', '.join(known)}.")
    boroughs = borough_codes(options.releases, [options.borough] if options.borough else [])
    made = subscribe(
        state_folder(options), options.url, themes=options.theme, borough=boroughs[0] if boroughs else None
    )
    answer(
        options,
        {"id": made.id, "secret": made.secret},
        f"{made.secret}\n\nMessages are signed with this secret; it is shown this once. Id {made.id}.",
    )
    return EXIT_DONE


def _list(options: argparse.Namespace) -> int:
    from geo_safety.subscriptions import subscriptions

    rows: list[dict[str, Any]] = [
        {"id": one.id, "host": urlsplit(one.url).hostname, "themes": list(one.themes), "borough": one.borough,
         "told": len(one.told)}
        for one in subscriptions(state_folder(options))
    ]  # fmt: skip
    lines = [
        f"{row['id']}  {row['host']}  {', '.join(row['themes']) or 'all themes'}  {row['borough'] or 'everywhere'}  "
        f"told of {row['told']}"
        for row in rows
    ]
    answer(options, {"subscriptions": rows}, "\n".join(lines) or "There are none.")
    return EXIT_DONE


def _remove(options: argparse.Namespace) -> int:
    from geo_safety.subscriptions import unsubscribe

    unsubscribe(state_folder(options), options.id)
    answer(options, {"removed": options.id}, f"{options.id} is told no more.")
    return EXIT_DONE


def _send(options: argparse.Namespace) -> int:
    from geo_safety.release import current
    from geo_safety.subscriptions import send
    from geo_safety.view import View

    told = send(View(current(options.releases)), state_folder(options))
    text = "\n".join(f"{id}: {count} areas" for id, count in told.items())
    answer(options, {"told": told}, text or "Nothing new.")
    return EXIT_DONE
