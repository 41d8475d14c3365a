from __future__ import annotations

import base64
import hashlib
import re

from api.routes.map import policy_for


def test_the_map_is_one_page_that_needs_nothing_else(service):
    reply = service.get("/map")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.findall(r"""(?:src|href)=["']?https?://[^"'>]*\.(?:js|css|png)""", reply.text)
    assert "invented data" in reply.text


def test_the_maps_policy_names_its_scripts_by_hash_and_allows_no_address():
    page = b"<style>p{}</style><script>one()</script><p style='x'></p><script type='module'>two()</script><script></script>"
    policy = dict(part.strip().split(" ", 1) for part in policy_for(page).split(";"))
    hashes = [base64.b64encode(hashlib.sha256(text).digest()).decode() for text in (b"one()", b"two()")]
    assert policy["script-src"] == " ".join(f"'sha256-{digest}'" for digest in hashes)
    assert policy["default-src"] == "'none'"
    assert "http" not in policy_for(page)


def test_a_page_without_scripts_may_run_none():
    assert "script-src 'none'" in policy_for(b"<p>Hello</p>")
