from __future__ import annotations

import base64
import hashlib
import json
import re

from api.routes.map import policy_for


def test_the_map_is_one_page_that_needs_nothing_else(service):
    reply = service.get("/map/standalone")
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


def test_the_map_application_holds_its_answer_before_any_script(service):
    reply = service.get("/map/explore", params={"t": "robbery", "unknown": "kept for the script"})
    assert reply.status_code == 200
    assert "Around Tidewater, Northbank" in reply.text
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    config = json.loads(re.search(r'<script type="application/json" id="config">(.*?)</script>', reply.text)[1])
    assert [one["name"] for one in config["themes"]] == ["robbery", "violence"]
    assert {one["name"] for one in config["layers"]} == {"cells-r8", "cells-r9", "wards", "boroughs"}
    assert all(breaks[:2] == [1, 5] for layer in config["layers"] for breaks in layer["breaks"].values())
    # A file of the page may be fetched by name, and nothing else of the folder.
    (script,) = re.findall(r'src="[^"]*/map/assets/([^"]+)"', reply.text)
    assert service.get(f"/map/assets/{script}").headers["content-type"].startswith("text/javascript")
    for name in ("manifest.json", "nothing.js", "..%2Fleaflet.js"):
        assert service.get(f"/map/assets/{name}").status_code in (400, 404, 422)


def test_the_ground_is_a_document_of_its_own(service):
    reply = service.get("/map/base.json")
    assert reply.headers["content-type"] == "application/geo+json"
    assert reply.json()["type"] == "FeatureCollection"
