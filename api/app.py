"""The service: routes, problems, and what is true of every reply, on one folder of releases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from .metrics import Metrics
from .middleware import ReleaseHeaders
from .problems import KINDS, answer
from .routes import ROUTERS
from .store import Store


@dataclass(frozen=True)
class ServiceSettings:
    """What an operator decides.

    Parameters
    ----------
    releases : Path
        Folder of releases; the current one is served.
    allowed_origins : tuple of str
        Web sites whose scripts may read the service. All of them, as the data are open and there
        are no cookies.
    """

    releases: Path
    allowed_origins: tuple[str, ...] = ("*",)


def create_app(settings: ServiceSettings) -> FastAPI:
    """The service on one folder of releases.

    The folder may still be empty: then every reply that needs a release is a problem document (503)
    until there is one.
    """
    # FastAPI's own pages fetch scripts from a CDN, and its OpenAPI document is not the one we serve.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.metrics = Metrics()
    for router in ROUTERS:
        app.include_router(router)
    for family in (*KINDS, HTTPException):
        app.add_exception_handler(family, answer)
    app.add_middleware(ReleaseHeaders, store=Store(settings.releases), metrics=app.state.metrics)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "HEAD"],
        expose_headers=["ETag", "Link", "GeoSafety-Release", "GeoSafety-Data-Month", "GeoSafety-Method",
                        "GeoSafety-Disclosure"],
    )  # fmt: skip
    return app
