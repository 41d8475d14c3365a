"""What the tests of downloads share: a server that misbehaves, and a caller that never really waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback_sources import Officials, serve

from geo_safety.downloads.addresses import Publisher, read_publishers
from geo_safety.downloads.client import Client, Manners
from geo_safety.downloads.store import Store, open_store


@pytest.fixture(autouse=True)
def _plain_network(monkeypatch):
    """No proxy or certificate of the machine comes between us and the loopback."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def officials() -> Iterator[Officials]:
    """A server with nothing on it yet."""
    with serve() as running:
        yield running


@pytest.fixture
def slept() -> list[float]:
    """Every wait that the caller would have taken."""
    return []


@pytest.fixture
def told() -> list[str]:
    """What the caller said meanwhile."""
    return []


@pytest.fixture
def client(slept, told) -> Client:
    """A caller in no hurry whose waits take no time."""
    return Client(Manners(pause_s=0, silence_s=5), sleep=slept.append, tell=told.append)


@pytest.fixture
def store(client, tmp_path) -> Iterator[Store]:
    """A folder of downloads."""
    with open_store(tmp_path / "data", client) as opened:
        yield opened


@pytest.fixture
def publisher_at(officials) -> Callable[[str], Publisher]:
    """A function from a publisher's name to the publisher as the server on the loopback plays it."""
    return lambda name: read_publishers({"": officials.address})[name]


@pytest.fixture(scope="session")
def certificate(require_program, tmp_path_factory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key."""
    import subprocess

    openssl = require_program("openssl")
    folder = tmp_path_factory.mktemp("tls")
    both, key = folder / "both.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", both]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(both.read_bytes() + key.read_bytes())
    return both
