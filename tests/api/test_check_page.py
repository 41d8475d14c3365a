"""The page of the checks: every figure of the manifest in plain words, and the reason where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from product_town import WARDS, town
from releases import INPUTS_HASH, tiny_content
from starlette.testclient import TestClient
from wording import banned_in, jargon_in, spoken

from api.app import ServiceSettings, create_app
from geo_safety.release import ReleaseContent, write_release
from geo_safety.release_checks import by_tenth, by_weights, compare

NOT_MADE = {"why_not": "None of its categories follows police activity."}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    tenth, listed = np.array([1.0] * 4 + [10.0] * 6), np.array([True] * 3 + [False] * 7)
    reports = np.where(tenth == 1, 15.0, 10.0)
    table = pd.DataFrame({"incidents": np.arange(1.0, WARDS + 1), "harm_cchi": np.arange(WARDS, 0, -1.0)})
    again = np.roll(listed, 1)
    robbery = {
        "deprivation": by_tenth(tenth, listed, reports),
        "under_reporting": compare(listed, again),
        "police_activity": {"removed": ["Public order"], **compare(listed, listed)},
        "weights": by_weights(table, town({"robbery": {}}).layers["wards"]),
    }
    asked_of_the_operator = {"why_not": "The config names no low_trust_boroughs under [checks]."}
    violence = {
        **dict.fromkeys(robbery, NOT_MADE),
        "deprivation": {"why_not": "Nothing."},
        "under_reporting": asked_of_the_operator,
    }
    about = {
        "deprivation": "imd.csv: each cell has its tenth.",
        "under_reporting": "As if 20 % more had been reported in Northbank.",
    }
    content = tiny_content()
    checks = {"layer": "cells-r9", "zones": 37, "about": about, "themes": {"robbery": robbery, "violence": violence}}
    content = ReleaseContent(content.layers, content.quarantine, {**content.manifest, "checks": checks})
    folder = tmp_path_factory.mktemp("checks") / "releases"
    write_release(content, folder, inputs_hash=INPUTS_HASH)
    return TestClient(create_app(ServiceSettings(releases=folder))).get("/map/help/checks").text


def test_figures_stand_in_plain_words(page):
    said = spoken(page)
    assert "1 (most deprived) 4 over 99 % (50 %)" in said
    assert "10 (least deprived) 6 0 % (50 %)" in said
    assert "1 join, 1 leave, 2 stay." in said
    assert "Without Public order: 0 join, 0 leave, 3 stay." in said
    assert "Number of reports and Cambridge index: 0 %." in said
    assert "As if 20 % more had been reported in Northbank." in said
    assert said.count(NOT_MADE["why_not"]) == 2
    assert "This release was given no boroughs with low trust." in said
    assert "config" not in said
    assert "imd.csv: each cell has its tenth." in said


def test_words_of_the_page_are_plain_and_blame_nobody(page):
    assert banned_in(spoken(page)) == []
    assert jargon_in(spoken(page)) == []
    assert "no proof that it is unfair" in spoken(page)


def test_a_release_from_before_says_so(service):
    assert "made before its lists were checked" in spoken(service.get("/map/help/checks").text)
