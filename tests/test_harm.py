"""Harm by two editions: weights as the brief has them, sums by hand, and when an edition has no say."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from tiny_town import make_tiny_town, write_month

from geo_safety.errors import ConfigError
from geo_safety.harm import (
    BUILT_IN,
    EDITIONS,
    Weights,
    harm_by_zone,
    harm_columns,
    harm_spots,
    ranks_differ,
    read_weights,
    weigh,
)
from geo_safety.pipeline import count, run
from geo_safety.settings import read_settings

CENTRES = {"T01": (1.715, 54.715), "T02": (1.745, 54.715), "T03": (1.715, 54.745), "T04": (1.745, 54.745)}


class TestTables:
    @pytest.mark.parametrize(
        ("category", "cchi", "css"),
        [
            ("Violence and sexual offences", 200.69, None),
            ("Robbery", 365, 993.55),
            ("Criminal damage and arson", 9.82, 9.16),
            ("Public order", 7.5, 7.58),
            ("Theft from the person", 2, None),
            ("Shoplifting", 1, None),
            ("Burglary", 242.34, None),
            ("Vehicle crime", 5, None),
            ("Other crime", 10, None),
            ("Possession of weapons", 0, 0),
            ("Drugs", 0, 0),
            ("Anti-social behaviour", 0, 0),
            ("HOMICIDE", 5475, None),
            ("RAPE", 2555, None),
            ("OTHER SEXUAL OFFENCES", 182.25, None),
            ("VIOLENCE WITH INJURY", 365, 203.07),
            ("VIOLENCE WITHOUT INJURY", 10, 12.99),
            ("STALKING AND HARASSMENT", 10, 39.64),
            ("Slight", None, None),
        ],
    )
    def test_built_in_weights(self, category, cchi, css):
        weights = read_weights()
        for edition, expected in (("cchi", cchi), ("css", css)):
            found = weights[edition].of(category)
            assert np.isnan(found) if expected is None else found == expected

    def test_the_city_has_a_weight_of_its_own(self):
        table = read_weights()["cchi"]
        assert table.of("Violence and sexual offences", "city-of-london") == 197.22
        assert table.of("Violence and sexual offences", "metropolitan") == 200.69
        assert table.of("Robbery", "city-of-london") == 365

    def test_tables_say_where_they_are_from_and_why_something_weighs_nothing(self):
        for table in read_weights().values():
            assert "Second-hand, to be reloaded from the owners" in table.source
            assert table.label
            assert "police activity" in table.zero["Drugs"]

    def test_own_table_replaces_one_edition(self, tmp_path):
        own = tmp_path / "own.toml"
        own.write_text('edition = "css"\nlabel = "2026"\nunit = "score"\nsource = "ONS"\n[weights]\nRobbery = 1\n')
        weights = read_weights([own])
        assert weights["css"].of("Robbery") == 1
        assert weights["css"].label == "2026"
        assert weights["cchi"].of("Robbery") == 365
        with pytest.raises(ConfigError, match=r"Two tables .* 'css'. Keep one"):
            read_weights([own, own])

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("edition = ", "cannot be read"),
            ('edition = "x"\nlabel = ""\nunit = ""\nsource = ""\n[weights]\n', "edition 'x'"),
            ('edition = "css"\nunit = ""\nsource = ""\n[weights]\n', "lacks label"),
            ('edition = "css"\nlabel = ""\nunit = ""\nsource = ""\n', "has no table"),
            ('edition = "css"\nlabel = ""\nunit = ""\nsource = ""\n[weights]\nRobbery = -1\n', "'Robbery' the weight -1"),
            ('edition = "css"\nlabel = ""\nunit = ""\nsource = ""\n[weights]\nRobbery = "1"\n', "'Robbery' the weight '1'"),
            ('edition = "css"\nlabel = ""\nunit = ""\nsource = ""\n[weights]\n[more]\n', "unknown entry 'more'"),
        ],
    )  # fmt: skip
    def test_faulty_tables_are_named_with_the_remedy(self, tmp_path, text, said):
        (tmp_path / "own.toml").write_text(text)
        with pytest.raises(ConfigError, match=r"own\.toml") as caught:
            read_weights([tmp_path / "own.toml"])
        assert said in str(caught.value)

    def test_config_names_table_and_switch(self, tmp_path):
        config = make_tiny_town(tmp_path)
        assert read_settings(config).harm.edition == "cchi"
        with config.open("a") as file:
            file.write('\n[harm]\nedition = "css"\nweights = "nowhere.toml"\n')
        with pytest.raises(Exception, match=r"nowhere\.toml cannot be read"):
            read_settings(config)
        shutil.copy(BUILT_IN / "css.toml", tmp_path / "nowhere.toml")
        assert read_settings(config).harm.edition == "css"


def town(folder, counts, *, config_end="", labels='path = "police"', themes=("vawg_ps", "violence", "asb"), months=24):
    """A release of a town with so many incidents {(ward, category): number} in every month."""
    config = make_tiny_town(folder)
    names = ", ".join(f'"{theme}"' for theme in themes)
    text = config.read_text().replace('"violence", "robbery", "asb"', names).replace("resolutions = [8, 9]", "")
    text = text.replace('path = "police"', labels)
    config.write_text(text + config_end)
    shutil.rmtree(folder / "police")
    for month in [f"{2024 + number // 12}-{number % 12 + 1:02d}" for number in range(months)]:
        rows = [
            f"{ward}{category}{number}{month},{month},F,F,{CENTRES[ward][0]},{CENTRES[ward][1]},,,,{category},,"
            for (ward, category), total in counts.items()
            for number in range(total)
        ]
        write_month(folder, month, rows)
    return run(config, folder / "releases")


def wards(release, theme, access="internal"):
    return release.table("wards", theme=theme, access=access).to_pandas().set_index("zone_id")


class TestSums:
    def test_by_hand(self, tmp_path):
        release = town(tmp_path, {
            ("T01", "Robbery"): 2, ("T01", "Theft from the person"): 5, ("T01", "Public order"): 1,
            ("T02", "Public order"): 4, ("T03", "Violence and sexual offences"): 3, ("T04", "Anti-social behaviour"): 6,
            ("T04", "Drugs"): 9,
        })  # fmt: skip
        table = wards(release, "vawg_ps")  # twelve months
        assert table["harm_cchi"].tolist() == pytest.approx([12 * (730 + 10 + 7.5), 12 * 30, 0, 0])
        # The score has no weight for thefts, which by the other index do little of the harm.
        assert table["harm_css"].tolist() == pytest.approx([round(12 * (2 * 993.55 + 7.58), 1), 363.8, 0, 0])
        said = release.manifest["harm"]["themes"]
        assert said["vawg_ps"]["css"] == {"why_not": None, "unweighted": ["Theft from the person"]}
        violence = wards(release, "violence")
        assert violence["harm_cchi"].tolist() == pytest.approx([0, 0, round(36 * 200.69, 1), 0])
        assert violence["harm_css"].isna().all()
        asb = wards(release, "asb")
        assert asb["incidents"].sum() == 72
        assert asb[["harm_cchi", "harm_css", "is_harm_spot", "harm_rank_differs"]].isna().all().all()
        assert said["asb"]["cchi"]["why_not"] == "Every category of the theme that has a weight weighs 0."
        assert said["violence"]["css"]["why_not"] == "No category of the theme has a weight."
        labels = release.manifest["harm"]["editions"]
        assert labels["cchi"]["unit"] == "days"
        assert "Second-hand" in labels["css"]["source"]

    def test_an_edition_that_misses_much_of_the_harm_has_no_say(self, tmp_path):
        release = town(tmp_path, {("T01", "Public order"): 5, ("T02", "Theft from the person"): 5}, themes=("vawg_ps",))
        table = wards(release, "vawg_ps")
        assert table["harm_cchi"].tolist() == [450, 120, 0, 0]
        assert table["harm_css"].isna().all()  # thefts do 2 of every 9.5 days
        said = release.manifest["harm"]["themes"]["vawg_ps"]["css"]
        assert said["why_not"] == "Categories without a weight do 21% of the theme's harm by the other edition."

    def test_categories_that_no_edition_weighs_silence_both(self, tmp_path):
        labels = 'path = "police"\nlabels = { "Robbery" = ["robbery"], "ASALTO" = ["robbery"] }'
        counts = {("T01", "Robbery"): 5, ("T02", "ASALTO"): 5}
        release = town(tmp_path, counts, themes=("robbery",), labels=labels)
        assert wards(release, "robbery")[["harm_cchi", "harm_css"]].isna().all().all()
        for edition in EDITIONS:
            said = release.manifest["harm"]["themes"]["robbery"][edition]
            assert said["unweighted"] == ["ASALTO"]
            assert said["why_not"].startswith("Categories without a weight in any edition hold 50%")

    def test_counts_by_area_with_minor_classes(self, tmp_path):
        config = make_tiny_town(tmp_path)
        rows = ["code,class,2025-01,2025-02"]
        rows += ["T01,RAPE,1,0", "T01,VIOLENCE WITH INJURY,2,2", "T02,VIOLENCE WITHOUT INJURY,3,4", "T03,HOMICIDE,0,0"]
        (tmp_path / "counts.csv").write_text("\n".join(rows))
        config.write_text(
            """
