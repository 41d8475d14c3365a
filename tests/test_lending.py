"""What is lent of partner feeds: windows, layers, memory; and what is refused."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from lent_town import make_lent_town

from geo_safety.disclosure import OPEN, Reader
from geo_safety.disclosure.ledger import read_ledger
from geo_safety.errors import ConfigError, ProblemsError, ReleaseError
from geo_safety.pipeline import run
from geo_safety.release import verify
from geo_safety.view import View

LAYERS = ("cells-r8", "wards", "boroughs")
LENT = [
    "incidents",
    "incidents_band",
    "incidents_previous",
    "per_km2",
    "rank",
    "reliability",
    "window_start",
    "window_end",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lent")


@pytest.fixture(scope="module")
def release(folder):
    return run(make_lent_town(folder / "city"), folder / "releases")


def figures(release, layer, theme="injury"):
    table = release.table(layer, access="partner", theme=theme, columns=["zone_id", *LENT])
    return table.to_pandas().set_index("zone_id")


def test_closed_figures_are_in_no_open_file(release):
    for path in (release.folder / "open").glob("*.parquet"):
        table = pq.read_table(path)
        assert set(table["theme"].unique().to_pylist()) <= {"robbery"}, path.name
    tiles = [path.name for path in (release.folder / "open").rglob("*.pmtiles")]
    assert tiles
    assert not [name for name in tiles if "injury" in name or "admissions" in name]
    assert (release.folder / "manifest.json").stat().st_mode & 0o077 == 0
    assert (release.folder / "partner" / "wards.parquet").stat().st_mode & 0o077 == 0
    verify(release)


def test_each_theme_leaves_by_the_layers_that_its_words_allow(release):
    themes = release.manifest["disclosure"]["partner"]["themes"]
    assert set(themes["injury"]["layers"]) == set(LAYERS)
    assert set(themes["sexual_injury"]["layers"]) == {"wards", "boroughs"}
    assert set(themes) == {"injury", "sexual_injury"}
    for layer in release.layers:
        seen = set(pq.read_table(release.folder / "partner" / f"{layer}.parquet")["theme"].unique().to_pylist())
        assert seen - {"robbery"} == {theme for theme, one in themes.items() if layer in one["layers"]}


def test_the_window_is_a_year_that_ends_with_a_quarter_and_so_is_the_one_before(release):
    for layer in LAYERS:
        rows = figures(release, layer)
        assert {str(day) for day in rows["window_start"]} == {"2024-10-01"}
        assert {str(day) for day in rows["window_end"]} == {"2025-09-01"}
    windows = sorted(
        (one.start, one.end) for one in read_ledger(release.folder.parent / ".state") if one.theme == "injury"
    )
    assert windows == [(12 * 53 + 9, 12 * 54 + 8), (12 * 54 + 9, 12 * 55 + 8)]


def test_lent_figures_are_the_counts_of_their_own_window_rounded_or_hidden(release):
    series = release.table("series", access="internal", theme="injury").to_pandas()
    month = series["month"].astype(str)
    for layer in LAYERS:
        year = series[(series["layer"] == layer) & month.between("2024-10-01", "2025-09-01")]
        exact = year.groupby("zone_id")["incidents"].sum()
        rows = figures(release, layer)
        small = exact.between(1, 7)
        assert rows.loc[small[small].index, "incidents"].isna().all()
        assert set(rows.loc[small[small].index, "incidents_band"]) <= {"1-7", "not shown"}
        shown = rows["incidents"].dropna()
        assert ((exact[shown.index] + 2) // 5 * 5 == shown).all()
        assert len(shown) > 2


def test_every_other_figure_of_a_lent_theme_is_null_or_made_from_what_is_shown(release):
    for layer in LAYERS:
        table = release.table(layer, access="partner", theme="injury")
        filled = {name for name in table.column_names if table[name].null_count < table.num_rows}
        assert filled <= {
            *LENT,
            "zone_id",
            "name",
            "borough_code",
            "ward_code",
            "theme",
            "area_km2",
            "caution",
            "geometry",
        }
        rows = table.to_pandas().dropna(subset=["incidents", "per_km2"])
        assert rows["per_km2"].to_numpy() == pytest.approx((rows["incidents"] / rows["area_km2"]).to_numpy(), abs=0.006)


def test_open_figures_are_made_from_open_counts_alone(release, folder, tmp_path):
    """Take the closed feeds out: everything that is open stays as it was, to the bit."""
    shutil.copytree(folder / "city", tmp_path / "city")
    config = tmp_path / "city" / "lent.toml"
    text = re.sub(r'\[\[sources\]\]\nkind = "table"\nname = "(ambulance|hospital)".*?time_format = "%Y-%m"\n', "",
                  config.read_text(), flags=re.DOTALL)  # fmt: skip
    config.write_text(text.replace(', "injury", "sexual_injury", "admissions"', ""))
    alone = run(config, tmp_path / "releases")
    for layer in release.layers:
        assert (alone.folder / "open" / f"{layer}.parquet").read_bytes() == (
            release.folder / "open" / f"{layer}.parquet"
        ).read_bytes(), layer


def test_months_that_follow_and_corrections_change_nothing_until_a_year_is_over(release, folder):
    before = {layer: figures(release, layer) for layer in LAYERS}
    second = run(make_lent_town(folder / "city2", last="2026-02", revised=25), folder / "releases")
    exact = [one.table("wards", access="internal", theme="injury", columns=["incidents"]) for one in (release, second)]
    assert not exact[0].equals(exact[1])  # the months and the corrections are in
    for layer in LAYERS:
        assert figures(second, layer).equals(before[layer]), layer
    third = run(make_lent_town(folder / "city3", last="2026-10", revised=25), folder / "releases")
    for layer in LAYERS:
        rows = figures(third, layer)
        assert {str(day) for day in rows["window_end"]} == {"2026-09-01"}
        # What was given out as a year's count comes back as the count of the year before, corrected or not.
        assert rows["incidents_previous"].equals(before[layer]["incidents"].rename("incidents_previous"))
    spans = [(one.start, one.end) for one in read_ledger(folder / "releases" / ".state") if one.theme == "injury"]
    assert all(end < start for (_, end), (start, _) in pairwise(spans))
    assert len(spans) == 3


def test_the_same_incidents_under_another_name_are_not_given_out_again(release, tmp_path):
    shutil.copytree(release.folder.parent / ".state", tmp_path / "releases" / ".state")
    config = make_lent_town(tmp_path / "city")
    config.write_text(config.read_text().replace('"injury"', '"assaults"'))
    renamed = run(config, tmp_path / "releases").manifest["disclosure"]["partner"]
    assert "assaults" not in renamed["themes"]
    assert "given out before" in renamed["why_not"]["assaults"]
    assert "sexual_injury" in renamed["themes"]


def test_a_theme_whose_definition_changes_waits_for_a_new_window(release, tmp_path):
    shutil.copytree(release.folder.parent / ".state", tmp_path / "releases" / ".state")
    config = make_lent_town(tmp_path / "city")
    config.write_text(config.read_text().replace('"Sexual assault" = ["sexual_injury"]', '"Sexual assault" = ["injury"]')
                      .replace(', "sexual_injury"', ""))  # fmt: skip
    changed = run(config, tmp_path / "releases").manifest["disclosure"]["partner"]
    assert changed["themes"] == {}
    assert "given out before" in changed["why_not"]["injury"]


def test_themes_that_share_incidents_are_not_lent_side_by_side(tmp_path):
    config = make_lent_town(tmp_path / "city")
    config.write_text(config.read_text().replace('"Assault" = ["injury"]', '"Assault" = ["injury", "sexual_injury"]'))
    lent = run(config, tmp_path / "releases").manifest["disclosure"]["partner"]
    assert set(lent["themes"]) == {"injury"}
    assert "another lent theme" in lent["why_not"]["sexual_injury"]


def test_without_its_memory_nothing_is_given_out(release, tmp_path):
    state = tmp_path / "releases" / ".state"
    shutil.copytree(release.folder.parent / ".state", state)
    next((state / "disclosed").glob("*.json")).write_text("{")
    with pytest.raises(ReleaseError, match="Bring it back from a backup"):
        run(make_lent_town(tmp_path / "city"), tmp_path / "releases")


def test_a_theme_of_open_and_closed_feeds_is_refused(tmp_path):
    config = make_lent_town(tmp_path / "city")
    text = config.read_text().replace('{ "Admission" = ["admissions"] }', '{ "Admission" = ["robbery"] }')
    config.write_text(text.replace(', "admissions"', "").replace("last", "last"))
    rows = (tmp_path / "city" / "hospital.csv").read_text().splitlines()
    # Months that the police does not have, so that the feeds may be put together at all.
    (tmp_path / "city" / "hospital.csv").write_text(
        "\n".join([rows[0], *(one.replace(",202", ",201") for one in rows[1:])])
    )
    with pytest.raises((ConfigError, ProblemsError), match=r"different access.*theme of its own"):
        run(config, tmp_path / "releases")


def test_looser_rules_need_a_reason_that_everybody_reads(tmp_path):
    config = make_lent_town(tmp_path / "city")
    plain = config.read_text()
    config.write_text(plain + "\n[disclosure]\nhidden_up_to = 4\n")
    with pytest.raises(ProblemsError, match=r"hidden_up_to protects less.*loosened_because"):
        run(config, tmp_path / "releases")
    config.write_text(plain + '\n[disclosure]\nhidden_up_to = 4\nloosened_because = "Agreed."\n')
    release = run(config, tmp_path / "releases")
    view = View(release, Reader("partner", frozenset({"TB1"})))
    assert 'hidden="1-4"' in view.disclosure
    assert 'loosened="hidden_up_to"' in view.disclosure
    assert any("looser" in caveat and "Agreed." in caveat for caveat in view.publication("wards", "injury").caveats)


def test_a_partner_sees_its_own_boroughs_and_everybody_the_rest(release):
    partner = View(release, Reader("partner", frozenset({"TB1"})))
    rows = partner.table("wards").to_pandas()
    assert set(rows.loc[rows["theme"] != "robbery", "borough_code"]) == {"TB1"}
    everybody = View(release, OPEN)
    assert partner.table("wards", theme="robbery").equals(everybody.table("wards"))
    assert len(rows) == 24 + 2 * 8
    assert everybody.themes == ("robbery",)
    assert partner.themes == ("robbery", "injury", "sexual_injury")
    assert View(release, Reader("internal")).themes == release.themes
    assert pc.sum(View(release, Reader("internal")).table("wards", theme="admissions")["incidents"]).as_py() > 0
    with pytest.raises(ReleaseError, match="has no theme 'admissions'"):
        partner.table("wards", theme="admissions")


def test_manifests_tell_nothing_of_what_is_not_theirs(release):
    for reader, unseen in ((OPEN, ("ambulance", "hospital", "injury", "admissions")),
                           (Reader("partner", frozenset({"TB1"})), ("hospital", "admissions"))):  # fmt: skip
        manifest = View(release, reader).manifest
        text = json.dumps({name: one for name, one in manifest.items() if name not in ("settings", "attribution")})
        assert [word for word in unseen if f'"{word}"' in text] == []
        exact = [
            digest
            for layer in release.manifest["layers"].values()
            for name, digest in layer["files"].items()
            # A layer of which nothing is hidden has the same bytes for everybody.
            if "/" not in name and digest != layer["files"].get(f"open/{name}")
        ]
        assert len(exact) > 3
        assert [digest for digest in exact if digest in json.dumps(manifest)] == []
        rows = sum(file["rows_read"] for source in manifest["sources"] for file in source["files"])
        assert manifest["accounting"]["rows_read"] == rows
