"""Who asks, and may they? Keys and bearer tokens, allowances, and what a request may be at most.

The one place where a request becomes a `Reader`. A key that opens nothing is refused: it never quietly becomes the
open class, so nobody takes the open set for their own.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope

from geo_safety.disclosure import OPEN, Reader
from geo_safety.errors import KeyringError
from geo_safety.keys import TOKEN, find_key, note_use

from .limits import Allowances, Rate, price_of
from .oidc import BadTokenError, Issuer
from .problems import BadKeyError, BadParameterError, LongHeadersError, TooLongError, TooMuchError

IN_ADDRESS = "key"
"""The parameter that holds a key; some versions of QGIS send no headers to OGC APIs."""

LONGEST_QUERY = 8192
LONGEST_PATH = 2048
LONGEST_KEY = 8192
LONGEST_HEADERS = 32_768

FAILURES = Rate(burst=10, per_second=0.1)
"""Keys that open nothing, from one address."""

logger = logging.getLogger("geo_safety.api")


@dataclass(frozen=True)
class Admitted:
    """Whoever was let in.

    Parameters
    ----------
    reader : Reader
        What they may see.
    key_id : str or None
        The public part of their key, or the subject of their token; None for everybody.
    in_address : str or None
        The key itself where it came in the address, so that links in the reply can carry it on.
    """

    reader: Reader = OPEN
    key_id: str | None = None
    in_address: str | None = None


class Gate:
    """Lets requests in.

    Parameters
    ----------
    state : Path
        Folder with the keys.
    issuer : Issuer, optional
        Whose bearer tokens are taken too.
    rate : Rate
        What one caller may ask of this process.
    """

    def __init__(self, state: Path, *, issuer: Issuer | None, rate: Rate) -> None:
        self.state = state
        self.issuer = issuer
        self._allowances = Allowances(rate)
        self._failures = Allowances(FAILURES)

    async def admit(self, scope: Scope) -> tuple[Scope, Admitted]:
        """Let a request in, or raise the problem; the scope that goes on holds no key in its query.

        Raises
        ------
        TooLongError, TooMuchError, BadKeyError
            The request is too long, the caller asks too much, or the key opens nothing.
        """
        if len(scope["query_string"]) > LONGEST_QUERY or len(scope["path"]) > LONGEST_PATH:
            raise TooLongError(
                f"The address is longer than {LONGEST_QUERY} bytes. Ask for less at once: a simpler filter, or a page less."
            )
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEADERS:
            raise LongHeadersError(f"The headers are longer than {LONGEST_HEADERS} bytes. Send fewer.")
        headers = Headers(scope=scope)
        query, in_address = _without_key(scope["query_string"])
        scope = {**scope, "query_string": query}
        address = scope["client"][0] if scope.get("client") else "unknown"
        token = _token(headers, in_address)
        if token is None:
            admitted = Admitted()
        else:
            self._refuse_guessing(address, price=0)
            admitted = await self._holder_of(token, address, in_address)
        price = price_of(
            scope["path"].removeprefix(scope.get("root_path", "")), query.decode("latin-1"), headers.get("accept", "")
        )
        wait = self._allowances.take(admitted.key_id or address, price)
        if wait:
            raise TooMuchError("You ask faster than this service answers one caller.", math.ceil(wait))
        return scope, admitted

    async def _holder_of(self, token: str, address: str, in_address: str | None) -> Admitted:
        now = dt.datetime.now(dt.UTC)
        if TOKEN.fullmatch(token):
            key = find_key(self.state, token)
            if key is None:
                self._fail(address, "it is none of ours")
            elif key.state(now) != "valid":
                self._fail(address, f"key {key.id} is {key.state(now)}")
            else:
                try:
                    note_use(self.state, key, now=now)
                except KeyringError as error:
                    logger.warning("the use of key %s is not written down: %s", key.id, error)
                return Admitted(key.reader, key.id, in_address)
        if self.issuer is not None:
            try:
                bearer = await run_in_threadpool(self.issuer.check, token)
            except BadTokenError as error:
                self._fail(address, f"token: {error}")
            else:
                return Admitted(bearer.reader, f"sub:{bearer.subject}", in_address)
        return self._fail(address, "it looks like no key of ours, and no issuer is configured")

    def _fail(self, address: str, why: str) -> Admitted:
        logger.info("a key from %s opens nothing: %s", address, why)
        self._refuse_guessing(address, price=1)
        raise BadKeyError("The key opens nothing: it is wrong, expired or taken back. Ask whoever gave it to you.")

    def _refuse_guessing(self, address: str, price: float) -> None:
        """Refuse whoever has brought too many keys that open nothing."""
        wait = self._failures.take(address, price) if price else self._failures.peek(address)
        if wait:
            raise TooMuchError("Too many keys that open nothing came from your address.", math.ceil(wait))


def _token(headers: Headers, in_address: str | None) -> str | None:
    """The key that the request brings: by `Authorization: Bearer`, `X-API-Key` or in its address."""
    given = [in_address] if in_address is not None else []
    given += headers.getlist("x-api-key")
    for value in headers.getlist("authorization"):
        scheme, _, rest = value.partition(" ")
        # Other schemes are for a proxy in front of us.
        if scheme.lower() == "bearer":
            given.append(rest.strip())
    if not given:
        return None
    if len(set(given)) > 1:
        raise BadKeyError("The request brings different keys. Send one.")
    if not given[0] or len(given[0]) > LONGEST_KEY or not given[0].isascii():
        raise BadKeyError("The key is empty or no key at all.")
    return given[0]


def _without_key(query: bytes) -> tuple[bytes, str | None]:
    """The query without the key, and the key."""
    if IN_ADDRESS.encode() not in query and b"%" not in query:
        return query, None
    kept, keys = [], []
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if unquote_plus(name.decode("latin-1")) == IN_ADDRESS:
            keys.append(unquote_plus(value.decode("latin-1")))
        else:
            kept.append(part)
    if len(keys) > 1:
        raise BadParameterError(IN_ADDRESS, "The parameter `key` is given twice. Send it once.")
    return b"&".join(kept), keys[0] if keys else None
