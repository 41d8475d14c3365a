"""Walks over HTTP: sheets for everybody, records for those who keep them, and no word that must not be there."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from releases import INPUTS_HASH, tiny_content
from starlette.testclient import TestClient
from wording import banned_in, jargon_in, spoken

from api.app import ServiceSettings, create_app
from api.formats import ITEM_FORMATS
from geo_safety import cli, schema
from geo_safety.keys import make_key
from geo_safety.products.wsa_shortlist import INVITES, LOW_REPORTS, SAYS
from geo_safety.release import write_release
from geo_safety.walk_factors import FACTORS, KEYS

LAYER, THEME = "wsa-shortlist", "violence"
LISTED, OTHER = "park-edge_54.7000_1.7000", "bus-node_54.7100_1.7200"
FORBIDDEN = (
    "sexual",
    "rape",
    "domestic",
    "victim",
    "offender",
    "suspect",
    "hate",
    "unsafe area",
    "hotspot",
    "no-go",
    "crime",
)


def place(place_id: str, name: str, borough: str, **changes) -> dict:
    lat, lon = (float(part) for part in place_id.split("_")[1:])
    return {
        "place_id": place_id, "theme": THEME, "name": name, "boroughs": borough, "borough_names": "Northbank",
        "wards": "X05000001", "ward_name": "Tidewater", "window_start": dt.date(2025, 1, 1),
        "window_end": dt.date(2025, 12, 1), "type": place_id.split("_", maxsplit=1)[0].replace("-", " "), "is_inner": None,
        "is_listed": True, "excluded_because": None, "rank": 1, "rank_low": 1, "rank_high": 9, "score": 81.0,
        "part_incidents": 90.0, "part_perception": None, "part_transport": 80.0, "part_built": 60.0, "part_exposure": 70.0,
        "weight_known": 0.75, "parts_missing": "perception", "stops_within_150m": 5.0, "uses_within_150m": 3.0,
        "lamps_within_100m": None, "footfall": 0.0, "caution": f"{INVITES} {LOW_REPORTS}",
        "geometry": shapely.Point(lon, lat).buffer(0.002, quad_segs=4), **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tiny town with a place on the list and one that is not; the second in the other borough."""
    rows = [
        place(LISTED, "Edge of Tide Common, Northbank", "X09000001"),
        place(OTHER, "Bus stops at Mill Corner, Southbank", "X09000002", is_listed=False, rank=2, score=70.0,
              excluded_because="Others of higher rank filled the list."),
    ]  # fmt: skip
    content = tiny_content()
    told = {LAYER: {"why_not": None, "themes": [THEME], "says": list(SAYS), "notes": []}}
    content = replace(
        content,
        layers={**content.layers, LAYER: schema.to_arrow(pd.DataFrame(rows), schema.WSA_SHORTLIST)},
        manifest={**content.manifest, "products": told},
    )
    releases = tmp_path_factory.mktemp("walks") / "releases"
    write_release(content, releases, inputs_hash=INPUTS_HASH)
    return releases


@pytest.fixture(autouse=True)
def theme_of_the_tiny_town(monkeypatch):
    """The tiny town has no reports relevant to women's safety: another of its themes stands in."""
    monkeypatch.setattr("geo_safety.walk_sheet.THEME", THEME)


@pytest.fixture
def clients(folder, tmp_path):
    state, now = tmp_path / "state", dt.datetime.now(dt.UTC)
    _, partner = make_key(state, name="p", access="partner", boroughs=["X09000001"], days=1, now=now)
    _, internal = make_key(state, name="i", access="internal", days=1, now=now)
    app = create_app(ServiceSettings(releases=folder, state=state))
    keys = {"open": {}, "partner": {"X-API-Key": partner}, "internal": {"X-API-Key": internal}}
    return {access: TestClient(app, headers=headers) for access, headers in keys.items()}


def record(place_id: str = LISTED, **changes) -> dict:
    return {"place_id": place_id, "date": "2025-01-15", "start": "18:30", "people": 6, "factors": dict.fromkeys(KEYS, 1),
            "actions": [{"what": "Mend two lamps", "owner": "Street lighting"}]} | changes  # fmt: skip


