"""Every error of the service as a problem document (RFC 9457): one table, one place that answers.

A reply says what to do and carries an `instance` id that is in the log too; it holds no traceback
and no row of data, and is never cached.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from geo_safety.errors import AnalysisError, AuditError, KeyringError, OutputError, ReleaseError

from .json_text import to_json
from .links import home_of, link
from .pages import links_list, page, paragraph

MEDIA_TYPE = "application/problem+json"

PEOPLES = "/map"
"""Below this address people read, so that a browser gets the problem as a page."""

logger = logging.getLogger("geo_safety.api")


class BadParameterError(Exception):
    """A parameter of the request is unknown, malformed or out of its range.

    Parameters
    ----------
    name : str
        The parameter.
    detail : str
        What is wrong with it and what to send instead.
    allowed : sequence of str
        Values, or names of parameters, that would do; where they can be told.
    """

    def __init__(self, name: str, detail: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.name = name
        self.allowed = allowed


class UnknownResourceError(Exception):
    """There is nothing at this address; the message says where to look."""


class NotAllowedError(Exception):
    """The reader's class may not ask this."""


class BadKeyError(Exception):
    """The key that the request brings opens nothing."""


class TooMuchError(Exception):
    """The caller has to wait.

    Parameters
    ----------
    wait : int
        Seconds.
    """

    def __init__(self, detail: str, wait: int) -> None:
        super().__init__(f"{detail} Wait {wait} s, then go on.")
        self.wait = wait


class TooLongError(Exception):
    """The address is longer than any sensible one."""


class LongHeadersError(Exception):
    """The headers are longer than any sensible ones."""


@dataclass(frozen=True)
class ProblemKind:
    """One kind of problem: the status, the last part of its `type`, its title, and what usually helps."""

    status: int
    slug: str
    title: str
    remedy: str


BAD_PARAMETER = ProblemKind(
    400, "bad-parameter", "A parameter of the request cannot be used", "The document names it and what would do."
)
NOT_FOUND = ProblemKind(
    404, "not-found", "There is nothing at this address",
    "Look at /collections for the layers and at /api for all addresses.",
)  # fmt: skip
METHOD = ProblemKind(
    405, "method-not-allowed", "This address does not take this method",
    "Send GET or HEAD; the few addresses that take POST are marked so at /api.",
)  # fmt: skip
NO_RELEASE = ProblemKind(
    503, "no-release", "There is no release to serve",
    "Try again shortly. The operator makes a release with `geo-safety run CONFIG`; the log says more.",
)  # fmt: skip
OUTPUT = ProblemKind(
    400, "format-does-not-fit", "The format cannot hold what was asked for", "Ask for another format or for less."
)
NO_ANALYSIS = ProblemKind(
    503, "no-analysis", "This service cannot count other windows",
    "The operator runs the service as the owner of the release's exact files, of a release made by this version.",
)  # fmt: skip
BAD_KEY = ProblemKind(
    401, "bad-key", "The key opens nothing", "Ask whoever gave it to you; without a key you get the open figures."
)
NOT_ALLOWED = ProblemKind(
    403, "not-for-this-class", "Your class of readers may not ask this", "Ask with a key of the class that is named.",
)  # fmt: skip
TOO_MUCH = ProblemKind(429, "too-many-requests", "You ask faster than you may", "Wait as long as `Retry-After` says.")
TOO_LONG = ProblemKind(414, "address-too-long", "The address is too long", "Ask for less at once.")
LONG_HEADERS = ProblemKind(431, "headers-too-long", "The headers are too long", "Send fewer and shorter ones.")
NO_AUDIT = ProblemKind(
    503, "no-audit", "Reads with a key cannot be written down", "Try again later; the operator mends the state folder.",
)  # fmt: skip
OUR_FAULT = ProblemKind(
    500, "internal-error", "Something went wrong on our side",
    "Try again; if it happens again, report the instance id: the operator finds the cause in the log.",
)  # fmt: skip

