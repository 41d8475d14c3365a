"""The hotspot rule by exposure: busy for the people who are there, and not only for its size."""

from __future__ import annotations

import doctest
import re
from dataclasses import replace

import h3
import numpy as np
import pytest
from test_hotspots import BUSY, CELLS, CENTRE, theme, town
from tiny_town import make_tiny_town

from geo_safety.errors import ProblemsError
from geo_safety.exposure import COLUMNS, find_by_exposure, is_fit, with_exposure
from geo_safety.hotspots import HotspotRules, Surroundings, find_hotspots
from geo_safety.neighbours import from_cells, itself
from geo_safety.pipeline import run
from geo_safety.settings import read_settings

RULES = HotspotRules(exposure="residents", exposure_level=2.0)
QUIET = h3.grid_ring(CENTRE, 12)[30]
NEAR_BUSY = [CELLS.index(cell) for cell in h3.grid_disk(BUSY, 2)]
NEAR_QUIET = [CELLS.index(cell) for cell in h3.grid_disk(QUIET, 2)]


@pytest.fixture(scope="module")
def surroundings() -> Surroundings:
    near = from_cells(CELLS)
    return Surroundings(
        neighbourhood=near,
        touching=near,
        near=near.rings(2),
        wider=near.rings(3, 4),
        width=np.ones(len(CELLS)),
        borough=np.full(len(CELLS), None, dtype=object),
        is_exchangeable=True,
    )


@pytest.fixture(scope="module")
def residents() -> np.ndarray:
    """A thousand in every cell; ten times as many where it is busy, and a third at a place that looks quiet."""
    people = np.full(len(CELLS), 1000.0)
    people[NEAR_BUSY] = 10_000
    people[NEAR_QUIET] = 330
    return people


def beside(counts, surroundings, residents, **how):
    found = find_hotspots(counts, surroundings, rules=RULES)
    return with_exposure(found, counts, surroundings, residents, name="residents", rules=RULES, **how)


def test_two_lists_stand_beside_each_other_and_differ(surroundings, residents):
    table = beside([theme(town())], surroundings, residents)["violence"].table
    by_area, by_residents = table["is_hotspot"].to_numpy(bool), table["is_hotspot_exposure"].to_numpy(bool)
    # Eight times the rate of its land, less than its share of people; and the other way round.
    assert by_area[CELLS.index(BUSY)]
    assert not by_residents[NEAR_BUSY].any()
    assert by_residents[CELLS.index(QUIET)]
    assert not by_area[NEAR_QUIET].any()
    assert set(table["exposure"]) == {"residents"}
    assert table["ratio_exposure"][CELLS.index(QUIET)] == pytest.approx(3, rel=0.25)
    assert table["is_hotspot"].equals(
        find_hotspots([theme(town())], surroundings, rules=RULES)["violence"].table["is_hotspot"]
    )


def test_the_same_everywhere_is_the_rule_by_area(surroundings):
    equal = np.full(len(CELLS), 700.0)
    by_exposure = find_by_exposure([theme(town())], surroundings, equal, rules=replace(RULES, exposure_level=3.0))
    by_area = find_hotspots([theme(town())], surroundings, rules=RULES)
    assert by_exposure["violence"].table["is_hotspot"].equals(by_area["violence"].table["is_hotspot"])
    assert by_exposure["violence"].table["ratio"].to_numpy() == pytest.approx(by_area["violence"].table["ratio"])


def test_unequal_exposure_gets_no_permutation_test(surroundings, residents):
    table = find_by_exposure([theme(town())], surroundings, residents, rules=RULES)["violence"].table
    assert not {"gi_z", "gi_p"} & set(table)


