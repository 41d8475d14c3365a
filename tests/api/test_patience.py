"""Callers who never finish a request, or never take a reply, are let go; others are not."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import uvicorn

from api.patience import PatientProtocol

REPLY = b"x" * 20_000_000


class Hasty(PatientProtocol):
    request_seconds = 0.4
    reply_seconds = 0.4


async def app(scope, _receive, send):
    assert scope["type"] == "http"
    body = REPLY if scope["path"] == "/long" else b"here"
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def place():
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=Hasty, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(5)


def connect(place) -> socket.socket:
    connection = socket.create_connection(place)
    connection.settimeout(10)
    return connection


def rest_of(connection) -> bytes:
    """What comes until the server lets go; a connection that is reset is let go too."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def test_half_a_request_is_not_waited_for(place):
    with connect(place) as connection:
        begun = time.monotonic()
        connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n")
        assert rest_of(connection) == b""
        assert 0.2 < time.monotonic() - begun < 5


def test_a_request_that_trickles_in_ends_though_a_byte_comes_all_the_time(place):
    def trickle(connection):
        for byte in b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow: " + b"a" * 200:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with connect(place) as connection, pytest.raises((BrokenPipeError, ConnectionResetError)):
        trickle(connection)


def test_requests_in_a_row_are_answered_on_one_connection_and_an_idle_one_ends(place):
    with connect(place) as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            assert connection.recv(65536).endswith(b"here")
            time.sleep(0.1)
        assert rest_of(connection) == b""


def test_two_requests_at_once_are_both_answered(place):
    with connect(place) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" * 2)
        assert rest_of(connection).count(b"here") == 2


def test_a_reply_that_nobody_takes_ends_and_one_that_is_taken_slowly_does_not(place):
    with connect(place) as idle, connect(place) as slow:
        for connection in (idle, slow):
            connection.sendall(b"GET /long HTTP/1.1\r\nHost: here\r\n\r\n")
        taken = 0
        while taken < len(REPLY):
            part = slow.recv(2_000_000)
            assert part, "a caller who takes the reply was let go"
            taken += len(part)
            time.sleep(0.02)
        time.sleep(4 * Hasty.reply_seconds)
        assert len(rest_of(idle)) < len(REPLY)
