"""Keys: made, found, revoked; what is kept cannot be turned back into a key."""

from __future__ import annotations

import datetime as dt
import json
import math
import sqlite3
from collections import Counter

import pytest
from releases import tiny_release

from geo_safety.cli import main
from geo_safety.disclosure import Reader
from geo_safety.errors import KeyringError
from geo_safety.keys import TOKEN, find_key, list_keys, make_key, note_use, revoke_key

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def make(state, **changed):
    return make_key(
        state, **{"name": "CSP", "access": "partner", "boroughs": ["B1", "B2"], "days": 30, "now": NOW, **changed}
    )


def test_a_key_opens_what_it_was_made_for(tmp_path):
    key, token = make(tmp_path)
    assert find_key(tmp_path, token) == key
    assert key.reader == Reader("partner", frozenset({"B1", "B2"}))
    assert key.expires == NOW + dt.timedelta(days=30)
    internal, other = make(tmp_path, access="internal", boroughs=[])
    assert find_key(tmp_path, other).reader == Reader("internal")
    assert [one.id for one in list_keys(tmp_path)] == sorted([key.id, internal.id])


def test_nothing_kept_holds_the_key(tmp_path):
    _, token = make(tmp_path)
    secret = token.rsplit("_", 1)[1] if token.count("_") == 2 else token.split("_", 2)[2]
    for path in tmp_path.iterdir():
        assert secret.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_secrets_have_256_bits_and_no_two_are_alike(tmp_path):
    tokens = [make(tmp_path)[1] for _ in range(64)]
    assert all(TOKEN.match(token) for token in tokens)
    assert len({token.split("_", 2)[2] for token in tokens}) == 64
    letters = Counter("".join(token.split("_", 2)[2] for token in tokens))
    entropy = -sum(n / 2752 * math.log2(n / 2752) for n in letters.values())
    assert entropy * 43 > 250  # of at most 6 bits a letter


@pytest.mark.parametrize("spoil", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "gsk_0000000000" + t[14:],
                                   lambda t: t.upper(), lambda t: t[:-1], lambda t: t + "A", lambda t: t[:0], lambda t: " " + t,
                                   lambda t: t + "\n", lambda t: "gsk_' OR 1=1 --_" + t[15:]])  # fmt: skip
def test_a_key_that_is_nearly_right_opens_nothing(tmp_path, spoil):
    _, token = make(tmp_path)
    assert find_key(tmp_path, spoil(token)) is None


def test_revoked_and_expired_keys_say_so(tmp_path):
    key, token = make(tmp_path)
    assert find_key(tmp_path, token).state(NOW) == "valid"
    assert find_key(tmp_path, token).state(key.expires) == "expired"
    revoke_key(tmp_path, key.id, now=NOW)
    assert find_key(tmp_path, token).state(NOW) == "revoked"
    # The first time counts.
    assert revoke_key(tmp_path, key.id, now=NOW + dt.timedelta(days=1)).revoked == NOW
    with pytest.raises(KeyringError, match="keys list"):
        revoke_key(tmp_path, "nope", now=NOW)


def test_last_use_is_written_once_a_minute(tmp_path):
    _, token = make(tmp_path)
    used = []
    for seconds in (0, 30, 61):
        note_use(tmp_path, find_key(tmp_path, token), now=NOW + dt.timedelta(seconds=seconds))
        used.append(find_key(tmp_path, token).last_used - NOW)
    assert [one.total_seconds() for one in used] == [0, 0, 61]


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"access": "open"}, "partner or internal"), ({"boroughs": []}, "--borough"),
     ({"access": "internal"}, "leave it out"), ({"days": 0}, "1 to 366"), ({"days": 4000}, "1 to 366"),
     ({"name": "a\nb"}, "a line"), ({"name": " "}, "a line")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_remedy(tmp_path, changed, message):
    with pytest.raises(KeyringError, match=message):
        make(tmp_path, **changed)
    assert list_keys(tmp_path) == []


def test_a_damaged_file_of_keys_is_an_error_with_a_remedy_and_opens_nothing(tmp_path):
    _, token = make(tmp_path)
    (tmp_path / "keys.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(KeyringError, match="owner of the state folder"):
        find_key(tmp_path, token)


def test_the_commands_make_list_and_revoke(tmp_path, capsys):
    tiny_release(tmp_path)
    where = [str(tmp_path / "releases"), "--state", str(tmp_path)]
    assert (
        main(["keys", "make", *where, "--name", "Northbank CSP", "--class", "partner", "--borough", "northbank"]) == 0
    )
    shown = capsys.readouterr().out
    token = shown.split()[0]
    assert "only time" in shown
    assert find_key(tmp_path, token).reader.boroughs == {"X09000001"}
    assert main(["keys", "list", *where]) == 0
    listed = capsys.readouterr().out
    assert token not in listed
    assert "Northbank CSP" in listed
    assert "never" in listed
    key_id = listed.split()[0]
    assert main(["keys", "revoke", key_id, *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"id": key_id, "state": "revoked"}
    assert main(["keys", "list", *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["keys"][0]["state"] == "revoked"
    assert main(["keys", "make", *where, "--name", "x", "--class", "partner", "--borough", "Nowhere"]) == 1
    assert "X09000001" in capsys.readouterr().err


def test_two_processes_may_write_at_once(tmp_path):
    key, token = make(tmp_path)
    busy = sqlite3.connect(tmp_path / "keys.sqlite")
    busy.execute("BEGIN IMMEDIATE")
    assert find_key(tmp_path, token) == key  # reading waits for nobody who has not committed
    busy.rollback()
    busy.close()
    note_use(tmp_path, key, now=NOW)