def test_zones_with_too_few_people_are_left_out_of_everything(surroundings, residents):
    few = residents.copy()
    few[NEAR_QUIET] = 249.0
    few[0] = np.nan
    one = theme(town())
    table = beside([one], surroundings, few, fewest=250)["violence"].table
    left_out = [*NEAR_QUIET, 0]
    for name in ("exposure", *COLUMNS.values()):
        assert table[name].iloc[left_out].isna().all()
        assert table[name].notna().sum() == len(CELLS) - len(left_out)
    # Whatever they hold moves no other zone's figures: neither the study's rate nor a neighbourhood.
    more = one.monthly.copy()
    more[left_out] += 50
    other = beside([theme(more)], surroundings, few, fewest=250)["violence"].table
    kept = np.delete(np.arange(len(CELLS)), left_out)
    assert other["ratio_exposure"].iloc[kept].equals(table["ratio_exposure"].iloc[kept])


def test_the_unit_of_the_exposure_does_not_matter(surroundings, residents):
    of_people, of_thousands = (
        beside([theme(town())], surroundings, people)["violence"].table for people in (residents, residents / 1000)
    )
    assert of_people["ratio_exposure"].astype(float).to_numpy() == pytest.approx(
        of_thousands["ratio_exposure"].astype(float).to_numpy()
    )


def test_wards_are_judged_by_themselves(surroundings, residents):
    wards = replace(surroundings, neighbourhood=itself(len(CELLS)), is_exchangeable=False)
    table = beside([theme(town(mean=60.0))], wards, residents, fewest=250)["violence"].table
    assert table["is_hotspot_exposure"].iloc[NEAR_QUIET].mean() > 0.9


def test_nothing_is_added_where_nothing_is_known(surroundings):
    counts = [theme(town())]
    found = find_hotspots(counts, surroundings, rules=RULES)
    for nothing in (None, np.full(len(CELLS), np.nan), np.full(len(CELLS), 10.0)):
        same = with_exposure(found, counts, surroundings, nothing, name="residents", rules=RULES, fewest=250)
        assert same["violence"].table is found["violence"].table


def test_what_is_fit():
    assert is_fit(np.array([250, 249.9, 0, np.nan, -1]), fewest=250).tolist() == [True, False, False, False, False]
    assert is_fit(np.array([0.1, 0])).tolist() == [True, False]


def test_a_config_names_the_exposure_and_the_release_carries_both_lists(tmp_path):
    config = make_tiny_town(tmp_path)
    (tmp_path / "people.csv").write_text("zone_id,residents\nT01,9000\nT02,3000\nT03,3000\nT04,200\n")
    text = config.read_text()
    config.write_text(text + '[hotspots]\nexposure = "residents"\nexposure_level = 1.5\n')
    with pytest.raises(ProblemsError, match=r"Add a \[\[context\]\] entry of the kind"):
        read_settings(config)
    config.write_text(config.read_text() + '[[context]]\nkind = "population"\npath = "people.csv"\n')
    release = run(config, tmp_path / "releases")
    assert release.manifest["rules"]["exposure"] == "residents"
    rows = release.table("wards", theme="violence", access="internal").to_pandas().set_index("zone_id")
    assert rows["exposure"].dropna().to_dict() == dict.fromkeys(("T01", "T02", "T03"), "residents")
    assert rows["ratio_exposure"]["T01"] < rows["ratio_exposure"]["T02"]
    assert np.isnan(rows["probability_exposure"]["T04"])
    assert rows["probability"].notna().all()
    # There is no population file of the cells: their list is by area alone.
    cells = release.table("cells-r9", theme="violence", access="internal").to_pandas()
    assert cells["exposure"].isna().all()
    assert cells["is_hotspot"].notna().all()


def test_the_example_of_the_page_is_right(project_root):
    page = (project_root / "docs" / "exposure.md").read_text(encoding="utf-8")
    text = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL))
    example = doctest.DocTestParser().get_doctest(text, {}, "exposure.md", None, 0)
    assert len(example.examples) > 5
    assert doctest.DocTestRunner().run(example).failed == 0
