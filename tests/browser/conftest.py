"""Debian's Chromium, headless, that can reach nothing but this machine."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from browser.flags import FLAGS
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from served import live, releases  # noqa: F401 - fixtures

READY = "body[data-ready]"


@pytest.fixture(scope="module")
def chromium(require_program) -> Iterator[Browser]:
    """One browser for a module's tests: Playwright bears one driver at a time, and others have theirs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_program("chromium"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium) -> Iterator[Page]:
    """A fresh page; whatever it asks of another machine is refused and is in `page.refused`."""
    context: BrowserContext = chromium.new_context(viewport={"width": 800, "height": 600})
    page = context.new_page()
    page.refused, page.complaints = [], []

    def judge(route):
        if urlsplit(route.request.url).hostname in ("127.0.0.1", None):
            route.continue_()
        else:
            page.refused.append(route.request.url)
            route.abort()

    context.route("**/*", judge)
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def wait_until(page: Page, expression: str, *, seconds: float = 20) -> None:
    """Wait until an expression is true on the page.

    Playwright's own wait evaluates text inside the page, which our security policy forbids.
    """
    late = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < late, f"still not true after {seconds} s: {expression}"
        page.wait_for_timeout(50)


@pytest.fixture
def until(page):
    """A function that waits until an expression is true on the page."""
    return functools.partial(wait_until, page)


@pytest.fixture
def get(live):  # noqa: F811 - the fixture
    """A function from an address of the service to its JSON."""

    def fetch(path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(live.address + path, data=data)) as reply:
            return json.load(reply)

    return fetch


@pytest.fixture
def explore(page, live):  # noqa: F811 - the fixture
    """A function that opens the map page with a query, and waits until it has drawn and counted."""

    def opened(query: str, *, width: int = 1280, height: int = 860):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{live.address}/map/explore?{query}")
        page.wait_for_selector(READY)
        return page

    yield opened
    assert not page.refused
    assert not page.complaints


@pytest.fixture
def serve_folder() -> Iterator:
    """A function from a folder to the address at which its files are served."""
    servers = []

    def serve(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

    def log_message(self, *_args) -> None:
        """Nothing: a test's own output is enough."""
