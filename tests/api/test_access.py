"""Keys at the door: three ways to send one, what a wrong one gets, and what is written down."""

from __future__ import annotations

import datetime as dt
import json
import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from api.access import FAILURES
from api.app import ServiceSettings, create_app
from api.limits import Rate
from api.logs import JsonLines
from geo_safety.audit import read_audit
from geo_safety.keys import list_keys, make_key, revoke_key

ITEMS = "/collections/wards/items"
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def guarded(releases, state):
    """The tiny town with a state folder of its own, so that failures and keys of one test touch no other."""
    return TestClient(create_app(ServiceSettings(releases=releases, state=state)))


@pytest.fixture
def key(state):
    return make_key(state, name="VRU", access="internal", days=1, now=NOW)[1]


WAYS = {
    "bearer": lambda key: {"headers": {"Authorization": f"Bearer {key}"}},
    "lower case": lambda key: {"headers": {"authorization": f"bearer {key}"}},
    "header": lambda key: {"headers": {"X-API-Key": key}},
    "address": lambda key: {"params": {"key": key}},
    "twice the same": lambda key: {"headers": {"X-API-Key": key}, "params": {"key": key}},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_send_a_key_opens_the_exact_figures(guarded, key, way):
    reply = guarded.get(ITEMS, **WAYS[way](key))
    assert reply.headers["geosafety-disclosure"] == "internal; hidden=none"
    bands = [one["properties"]["incidents_band"] for one in reply.json()["features"]]
    assert "1-4" not in bands
    assert reply.headers["cache-control"] == "private, max-age=0, must-revalidate"
    assert {"Authorization", "X-API-Key"} <= {one.strip() for one in reply.headers["vary"].split(",")}


def test_without_a_key_anybody_may_keep_a_copy_that_is_not_mixed_up_with_others(guarded):
    reply = guarded.get(ITEMS)
    assert reply.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert "X-API-Key" in reply.headers["vary"]


def test_classes_have_other_tags_and_no_copy_of_one_is_good_for_the_other(guarded, key):
    everybody, internal = guarded.get(ITEMS), guarded.get(ITEMS, headers={"X-API-Key": key})
    assert everybody.headers["etag"] != internal.headers["etag"]
    crossed = guarded.get(ITEMS, headers={"If-None-Match": internal.headers["etag"]})
    assert (crossed.status_code, crossed.content) == (200, everybody.content)
    own = guarded.get(ITEMS, headers={"If-None-Match": internal.headers["etag"], "X-API-Key": key})
    assert own.status_code == 304


@pytest.mark.parametrize("sent", [{"headers": {"X-API-Key": "x"}}, {"headers": {"X-API-Key": ""}}, {"params": {"key": ""}},
                                  {"headers": {"Authorization": "Bearer"}}, {"params": {"key": "gsk_0123456789_" + "A" * 43}},
                                  {"headers": {"Authorization": "Bearer a.b.c"}}])  # fmt: skip
@pytest.mark.usefixtures("key")
def test_a_wrong_key_is_refused_and_never_becomes_the_open_class(guarded, sent):
    reply = guarded.get(ITEMS, **sent)
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert reply.headers["cache-control"] == "no-store"
    assert "features" not in reply.text


def test_different_keys_in_one_request_are_refused(guarded, key):
    assert guarded.get(ITEMS, params={"key": "other"}, headers={"X-API-Key": key}).status_code == 401
    assert guarded.get(f"{ITEMS}?key={key}&key={key}").status_code == 400


def test_other_schemes_are_for_a_proxy_in_front(guarded):
    assert guarded.get(ITEMS, headers={"Authorization": "Basic dTpw"}).status_code == 200


def test_a_key_that_is_taken_back_opens_nothing_from_the_next_request_on(guarded, state, key):
    assert guarded.get(ITEMS, headers={"X-API-Key": key}).status_code == 200
    revoke_key(state, list_keys(state)[0].id, now=NOW)
    assert guarded.get(ITEMS, headers={"X-API-Key": key}).status_code == 401


def test_an_expired_key_opens_nothing(guarded, state):
    old = make_key(state, name="old", access="internal", days=1, now=NOW - dt.timedelta(days=2))[1]
    assert guarded.get(ITEMS, headers={"X-API-Key": old}).status_code == 401


def test_use_is_noted(guarded, state, key):
    guarded.get(ITEMS, headers={"X-API-Key": key})
    assert list_keys(state)[0].last_used is not None


def test_guessing_is_stopped(guarded, key):
    replies = [
        guarded.get(ITEMS, headers={"X-API-Key": f"guess {number}"}) for number in range(int(FAILURES.burst) + 3)
    ]
    assert [reply.status_code for reply in replies] == [401] * int(FAILURES.burst) + [429] * 3
    assert int(replies[-1].headers["retry-after"]) >= 1
    # Whoever guesses is not told that a guess was right; everybody else goes on, and so does the open set.
    assert guarded.get(ITEMS, headers={"X-API-Key": key}).status_code == 429
    assert guarded.get(ITEMS).status_code == 200


def test_a_key_in_the_address_goes_on_in_every_link_and_in_none_of_another_reader(guarded, key, state):
    other = make_key(state, name="other", access="internal", days=1, now=NOW)[1]
    for path in (f"{ITEMS}?limit=1", "/collections", "/collections/wards", "/", "/tiles/wards.json"):
        mine = guarded.get(path, params={**parse_qs(urlsplit(path).query), "key": key})
        theirs = guarded.get(path, params={**parse_qs(urlsplit(path).query), "key": other})
        hidden = guarded.get(path, headers={"X-API-Key": key})
        everybody = guarded.get(path)
        assert key in mine.text
        assert other in theirs.text
        assert other not in mine.text
        for reply in (theirs, hidden, everybody):
            assert key not in reply.text
            assert key not in str(reply.headers)
        assert len({reply.headers["etag"] for reply in (mine, theirs, everybody)}) == 3


def test_a_key_in_the_address_survives_paging(guarded, key):
    address, ids = f"{ITEMS}?limit=1&key={key}", []
    while address:
        page = guarded.get(address)
        assert page.headers["geosafety-disclosure"].startswith("internal")
        ids += [one["id"] for one in page.json()["features"]]
        address = next((one["href"] for one in page.json()["links"] if one["rel"] == "next"), None)
    assert len(ids) == 4


def test_reads_with_a_key_are_written_down_and_others_are_not(guarded, state, key):
    guarded.get(ITEMS)
    guarded.get(ITEMS, params={"borough": "X09000001", "limit": 1, "theme": "robbery", "key": key})
    guarded.get("/collections/cells-r9/items", params={"f": "csv", "limit": 5}, headers={"X-API-Key": key})
    guarded.get("/collections/wards/items/X05000001/series", headers={"X-API-Key": key})
    guarded.get("/tiles/wards/0/0/0.mvt", headers={"X-API-Key": key})
    guarded.get("/collections/nope", headers={"X-API-Key": key})
    first, second, third, fourth = read_audit(state)
    assert first["key"] == list_keys(state)[0].id
    assert (first["class"], first["route"]) == ("internal", "/collections/{layer}/items")
    assert first["area"] == {"layer": "wards", "borough": "X09000001"}
    assert first["filter"] == {"limit": "1", "theme": "robbery"}
    assert (first["rows"], first["suppressed"]) == (1, 0)
    assert (second["rows"], second["filter"]["f"]) == (5, "csv")
    assert third["rows"] == 24
    assert (fourth["path"], fourth["rows"]) == ("/tiles/wards/0/0/0.mvt", None)
    assert key not in (state / "audit").joinpath(next((state / "audit").iterdir()).name).read_text()


def test_what_cannot_be_written_down_is_not_sent(guarded, state, key):
    (state / "audit").write_text("a file in its place")
    reply = guarded.get(ITEMS, headers={"X-API-Key": key})
    assert reply.status_code == 503
    assert "features" not in reply.text
    assert str(state) not in reply.text
    assert guarded.get(ITEMS).status_code == 200


def test_keys_that_cannot_be_read_open_nothing(guarded, state, key):
    (state / "keys.sqlite").write_bytes(b"no database" * 100)
    reply = guarded.get(ITEMS, headers={"X-API-Key": key})
    assert reply.status_code == 503
    assert "features" not in reply.text


def test_the_log_has_one_line_a_request_and_no_key(guarded, key, caplog):
    caplog.set_level(logging.INFO, logger="geo_safety.api")
    reply = guarded.get(ITEMS, params={"limit": 2, "key": key})
    guarded.get(ITEMS, params={"key": "gsk_0123456789_" + "A" * 43})
    guarded.get(f"/nowhere?key={key}&x=1")
    guarded.get(ITEMS, params={"theme": f"?key={key}"})  # a key in the wrong place
    lines = [JsonLines().format(record) for record in caplog.records]
    assert key not in "\n".join(lines)
    assert "A" * 43 not in "\n".join(lines)
    about = next(json.loads(line) for line in lines if json.loads(line).get("path") == ITEMS)
    assert about["request"] == reply.headers["x-request-id"]
    assert (about["query"], about["status"], about["class"]) == ("limit=2", 200, "internal")


def test_a_problem_has_the_id_of_its_request(guarded):
    given = "0b8f6a52-1c1f-4f0e-9a4b-0d9c7c1f2a11"
    reply = guarded.get("/nowhere", headers={"X-Request-Id": given})
    assert reply.headers["x-request-id"] == given
    assert reply.json()["instance"] == f"urn:uuid:{given}"
    assert guarded.get("/nowhere", headers={"X-Request-Id": "x\tlevel=INFO"}).headers["x-request-id"] != "x\tlevel=INFO"


def test_addresses_without_end_are_refused(guarded):
    for path in (f"{ITEMS}?theme={'x' * 9000}", f"/collections/{'x' * 3000}"):
        assert guarded.get(path).status_code == 414


def test_whoever_asks_too_much_waits_and_nobody_else_does(releases, state):
    key = make_key(state, name="VRU", access="internal", days=1, now=NOW)[1]
    service = TestClient(
        create_app(ServiceSettings(releases=releases, state=state, rate=Rate(burst=10, per_second=0.5)))
    )
    statuses = [service.get(f"{ITEMS}?f=csv&limit=4").status_code for _ in range(2)]
    assert statuses == [200, 429]
    refused = service.get(ITEMS)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 4  # 2 units at half a unit a second
    assert service.get("/healthz").status_code == 200
    assert service.get(ITEMS, headers={"X-API-Key": key}).status_code == 200


def test_scripts_of_sites_that_the_operator_does_not_name_may_not_read(releases):
    service = TestClient(create_app(ServiceSettings(releases=releases, allowed_origins=("https://map.example",))))
    assert "access-control-allow-origin" not in service.get(ITEMS, headers={"Origin": "https://other.example"}).headers
    preflight = service.options(ITEMS, headers={"Origin": "https://map.example", "Access-Control-Request-Method": "GET",
                                                "Access-Control-Request-Headers": "x-api-key"})  # fmt: skip
    assert preflight.headers["access-control-allow-origin"] == "https://map.example"
