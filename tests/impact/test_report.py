"""What leaves: sentences, hidden counts, page, files, command."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import wording
from planted_release import PER_INCIDENT, case_feature, counts, treated

from geo_safety.case_file import case_from_geojson
from geo_safety.cli import main
from geo_safety.disclosure import Reader
from geo_safety.errors import ConfigError
from geo_safety.impact.page import page_of
from geo_safety.impact.reading import report_on
from geo_safety.statistics import weighted_displacement_difference
from geo_safety.view import View

INTERNAL = Reader("internal")


def case_of(**properties):
    return case_from_geojson(json.dumps(case_feature(**properties)).encode())


@pytest.fixture(scope="module")
def report(town, ground):
    return report_on(case_of(end="2025-06"), town, ground=ground)


def numbers(value, path=()):
    """Every number of a document with the way to it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from numbers(each, (*path, key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from numbers(each, (*path, place))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def test_the_answers_are_sentences_with_numbers_and_intervals(report):
    said = report.document["answer"]
    assert re.fullmatch(
        r"Fewer than the comparison areas lead one to expect: \d+ reported incidents, [\d,]+ expected from the comparison areas "
        r"\(−\d+ %, 95 % interval −\d+ % to −\d+ %\)\.", said["did_it_change"]
    )  # fmt: skip
    assert said["did_it_move"].startswith("No move that can be distinguished: ")
    assert said["does_it_come_back"].startswith("No sign that it comes back")
    assert "four of five schemes" in said["what_could_be_seen"]
    assert "not why" in said["what_this_does_not_say"]
    assert report.document["temporal_switch"]["hours"].startswith("No time of day in this source")
    assert report.document["offence_switch"]["answer"] == "No rise of another theme can be distinguished."


def test_harm_is_weighed_over_themes_that_share_no_incidents(report):
    document = report.document
    assert {tuple(one["themes"]) for one in document["harm"]["editions"].values()} == {("violence", "robbery")}
    pairs = {one["theme"]: one["counts"] for one in document["effects"]}
    sizes = document["effects"][0]["sizes_in_zones"]
    before, after = document["periods"]["before"]["months"], document["periods"]["scheme"]["months"]
    for edition, told in document["harm"]["editions"].items():
        kinds = [[[cell["incidents"] for cell in pairs[theme][kind]] for theme in ("violence", "robbery")]
                 for kind in ("response", "comparison", "buffer", "buffer_comparison")]  # fmt: skip
        wanted = weighted_displacement_difference(
            *kinds, harm=[PER_INCIDENT[edition][theme] for theme in ("violence", "robbery")], period_lengths=(before / after, 1),
            area_sizes=(1, sizes["comparison"] / sizes["response"], 1, sizes["buffer_comparison"] / sizes["buffer"]),
        )  # fmt: skip
        assert told["total"] == pytest.approx(wanted.total, abs=0.06)


def test_open_reports_hide_small_counts_and_all_that_is_made_of_them(town, ground):
    few = case_of(themes="robbery", clear="2024-01", hold="2024-02", build="2024-03", end="2024-04")
    shown = report_on(few, town, ground=ground).document
    exact = report_on(few, town, reader=INTERNAL, ground=ground).document
    assert "internal" in exact["disclosure"]
    values = counts()["robbery"]
    for open_row, row in zip(shown["months"], exact["months"], strict=True):
        for kind in ("place", "ring", "comparison_areas"):
            hides = row[kind] is not None and 1 <= row[kind] <= 4
            assert open_row[kind] == (None if hides else row[kind])
    assert any(row["place"] in (1, 2, 3, 4) for row in exact["months"])
    assert values.max() > 0
    told = [path for path, value in numbers(shown["months"]) if 1 <= value <= 4]
    assert told == []


def test_a_hidden_count_takes_every_figure_with_it(town, ground):
    cube = ground.cubes["violence"]
    incidents = cube.incidents.copy()
    own = np.isin(cube.zone_id, treated())
    incidents[own, 48:] = 0
    incidents[np.flatnonzero(own)[0], 50] = 3  # three incidents during the whole scheme
    nearly_none = replace(ground, cubes={**ground.cubes, "violence": replace(cube, incidents=incidents)})
    shown = report_on(case_of(), town, ground=nearly_none).document
    first = shown["effects"][0]
    assert first["counts"]["response"][1] == {"incidents": None, "incidents_band": "1-4"}
    assert first["verdict"] == "too few to say"
    assert first["difference_in_differences"] is None
    assert shown["displacement"] is None
    assert shown["harm"] is None
    assert "1-4 is hidden" in shown["answer"]["did_it_change"]
    exact = report_on(case_of(), town, reader=INTERNAL, ground=nearly_none).document
    assert exact["effects"][0]["verdict"] == "fewer"
    assert exact["effects"][0]["difference_in_differences"]["ratio"] is None  # no percentage under 20
    assert "too small for a percentage" in exact["answer"]["did_it_change"]


def test_partners_see_what_everybody_sees_and_lent_themes_make_no_case(town, ground, report, monkeypatch):
    partner = report_on(case_of(end="2025-06"), town, reader=Reader("partner", frozenset({"X09000001"})), ground=ground)
    assert partner.document["effects"] == report.document["effects"]
    monkeypatch.setattr(View, "recounted_themes", property(lambda _: ("robbery",)))
    with pytest.raises(ConfigError, match="come from a partner"):
        report_on(case_of(), town)


def test_the_layer_is_the_releases_own_unless_named(town):
    with pytest.raises(ConfigError, match="Name one of cells-r9"):
        report_on(case_of(layer="wards"), town)


def test_shapes_are_the_zones_that_were_counted(report):
    kinds = [one["properties"]["kind"] for one in report.places["features"]]
    assert kinds == ["place", "ring", *["comparison area"] * 10]
    assert report.places["features"][0]["properties"] == {"kind": "place", "name": "Planted scheme", "zones": 7}


class Reading(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.words = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_needs_no_network_and_says_everything(report):
    html = page_of(report)
    reading = Reading()
    reading.feed(html)
    assert not [tag for tag, _ in reading.tags if tag in ("script", "link", "img", "iframe")]
    assert not re.search(r'(src|href)="?http', html)
    whole = " ".join(reading.words)
    text = whole.replace("\u00a0", " ")
    assert "\u00a0%" in whole
    for answer in report.document["answer"].values():
        assert answer in text
    for word in ("Can I publish this?", "Weighted displacement difference", "Balance", "Control chart", "provisional"):
        assert word in text
    assert sum(tag == "svg" for tag, _ in reading.tags) == 2
    assert all(attrs.get("aria-label") for tag, attrs in reading.tags if tag == "svg")
    assert sum(tag == "h1" for tag, _ in reading.tags) == 1
    assert not wording.banned_in(text)


def test_a_hostile_name_is_only_a_name(town, ground):
    html = page_of(report_on(case_of(name="<script>alert(1)</script>", note="a & b"), town, ground=ground))
    assert "<script>" not in html
    assert "a &amp; b" in html


def test_the_command_writes_page_figures_shapes_and_months(town, tmp_path, capsys):
    (tmp_path / "case.geojson").write_text(json.dumps(case_feature(end="2025-06")))
    releases = str(town.folder.parent)
    assert main(["impact", str(tmp_path / "case.geojson"), releases, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "Fewer than the comparison areas lead one to expect" in said
    assert "Safe to publish: Yes" in said
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["impact.html", "impact.json", "months.csv", "places.geojson"]
    rows = list(csv.reader((tmp_path / "out" / "months.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["month", "place", "ring", "comparison_areas", "release_id", "may_be_published"]
    gap = next(row for row in rows if row[0] == "2022-07")
    assert gap[1:4] == ["", "", ""]
    document = json.loads((tmp_path / "out" / "impact.json").read_text())
    first = (tmp_path / "out" / "impact.json").read_bytes()
    assert main(["impact", str(tmp_path / "case.geojson"), releases, "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answer"] == document["answer"]
    assert (tmp_path / "out" / "impact.json").read_bytes() == first
    assert (
        main(
            [
                "impact",
                str(tmp_path / "case.geojson"),
                releases,
                "--out",
                str(tmp_path / "exact"),
                "--access",
                "internal",
            ]
        )
        == 0
    )
    assert "Safe to publish: No" in capsys.readouterr().out


def test_the_command_tells_what_is_wrong_without_a_traceback(town, tmp_path, capsys):
    (tmp_path / "case.geojson").write_text(json.dumps(case_feature(clear="2020-03", hold="2020-06")))
    assert main(["impact", str(tmp_path / "case.geojson"), str(town.folder.parent), "--out", str(tmp_path)]) == 1
    assert "Only 2 months of violence" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    (tmp_path / "case.geojson").write_text(json.dumps(case_feature()))
    assert (
        main(["impact", str(tmp_path / "case.geojson"), str(town.folder.parent), "--out", str(tmp_path / "file" / "x")])
        == 1
    )
    assert "Name another folder" in capsys.readouterr().err


def test_a_scheme_may_be_planned_for_later_than_the_data_reach(town, ground):
    found = report_on(case_of(clear="2027-03", hold="2027-09", build="2028-01"), town, ground=ground)
    assert found.document["answer"]["did_it_change"].startswith("The scheme has not begun in the data")
    assert found.document["months"][-1]["month"] == "2025-12"
    assert "four of five schemes" in found.document["answer"]["what_could_be_seen"]
