"""The page of addresses: every route with its parameters and replies, from the service's own OpenAPI document.

The document names the layers and themes of a release; here a stand-in without rows takes its place, because the
page is about every release.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from markdown_text import anchor, cell, table

from api.openapi import describe
from api.routes import ROUTERS
from geo_safety.schema import PRODUCT_TABLES

METHODS = ("get", "post", "put", "delete")
THEMES = ("violence", "robbery", "asb", "transport", "vawg_ps", "road_harm")


class _NoRows:
    """A layer of which only the name is known."""

    id_column = "zone_id"

    class table:  # noqa: N801 - stands for the Arrow table
        """Without rows."""

        @staticmethod
        def column(_: str) -> list[str]:
            """No ids."""
            return []


class _AnyRelease:
    """What the document asks of a release."""

    manifest = {"study": {"name": "the study"}, "method_version": "of the release"}  # noqa: RUF012
    attribution = "of the release"
    themes = THEMES
    collections = ("cells-r9", "cells-r8", "wards", "boroughs", "hotspot-areas", *PRODUCT_TABLES)
    has_series = True

    def layer(self, _: str) -> _NoRows:
        """Any layer."""
        return _NoRows()


class Address(NamedTuple):
    """One route: method, path, and what the document says of it."""

    method: str
    path: str
    said: dict[str, Any]


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return describe(_AnyRelease(), "http://127.0.0.1:8000")  # type: ignore[arg-type]


def addresses() -> list[Address]:
    """Every route that the document names."""
    return [
        Address(method.upper(), path, said[method])
        for path, said in document()["paths"].items()
        for method in METHODS
        if method in said
    ]


UNDESCRIBED = {
    "/problems/{slug}": "What a `type` of a problem means, in words.",
    "/style.css": "The style of the service's own pages.",
}
"""Addresses of pages' own parts, which programs do not ask for and the OpenAPI document leaves out."""


def served() -> set[str]:
    """Every path that the application answers, with the names of its parts as the document has them."""
    paths = {route.path.replace("{row_id}", "{id}") for router in ROUTERS for route in router.routes}
    return {path.replace("{row_id}", "{id}") for path in paths}


def routes_page() -> str:
    """Markdown of the page."""
    made = document()
    parts = [
        "# Addresses of the service\n",
        (
            "Every address that the service answers, from its own OpenAPI document (`/api` of a running service, which"
            " names the layers and themes of the release). Every reply carries `GeoSafety-Release`, `GeoSafety-Data-Month`,"
            " `GeoSafety-Method` and `GeoSafety-Disclosure`; errors are [problem documents](errors.md).\n"
        ),
        (
            "Examples are written for a service at `http://127.0.0.1:8000`. Without a key everybody gets the open figures"
            " ([keys](../operating.md)).\n"
        ),
    ]
    for tag in made["tags"]:
        parts.append(f"## {tag['name'].capitalize()}\n\n{tag['description']}\n")
        parts += [_section(one, made) for one in addresses() if tag["name"] in one.said["tags"]]
    parts.append(
        "## Parts of pages\n\n"
        + table(("address", "what it is"), [(f"`{path}`", text) for path, text in UNDESCRIBED.items()])
    )
    return "\n".join(parts)


def _section(one: Address, made: dict[str, Any]) -> str:
    named = [made["components"]["parameters"][ref["$ref"].rsplit("/", 1)[1]] for ref in one.said["parameters"]]
    others = sorted(status for status in one.said["responses"] if status not in ("200", "201"))
    content = one.said["responses"].get("200", one.said["responses"].get("201", {})).get("content", {})
    text = f"({anchor('route', one.method, one.path)})=\n\n### {one.method} `{one.path}`\n\n{one.said['summary']}\n\n"
    if named:
        rows = [
            (
                f"`{part['name']}`{' (path)' if part['in'] == 'path' else ''}",
                _values(part["schema"]),
                part["description"],
            )
            for part in named
        ]
        text += table(("parameter", "values", "meaning"), rows) + "\n"
    if content:
        text += "Replies as " + ", ".join(f"`{cell(media)}`" for media in content) + ". "
    return f"{text}Other statuses: {', '.join(others)} ([problems](errors.md)).\n"


def _values(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value)
    text = {"integer": "whole number", "number": "number", "array": "list", "boolean": "true or false"}.get(
        schema.get("type", ""), "text"
    )
    if "minimum" in schema:
        text += f" from {schema['minimum']}"
    if "maximum" in schema:
        text += f" to {schema['maximum']}"
    if "default" in schema:
        text += f"; `{schema['default']}` unless said"
    return text
