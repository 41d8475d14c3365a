"""Bearer tokens of an OpenID Connect issuer: who is it, and what may they see?"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt

from geo_safety.disclosure import Access, Reader
from geo_safety.errors import ConfigError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures with a public key only: a shared secret, or none, would let others sign."""

CLOCKS_DIFFER_BY = 30
"""Seconds."""

NEW_KEYS_AFTER = 30
"""Seconds between two looks for keys that we do not know: else made-up tokens would make us ask without end."""

TOKENS = 1000
"""Tokens, found good, whose reader each process remembers until they expire."""

_PATIENCE = 5

logger = logging.getLogger("geo_safety.api")


@dataclass(frozen=True)
class IssuerSettings:
    """Whose tokens are taken, and what their claims mean.

    Parameters
    ----------
    issuer : str
        Its address, just as tokens name it (`iss`). Only https, but for the loopback.
    audience : str
        Who the tokens must be for (`aud`).
    class_claim : str
        The claim that tells what its holder may see: a text or a list of texts.
    classes : mapping of str to {'partner', 'internal'}
        What the values of this claim mean; other values open nothing.
    boroughs_claim : str
        The claim with the codes of a partner's boroughs: a list, or a text with spaces or commas between.
    """

    issuer: str
    audience: str
    class_claim: str = "roles"
    classes: Mapping[str, Access] = field(default_factory=dict)
    boroughs_claim: str = "boroughs"

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")):
            raise ConfigError(
                f"The issuer {self.issuer!r} is no https address.", "Give its address as its tokens name it."
            )


class BadTokenError(Exception):
    """The token opens nothing. The reason is for the log, never for whoever sent it."""


@dataclass(frozen=True)
class Bearer:
    """The holder of a good token."""

    subject: str
    reader: Reader
    expires: float


class Issuer:
    """Checks tokens of one issuer; its keys are fetched when first needed and kept for five minutes."""

    def __init__(self, settings: IssuerSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._client: jwt.PyJWKClient | None = None
        self._looked = 0.0
        self._good: OrderedDict[bytes, Bearer] = OrderedDict()

    def check(self, token: str) -> Bearer:
        """Whose token is it? May ask the issuer for its keys, so call it where waiting is allowed.

        Raises
        ------
        BadTokenError
            It is not from this issuer, not for us, out of date, or signed by somebody else.
        """
        name = hashlib.sha256(token.encode()).digest()
        with self._lock:
            known = self._good.get(name)
        if known is not None and known.expires > time.time():
            return known
        bearer = self._bearer(self._claims(token))
        with self._lock:
            self._good[name] = bearer
            if len(self._good) > TOKENS:
                self._good.popitem(last=False)
        return bearer

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(token),
                algorithms=list(ALGORITHMS),
                audience=self.settings.audience,
                issuer=self.settings.issuer,
                leeway=CLOCKS_DIFFER_BY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise BadTokenError(f"{type(error).__name__}: {error}") from None
        except (OSError, ValueError, KeyError) as error:
            raise BadTokenError(f"the keys of {self.settings.issuer} cannot be had: {error}") from None
        return claims

    def _bearer(self, claims: Mapping[str, Any]) -> Bearer:
        values = claims.get(self.settings.class_claim)
        found = {self.settings.classes.get(value) for value in _texts(values)}
        subject, expires = str(claims["sub"]), float(claims["exp"])
        if "internal" in found:
            return Bearer(subject, Reader("internal"), expires)
        if "partner" in found:
            return Bearer(
                subject, Reader("partner", frozenset(_texts(claims.get(self.settings.boroughs_claim)))), expires
            )
        return Bearer(subject, Reader(), expires)

    def _key(self, token: str) -> jwt.PyJWK:
        kid = jwt.get_unverified_header(token).get("kid")
        with self._lock:
            if self._client is None:
                self._look_allowed()
                self._client = jwt.PyJWKClient(self._address_of_keys(), lifespan=300, timeout=_PATIENCE)
            keys = self._client.get_signing_keys()
            matching = [key for key in keys if key.key_id == kid]
            if not matching:
                self._look_allowed()
                matching = [key for key in self._client.get_signing_keys(refresh=True) if key.key_id == kid]
        if not matching:
            raise BadTokenError("it names a key that the issuer does not have")
        return matching[0]

    def _look_allowed(self) -> None:
        if self._looked and time.monotonic() - self._looked < NEW_KEYS_AFTER:
            raise BadTokenError("it names a key that the issuer did not have a moment ago")
        self._looked = time.monotonic()

    def _address_of_keys(self) -> str:
        where = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        with urllib.request.urlopen(where, timeout=_PATIENCE) as reply:  # noqa: S310 - https, by the settings
            about = json.load(reply)
        if about["issuer"] != self.settings.issuer:
            raise BadTokenError(f"{where} is about another issuer")
        return str(about["jwks_uri"])


def _texts(value: object) -> list[str]:
    """The texts of a claim that is a text with spaces or commas, a list of texts, or anything else (nothing)."""
    if isinstance(value, str):
        return value.replace(",", " ").split()
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
