"""What `geo-safety serve` hands to the web server: the environment, read once, and the service made from it."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from geo_safety import release as releases_of
from geo_safety.errors import ConfigError

from .app import create_app
from .logs import log_to_stderr
from .service_file import read_service_settings

RELEASES = "GEO_SAFETY_RELEASES"
"""Environment variable that names the folder of releases."""

STATE = "GEO_SAFETY_STATE"
"""Environment variable that names the state folder; `.state` in the folder of releases without it."""


def app_from_environment() -> FastAPI:
    """The service on the folder that GEO_SAFETY_RELEASES names.

    Raises
    ------
    ConfigError
        If the variable is not set, or the service's settings cannot be used.
    ReleaseError
        If the folder holds no release that can be read: better said when the service starts than to
        every reader.
    """
    folder = os.environ.get(RELEASES)
    if not folder:
        raise ConfigError(
            f"The environment variable {RELEASES} is not set.",
            "Start the service with `geo-safety serve RELEASES`, or set it to the folder of releases.",
        )
    releases = Path(folder)
    releases_of.current(releases)
    settings = read_service_settings(releases, Path(os.environ.get(STATE) or releases / ".state"))
    log_to_stderr()
    return create_app(settings)
