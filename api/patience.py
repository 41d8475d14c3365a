"""How long the service waits for a slow caller: a request that trickles in, or a reply that nobody takes, ends.

uvicorn waits for ever for the rest of a request, so that a few hundred idle connections would keep everybody out.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

REQUEST_SECONDS = 15.0
"""A request's first and last byte lie at most so far apart; so do two requests of one connection."""

REPLY_SECONDS = 60.0
"""A caller takes some of the reply at least so often."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with an end to waiting."""

    request_seconds = REQUEST_SECONDS
    reply_seconds = REPLY_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._wait(self.request_seconds)

    def data_received(self, data: bytes) -> None:
        """Go on waiting while the request is not whole: the time that it has began with its first byte."""
        if self._waiting is None and self._is_idle():
            self._wait(self.request_seconds)
        super().data_received(data)
        if not self._is_idle():
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request as long as for the first, once the caller has taken the reply."""
        super().on_response_complete()
        if self._is_idle() and not self.flow.write_paused:
            self._wait(self.request_seconds)

    def pause_writing(self) -> None:
        """The caller takes the reply more slowly than we send it."""
        super().pause_writing()
        self._wait_for_taker(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The caller has caught up."""
        super().resume_writing()
        self._stop_waiting()
        if self._is_idle():
            self._wait(self.request_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        """Whether no whole request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        return cycle is None or cycle.response_complete

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(seconds, self.transport.abort)

    def _wait_for_taker(self, left: int) -> None:
        """Look again later; whoever has taken nothing of the reply since then is let go."""

        def look() -> None:
            still_left = self.transport.get_write_buffer_size()
            if still_left < left:
                self._wait_for_taker(still_left)
            else:
                self.transport.abort()

        self._stop_waiting()
        self._waiting = self.loop.call_later(self.reply_seconds, look)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
