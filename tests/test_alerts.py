from __future__ import annotations

import pytest
from two_releases import make_two

from geo_safety.alerts import persistent_areas
from geo_safety.view import View


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return tuple(View(release) for release in make_two(tmp_path_factory.mktemp("two")))


def test_a_place_is_told_of_when_it_has_stayed_high_and_a_spike_is_not(both):
    told = {alert.area_id: alert.because for alert in persistent_areas(both[1], themes=("robbery", "violence"))}
    assert told == {
        "grows": "High over years (tier A).",
        "shrinks": "Listed in every release since 2025-06.",  # two quarters before the last month, December
        "steady": "High in at least four steps in a row (tier C).",
        "violence-0001": "Listed in every release since 2024-12.",
    }  # `moves`, one quarter old, and `fresh` are not


def test_the_first_release_knows_of_nothing_that_stays(both):
    assert persistent_areas(both[0], themes=("robbery", "violence")) == []


def test_words_name_the_place_and_blame_nobody(both):
    (alert,) = persistent_areas(both[1], themes=("violence",))
    assert alert.title == "Reported violence, around Lamp Street, Northbank: high for 3 steps or more"
    assert "1-4" in alert.text
    assert "more reports can mean more trust" in alert.text
    for word in ("worst", "dangerous", "crime-ridden", "gang"):
        assert word not in f"{alert.title} {alert.text}"


def test_a_borough_is_told_of_its_own_alone(both):
    assert persistent_areas(both[1], themes=("robbery",), borough="X09000002") == []
    assert len(persistent_areas(both[1], themes=("robbery",), borough="X09000001")) == 3