def test_the_sheet_is_for_everybody_and_holds_what_a_walk_needs(clients):
    replies = {access: client.get(f"/walks/sheets/{LISTED}?date=2025-12-21") for access, client in clients.items()}
    assert {reply.status_code for reply in replies.values()} == {200}
    assert len({reply.text for reply in replies.values()}) == 1
    html = replies["open"].text
    text = spoken(html)
    assert "Low reports do not mean safe." in text
    assert all(factor.question in text for factor in FACTORS)
    assert "Sunday 21 December 2025" in text
    assert "Dark from 16:" in text or "Dark from 15:" in text
    assert "how many came, never who" in text
    assert "What people say of it not known here: the other parts count for more" in text
    assert "9" in text
    assert "Who owns it (organisation)" in text
    assert "Pay those who come" in text


def test_the_sheet_asks_no_other_host_and_runs_no_script(clients):
    reply = clients["open"].get(f"/walks/sheets/{LISTED}")
    html, policy = reply.text, reply.headers["content-security-policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert re.findall(r"(?:https?:)?//[a-z]", html) == []
    assert "<script" not in html
    assert re.search(r"@page\{size:A4", html)


@pytest.mark.parametrize("access", ["open", "partner", "internal"])
def test_no_forbidden_word_leaves_on_a_sheet(clients, access):
    for place_id in (LISTED, OTHER):
        text = spoken(clients[access].get(f"/walks/sheets/{place_id}").text)
        assert banned_in(text) == []
        # The small print names the sources in their own words.
        own = text.lower().partition("the tiny town")[0]
        assert [word for word in FORBIDDEN if word in own] == []


def test_a_place_that_is_not_there_and_a_day_that_is_none_are_problems(clients):
    assert clients["open"].get("/walks/sheets/nowhere").status_code == 404
    reply = clients["open"].get(f"/walks/sheets/{LISTED}?date=tomorrow")
    assert (reply.status_code, "2026-01-15" in reply.json()["detail"]) == (400, True)
    for day in ("0001-01-01", "9999-12-31"):
        assert clients["open"].get(f"/walks/sheets/{LISTED}?date={day}").status_code == 400


def test_records_are_kept_by_internal_readers_and_by_partners_of_the_borough(clients):
    assert clients["open"].get("/walks").status_code == 403
    assert clients["open"].post("/walks", json=record()).status_code == 403
    assert clients["open"].get(f"/walks/comparison?place={LISTED}").status_code == 403
    assert clients["partner"].post("/walks", json=record()).status_code == 201
    assert clients["partner"].post("/walks", json=record(OTHER)).status_code == 403
    assert clients["internal"].post("/walks", json=record(OTHER)).status_code == 201
    assert [row["place_id"] for row in clients["partner"].get("/walks").json()["walks"]] == [LISTED]
    assert len(clients["internal"].get("/walks").json()["walks"]) == 2
    assert [one["owner"] for one in clients["partner"].get("/walks").json()["open_actions"]] == ["Street lighting"]
    assert clients["internal"].get(f"/walks?place={OTHER}").json()["walks"][0]["light"] == "dark"


def test_what_was_added_is_there_at_once_and_nothing_is_kept_on_the_way(clients):
    client = clients["internal"]
    before = client.get("/walks")
    assert "etag" not in before.headers
    client.post("/walks", json=record())
    assert len(client.get("/walks").json()["walks"]) == len(before.json()["walks"]) + 1


def test_a_second_walk_is_compared_with_the_first(clients):
    client = clients["partner"]
    assert client.get(f"/walks/comparison?place={LISTED}").status_code == 404
    client.post("/walks", json=record())
    client.post("/walks", json=record(date="2025-12-15", factors={**dict.fromkeys(KEYS, 1), "lighting": 3}))
    found = client.get(f"/walks/comparison?place={LISTED}").json()
    assert found["factors"][0]["in_words"] == "rated higher by 2"
    assert "no proof of change" in found["how"]
    assert client.get(f"/walks/comparison?place={LISTED}&light=moon").status_code == 400
    assert client.get("/walks/comparison").status_code == 400


@pytest.mark.parametrize(
    "body", ["{", "[]", json.dumps(record(people=1)), json.dumps(record(names=["Ada"])), "x" * 300_000]
)
def test_a_record_that_cannot_be_used_is_a_problem(clients, body):
    reply = clients["internal"].post("/walks", content=body)
    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/problem+json"


def test_t4_the_shortlist_of_a_planner_needs_no_person(clients, folder, tmp_path):
    """Question T4 of the domain brief: the shortlist, its parts and its reasons, by API, by file and as a sheet."""
    params = {"theme": THEME, "filter": "is_listed = true", "sortby": "rank", "limit": 100}
    listed = clients["open"].get(f"/collections/{LAYER}/items", params=params).json()
    (row,) = [one["properties"] for one in listed["features"]]
    assert (row["name"], row["rank"], row["rank_low"], row["rank_high"]) == ("Edge of Tide Common, Northbank", 1, 1, 9)
    assert row["parts_missing"] == "perception"
    everything = clients["open"].get(f"/collections/{LAYER}/items?theme={THEME}&limit=100&borough=X09000002").json()
    assert [one["properties"]["excluded_because"] for one in everything["features"]] == [
        "Others of higher rank filled the list."
    ]
    out = tmp_path / "places.csv"
    assert cli.main(["export", str(folder), LAYER, str(out), "--theme", THEME]) == 0
    assert LOW_REPORTS in out.read_text(encoding="utf-8")
    sheet = tmp_path / "sheet.html"
    assert cli.main(["walks", "sheet", str(folder), row["place_id"], str(sheet), "--date", "2025-12-21"]) == 0
    assert sheet.read_text(encoding="utf-8") == clients["open"].get(f"/walks/sheets/{LISTED}?date=2025-12-21").text


@pytest.mark.parametrize("access", ["open", "partner", "internal"])
@pytest.mark.parametrize("form", ITEM_FORMATS)
def test_every_format_says_that_low_reports_do_not_mean_safe_and_holds_no_forbidden_column(clients, form, access):
    reply = clients[access].get(f"/collections/{LAYER}/items?theme={THEME}&limit=100&f={form}")
    assert reply.status_code == 200, reply.text[:300]
    if form == "parquet":
        text = str(pq.read_table(io.BytesIO(reply.content)).to_pydict())
    elif form == "xlsx":
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(reply.content), read_only=True)
        text = " ".join(
            str(cell) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) for cell in row
        )
    else:
        text = reply.content.decode("utf-8", errors="ignore")
    assert "ow reports do not mean safe" in text
    columns = [name for name in schema.WSA_SHORTLIST.column_names if name not in ("incidents", "incidents_band")]
    assert not [name for name in columns for word in ("sexual", "rape", "domestic", "hate", "victim") if word in name]


