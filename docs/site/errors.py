"""The page of errors: exit codes and exceptions of the program, problem documents of the service."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from markdown_text import table

import api
import geo_safety
from api.problems import ALL_KINDS, KINDS
from geo_safety.errors import GeoSafetyError


def exceptions() -> list[type[Exception]]:
    """Every exception class that the two packages define, by name."""
    found = {
        one
        for module in _modules()
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Exception) and one.__module__ == module.__name__
    }
    return sorted(found, key=lambda one: one.__name__)


def _modules() -> Iterator[object]:
    for package in (geo_safety, api):
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not one.name.endswith("__main__"):
                yield importlib.import_module(one.name)


def says(one: type[Exception]) -> str:
    """The first line of its docstring."""
    return (inspect.getdoc(one) or "").split("\n\n")[0].replace("\n", " ")


def errors_page() -> str:
    """Markdown of the page."""
    mendable = [one for one in exceptions() if issubclass(one, GeoSafetyError)]
    others = [one for one in exceptions() if not issubclass(one, GeoSafetyError)]
    heads = ("exception", "where", "meaning")
    return "\n".join(
        [
            "# Errors\n",
            "## Problems of the service\n",
            (
                "Every error of the service is a problem document (RFC 9457) with the media type `application/problem+json`:"
                " `type` (an address that ends in the word below and can be opened), `title`, `status`, `detail` (what to do)"
                " and `instance` (an id that is in the log too). A wrong parameter is named in `parameter`, with what would do in"
                " `allowed`. Problems are never cached.\n"
            ),
            table(
                ("type", "status", "title", "what helps"),
                [(f"`{kind.slug}`", kind.status, kind.title, kind.remedy) for kind in ALL_KINDS],
            ),
            "## Errors of the program that you can mend\n",
            (
                "The command line prints the message, which names the problem and its remedy, without a traceback, and leaves with"
                " exit code 1. As a library, all of them are `geo_safety.errors.GeoSafetyError`.\n"
            ),
            table(heads, [_row(one) for one in mendable]),
            "## Other exceptions\n",
            (
                "Raised inside; the service turns them into the problems above, and what nobody expected is our fault"
                " (exit code 70, or the problem `internal-error`).\n"
            ),
            table(heads, [_row(one) for one in others]),
        ]
    )


def _row(one: type[Exception]) -> tuple[str, str, str]:
    kind = KINDS.get(one)
    served = f" The service answers `{kind.slug}`." if kind else ""
    return f"`{one.__name__}`", f"`{one.__module__}`", says(one) + served
