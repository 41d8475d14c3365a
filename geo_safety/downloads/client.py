"""A polite caller: one request at a time and host, patience with faults that pass, refusal of what is not safe.

Proxies come from HTTPS_PROXY, HTTP_PROXY and NO_PROXY; certificates from the settings, REQUESTS_CA_BUNDLE or
SSL_CERT_FILE. An https address is never left for http, and a host that nobody named is not followed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import requests
from requests.exceptions import InvalidURL, ProxyError, RequestException, SSLError
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from geo_safety import __version__
from geo_safety.errors import FetchError

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that another try may mend."""

MOST_REDIRECTS = 5
LARGEST_ANSWER = 256_000_000
"""Bytes of a page or list that are read at most; files have no limit but the disk's."""

LONGEST_GET = 1_800
"""Queries longer than this are sent as a form: some servers and proxies cut longer addresses."""

Result = TypeVar("Result")


class PassingError(Exception):
    """Something went wrong that another try may mend."""

    def __init__(self, problem: str, *, wait_s: float | None = None) -> None:
        super().__init__(problem)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Manners:
    """How patient and how gentle the caller is.

    Parameters
    ----------
    tries : int
        Tries in a row without any progress before it gives up.
    pause_s : float
        Shortest time between two requests to one host.
    backoff_s, longest_wait_s : float
        First wait after a fault, doubled with each further one, up to the longest.
    patience_s : float
        Longest wait that a server may ask for.
    connect_s, silence_s : float
        Longest wait for a connection, and for the next bytes of an answer.
    """

    tries: int = 6
    pause_s: float = 0.5
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    patience_s: float = 600.0
    connect_s: float = 20.0
    silence_s: float = 90.0


