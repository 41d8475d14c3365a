"""What is true of every reply: one release from first line to last, its headers, its ETag, HEAD, and no traceback.

Plain ASGI, because it stands in the way of every tile.
"""

from __future__ import annotations

import hashlib
import logging
import time
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_safety.disclosure import BAND_HIDDEN
from geo_safety.errors import ReleaseError

from .formats import CARRYING_A_CLOCK
from .metrics import Metrics
from .problems import answer
from .store import ACCESS, Published, Store

NOT_CACHED = ("/healthz", "/readyz", "/metrics")
"""Replies about the service itself."""

REVALIDATE = "public, max-age=0, must-revalidate"
"""Anybody may keep a copy, but has to ask whether the release is still the same: one 304."""

DISCLOSURE = f'{ACCESS}; hidden="{BAND_HIDDEN}"'

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    # Pages are plain text and one stylesheet of ours; `/map` sets a policy of its own.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

logger = logging.getLogger("geo_safety.api")


class ReleaseHeaders:
    """Fixes the release of a request, answers what has not changed, and puts the headers on every reply."""

    def __init__(self, app: ASGIApp, store: Store, metrics: Metrics) -> None:
        self.app = app
        self.store = store
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        published = self._published()
        # HEAD is GET without its body: the routes need not know.
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET"}
        scope.setdefault("state", {}).update(published=published, store=self.store)
        etag = _etag(scope, published)
        reply = _Reply(scope, send, published, etag, self.metrics, is_head=is_head)
        if etag and etag in _known_to(scope):
            await reply.send({"type": "http.response.start", "status": 304, "headers": []})
            await reply.send({"type": "http.response.body", "body": b""})
            return
        try:
            await self.app(scope, receive, reply.send)
        except Exception as error:
            # The last net: whatever it is, the reader gets a problem document, unless a reply has begun.
            if reply.started:
                logger.exception("a reply to %r broke off", scope["path"])
                raise
            await answer(Request(scope), error)(scope, receive, reply.send)

    def _published(self) -> Published | None:
        """The current release; None where there is none, which the routes that need it answer."""
        try:
            return self.store.current()
        except ReleaseError as error:
            logger.warning("no release to serve: %s", error)
            return None


class _Reply:
    """One reply on its way out."""

    def __init__(
        self,
        scope: Scope,
        send: Send,
        published: Published | None,
        etag: str | None,
        metrics: Metrics,
        *,
        is_head: bool,
    ) -> None:
        self.scope = scope
        self.started = False
        self._send = send
        self._published = published
        self._etag = etag
        self._metrics = metrics
        self._is_head = is_head
        self._begun = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Put the headers on the start of the reply, and keep the body from HEAD."""
        if message["type"] == "http.response.start":
            self.started = True
            self._complete(MutableHeaders(scope=message), message["status"])
            self._metrics.count(self.scope, message["status"], time.perf_counter() - self._begun)
        elif self._is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    def _complete(self, headers: MutableHeaders, status: int) -> None:
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        if self._published is not None:
            manifest = self._published.manifest
            headers["GeoSafety-Release"] = self._published.release_id
            headers["GeoSafety-Data-Month"] = manifest["months"]["last"]
            headers["GeoSafety-Method"] = manifest["method_version"]
            headers["GeoSafety-Disclosure"] = DISCLOSURE
        if self._etag and status in (200, 204, 206, 304):
            # A weak tag promises the same rows, a strong one the same bytes too.
            weak = headers.get("content-type") in CARRYING_A_CLOCK
            headers["ETag"] = f"W/{self._etag}" if weak else self._etag
            headers["Cache-Control"] = REVALIDATE
            headers.add_vary_header("Accept")
        else:
            headers["Cache-Control"] = "no-store"


def _etag(scope: Scope, published: Published | None) -> str | None:
    """A strong tag: the same release, class, address and wish give the same bytes."""
    if published is None or scope["method"] != "GET" or scope["path"] in NOT_CACHED:
        return None
    headers = Headers(scope=scope)
    # Links in a reply carry the host that was asked for.
    parts: tuple[Any, ...] = (
        published.release_id, ACCESS, scope["scheme"], headers.get("host"), scope.get("root_path"), scope["path"],
        scope["query_string"], headers.get("accept"),
    )  # fmt: skip
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


def _known_to(scope: Scope) -> list[str]:
    """Tags of the copies that the reader has; a copy is good under a weak tag too (RFC 9110, 13.1.2)."""
    text = Headers(scope=scope).get("if-none-match", "")
    return [tag.strip().removeprefix("W/") for tag in text.split(",")]
