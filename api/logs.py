"""The service's log: one JSON object a line on stderr, and never a key in it."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re

SECRETS = re.compile(
    r"gsk_[0-9a-f]{10}_[\w-]+"  # our keys
    r"|\beyJ[\w-]*\.[\w-]+\.[\w-]*"  # bearer tokens
    r"|(?<=[?&]key=)[^&\s\"']+"
    r"|(?<=[Bb]earer )[^\s\"']+"
)
"""What no line may hold. Keys are taken out where requests are let in; this is the second net."""


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level and message; for a request what is known of it; for a fault its traceback."""
        about = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "about", {}),
        }
        if record.exc_info:
            about["traceback"] = self.formatException(record.exc_info)
        return SECRETS.sub("(key)", json.dumps(about, ensure_ascii=False))


def log_to_stderr() -> None:
    """Write our log, and the web server's, where service managers look for it."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name, level in (("geo_safety.api", logging.INFO), ("uvicorn.error", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.propagate = False
        logger.handlers = [handler]
