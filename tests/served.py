"""Fixtures: the tiny town served, in this process for most tests, and by a real server on the loopback for clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from releases import tiny_release
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app


@pytest.fixture(scope="session")
def releases(tmp_path_factory) -> Path:
    """A folder whose current release is the tiny town; nobody changes it."""
    folder = tmp_path_factory.mktemp("town")
    tiny_release(folder)
    return folder / "releases"


@pytest.fixture(scope="session")
def service(releases) -> TestClient:
    """The service on the tiny town."""
    return TestClient(create_app(ServiceSettings(releases=releases)))


@dataclass
class Live:
    """A running server."""

    address: str


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()


@contextmanager
def serving(releases: Path) -> Iterator[Live]:
    """The service on a folder of releases behind uvicorn, at a free port of 127.0.0.1."""
    app = create_app(ServiceSettings(releases=releases))
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    assert server.listening.wait(timeout=30)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Live(f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(timeout=30)


@pytest.fixture(scope="session")
def live(releases) -> Iterator[Live]:
    """The service on the tiny town behind uvicorn."""
    with serving(releases) as running:
        yield running


def parameter(service, path, name):
    """A parameter of an address as the API definition describes it."""
    document = service.get("/api").json()
    for reference in document["paths"][path]["get"]["parameters"]:
        found = document["components"]["parameters"][reference["$ref"].rsplit("/", 1)[-1]]
        if found["name"] == name:
            return found
    raise AssertionError(f"{path} has no parameter {name}")
