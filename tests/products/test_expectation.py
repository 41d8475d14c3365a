from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from product_town import FIRST, WARDS, town
from wording import banned_in

from geo_safety.months import month_text
from geo_safety.products.expectation import SAYS, TOO_FEW, make
from geo_safety.schema import EXPECTATION, to_arrow


def counts(months=96, mean=20.0):
    return np.random.default_rng(1).poisson(mean, (WARDS, months))


def rows(monthly, **rest):
    inputs = town({"robbery": {}}, monthly={"robbery": monthly}, **rest)
    # The street has wards only; a town of many boroughs would have both.
    layers = {"wards": inputs.layers["wards"]}
    return make(replace(inputs, layers=layers))


def test_the_year_after_the_last_month_is_expected():
    made = rows(counts())
    one = made.frame.iloc[0]
    assert (str(one["expected_start"])[:7], str(one["expected_end"])[:7]) == (
        month_text(FIRST + 96),
        month_text(FIRST + 107),
    )
    assert one["incidents"] == counts()[0, -12:].sum()
    assert 150 < one["expected_low"] < one["expected"] < one["expected_high"] < 350
    assert one["years_tested"] == 6
    assert one["expectation_id"] == "wards-W00-robbery"
    assert one["name"] == "Quarter 0, Northbank"
    assert made.themes == ("robbery",)
    assert to_arrow(made.frame, EXPECTATION).num_rows == WARDS


def test_too_few_reports_say_nothing():
    monthly = counts()
    monthly[3, -24:] = 0
    monthly[3, -1] = 19
    frame = rows(monthly).frame
    assert np.isnan(frame["expected"][3])
    assert frame["caution"][3].startswith(TOO_FEW)
    assert frame["expected"].drop(3).notna().all()


def test_a_gap_starts_the_series_anew_and_a_short_one_is_refused_with_the_reason():
    inputs = town({"robbery": {}, "violence": {}}, monthly={"robbery": counts(), "violence": counts(59)})
    inputs = replace(inputs, layers={"wards": inputs.layers["wards"]})
    made = make(inputs)
    assert made.themes == ("robbery",)
    assert made.notes == ("violence on wards: 59 months in a row with data, 60 months in a row are needed.",)
    cube = inputs.cubes["wards", "robbery"]
    has_data = cube.has_data.copy()
    has_data[40] = False
    gap = {**inputs.cubes, ("wards", "robbery"): replace(cube, has_data=has_data)}
    assert make(replace(inputs, cubes=gap)) == "No theme has 60 months in a row with data."


def test_zones_without_an_answer_have_no_row():
    inputs = town({"robbery": {}}, monthly={"robbery": counts()})
    answered = np.arange(WARDS) != 4
    cube = replace(inputs.cubes["wards", "robbery"], is_answered=answered)
    made = make(replace(inputs, layers={"wards": inputs.layers["wards"]}, cubes={("wards", "robbery"): cube}))
    assert "W04" not in set(made.frame["zone_id"])
    assert len(made.frame) == WARDS - 1


def test_cells_are_refused_and_words_promise_nothing():
    made = rows(counts())
    assert set(made.frame["of_layer"]) == {"wards"}
    assert "no forecast for cells" in SAYS[1]
    assert "not a target and not a promise" in SAYS[0]
    texts = [*SAYS, *made.frame["caution"], *(column.description for column in EXPECTATION.columns)]
    assert [word for text in texts for word in banned_in(text)] == []


@pytest.mark.slow
def test_official_ward_counts_of_fourteen_years(shared_data, tmp_path):
    from geo_safety.cli import main
    from geo_safety.release import current

    assert main(["run", str(shared_data / "wards-mps.toml"), "--out", str(tmp_path)]) == 0
    table = current(tmp_path).table("expectation").to_pandas()
    assert {"boroughs", "wards"} == set(table["of_layer"])
    told = table.groupby(["of_layer", "theme"]).first()
    assert ((told["coverage"] > 0.7) & (told["coverage"] < 0.9)).all()
    assert (told["years_tested"] == 11).all()
    chb = current(tmp_path).table("chb-candidates").to_pandas()
    assert set(chb["meets_entrenched"]) == {"met", "not met"}
    assert set(chb["meets_daytime"]) == {"unknown"}
    assert (chb["outcome"] == "none failed, some unknown").sum() > 10