[study]
name = "Tinytown"
themes = ["violence"]
window_months = 2
[[sources]]
kind = "area_counts"
name = "counts"
path = "counts.csv"
layer = "wards"
columns = { zone_id = "code", category = "class" }
[sources.labels]
"RAPE" = ["violence"]
"HOMICIDE" = ["violence"]
"VIOLENCE WITH INJURY" = ["violence"]
"VIOLENCE WITHOUT INJURY" = ["violence"]
[[boundaries]]
layer = "wards"
path = "wards.geojson"
code = "code"
"""
        )
        table = wards(run(config, tmp_path / "releases"), "violence")
        assert table["harm_cchi"].tolist()[:3] == [2555 + 4 * 365, 70, 0]
        assert np.isnan(table["harm_cchi"]["T04"])  # the feed does not answer for it
        assert table["harm_css"].isna().all()  # rape does most of the harm, and the score at hand has no weight for it

    def test_areas_add_up_their_zones(self, tmp_path):
        config = make_tiny_town(tmp_path)
        release = run(config, tmp_path / "releases")
        areas = release.table("hotspot-areas", access="internal").to_pandas()
        assert len(areas) > 0
        for area in areas.itertuples():
            cells = release.table("cells-r9", theme=area.theme, access="internal").to_pandas().set_index("zone_id")
            inside = cells.loc[area.zones.split(";")]
            assert area.harm_cchi == pytest.approx(inside["harm_cchi"].sum(), abs=0.5)

    def test_a_small_count_hides_its_harm(self, tmp_path):
        release = town(tmp_path, {("T01", "Robbery"): 1, ("T02", "Robbery"): 3}, themes=("robbery",), months=2)
        shown = wards(release, "robbery", access="open")
        assert shown["incidents_band"].tolist() == ["1-4", "6", "0", "0"]
        assert shown["harm_cchi"].isna().tolist() == [True, False, False, False]
        assert shown["harm_css"].isna().tolist() == [True, False, False, False]
        assert wards(release, "robbery")["harm_cchi"].tolist() == [730, 2190, 0, 0]
        # Two months are no full window: sums, but no marks.
        assert shown[["is_harm_spot", "harm_rank_differs"]].isna().all().all()

    def test_own_table_changes_figures_and_release(self, tmp_path):
        counts = {("T01", "Robbery"): 3}
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        plain = town(tmp_path / "a", counts, themes=("robbery",))
        (tmp_path / "b" / "own.toml").write_text(
            'edition = "cchi"\nlabel = "mine"\nunit = "days"\nsource = "me"\n[weights]\nRobbery = 2\n'
        )
        own = town(tmp_path / "b", counts, themes=("robbery",), config_end='\n[harm]\nweights = "own.toml"\n')
        assert wards(own, "robbery")["harm_cchi"]["T01"] == 72
        assert own.manifest["harm"]["editions"]["cchi"]["label"] == "mine"
        assert own.release_id != plain.release_id


class TestMarks:
    def test_spots_by_hand(self):
        # Mean 10, standard deviation 30: the line is 70.
        assert harm_spots(np.array([100.0] + [0.0] * 9)).tolist() == [True] + [False] * 9
        # Mean 3, standard deviation 2: nothing reaches 7.
        assert not harm_spots(np.array([1.0, 5.0])).any()
        assert not harm_spots(np.full(5, 4.0)).any()  # all alike
        assert harm_spots(np.array([np.nan, 100.0] + [0.0] * 9)).tolist() == [False, True] + [False] * 9
        assert not harm_spots(np.full(3, np.nan)).any()

    def test_rank_classes_by_hand(self):
        # Twenty zones with harm: class 0 from place 11 on, 1 from 6, 2 from 3, 3 place 2, 4 place 1 (top 5 %).
        one = np.arange(20.0, 0.0, -1.0)
        other = one.copy()
        other[[1, 10]] = other[[10, 1]]  # place 2 (class 3) and place 11 (class 0) change places
        other[[9, 12]] = other[[12, 9]]  # place 10 (class 1) and 13 (class 0): next to each other
        assert np.flatnonzero(ranks_differ(one, other)).tolist() == [1, 10]

    def test_zones_without_harm_do_not_count_as_zones(self):
        one = np.concatenate([[4.0, 3, 2, 1], np.zeros(96)])
        other = np.concatenate([[1.0, 2, 3, 4], np.zeros(96)])
        # Of four zones place 1 is class 2 (a quarter), 2 class 1, the rest 0.
        assert np.flatnonzero(ranks_differ(one, other)).tolist() == [0, 3]

    def test_the_switch_decides_harm_spots(self):
        harm = {"cchi": np.array([9.0] + [1.0] * 9), "css": np.array([1.0] * 9 + [9.0])}
        for edition, spot in (("cchi", 0), ("css", 9)):
            columns = harm_columns(harm, np.ones(10), np.ones(10, dtype=bool), edition=edition, is_judged=True)
            assert np.flatnonzero(columns["is_harm_spot"]).tolist() == [spot]

    def test_harm_is_judged_by_area_and_slivers_have_no_say(self):
        harm = {edition: np.array([10.0] + [1.0] * 9) for edition in EDITIONS}
        area = np.array([10.0] + [1.0] * 8 + [0.001])
        columns = harm_columns(harm, area, area > 0.1, edition="cchi", is_judged=True)
        assert columns["is_harm_spot"].tolist() == [False] * 9 + [None]
        assert columns["harm_rank_differs"].tolist() == [False] * 9 + [None]

    def test_only_one_edition_makes_no_comparison(self):
        columns = harm_columns({"cchi": np.ones(3)}, np.ones(3), np.ones(3, dtype=bool), edition="css", is_judged=True)
        assert list(columns) == ["harm_cchi"]


def test_weight_of_a_force_goes_before_the_common_one():
    table = Weights("cchi", "", "", "", "", {"a": 1.0, "b": 2.0}, {"f": {"a": 3.0}}, {"b": "why"})
    assert [table.of(*kind) for kind in (("a", ""), ("a", "f"), ("b", "f"))] == [1.0, 3.0, 0.0]


def test_real_wards_have_harm_as_far_as_weights_are_known(shared_data):
    settings = read_settings(shared_data / "wards-mps.toml")
    counted = count(settings, workers=2)
    zones, (feed,) = counted.place.layers["wards"], counted.feeds
    places = [counted.placements[feed.settings.name, "wards"]]
    harm = {
        one.theme: harm_by_zone(
            weigh(one.theme, one.window, [feed], settings.harm.weights), zones.zone_id, [feed], places
        )
        for one in counted.coverages
    }
    incidents = {one.theme: counted.cubes["wards", one.theme].counts(one.window) for one in counted.coverages}
    assert list(harm["violence"]) == ["cchi"]  # the score at hand knows no major class of violence
    assert np.allclose(harm["violence"]["cchi"], incidents["violence"] * 200.69, equal_nan=True)
    assert np.allclose(harm["robbery"]["css"], incidents["robbery"] * 993.55, equal_nan=True)
    assert np.isnan(harm["robbery"]["css"]).sum() == 25  # the City of London's wards
    columns = harm_columns(harm["robbery"], zones.area_km2, zones.area_km2 > 0, edition="css", is_judged=True)
    assert 0 < (columns["is_harm_spot"] == True).sum() < 0.06 * len(zones)  # noqa: E712 - null is not marked
    assert not (columns["harm_rank_differs"] == True).any()  # noqa: E712 - one category: both keep the order of counts
