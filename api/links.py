"""Addresses of this service, and links to them as OGC APIs write them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

KEY = "key"
"""Name of the parameter that holds a reader's key."""


def home_of(request: Request) -> str:
    """The address of the service, with a slash at its end."""
    return str(request.base_url)


def address(request: Request, *parts: str, **query: object) -> str:
    """The address of a resource: path parts are quoted, a part that is None is left out of the query.

    A key that came in the address goes on in every link: some clients can send it in no other way.
    """
    path = "/".join(quote(part, safe="{}") for part in parts)
    named = {name: value for name, value in query.items() if value is not None}
    if (key := key_in(request)) is not None:
        named[KEY] = key
    text = urlencode(named)
    return f"{home_of(request)}{path}" + (f"?{text}" if text else "")


def same_address(request: Request, **changed: object) -> str:
    """The address of this request with some parameters changed; all others stay as they were."""
    query = {**request.query_params, **{name: str(value) for name, value in changed.items()}}
    if (key := key_in(request)) is not None:
        query[KEY] = key
    base = str(request.url.replace(path=quote(request.url.path), query=""))
    return f"{base}?{urlencode(query)}" if query else base


def link(rel: str, href: str, media_type: str, title: str) -> dict[str, Any]:
    """One link object."""
    return {"rel": rel, "href": href, "type": media_type, "title": title}


def key_in(request: Request) -> str | None:
    """The key that came in the address of this very request."""
    key: str | None = getattr(request.state, "key_in_address", None)
    return key
