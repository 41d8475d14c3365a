"""The caller against a server with every fault: patience where it helps, refusal where it must be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from loopback_sources import Fault, serve

from geo_safety import __version__
from geo_safety.downloads.client import Client, Manners, shown
from geo_safety.errors import FetchError


def test_it_says_who_it_is(officials):
    officials.pages["/a"] = lambda _: {}
    Client(Manners(pause_s=0), contact="data@borough.example").read_json(f"{officials.address}/a")
    assert (
        officials.asked[0].headers["User-Agent"]
        == f"geo-safety/{__version__} (open-data download; data@borough.example)"
    )


def test_it_pauses_between_requests_to_one_host(officials, slept):
    officials.pages["/a"] = lambda _: {}
    client = Client(Manners(pause_s=3), sleep=slept.append)
    for _ in range(3):
        client.read_json(f"{officials.address}/a")
    assert len(slept) == 2
    assert all(2.5 < wait <= 3 for wait in slept)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_faults_that_pass_are_waited_for_longer_each_time(officials, client, slept, told, status):
    officials.pages["/a"] = lambda _: {"there": True}
    officials.faults["/a"] = [Fault(status=status)] * 3
    assert client.read_json(f"{officials.address}/a") == {"there": True}
    assert slept == [1, 2, 4]
    assert f"the server answers {status}; trying again in 1 s" in told[0]


def test_a_server_that_stays_broken_is_given_up_with_a_remedy(officials, client, slept):
    officials.pages["/a"] = lambda _: {}
    officials.faults["/a"] = [Fault(status=503)] * 20
    with pytest.raises(FetchError, match=r"the server answers 503, 6 times in a row\. Try again later"):
        client.read_json(f"{officials.address}/a")
    assert len(officials.asked) == 6
    assert slept == [1, 2, 4, 8, 16]


def test_retry_after_in_seconds_is_obeyed(officials, client, slept):
    officials.pages["/a"] = lambda _: {}
    officials.faults["/a"] = [Fault(status=429, headers=(("Retry-After", "17"),))]
    client.read_json(f"{officials.address}/a")
    assert slept == [17]


def test_retry_after_as_a_date_is_obeyed(officials, client, slept):
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    officials.pages["/a"] = lambda _: {}
    officials.faults["/a"] = [Fault(status=503, headers=(("Retry-After", when),))]
    client.read_json(f"{officials.address}/a")
    assert 80 < slept[0] <= 90


def test_a_retry_after_that_says_nothing_is_a_fault_like_others(officials, client, slept):
    officials.pages["/a"] = lambda _: {}
    officials.faults["/a"] = [Fault(status=503, headers=(("Retry-After", "soon"),))]
    client.read_json(f"{officials.address}/a")
    assert slept == [1]


def test_a_server_that_asks_for_an_hour_is_left_alone(officials, client, slept):
    officials.faults["/a"] = [Fault(status=429, headers=(("Retry-After", "3600"),))]
    with pytest.raises(FetchError, match="asks to wait 60 minutes"):
        client.read_json(f"{officials.address}/a")
    assert slept == []


def test_a_silent_server_is_not_waited_for_for_ever(officials, slept):
    officials.pages["/a"] = lambda _: {"there": True}
    officials.faults["/a"] = [Fault(silence=0.6)]
    client = Client(Manners(pause_s=0, silence_s=0.2), sleep=slept.append)
    assert client.read_json(f"{officials.address}/a") == {"there": True}
    assert len(officials.asked) == 2


def test_a_page_that_breaks_off_or_comes_from_a_proxy_is_asked_for_again(officials, client, told):
    officials.pages["/a"] = lambda _: {"there": "x" * 100}
    officials.faults["/a"] = [Fault(drop=20), Fault(cut=30), Fault(body=b"<html>Log in</html>")]
    assert client.read_json(f"{officials.address}/a") == {"there": "x" * 100}
    assert "breaks off" in told[0]
    assert "no JSON" in told[1]
    assert "no JSON" in told[2]


def test_nobody_listening_is_said_in_few_words(client):
    with pytest.raises(FetchError, match="no answer") as caught:
        client.read_json("http://127.0.0.1:9/a")
    assert "HTTPConnectionPool" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (400, "refused"),
        (401, "may not be read"),
        (403, "A proxy may block it"),
        (404, "nothing at"),
        (407, "HTTPS_PROXY"),
    ],
)
def test_refusals_are_not_tried_again(officials, client, status, says):
    officials.faults["/a"] = [Fault(status=status)] * 3
    with pytest.raises(FetchError, match=says):
        client.read_json(f"{officials.address}/a")
    assert len(officials.asked) == 1


def _redirect(to: str, status: int = 302) -> Fault:
    return Fault(status=status, headers=(("Location", to),))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed(officials, client, status):
    officials.pages["/b"] = lambda _: {"there": True}
    officials.faults["/a"] = [_redirect("/b", status)]
    assert client.read_json(f"{officials.address}/a") == {"there": True}


def test_a_redirect_to_another_host_is_refused_unless_allowed(officials, client, slept):
    with serve() as other:
        other.pages["/b"] = lambda _: {"there": True}
        officials.faults["/a"] = [_redirect(f"{other.address}/b") for _ in range(3)]
        host = other.address.removeprefix("http://")
        with pytest.raises(FetchError, match=f"another host, {host}.*--allow-host {host}"):
            client.read_json(f"{officials.address}/a")
        assert other.asked == []
        assert client.read_json(f"{officials.address}/a", trusted=[host]) == {"there": True}
        allowing = Client(Manners(pause_s=0), allowed_hosts=[host], sleep=slept.append)
        assert allowing.read_json(f"{officials.address}/a") == {"there": True}


def test_redirects_that_never_end_are_left(officials, client):
    officials.faults["/a"] = [_redirect("/a") for _ in range(20)]
    with pytest.raises(FetchError, match="from one redirect to the next"):
        client.read_json(f"{officials.address}/a")
    assert len(officials.asked) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a"])
def test_a_redirect_out_of_the_web_is_refused(officials, client, target):
    officials.faults["/a"] = [_redirect(target)]
    with pytest.raises(FetchError, match="not protected"):
        client.read_json(f"{officials.address}/a")


def test_https_is_never_left_for_http(officials, certificate, slept):
    with serve(certificate=certificate) as safe:
        safe.faults["/a"] = [_redirect(f"{officials.address}/b")]
        client = Client(
            Manners(pause_s=0), certificates=str(certificate), allowed_hosts=["127.0.0.1"], sleep=slept.append
        )
        with pytest.raises(FetchError, match="not protected as it was asked for"):
            client.read_json(f"{safe.address}/a")
    assert officials.asked == []


def test_a_proxys_own_certificate_is_trusted_once_named(certificate, client, monkeypatch):
    with serve(certificate=certificate) as safe:
        safe.pages["/a"] = lambda _: {"there": True}
        with pytest.raises(FetchError, match=r"certificate of 127\.0\.0\.1 cannot be trusted.*--certificates"):
            client.read_json(f"{safe.address}/a")
        named = Client(Manners(pause_s=0), certificates=str(certificate))
        assert named.read_json(f"{safe.address}/a") == {"there": True}
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert Client(Manners(pause_s=0)).read_json(f"{safe.address}/a") == {"there": True}


def test_a_named_certificate_wins_over_the_environment(certificate, monkeypatch):
    import certifi

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    with serve(certificate=certificate) as safe:
        safe.pages["/a"] = lambda _: {}
        assert Client(Manners(pause_s=0), certificates=str(certificate)).read_json(f"{safe.address}/a") == {}


def test_it_goes_through_the_proxy_of_the_environment(officials, client, monkeypatch):
    officials.pages["/data.police.invalid/api"] = lambda _: {"there": True}
    monkeypatch.setenv("HTTP_PROXY", officials.address)
    assert client.read_json("http://data.police.invalid/api") == {"there": True}


def test_a_proxy_that_is_not_there_is_named_as_such(client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(FetchError, match="the proxy does not lead there"):
        client.read_json("http://data.police.invalid/api")


def test_a_long_query_is_sent_as_a_form(officials, client):
    officials.pages["/a"] = lambda query: query
    query = {"where": "x" * 3_000, "f": "json"}
    assert client.read_json(f"{officials.address}/a", query=query) == query
    assert officials.asked[0].method == "POST"
    assert client.read_json(f"{officials.address}/a", query={"f": "json"}) == {"f": "json"}
    assert officials.asked[1].method == "GET"


def test_an_endless_page_is_left(officials, client, monkeypatch):
    monkeypatch.setattr("geo_safety.downloads.client.LARGEST_ANSWER", 100_000)
    officials.pages["/a"] = lambda _: "x" * 200_000
    with pytest.raises(FetchError, match="sends more than"):
        client.read_json(f"{officials.address}/a")


def test_names_and_passwords_in_addresses_are_shown_to_nobody(officials, client, told):
    address = officials.address.replace("//", "//someone:secret@")
    officials.faults["/a"] = [Fault(status=503), Fault(status=404)]
    with pytest.raises(FetchError) as caught:
        client.read_json(f"{address}/a")
    assert "secret" not in "".join([str(caught.value), *told])
    assert officials.asked[0].headers["Authorization"].startswith("Basic ")
    assert shown("http://a:b@host/c?d=e") == "http://host/c?d=e"
