"""What is true of every reply: who asked, one release from first line to last, headers, ETag, HEAD, and no traceback.

Each is also one line of the log and, where the reader has a key, of the audit log. Plain ASGI, because it stands in the way of every tile.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
import time
import uuid
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_safety.audit import AuditLog
from geo_safety.disclosure import OPEN
from geo_safety.errors import AuditError, KeyringError, ReleaseError

from . import tally
from .access import Admitted, Gate
from .formats import CARRYING_A_CLOCK
from .kept import NOT_KEPT, Kept, Packing, encoding_for
from .metrics import Metrics
from .problems import BadKeyError, BadParameterError, LongHeadersError, TooLongError, TooMuchError, answer
from .store import Published, Store
from .tally import Tally

NOT_CACHED = ("/healthz", "/readyz", "/metrics")
"""Replies about the service itself."""

REVALIDATE = "max-age=0, must-revalidate"
"""A copy may be kept, but whoever keeps it has to ask whether the release is still the same: one 304."""

DEPENDS_ON = ("Accept", "Authorization", "X-API-Key")
"""Headers that change a reply."""

REFUSALS = (BadKeyError, BadParameterError, LongHeadersError, TooLongError, TooMuchError, KeyringError)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    # Pages are plain text and one stylesheet of ours; `/map` sets a policy of its own.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_ENCODED = re.compile(r'-(gzip|br)"$')
"""What an encoding adds to a tag: in whichever it came, the reply is the same."""

logger = logging.getLogger("geo_safety.api")
requests = logging.getLogger("geo_safety.api.requests")


class EveryReply:
    """Lets a request in, fixes its release and reader, answers what has not changed, and completes the reply."""

    def __init__(self, app: ASGIApp, store: Store, metrics: Metrics, gate: Gate, audit: AuditLog) -> None:
        self.app = app
        self.store = store
        self.metrics = metrics
        self.gate = gate
        self.audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # HEAD is GET without its body: the routes need not know.
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET"}
        state = scope.setdefault("state", {})
        state.update(request_id=_request_id(scope), store=self.store, reader=OPEN)
        reply = _Reply(scope, send, self.metrics, self.audit, is_head=is_head)
        try:
            scope, admitted = await self.gate.admit(scope)
        except REFUSALS as error:
            reply.published = self._published(Admitted())
            await answer(Request(scope), error)(scope, receive, reply.send)
            return
        published = self._published(admitted)
        reply.begin(scope, admitted, published)
        state.update(published=published, reader=admitted.reader, key_in_address=admitted.in_address)
        try:
            if reply.knows_copy_of(_known_to(scope)):
                await reply.send({"type": "http.response.start", "status": 304, "headers": []})
                await reply.send({"type": "http.response.body", "body": b""})
                return
            await self._answer(scope, receive, reply)
        except Exception as error:
            # The last net: whatever it is, the reader gets a problem document, unless a reply has begun.
            if reply.started:
                logger.exception("a reply to %r broke off", scope["path"])
                raise
            await answer(Request(scope), reply.not_written_down or error)(scope, receive, reply.send)

    async def _answer(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        """Send the reply that is kept for everybody, or make it, pack it and keep it."""
        encoding = encoding_for(Headers(scope=scope).get("accept-encoding", ""))
        shelf = reply.published.kept if reply.published is not None and reply.is_for_everybody else None
        kept = shelf.get((reply.etag, encoding)) if shelf is not None else None
        if kept is not None:
            scope["route"] = kept.route
            await reply.send({"type": "http.response.start", "status": 200, "headers": list(kept.headers)})
            await reply.send({"type": "http.response.body", "body": kept.body})
            return
        packing = Packing(reply.send, encoding)
        await self.app(scope, receive, packing.send)
        if shelf is not None and packing.whole is not None:
            shelf.put((reply.etag, encoding), Kept(*packing.whole, scope.get("route")))

    def _published(self, admitted: Admitted) -> Published | None:
        """The current release for this reader; None where there is none, which the routes that need it answer."""
        try:
            return self.store.current(admitted.reader)
        except ReleaseError as error:
            logger.warning("no release to serve: %s", error)
            return None


class _Reply:
    """One reply on its way out."""

    def __init__(self, scope: Scope, send: Send, metrics: Metrics, audit: AuditLog, *, is_head: bool) -> None:
        self.scope = scope
        self.started = False
        self.published: Published | None = None
        self.etag: str | None = None
        self.not_written_down: AuditError | None = None
        self._admitted = Admitted()
        self._send = send
        self._metrics = metrics
        self._audit = audit
        self._is_head = is_head
        self._begun = time.perf_counter()
        self._tally = Tally()

    @property
    def is_for_everybody(self) -> bool:
        """Whether the same address gives everybody the same reply."""
        return self.etag is not None and self._admitted.reader == OPEN and self._admitted.key_id is None

    def knows_copy_of(self, tags: list[str]) -> bool:
        """Whether the reader has a copy that is still good; the reply then carries the tag of that copy."""
        found = next((tag for tag in tags if _ENCODED.sub('"', tag) == self.etag), None) if self.etag else None
        self.etag = found or self.etag
        return found is not None

    def begin(self, scope: Scope, admitted: Admitted, published: Published | None) -> None:
        """Note who was let in, to see what."""
        self.scope, self._admitted, self.published = scope, admitted, published
        self.etag = _etag(scope, admitted, published)
        if admitted.reader != OPEN:
            self._tally = tally.begin()

    async def send(self, message: Message) -> None:
        """Put the headers on the start of the reply, and keep the body from HEAD."""
        if message["type"] == "http.response.start":
            status = message["status"]
            if self._admitted.reader != OPEN and status < 400:
                self._write_down(status)
            self.started = True
            self._complete(MutableHeaders(scope=message), status)
            seconds = time.perf_counter() - self._begun
            self._metrics.count(self.scope, status, seconds)
            self._log(status, seconds)
        elif self._is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    def _complete(self, headers: MutableHeaders, status: int) -> None:
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        headers["X-Request-Id"] = self.scope["state"]["request_id"]
        if self.published is not None:
            manifest = self.published.manifest
            headers["GeoSafety-Release"] = self.published.release_id
            headers["GeoSafety-Data-Month"] = manifest["months"]["last"]
            headers["GeoSafety-Method"] = manifest["method_version"]
            headers["GeoSafety-Disclosure"] = self.published.disclosure
        for name in DEPENDS_ON:
            headers.add_vary_header(name)
        if self.etag and status in (200, 204, 206, 304) and headers.get("cache-control") != NOT_KEPT:
            # A weak tag promises the same rows, a strong one the same bytes too.
            weak = headers.get("content-type") in CARRYING_A_CLOCK
            tag = _tag_for(self.etag, headers.get("content-encoding"))
            headers["ETag"] = f"W/{tag}" if weak else tag
            whose = "public" if self._admitted.key_id is None else "private"
            # A file whose name holds its hash says itself that it never changes.
            headers.setdefault("Cache-Control", f"{whose}, {REVALIDATE}")
        else:
            headers["Cache-Control"] = NOT_KEPT

    def _write_down(self, status: int) -> None:
        """One line of the audit log, before the first byte leaves."""
        route = self.scope.get("route")
        query = dict(parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True))
        where = self.scope.get("path_params", {})
        record = {
            "request": self.scope["state"]["request_id"],
            "key": self._admitted.key_id,
            "class": self._admitted.reader.access,
            "boroughs": sorted(self._admitted.reader.boroughs),
            "release": self.published.release_id if self.published else None,
            "route": getattr(route, "path", None),
            "path": self.scope["path"],
            "area": {**where, **{name: query.pop(name) for name in ("borough", "ward", "bbox") if name in query}},
            "filter": query,
            "status": status,
            "rows": self._tally.rows,
            "suppressed": self._tally.suppressed,
        }
        try:
            self._audit.write(record, now=dt.datetime.now(dt.UTC))
        except AuditError as error:
            # The frameworks between here and the last net make another error of it.
            self.not_written_down = error
            raise

    def _log(self, status: int, seconds: float) -> None:
        """One line a request. Its query holds no key: that was taken out where it was let in."""
        if not requests.isEnabledFor(logging.INFO):
            return
        about = {
            "request": self.scope["state"]["request_id"],
            "method": "HEAD" if self._is_head else self.scope["method"],
            "path": self.scope["path"],
            "query": self.scope["query_string"].decode("latin-1"),
            "status": status,
            "ms": round(seconds * 1000, 2),
            "class": self._admitted.reader.access,
            "key": self._admitted.key_id,
        }
        requests.info("%s %r %s", about["method"], about["path"], status, extra={"about": about})


def _request_id(scope: Scope) -> str:
    """The id that a proxy in front gave the request, if it is one; else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid4())


def _etag(scope: Scope, admitted: Admitted, published: Published | None) -> str | None:
    """A strong tag: the same release, reader, address and wish give the same bytes."""
    if published is None or scope["method"] != "GET" or scope["path"] in NOT_CACHED:
        return None
    headers = Headers(scope=scope)
    # Links in a reply carry the host that was asked for.
    parts: tuple[Any, ...] = (
        published.release_id, admitted.reader.tag, admitted.in_address, scope["scheme"], headers.get("host"), scope.get("root_path"), scope["path"],
        scope["query_string"], headers.get("accept"),
    )  # fmt: skip
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


def _tag_for(etag: str, encoding: str | None) -> str:
    """The tag of one encoding: other bytes, another strong tag (RFC 9110, 8.8.3.3)."""
    return etag if encoding is None else f'{etag[:-1]}-{encoding}"'


def _known_to(scope: Scope) -> list[str]:
    """Tags of the copies that the reader has; a copy is good under a weak tag too (RFC 9110, 13.1.2)."""
    text = Headers(scope=scope).get("if-none-match", "")
    return [tag.strip().removeprefix("W/") for tag in text.split(",")]
