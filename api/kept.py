"""Replies as they go out: packed once in the encoding that the reader takes, and kept while the release stands.

A reply to everybody depends on its address and on nothing else, so it is made once. Replies to readers with a key are
packed as well but never kept: each of their reads is written down.
"""

from __future__ import annotations

import gzip
import re
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import brotli
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Send

IDENTITY, GZIP, BROTLI = "identity", "gzip", "br"

NOT_KEPT = "no-store"
"""What a route says in `Cache-Control` of a reply that does not depend on its address alone."""

SMALLEST_PACKED = 512
LARGEST_HELD = 64 * 2**20
"""Longer replies are sent as they are made."""

LARGEST_KEPT = 16 * 2**20
CAPACITY = 192 * 2**20
"""Bytes that each process keeps at hand."""

IN_THREAD = 64 * 2**10
"""Longer replies are packed in a thread, so that others need not wait."""

_PACKABLE = re.compile(r"^(text/|application/([\w.+-]*json|xml|vnd\.mapbox-vector-tile|vnd\.apache\.arrow))")


@dataclass(frozen=True)
class Kept:
    """A whole reply: its own headers (those that every reply has are put on anew), its body, and the route it is of."""

    headers: list[tuple[bytes, bytes]]
    body: bytes
    route: Any


class KeptReplies:
    """Replies of one release, the least used ones leaving when there are too many bytes."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._bytes = 0
        self._lock = threading.Lock()
        self._replies: OrderedDict[Hashable, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._replies)

    def get(self, key: Hashable) -> Kept | None:
        """The reply under this key."""
        reply = self._replies.get(key)
        if reply is not None:
            with self._lock:
                if key in self._replies:
                    self._replies.move_to_end(key)
        return reply

    def put(self, key: Hashable, reply: Kept) -> None:
        """Keep a reply; one that is too long is not kept."""
        if len(reply.body) > LARGEST_KEPT:
            return
        with self._lock:
            if key not in self._replies:
                self._bytes += len(reply.body)
                self._replies[key] = reply
            while self._bytes > self.capacity:
                self._bytes -= len(self._replies.popitem(last=False)[1].body)


def encoding_for(accepted: str) -> str:
    """The encoding that suits an Accept-Encoding header best.

    Examples
    --------
    >>> [encoding_for(text) for text in ("gzip, deflate, br", "gzip;q=1.0, br;q=0", "", "identity", "*")]
    ['br', 'gzip', 'identity', 'identity', 'gzip']
    """
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, rest = part.strip().partition(";")
        try:
            weights[name.strip()] = float(rest.partition("q=")[2] or 1)
        except ValueError:
            continue
    for name in (BROTLI, GZIP):
        if weights.get(name, weights.get("*", 0) if name == GZIP else 0) > 0:
            return name
    return IDENTITY


class Packing:
    """Holds one reply until it is whole, packs it, and sends it on.

    Parameters
    ----------
    send : callable
        Where the reply goes; it puts the common headers on.
    encoding : str
        Of `encoding_for`.
    """

    def __init__(self, send: Send, encoding: str) -> None:
        self._send = send
        self._encoding = encoding
        self._start: Message | None = None
        self._parts: list[bytes] = []
        self.whole: tuple[list[tuple[bytes, bytes]], bytes] | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on, or hold it until the reply is whole."""
        if message["type"] == "http.response.start":
            if _is_held(message):
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._send_whole(self._start)
            return
        await self._send(message)

    async def _send_whole(self, start: Message) -> None:
        body, headers = b"".join(self._parts), MutableHeaders(raw=start["headers"])
        packed, encoding = await self._packed(body, headers)
        if encoding == IDENTITY:
            if "content-encoding" in headers:
                del headers["content-encoding"]
        else:
            headers["content-encoding"] = encoding
        headers["content-length"] = str(len(packed))
        headers.add_vary_header("Accept-Encoding")
        # A reply that tells the day is made anew each time.
        self.whole = None if headers.get("cache-control") == NOT_KEPT else (list(headers.raw), packed)
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": packed})

    async def _packed(self, body: bytes, headers: Headers) -> tuple[bytes, str]:
        if headers.get("content-encoding") == GZIP:
            # Whoever takes brotli takes gzip: what is packed already is not packed again.
            return (gzip.decompress(body), IDENTITY) if self._encoding == IDENTITY else (body, GZIP)
        if self._encoding == IDENTITY or len(body) < SMALLEST_PACKED:
            return body, IDENTITY
        if len(body) > IN_THREAD:
            return await to_thread.run_sync(pack, body, self._encoding), self._encoding
        return pack(body, self._encoding), self._encoding


def pack(body: bytes, encoding: str) -> bytes:
    """The body in an encoding."""
    if encoding == BROTLI:
        packed: bytes = brotli.compress(body, quality=5)
        return packed
    return gzip.compress(body, 6, mtime=0)


def _is_held(start: Message) -> bool:
    """Whether a reply is one that can be packed: whole, of text or tiles, and not too long."""
    headers = Headers(raw=start["headers"])
    if start["status"] != 200 or "content-range" in headers or not _PACKABLE.match(headers.get("content-type", "")):
        return False
    return int(headers.get("content-length", LARGEST_HELD + 1)) <= LARGEST_HELD