@pytest.mark.parametrize("access", ["open", "partner", "internal"])
def test_no_class_of_readers_gets_a_count_of_a_place(clients, access):
    found = clients[access].get(f"/collections/{LAYER}/items?theme={THEME}&limit=100").json()["features"]
    assert [(one["properties"]["incidents"], one["properties"]["incidents_band"]) for one in found] == [
        (None, None)
    ] * 2


def test_the_commands_keep_compare_and_tell(folder, tmp_path, capsys):
    state = ["--state", str(tmp_path / "state")]
    form = tmp_path / "form.json"
    assert cli.main(["walks", "form", str(folder), LISTED, str(form), "--date", "2025-01-15", *state]) == 0
    assert cli.main(["walks", "add", str(folder), str(form), *state]) == 1  # nothing is rated yet
    assert "no factor is rated" in capsys.readouterr().err
    for day, mark in (("2025-01-15", 1), ("2025-12-15", 2)):
        form.write_text(json.dumps(record(date=day, factors=dict.fromkeys(KEYS, mark))), encoding="utf-8")
        assert cli.main(["walks", "add", str(folder), str(form), *state]) == 0
    assert "in the dark" in capsys.readouterr().out
    assert cli.main(["walks", "list", str(folder), "--json", *state]) == 0
    rows = json.loads(capsys.readouterr().out)["walks"]
    assert [row["date"] for row in rows] == ["2025-12-15", "2025-01-15"]
    assert cli.main(["walks", "compare", str(folder), LISTED, *state]) == 0
    assert "rated higher by 1" in capsys.readouterr().out
    assert cli.main(["walks", "compare", str(folder), LISTED, "--light", "day", *state]) == 1
    assert cli.main(["walks", "action", str(folder), rows[0]["id"], "1", "done", *state]) == 0
    capsys.readouterr()
    assert cli.main(["walks", "actions", str(folder), *state]) == 0
    assert capsys.readouterr().out.count("Mend two lamps") == 1
    assert cli.main(["walks", "remove", str(folder), rows[0]["id"], *state]) == 0
    assert cli.main(["walks", "add", str(folder), str(tmp_path / "none.json"), *state]) == 1
    assert cli.main(["walks", "sheet", str(folder), "nowhere", str(tmp_path / "x.html"), *state]) == 1
    assert "has no place 'nowhere'" in capsys.readouterr().err


