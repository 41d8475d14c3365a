"""The service: routes, problems, and what is true of every reply, on one folder of releases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from geo_safety.audit import KEPT_DAYS, AuditLog

from .access import Gate
from .limits import Rate
from .metrics import Metrics
from .middleware import EveryReply
from .oidc import Issuer, IssuerSettings
from .problems import KINDS, answer
from .routes import ROUTERS
from .store import Store

NO_LIMIT = Rate(math.inf, math.inf)


@dataclass(frozen=True)
class ServiceSettings:
    """What an operator decides.

    Parameters
    ----------
    releases : Path
        Folder of releases; the current one is served.
    state : Path, optional
        Folder of keys and of the audit log; `.state` in the folder of releases otherwise.
    allowed_origins : tuple of str
        Web sites whose scripts may read the service. All of them, as the data are open and there
        are no cookies.
    issuer : IssuerSettings, optional
        Whose bearer tokens are taken beside keys.
    rate : Rate
        What one caller may ask of one process.
    audit_days : int
        How long the audit log is kept.
    """

    releases: Path
    state: Path | None = None
    allowed_origins: tuple[str, ...] = ("*",)
    issuer: IssuerSettings | None = None
    rate: Rate = NO_LIMIT
    audit_days: int = KEPT_DAYS


def create_app(settings: ServiceSettings) -> FastAPI:
    """The service on one folder of releases.

    The folder may still be empty: then every reply that needs a release is a problem document (503)
    until there is one.
    """
    # FastAPI's own pages fetch scripts from a CDN, and its OpenAPI document is not the one we serve.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.metrics = Metrics()
    app.state.folder = settings.state or settings.releases / ".state"
    for router in ROUTERS:
        app.include_router(router)
    for family in (*KINDS, HTTPException):
        app.add_exception_handler(family, answer)
    state = app.state.folder
    app.add_middleware(
        EveryReply,
        store=Store(settings.releases),
        metrics=app.state.metrics,
        gate=Gate(state, issuer=None if settings.issuer is None else Issuer(settings.issuer), rate=settings.rate),
        audit=AuditLog(state, kept_days=settings.audit_days),
    )
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "HEAD", "POST"],
        allow_headers=["Authorization", "Content-Type", "X-API-Key"],
        expose_headers=["ETag", "Link", "Retry-After", "X-Request-Id", "GeoSafety-Release", "GeoSafety-Data-Month",
                        "GeoSafety-Method", "GeoSafety-Disclosure"],
    )  # fmt: skip
    return app
