"""Who is told when a place has stayed high: addresses that get one message a new area, and remember what they were told.

A message is a POST of JSON, signed with the subscription's secret so that its reader knows whom it is from. What
could not be delivered is tried again the next time; what was is never sent twice. Subscriptions are made by the operator
alone, so that nobody from outside can make this machine call addresses.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geo_safety.alerts import Alert, persistent_areas
from geo_safety.errors import ConfigError, DeliveryError
from geo_safety.state_file import held
from geo_safety.view import View

FILE = "subscriptions.json"
SIGNATURE = "GeoSafety-Signature"
"""Header: `sha256=` and the HMAC-SHA256 of the body under the secret, in hex."""

TIMEOUT_S = 10


@dataclass(frozen=True)
class Subscription:
    """One address that is told.

    Parameters
    ----------
    id : str
        What the command line calls it.
    url : str
        Where messages go.
    secret : str
        What they are signed with; shown once, when the subscription is made.
    themes : tuple of str
        Themes to tell of; empty for all.
    borough : str or None
        Code: only areas that reach into it.
    told : tuple of str
        Areas that it was told of.
    """

    id: str
    url: str
    secret: str
    themes: tuple[str, ...] = ()
    borough: str | None = None
    told: tuple[str, ...] = ()


def subscribe(state: Path, url: str, *, themes: Sequence[str] = (), borough: str | None = None) -> Subscription:
    """Make a subscription; its secret is in what is returned, and nowhere else but the state folder.

    Raises
    ------
    ConfigError
        The address is none that a message could be sent to.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ConfigError(f"{url!r} is no address for messages.", "Give one such as https://hooks.example/geo-safety.")
    made = Subscription(secrets.token_hex(4), url, secrets.token_urlsafe(32), tuple(themes), borough)
    with _held(state) as kept:
        kept.append(made)
    return made


def unsubscribe(state: Path, id: str) -> None:
    """Take a subscription back.

    Raises
    ------
    ConfigError
        There is none of this id.
    """
    with _held(state) as kept:
        if id not in (one.id for one in kept):
            raise ConfigError(
                f"There is no subscription {id!r}.", f"There are: {', '.join(o.id for o in kept) or 'none'}."
            )
        kept[:] = [one for one in kept if one.id != id]


def subscriptions(state: Path) -> list[Subscription]:
    """All subscriptions."""
    with _held(state) as kept:
        return list(kept)


def send(view: View, state: Path) -> dict[str, int]:
    """Tell each subscription of the areas that it was not told of yet.

    Parameters
    ----------
    view : View
        The current release as everybody may see it: messages leave the house.

    Returns
    -------
    dict
        Areas told of, by id of the subscription.

    Raises
    ------
    DeliveryError
        Some could not be told. All others were.
    """
    told, failed = {}, []
    with _held(state) as kept:
        for place, one in enumerate(kept):
            alerts = persistent_areas(view, themes=one.themes or view.themes, borough=one.borough)
            fresh = [alert for alert in alerts if alert.area_id not in one.told]
            if not fresh:
                continue
            try:
                _post(one, _message(view, fresh))
            except (OSError, urllib.error.URLError, ValueError) as error:
                failed.append(f"{one.id} ({urlsplit(one.url).hostname}: {getattr(error, 'reason', error)})")
                continue
            told[one.id] = len(fresh)
            kept[place] = replace(one, told=(*one.told, *(alert.area_id for alert in fresh)))
    if failed:
        raise DeliveryError(f"Not delivered: {'; '.join(failed)}.", "It is sent again the next time that you run this.")
    return told


def signature(secret: str, body: bytes) -> str:
    """What a reader compares the header `GeoSafety-Signature` with.

    Examples
    --------
    >>> signature("secret", b"{}")
    'sha256=77325902caca812dc259733aacd046b73817372c777b8d95b402647474516e13'
    """
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _message(view: View, alerts: Sequence[Alert]) -> bytes:
    document = {
        "type": "persistent-areas",
        "study": view.manifest["study"]["name"],
        "release_id": view.release_id,
        "data_month": view.manifest["months"]["last"],
        "attribution": list(view.manifest["attribution"]),
        "areas": [{**asdict(alert), "title": alert.title, "text": alert.text} for alert in alerts],
    }
    return json.dumps(document, ensure_ascii=False).encode()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Messages go where the operator said, and nowhere else."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        """Follow none."""


def _post(one: Subscription, body: bytes) -> None:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "geo-safety",
        # The same message has the same key, should a reader get it twice.
        "Idempotency-Key": hashlib.sha256(one.id.encode() + body).hexdigest()[:32],
        SIGNATURE: signature(one.secret, body),
    }
    request = urllib.request.Request(one.url, data=body, headers=headers, method="POST")  # noqa: S310 - checked when made
    with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_S):
        pass  # any status from 300 on is an error


@contextmanager
def _held(state: Path) -> Iterator[list[Subscription]]:
    """The subscriptions, to be changed by one process at a time."""
    with held(state, FILE) as rows:
        kept = [Subscription(**{**one, "themes": tuple(one["themes"]), "told": tuple(one["told"])}) for one in rows]
        try:
            yield kept
        finally:
            rows[:] = [asdict(one) for one in kept]
