"""How much the service is asked and how fast it answers, as Prometheus reads it."""

from __future__ import annotations

import threading
from collections import defaultdict

from starlette.types import Scope

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Requests and seconds by route and status, of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, int], int] = defaultdict(int)
        self._seconds: dict[tuple[str, int], float] = defaultdict(float)

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one reply. The route's pattern is the label: addresses themselves would be without number."""
        route = scope.get("route")
        key = (getattr(route, "path", "none"), status)
        with self._lock:
            self._requests[key] += 1
            self._seconds[key] += seconds

    def text(self, release_id: str | None) -> str:
        """All figures in Prometheus' text format."""
        with self._lock:
            requests, seconds = dict(self._requests), dict(self._seconds)
        lines = [
            "# HELP geo_safety_requests_total Replies by route and status.",
            "# TYPE geo_safety_requests_total counter",
        ]
        lines += [f"geo_safety_requests_total{_labels(key)} {count}" for key, count in sorted(requests.items())]
        lines += ["# HELP geo_safety_request_seconds_total Time until a reply began.",
                  "# TYPE geo_safety_request_seconds_total counter"]  # fmt: skip
        lines += [
            f"geo_safety_request_seconds_total{_labels(key)} {total:.6f}" for key, total in sorted(seconds.items())
        ]
        lines += ["# HELP geo_safety_release_info The release that is served.", "# TYPE geo_safety_release_info gauge"]
        if release_id is not None:
            lines.append(f'geo_safety_release_info{{release="{release_id}"}} 1')
        return "\n".join(lines) + "\n"


def _labels(key: tuple[str, int]) -> str:
    return f'{{route="{key[0]}",status="{key[1]}"}}'
