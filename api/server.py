"""What `geo-safety serve` hands to the web server: the environment, read once, and the service made from it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from fastapi import FastAPI

from geo_safety import release as releases_of
from geo_safety.errors import ConfigError

from .app import ServiceSettings, create_app

RELEASES = "GEO_SAFETY_RELEASES"
"""Environment variable that names the folder of releases."""


def app_from_environment() -> FastAPI:
    """The service on the folder that GEO_SAFETY_RELEASES names.

    Raises
    ------
    ConfigError
        If the variable is not set.
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
    _log_to_stderr()
    return create_app(ServiceSettings(releases=releases))


def _log_to_stderr() -> None:
    """Write our log where the web server writes its own: the ids of problem documents must be found there."""
    logger = logging.getLogger("geo_safety.api")
    logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
