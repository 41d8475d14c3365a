"""A partner with every borough puts together all that the service ever tells them, and finds no hidden count.

Cells of two resolutions, wards, boroughs, the window and the one before, two releases, filters, counts of matches,
orders, tiles and files: each is asked for over HTTP, held against the others, and what is left is a system of
inequalities that integer programming takes apart.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import operator
from collections import Counter

import h3
import mapbox_vector_tile
import pytest
from disclosure_attack import Knowledge, allowed, narrowed
from lent_town import BOROUGHS, HEIGHT, SOUTH, WEST, WIDTH, make_lent_town
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety.disclosure.rules import DisclosureRules
from geo_safety.disclosure.together import band_of
from geo_safety.keys import make_key
from geo_safety.pipeline import run

LEVELS = ("cells-r8", "wards", "boroughs")
CATEGORY = {"injury": "Assault", "sexual_injury": "Sexual assault"}
NOW, BEFORE = ("2024-10", "2025-09"), ("2023-10", "2024-09")


class Attacker:
    """Everything that one key can get."""

    def __init__(self, client: TestClient, key: str) -> None:
        self.client, self.key = client, key

    def json(self, address: str, **query):
        reply = self.client.get(address, params={**query, "key": self.key})
        assert reply.status_code == 200, reply.text[:300]
        return reply.json()

    def rows(self, layer: str, theme: str) -> dict[str, dict]:
        found = self.json(f"/collections/{layer}/items", theme=theme, limit=10000)
        return {one["id"]: one["properties"] for one in found["features"]}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("differencing")
    run(make_lent_town(folder / "city"), folder / "releases")
    key = make_key(folder / "releases" / ".state", name="attacker", access="partner", boroughs=BOROUGHS, days=1,
                   now=dt.datetime.now(dt.UTC))[1]  # fmt: skip
    attacker = Attacker(TestClient(create_app(ServiceSettings(releases=folder / "releases"))), key)
    return folder, attacker


def zones_of(longitude: float, latitude: float) -> tuple[str, ...]:
    """One zone of each layer, as anybody can work out from a map."""
    column, row = int((longitude - WEST) / WIDTH), int((latitude - SOUTH) / HEIGHT)
    return h3.latlng_to_cell(latitude, longitude, 8), f"TW{row}{column}", BOROUGHS[column // 2]


def truth(folder, theme: str) -> tuple[list[tuple[str, ...]], dict[tuple[str, str], Counter]]:
    """All atoms that hold any place of any source, and the true counts of every zone in both windows."""
    atoms, counts = set(), {NOW: Counter(), BEFORE: Counter()}
    for name in ("police", "ambulance", "hospital"):
        with (folder / f"{name}.csv").open() as file:
            for row in csv.DictReader(file):
                atom = zones_of(float(row["longitude"]), float(row["latitude"]))
                if name == "ambulance" and row["category"] == CATEGORY[theme]:
                    for (first, last), counted in counts.items():
                        if first <= row["month"] <= last:
                            counted.update(enumerate(atom))
                atoms.add(atom)
    return sorted(atoms), counts


FILTERS = {
    "incidents IS NULL": lambda one: one["incidents"] is None,
    "incidents_band = '1-7'": lambda one: one["incidents_band"] == "1-7",
    "per_km2 > 0": lambda one: (one["per_km2"] or 0) > 0,
    "rank <= 5": lambda one: one["rank"] is not None and one["rank"] <= 5,
    **{
        f"{field} {sign} {number}": lambda one, field=field, fits=fits, number=number: (
            one[field] is not None and fits(one[field], number)
        )
        for number in (0, 1, 3, 7, 8, 9, 10, 12, 13, 20)
        for field in ("incidents", "incidents_previous")
        for sign, fits in (("<=", operator.le), (">", operator.gt), ("=", operator.eq))
    },
}


def everything(attacker: Attacker, theme: str, layers: tuple[str, ...]) -> dict[str, dict[str, dict]]:
    """The figures of a theme, having made sure that every other way to ask gives the same and no more."""
    found = {}
    for layer in layers:
        rows = found[layer] = attacker.rows(layer, theme)
        ask_filters(attacker, theme, layer, rows)
        ask_files_and_tiles(attacker, theme, layer, rows)
        # Windows of one's own choice, and months, are not given.
        zone = next(iter(rows))
        for address in (f"/values/{layer}", "/analysis/hotspots", f"/collections/{layer}/items/{zone}/series"):
            query = {"theme": theme, "key": attacker.key} | ({"layer": layer} if "analysis" in address else {})
            assert attacker.client.get(address, params=query).status_code in (400, 404)
    for layer in set(LEVELS) - set(layers) | {"cells-r7", "cells-r9", "hotspot-areas"}:
        query = {"theme": theme, "key": attacker.key}
        assert attacker.client.get(f"/collections/{layer}/items", params=query).status_code == 400
    return found


def ask_filters(attacker: Attacker, theme: str, layer: str, rows: dict[str, dict]) -> None:
    """Counts of matches and orders answer from what is shown: an oracle that only repeats it."""
    items = f"/collections/{layer}/items"
    for text, fits in FILTERS.items():
        matched = attacker.json(items, theme=theme, limit=1, filter=text)["numberMatched"]
        assert matched == sum(map(fits, rows.values())), text
    for way in ("incidents", "-incidents"):
        order = [one["id"] for one in attacker.json(items, theme=theme, limit=10000, sortby=way)["features"]]
        hidden = [zone for zone in order if rows[zone]["incidents"] is None]
        assert hidden in (sorted(hidden), sorted(hidden, reverse=True))
    for zone, one in list(rows.items())[::4]:
        assert attacker.json(f"{items}/{zone}", theme=theme)["properties"] == one


def ask_files_and_tiles(attacker: Attacker, theme: str, layer: str, rows: dict[str, dict]) -> None:
    """Files and tiles hold the same as the items."""
    query = {"theme": theme, "f": "csv", "limit": 10000, "key": attacker.key}
    text = attacker.client.get(f"/collections/{layer}/items", params=query).content.decode("utf-8-sig")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for one in csv.DictReader(io.StringIO("\n".join(lines))):
        shown = rows[one["zone_id"]]["incidents"]
        assert one["incidents"] == ("" if shown is None else str(shown))
    for tile in ("0/0/0", "8/129/81", "11/1033/653"):
        query = {"theme": theme, "key": attacker.key}
        body = attacker.client.get(f"/tiles/{layer}/{tile}.mvt", params=query).content
        for part in (mapbox_vector_tile.decode(body) if body else {}).values():
            for feature in part["features"]:
                known = rows[feature["properties"]["zone_id"]]
                told = {name: value for name, value in feature["properties"].items() if name in known}
                assert {name: str(value) for name, value in told.items()} == {name: str(known[name]) for name in told}


def previous_band(value: int | None) -> str | None:
    return None if value is None else str(value)


@pytest.mark.parametrize(("theme", "layers"), [("injury", LEVELS), ("sexual_injury", ("wards", "boroughs"))])
def test_no_hidden_count_is_found_from_cells_wards_windows_filters_counts_tiles_and_two_releases(town, theme, layers):
    folder, attacker = town
    first = everything(attacker, theme, layers)
    # Three months later, with corrections of the old ones: nothing that can be subtracted.
    run(make_lent_town(folder / "later", last="2026-02", revised=40), folder / "releases")
    second = everything(attacker, theme, layers)
    # What changed between the two tells nothing of the theme.
    since = min(one.name for one in (folder / "releases").glob("2025-11-*"))
    assert (
        attacker.client.get("/changes", params={"since": since, "theme": theme, "key": attacker.key}).status_code == 400
    )
    assert theme not in str(attacker.json("/changes", since=since)["features"])
    assert theme not in str(attacker.json("/changes", since=since)["revised_months"])
    atoms, counts = truth(folder / "city", theme)
    small = 0
    for window, field in ((NOW, "incidents_band"), (BEFORE, "incidents_previous")):
        knowledge = Knowledge(atoms)
        for release in (first, second):
            for layer, rows in release.items():
                for zone, one in rows.items():
                    band = one[field] if field == "incidents_band" else previous_band(one[field])
                    knowledge.learn([(LEVELS.index(layer), zone)], *allowed(band))
        known = {(level, zone): count for (level, zone), count in counts[window].items() if LEVELS[level] in layers}
        small += sum(1 <= count <= 7 for count in known.values())
        assert narrowed(knowledge, known) == {}
    assert small >= 15  # there was something to find


def test_the_same_attacker_wins_where_each_figure_is_hidden_by_itself(town):
    """The attack has teeth: without protecting the layers together it narrows counts, some to a single value."""
    folder, _ = town
    atoms, counts = truth(folder / "city", "injury")
    knowledge = Knowledge(atoms)
    for level in range(len(LEVELS)):
        for zone in {atom[level] for atom in atoms}:
            count = counts[NOW][level, zone]
            knowledge.learn([(level, zone)], *allowed(band_of(count, DisclosureRules())))
    known = {(level, zone): count for (level, zone), count in counts[NOW].items()}
    won = narrowed(knowledge, known)
    assert won[1, "TW04"] == (1, 4)
    assert len(won) >= 2


def test_a_window_moved_by_a_quarter_would_have_given_counts_away(town):
    """Why windows are fixed: with a second one three months later the attacker reads months off the difference."""
    folder, _ = town
    months: dict[str, Counter] = {}
    with (folder / "city" / "ambulance.csv").open() as file:
        for row in csv.DictReader(file):
            if row["category"] == "Assault":
                atom = zones_of(float(row["longitude"]), float(row["latitude"]))
                months.setdefault(row["month"], Counter()).update(enumerate(atom))

    def year(first: str, last: str) -> Counter:
        return sum((count for month, count in months.items() if first <= month <= last), Counter())

    one, other = year("2024-07", "2025-06"), year("2024-10", "2025-09")
    # Zones that show 0 in the first window and a figure in the second: that figure is of three months.
    told = [key for key in other if one[key] == 0 and other[key] > 0]
    assert told
