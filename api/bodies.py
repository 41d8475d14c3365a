"""What a request brings in its body, up to a size."""

from __future__ import annotations

from fastapi import Request

from .problems import BadParameterError

LARGEST_BODY = 200_000
"""Bytes of a drawn shape, a case or the record of a walk."""


async def body_of(request: Request) -> bytes:
    """The whole body.

    Raises
    ------
    BadParameterError
        It is longer than `LARGEST_BODY`.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise BadParameterError(
                "body",
                f"The body is longer than {LARGEST_BODY:,} bytes. Draw a shape with fewer corners, or write less.",
            )
    return body
