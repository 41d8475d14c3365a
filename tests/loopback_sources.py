"""A server on the loopback that behaves like the official sources, and misbehaves on request.

It serves files with ETag, Last-Modified and ranges as S3 does, feature services with pages and transfer limits as ArcGIS
does, and JSON. `faults` names what goes wrong: for each path a list, one entry of which is used up by each request.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer.

    `status` answers nothing but that; `drop` closes the connection after so many bytes of the body; `corrupt` changes
    its last byte; `cut` leaves the end away and lies about the length; `body` sends something else; `plain` forgets
    ETag, Last-Modified and ranges; `silence` waits so long before the first byte; `stall` sends `drop` bytes and then
    nothing until the caller is gone.
    """

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    drop: int | None = None
    corrupt: bool = False
    cut: int = 0
    body: bytes | None = None
    plain: bool = False
    silence: float = 0
    stall: bool = False


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Officials:
    """What is served, what goes wrong, and what was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, Callable[[dict[str, str]], object]] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    asked: list[Asked] = field(default_factory=list)
    address: str = ""

    def asked_for(self, path: str) -> list[Asked]:
        """The requests for one path."""
        return [one for one in self.asked if one.path == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    officials: Officials

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self._answer(_flat(self.rfile.read(length).decode()))

    def _answer(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        # A proxy is asked for whole addresses: what it serves is named by host and path.
        path = f"/{parts.netloc}{parts.path}" if parts.netloc else parts.path
        query = {**_flat(parts.query), **form}
        self.officials.asked.append(Asked(self.command, path, query, dict(self.headers)))
        planned = self.officials.faults.get(path)
        fault = planned.pop(0) if planned else Fault()
        time.sleep(fault.silence)
        if fault.status:
            self._send(fault.status, fault.body or b"", dict(fault.headers))
        elif path in self.officials.pages:
            body = json.dumps(self.officials.pages[path](query)).encode()
            self._send(200, body, {"Content-Type": "application/json"}, fault)
        elif (key := f"{path}?{parts.query}" if parts.query else path) in self.officials.files or (
            key := path
        ) in self.officials.files:
            self._send_file(self.officials.files[key], fault)
        else:
            self._send(404, b"not found", {})

    def _send_file(self, body: bytes, fault: Fault) -> None:
        if fault.plain:
            self._send(200, body, {}, fault)
            return
        etag = f'"{hashlib.sha1(body).hexdigest()}"'
        headers = {"ETag": etag, "Last-Modified": "Mon, 01 Dec 2025 09:00:00 GMT", "Accept-Ranges": "bytes"}
        if self.headers.get("If-None-Match") == etag:
            self._send(304, b"", headers)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range", etag) == etag:
            start = int(wanted[1])
            if start >= len(body):
                self._send(416, b"", {**headers, "Content-Range": f"bytes */{len(body)}"})
                return
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self._send(206, body[start:], headers, fault)
            return
        self._send(200, body, headers, fault)

    def _send(self, status: int, body: bytes, headers: dict[str, str], fault: Fault | None = None) -> None:
        fault = fault or Fault()
        body = fault.body if fault.body is not None else body
        if fault.corrupt:
            body = body[:-1] + bytes([body[-1] ^ 1])
        if fault.cut:
            body = body[: -fault.cut]
        self.send_response(status)
        for name, value in {**headers, **dict(fault.headers)}.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if fault.drop is None else body[: fault.drop])
        if fault.drop is not None:
            self.wfile.flush()
            if fault.stall:
                self.rfile.read(1)
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _flat(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A caller that hangs up is part of the tests."""


@contextmanager
def serve(officials: Officials | None = None, *, certificate: Path | None = None) -> Iterator[Officials]:
    """Serve on a free port of 127.0.0.1; with a certificate (and its key in the same file) over TLS."""
    officials = officials or Officials()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"officials": officials}))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    officials.address = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield officials
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


@dataclass
class FeatureService:
    """A layer as ArcGIS serves it: counts, pages, a transfer limit, and faults inside answers that look well.

    `heavy` is the number of features from which a page is too heavy and comes back empty; `stale` counts more than
    there is.
    """

    features: list[dict]
    most: int = 1_000
    heavy: int = 1_000_000
    limit_in_properties: bool = False
    stale: int = 0
    errors: list[dict] = field(default_factory=list)

    def __call__(self, query: dict[str, str]) -> object:
        if self.errors:
            return {"error": self.errors.pop(0)}
        found = [one for one in self.features if _matches(one["properties"], query["where"])]
        if query.get("returnCountOnly") == "true":
            return {"count": len(found) + self.stale}
        if order := query.get("orderByFields"):
            found = sorted(found, key=lambda one: str(one["properties"].get(order)))
        start, size = int(query.get("resultOffset", 0)), min(int(query.get("resultRecordCount", 10_000)), self.most)
        page = found[start : start + size] if size < self.heavy else []
        exceeded = start + len(page) < len(found)
        flag = {"exceededTransferLimit": True} if exceeded else {}
        answer = {"type": "FeatureCollection", "features": page}
        return answer | ({"properties": flag} if self.limit_in_properties else flag)


def _matches(properties: dict, where: str) -> bool:
    """Understands what we ask: comparisons of a column with a beginning, joined by OR."""
    for part in where.split(" OR "):
        column, _, beginning = part.partition(" LIKE ")
        if str(properties.get(column)).startswith(beginning.strip("'").rstrip("%")):
            return True
    return False