ALL_KINDS = (
    BAD_PARAMETER, BAD_KEY, NOT_ALLOWED, NOT_FOUND, METHOD, TOO_LONG, LONG_HEADERS, TOO_MUCH, NO_RELEASE, OUTPUT, NO_ANALYSIS, NO_AUDIT, OUR_FAULT,
)  # fmt: skip

KINDS: dict[type[Exception], ProblemKind] = {
    RequestValidationError: NOT_FOUND,  # only parts of addresses are checked by the framework
    BadParameterError: BAD_PARAMETER,
    UnknownResourceError: NOT_FOUND,
    ReleaseError: NO_RELEASE,
    OutputError: OUTPUT,
    AnalysisError: NO_ANALYSIS,
    BadKeyError: BAD_KEY,
    NotAllowedError: NOT_ALLOWED,
    TooMuchError: TOO_MUCH,
    TooLongError: TOO_LONG,
    LongHeadersError: LONG_HEADERS,
    AuditError: NO_AUDIT,
    KeyringError: NO_AUDIT,
}


def kind_of(error: Exception) -> ProblemKind:
    """Which kind of problem is an error? Whatever is not in the table is our own fault.

    Examples
    --------
    >>> kind_of(UnknownResourceError("no such layer")).status, kind_of(ZeroDivisionError()).status
    (404, 500)
    """
    if isinstance(error, HTTPException):
        return {404: NOT_FOUND, 405: METHOD}.get(error.status_code, OUR_FAULT)
    for family in type(error).__mro__:
        if family in KINDS:
            return KINDS[family]
    return OUR_FAULT


def _reads_pages(request: Request) -> bool:
    """Whether a browser asks, and not a program."""
    from .formats import PAGE_FORMATS, accepted  # which raise what is defined here

    return accepted(request.headers.get("accept", ""), PAGE_FORMATS) == "html"


def answer(request: Request, error: Exception) -> Response:
    """The problem document of an error, logged under the same id."""
    kind = kind_of(error)
    # The same id as the request's own line of the log.
    instance = f"urn:uuid:{getattr(request.state, 'request_id', None) or uuid.uuid4()}"
    document: dict[str, Any] = {
        "type": f"{home_of(request)}problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": _detail(error, kind),
        "instance": instance,
    }
    if isinstance(error, BadParameterError):
        document["parameter"] = error.name
        if error.allowed:
            document["allowed"] = list(error.allowed)
    if kind is OUR_FAULT:
        logger.error("%s: %s %r failed", instance, request.method, request.url.path, exc_info=error)
    else:
        logger.info("%s: %s %r: %s", instance, request.method, request.url.path, document["detail"])
    headers = {"Cache-Control": "no-store"}
    if kind in (NO_RELEASE, NO_AUDIT):
        headers["Retry-After"] = "10"
    if isinstance(error, TooMuchError):
        headers["Retry-After"] = str(error.wait)
    if kind is BAD_KEY:
        headers["WWW-Authenticate"] = 'Bearer realm="geo-safety", error="invalid_token"'
    if isinstance(error, HTTPException) and error.headers:
        headers.update(error.headers)
    if request.url.path.startswith(PEOPLES) and _reads_pages(request):
        where = link("start", f"{home_of(request)}map", "text/html", "Start again")
        body = page(kind.title, paragraph(document["detail"]), links_list([where]), home=home_of(request),
                    notes=(instance,))  # fmt: skip
        return Response(body, status_code=kind.status, media_type="text/html", headers=headers)
    return Response(to_json(document), status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)


def _detail(error: Exception, kind: ProblemKind) -> str:
    """What the reader can do; nothing about our insides, such as folders of the server."""
    if isinstance(error, HTTPException | RequestValidationError) or kind in (OUR_FAULT, NO_RELEASE, NO_AUDIT):
        return kind.remedy
    return str(error)
