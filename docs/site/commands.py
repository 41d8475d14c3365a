"""The page of commands: every command with its arguments and options, from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

from markdown_text import anchor, table

from geo_safety.cli import _parser


class Command(NamedTuple):
    """One command: its words, what it does, and what it takes."""

    words: str
    does: str
    takes: list[argparse.Action]


def commands() -> Iterator[Command]:
    """Every command that can be typed; a command that needs an action stands once for each."""
    yield from _below(_parser(), "geo-safety")


def _below(parser: argparse.ArgumentParser, words: str) -> Iterator[Command]:
    own = [one for one in parser._actions if not isinstance(one, argparse._SubParsersAction | argparse._HelpAction)]
    nested = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if own or not nested:
        yield Command(words, parser.description or "", own)
    for one in nested:
        for name, sub in one.choices.items():
            yield from _below(sub, f"{words} {name}")


def commands_page() -> str:
    """Markdown of the page."""
    parts = [
        "# Commands\n",
        (
            "Every command with all that it takes, from the program's own parser; `geo-safety COMMAND --help` says the same."
            " `python -m geo_safety` is another name of the program.\n"
        ),
        "Exit codes: 0 done; 1 you can mend it, and the message says how; 2 wrong usage; 70 our fault.\n",
    ]
    for one in commands():
        parts.append(f"({anchor('command', one.words)})=\n\n## {one.words}\n\n{_sentence(one.does)}\n")
        if one.takes:
            parts.append(
                table(("argument or option", "meaning"), [(_spelled(take), _means(take)) for take in one.takes])
            )
    return "\n".join(parts)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")


def _spelled(take: argparse.Action) -> str:
    name = take.metavar if isinstance(take.metavar, str) else take.dest.upper()
    if not take.option_strings:
        return f"`{name}`" if take.nargs not in ("?", "*") else f"`[{name}]`"
    value = "" if take.nargs == 0 else f" {name}"
    return ", ".join(f"`{option}{value}`" for option in take.option_strings)


def _means(take: argparse.Action) -> str:
    notes = [take.help or ""]
    if take.choices:
        notes.append("(" + ", ".join(f"`{choice}`" for choice in take.choices) + ")")
    if take.required and take.option_strings:
        notes.append("(must be given)")
    return " ".join(notes)