def test_a_place_has_a_page_that_says_first_what_must_be_said_and_leads_to_its_sheet(clients):
    for access, client in clients.items():
        reply = client.get(f"/map/place/{LAYER}/{OTHER}?t={THEME}")
        assert reply.status_code == 200, access
        text = spoken(reply.text)
        assert text.index("Low reports do not mean safe") < text.index("Others of higher rank filled the list.")
        assert f"/walks/sheets/{OTHER}" in reply.text
        assert banned_in(text) == []
        assert jargon_in(text.replace("percentiles", "")) == []
    assert clients["open"].get(f"/map/place/{LAYER}/nowhere?t={THEME}").status_code == 404


def test_a_place_that_the_community_named_has_a_sheet_and_walks_and_no_score(folder, clients, tmp_path, capsys):
    where = shapely.centroid(clients_borough(clients["open"]))
    state = ["--state", str(tmp_path / "state")]
    call = [
        "walks",
        "nominate",
        str(folder),
        "--type",
        "park edge",
        f"--at={where.y},{where.x}",
        "--by",
        "Northbank Women's Forum",
    ]
    for name, told in (
        ("Harbour Clinic", "premises"),
        ("12 Mill Lane", "premises"),
        ("ask ada@example.org", "leave people out"),
    ):
        assert cli.main([*call, "--name", name, *state]) == 1
        assert told in capsys.readouterr().err
    assert cli.main([*call, "--name", "PATH BY THE WEIR", "--json", *state]) == 0
    kept = json.loads(capsys.readouterr().out)
    assert (kept["name"], kept["borough_code"]) == ("Path by the Weir", "X09000001")
    assert cli.main([*call, "--name", "Weir Path", *state]) == 1
    assert cli.main(["walks", "nominations", str(folder), *state]) == 0
    assert "Northbank Women's Forum" in capsys.readouterr().out
    place_id = kept["place_id"]
    assert clients["open"].get(f"/walks/sheets/{place_id}").status_code == 404
    text = spoken(clients["partner"].get(f"/walks/sheets/{place_id}?date=2025-12-21").text)
    assert "The community named it" in text
    assert "needs none" in text
    assert "of 100 places" not in text
    assert clients["partner"].post("/walks", json=record(place_id)).status_code == 201
    assert [one["place_id"] for one in clients["partner"].get("/walks").json()["nominations"]] == [place_id]
    sheet = tmp_path / "named.html"
    assert cli.main(["walks", "sheet", str(folder), place_id, str(sheet), *state]) == 0
    assert cli.main(["walks", "forget", str(folder), place_id, *state]) == 0
    assert cli.main(["walks", "forget", str(folder), place_id, *state]) == 1
    assert cli.main([*call[:-3], "--at=0,0", "--by", "Forum", "--name", "Sea", *state]) == 1
    assert "lies in no borough" in capsys.readouterr().err
    assert cli.main([*call[:3], "--type", "cave", *call[5:], "--name", "Cave", *state]) == 1


def clients_borough(client) -> shapely.Geometry:
    """A cell of the partner's borough."""
    found = client.get("/collections/cells-r9/items?theme=violence&borough=X09000001&limit=1").json()["features"]
    return shapely.geometry.shape(found[0]["geometry"])


def test_sizes_of_the_parts_are_drawn_without_a_colour_that_judges(clients):
    html = clients["open"].get(f"/walks/sheets/{LISTED}").text
    colours = set(re.findall(r"#[0-9a-f]{6}", html))
    for colour in colours:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        assert not (red > 150 and green < 100 and blue < 100), f"{colour} is red"
    assert np.isfinite(len(colours))
