"""Messages to subscribers, received by a real server on the loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from two_releases import make_two

from geo_safety import cli
from geo_safety.errors import ConfigError, DeliveryError
from geo_safety.subscriptions import FILE, send, subscribe, subscriptions, unsubscribe
from geo_safety.view import View


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, self.headers, body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook():
    """A server that notes what it gets and answers with `status`."""
    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        server.received, server.status = [], 204
        server.address = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    make_two(folder)
    return folder


@pytest.fixture
def view(releases):
    from geo_safety.release import current

    return View(current(releases))


def test_each_area_is_told_once_and_signed(view, hook, tmp_path):
    made = subscribe(tmp_path, hook.address)
    assert send(view, tmp_path) == {made.id: 4}
    ((path, headers, body),) = hook.received
    assert path == "/hook"
    expected = hmac.new(made.secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["GeoSafety-Signature"] == f"sha256={expected}"
    message = json.loads(body)
    assert [area["area_id"] for area in message["areas"]] == ["grows", "shrinks", "steady", "violence-0001"]
    assert message["release_id"] == view.release_id
    assert made.secret not in body.decode() + str(headers)
    assert send(view, tmp_path) == {}
    assert len(hook.received) == 1


def test_a_theme_and_a_borough_are_kept_to(view, hook, tmp_path):
    made = subscribe(tmp_path, hook.address, themes=["violence"], borough="X09000001")
    subscribe(tmp_path, hook.address, borough="X09000002")
    assert send(view, tmp_path) == {made.id: 1}


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_was_not_taken_is_sent_again(view, hook, tmp_path, status):
    hook.status = status
    made = subscribe(tmp_path, hook.address)
    with pytest.raises(DeliveryError, match=rf"Not delivered: {made.id} \(127\.0\.0\.1.*sent again the next time"):
        send(view, tmp_path)
    assert [path for path, *_ in hook.received] == ["/hook"]  # a redirect is not followed
    hook.status = 200
    assert send(view, tmp_path) == {made.id: 4}
    assert hook.received[0][1]["Idempotency-Key"] == hook.received[1][1]["Idempotency-Key"]


def test_one_that_cannot_be_reached_keeps_nobody_else_from_being_told(view, hook, tmp_path):
    subscribe(tmp_path, "http://127.0.0.1:9/nobody")
    other = subscribe(tmp_path, hook.address)
    with pytest.raises(DeliveryError):
        send(view, tmp_path)
    assert len(hook.received) == 1
    assert [len(one.told) for one in subscriptions(tmp_path)] == [0, 4]
    assert subscriptions(tmp_path)[1].id == other.id


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/y", "hooks.example", "https://", "https://me:pw@x.example"]
)
def test_only_addresses_that_take_messages_are_kept(tmp_path, url):
    with pytest.raises(ConfigError, match="no address for messages"):
        subscribe(tmp_path, url)


def test_the_file_is_for_its_owner_alone(hook, tmp_path):
    made = subscribe(tmp_path, hook.address)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    unsubscribe(tmp_path, made.id)
    assert subscriptions(tmp_path) == []
    with pytest.raises(ConfigError, match="There are: none"):
        unsubscribe(tmp_path, made.id)


def test_from_the_command_line(releases, hook, capsys):
    assert cli.main(["subscriptions", "add", str(releases), hook.address, "--theme", "violence", "--borough", "Northbank",
                     "--json"]) == 0  # fmt: skip
    made = json.loads(capsys.readouterr().out)
    assert cli.main(["subscriptions", "list", str(releases)]) == 0
    listed = capsys.readouterr().out
    assert f"{made['id']}  127.0.0.1  violence  X09000001  told of 0" in listed
    assert made["secret"] not in listed
    assert cli.main(["subscriptions", "send", str(releases)]) == 0
    assert capsys.readouterr().out == f"{made['id']}: 1 areas\n"
    assert cli.main(["subscriptions", "send", str(releases)]) == 0
    assert capsys.readouterr().out == "Nothing new.\n"
    assert cli.main(["subscriptions", "remove", str(releases), made["id"]]) == 0
    assert cli.main(["subscriptions", "add", str(releases), hook.address, "--theme", "joy"]) == 1
    assert "There are: robbery, violence" in capsys.readouterr().err
