"""What the commands share: options of one meaning, and how a command answers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from geo_safety.errors import ConfigError

EXIT_DONE = 0
RELEASES_HELP = "folder of releases"

Run = Callable[[argparse.Namespace], int]
"""What a command does; returns the exit code."""


def add_actions(
    parser: argparse.ArgumentParser, actions: Iterable[tuple[str, Run, str]]
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Add the actions of a command, such as `keys make`: each one's name and parser, to be given its options.

    Parameters
    ----------
    actions : iterable of (str, callable, str)
        Name, what it does, and its help.
    """
    added = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, help in actions:
        action = added.add_parser(name, help=help, description=help)
        action.set_defaults(command=run)
        yield name, action


def add_releases_folder(parser: argparse.ArgumentParser) -> None:
    """Add the folder of releases, for commands that go without."""
    parser.add_argument(
        "releases",
        nargs="?",
        type=Path,
        default=Path("releases"),
        metavar="RELEASES",
        help=f"{RELEASES_HELP} (default releases)",
    )


def add_state_folder(parser: argparse.ArgumentParser) -> None:
    """Add `--state`; see `state_folder`."""
    parser.add_argument("--state", type=Path, metavar="DIR", help="folder of keys and logs (default RELEASES/.state)")


def state_folder(options: argparse.Namespace) -> Path:
    """Where keys and logs are kept."""
    state: Path = options.state or options.releases / ".state"
    return state


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`; see `answer`."""
    parser.add_argument("--json", action="store_true", help="machine-readable result on stdout")


def answer(options: argparse.Namespace, result: dict[str, Any], text: str) -> None:
    """Print a result: for machines with `--json`, else for people."""
    if options.json:
        print_json(result)
    else:
        print(text)


def print_json(result: dict[str, Any]) -> None:
    """Print a result for machines."""
    print(json.dumps(result, ensure_ascii=False, indent=1, default=str))


def at_least_one(text: str) -> int:
    """A whole number of 1 or more, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give 1 or more")
    return number


def borough_codes(releases: Path, wanted: Sequence[str]) -> list[str]:
    """Codes of boroughs given by code or name; a typing error would be a key that opens nothing."""
    from geo_safety.release import current

    if not wanted:
        return []
    release = current(releases)
    if "boroughs" not in release.layers:
        raise ConfigError(
            f"Release {release.release_id} has no layer of boroughs.",
            'Add [[boundaries]] with `layer = "boroughs"` to the config, and run again.',
        )
    table = release.table("boroughs", access="internal", columns=["zone_id", "name"])
    code_of = {
        name.casefold(): code
        for code, name in zip(*(table[c].to_pylist() for c in table.column_names), strict=True)
        if name
    }
    code_of |= {code.casefold(): code for code in table["zone_id"].to_pylist()}
    unknown = [name for name in wanted if name.casefold() not in code_of]
    if unknown:
        raise ConfigError(
            f"There is no borough {', '.join(map(repr, unknown))}.",
            f"There are: {', '.join(sorted(set(code_of.values())))}.",
        )
    return [code_of[name.casefold()] for name in wanted]