@dataclass
class Client:
    """Asks publishers for pages and files.

    Parameters
    ----------
    allowed_hosts : sequence of str
        Hosts (or host:port) that redirects may lead to, beyond those that each publisher names itself.
    certificates : str, optional
        File or folder of certificates to trust, for a proxy that opens and closes TLS by itself.
    contact : str, optional
        Whom a publisher can write to about these requests.
    tell : callable
        Told in one line when it waits, and why.
    """

    manners: Manners = field(default_factory=Manners)
    allowed_hosts: Sequence[str] = ()
    certificates: str | None = None
    contact: str | None = None
    tell: Callable[[str], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.headers["User-Agent"] = _user_agent(self.contact)
        self._next: dict[str, float] = {}

    def persist(self, attempt: Callable[[], Result], *, what: str, progress: Callable[[], int] = lambda: 0) -> Result:
        """Try until it works, or until it fails too often in a row without any progress.

        Parameters
        ----------
        attempt : callable
            Raises `PassingError` where another try may help.
        what : str
            What is wanted, for messages.
        progress : callable
            How far it is: a fault after more of it starts the count anew.
        """
        faults, furthest = 0, progress()
        while True:
            try:
                return attempt()
            except PassingError as fault:
                if progress() > furthest:
                    faults, furthest = 0, progress()
                faults += 1
                if faults >= self.manners.tries:
                    raise FetchError(
                        f"{what}: {fault}, {faults} times in a row.",
                        "Try again later: what has arrived is kept and the download goes on from there.",
                    ) from fault
                wait_s = self._wait_s(fault, faults, what)
                self.tell(f"{what}: {fault}; trying again in {wait_s:,.0f} s")
                self.sleep(wait_s)

    def _wait_s(self, fault: PassingError, faults: int, what: str) -> float:
        backoff_s = min(self.manners.longest_wait_s, self.manners.backoff_s * 2 ** (faults - 1))
        if fault.wait_s is None:
            return backoff_s
        if fault.wait_s > self.manners.patience_s:
            raise FetchError(
                f"{what}: the server asks to wait {fault.wait_s / 60:,.0f} minutes.",
                "Run the same command after that; what has arrived is kept.",
            )
        return max(fault.wait_s, backoff_s)

    def open(
        self,
        address: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        trusted: Sequence[str] = (),
    ) -> requests.Response:
        """One request, redirects followed; the answer's body is still to be read.

        Raises
        ------
        PassingError
            Another try may help.
        FetchError
            The server refuses, or sends us where we do not go.
        """
        form = query if query and len(urlencode(query)) > LONGEST_GET else None
        for _ in range(MOST_REDIRECTS + 1):
            self._take_turn(urlsplit(address).netloc)
            response = self._send(address, query=None if form else query, form=form, headers=headers or {})
            if not response.is_redirect:
                return _accepted(response, address)
            response.close()
            address = self._follow(address, response.headers["Location"], trusted)
            query = None  # the new address holds it, if the server wants it
        raise FetchError(f"{shown(address)} leads from one redirect to the next.", _TELL_US)

    def _send(
        self,
        address: str,
        *,
        query: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> requests.Response:
        try:
            return self._session.request(
                "POST" if form else "GET",
                address,
                params=query,
                data=form,
                headers=dict(headers),
                stream=True,
                allow_redirects=False,
                timeout=(self.manners.connect_s, self.manners.silence_s),
                # Given here because a session's own setting loses against the environment.
                verify=self.certificates or None,
            )
        except SSLError as error:
            raise FetchError(
                f"The certificate of {urlsplit(address).hostname} cannot be trusted ({_root(error)}).",
                "Behind a proxy with a certificate of its own, name it with `--certificates FILE`, in the settings file, "
                "or in REQUESTS_CA_BUNDLE.",
            ) from None
        except ProxyError as error:
            raise PassingError(f"the proxy does not lead there ({_root(error)})") from None
        except InvalidURL as error:
            raise FetchError(f"{shown(address)} is no address ({error}).", "Correct the base.") from None
        except RequestException as error:
            raise PassingError(f"no answer ({_root(error)})") from None

    def _take_turn(self, host: str) -> None:
        """Wait until this host may be asked again."""
        now = time.monotonic()
        if (wait_s := self._next.get(host, now) - now) > 0:
            self.sleep(wait_s)
        self._next[host] = time.monotonic() + self.manners.pause_s

    def _follow(self, address: str, location: str, trusted: Sequence[str]) -> str:
        target = urljoin(address, location)
        old, new = urlsplit(address), urlsplit(target)
        if new.scheme not in {"http", "https"} or (old.scheme == "https" and new.scheme == "http"):
            raise FetchError(
                f"{shown(address)} sends us on to {shown(target)}, which is not protected as it was asked for.",
                "Nothing was taken from there. " + _TELL_US,
            )
        if not _same_place(old.hostname, old.port, new.hostname, new.port) and not (
            {new.hostname, new.netloc} & {*trusted, *self.allowed_hosts}
        ):
            raise FetchError(
                f"{shown(address)} sends us on to another host, {new.netloc}.",
                f"If you trust it, add `--allow-host {new.netloc}`. A proxy's log-in page looks like this too.",
            )
        return target

    def read_text(self, address: str, *, query: Mapping[str, str] | None = None, trusted: Sequence[str] = ()) -> str:
        """The text of a page, tried again while faults pass."""

        def attempt() -> str:
            try:
                with self.open(address, query=query, trusted=trusted) as response:
                    return _body(response).decode(response.encoding or "utf-8", errors="replace")
            except RequestException as error:
                raise PassingError(f"the answer breaks off ({_root(error)})") from None

        return self.persist(attempt, what=shown(address))

    def read_json(
        self,
        address: str,
        *,
        query: Mapping[str, str] | None = None,
        trusted: Sequence[str] = (),
        check: Callable[[Any], None] = lambda _: None,
    ) -> Any:
        """The content of a JSON answer; `check` may raise `PassingError` to have it asked for again."""

        def attempt() -> Any:
            try:
                with self.open(address, query=query, trusted=trusted) as response:
                    found = json.loads(_body(response))
            except RequestException as error:
                raise PassingError(f"the answer breaks off ({_root(error)})") from None
            except ValueError:
                raise PassingError("the answer is no JSON (cut short, or a proxy's page)") from None
            check(found)
            return found

        return self.persist(attempt, what=shown(address))


_TELL_US = "The service may have moved: set another base (docs/fetch.md), and tell us."


def _accepted(response: requests.Response, address: str) -> requests.Response:
    status = response.status_code
    if status < 400 or status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return response
    response.close()
    if status in PASSING:
        wait = response.headers.get("Retry-After")
        raise PassingError(f"the server answers {status}", wait_s=_seconds(wait) if wait else None)
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        raise FetchError("The proxy asks who you are.", "Put name and password into HTTPS_PROXY.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise FetchError(
            f"{shown(address)} may not be read ({status}).",
            "A proxy may block it: ask for it to be opened, or use a mirror with `--base`.",
        )
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise FetchError(f"There is nothing at {shown(address)} any more ({status}).", _TELL_US)
    raise FetchError(f"{shown(address)} is refused ({status} {response.reason}).", _TELL_US)


def _body(response: requests.Response) -> bytes:
    """A page as a whole, if it is no larger than a page can be."""
    body = bytearray()
    for piece in response.iter_content(1 << 16):
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise FetchError(f"{shown(response.url)} sends more than {LARGEST_ANSWER / 1e6:,.0f} MB.", _TELL_US)
    return bytes(body)


def _seconds(written: str) -> float | None:
    """What a Retry-After says, in seconds; None where it says nothing that can be understood."""
    try:
        return float(Retry().parse_retry_after(written))
    except InvalidHeader:
        return None


def _same_place(host: str | None, port: int | None, other: str | None, other_port: int | None) -> bool:
    """Whether two addresses are served by one host; from http to https on the usual ports is no change."""
    return host == other and (port == other_port or {port, other_port} <= {None, 80, 443})


def shown(address: str) -> str:
    """An address without name and password, for messages and records."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _root(error: BaseException) -> str:
    """The innermost cause of a failed request in a few words: libraries wrap it several times."""
    cause: Any = error
    while True:
        inner = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        if not isinstance(inner, BaseException):
            inner = next((part for part in cause.args if isinstance(part, BaseException)), None)
        if inner is None:
            return str(cause) or type(cause).__name__
        cause = inner


def _user_agent(contact: str | None) -> str:
    return f"geo-safety/{__version__} (open-data download{'; ' + contact if contact else ''})"
