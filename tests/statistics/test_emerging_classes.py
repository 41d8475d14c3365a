from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.statistics import dialect_table, emerging_class, emerging_code, emerging_why
from geo_safety.statistics.emerging.classes import CLASSES, DIALECTS

RISING, FALLING, FLAT = (2.5, 0.01), (-2.5, 0.01), (0.3, 0.8)


def class_of(text, trend=FLAT, dialect="strict"):
    """The class of one series drawn as text: H hot, C cold, - neither, ? not judged."""
    steps = [text]
    hot = np.array([[{"H": 1.0, "?": np.nan}.get(c, 0.0) for c in row] for row in steps])
    cold = np.array([[{"C": 1.0, "?": np.nan}.get(c, 0.0) for c in row] for row in steps])
    score = {"H": 3.0, "C": -3.0}.get(text[-1], -0.5)
    z, p = trend
    return emerging_class(hot, [z], [p], dialect=dialect, cold=cold, last_score=[score])[0]


# Drawn by hand from the table in the docstring, and from the help pages of ArcGIS Pro 2.8 and 3.x.
@pytest.mark.parametrize(
    ("series", "trend", "strict", "arcgis3", "arcgis2"),
    [
        ("----------", FLAT, "none", "none", "none"),
        ("---------H", FLAT, "new", "new", "new"),
        ("-------HHH", FLAT, "consecutive", "consecutive", "consecutive"),
        ("-HHHHHHHHH", FLAT, "persistent", "persistent", "persistent"),  # nine of ten are no longer "less than 90 %"
        ("HHHHHHHHHH", RISING, "intensifying", "intensifying", "intensifying"),
        ("HHHHHHHHHH", FALLING, "diminishing", "diminishing", "diminishing"),
        ("HHHH-HHHHH", FLAT, "persistent", "persistent", "persistent"),
        ("HHHHHHHHH-", FLAT, "historical", "historical", "historical"),
        ("HHHHHHHHH-", FALLING, "historical", "historical", "historical"),  # decision 1
        ("H--H---HHH", FLAT, "sporadic", "sporadic", "sporadic"),
        ("HHHHHHHH--", FLAT, "sporadic", "none", "sporadic"),  # decision 2
        ("H---------", FLAT, "sporadic", "none", "sporadic"),
        ("CC------HH", FLAT, "consecutive", "consecutive", "consecutive"),  # decision 3
        ("C--------H", FLAT, "new", "new", "new"),
        ("H--C---HHH", FLAT, "oscillating", "oscillating", "oscillating"),
        ("H--C---HH-", FLAT, "sporadic", "none", "none"),  # decision 4
        ("H--C---H-C", FLAT, "sporadic", "oscillating cold", "oscillating cold"),  # decision 7
        ("HHHHHHHHHC", FLAT, "historical", "historical", "historical"),
        ("CHHHHHHHHH", FLAT, "persistent", "persistent", "persistent"),  # oscillating is for less than most steps
        ("HHHH", FLAT, "persistent", "persistent", "persistent"),  # decision 5
        ("H", FLAT, "new", "new", "new"),
        ("---------C", FLAT, "none", "new cold", "new cold"),
        ("--------CC", FLAT, "none", "consecutive cold", "consecutive cold"),
        ("CCCCCCCCCC", FALLING, "none", "intensifying cold", "intensifying cold"),
        ("CCCCCCCCCC", RISING, "none", "diminishing cold", "diminishing cold"),
        ("CCCCCCCCC-", FLAT, "none", "historical cold", "historical cold"),
        ("C--C------", FLAT, "none", "none", "sporadic cold"),
        ("??????????", FLAT, None, None, None),
        ("?H?H?H????", FLAT, "persistent", "persistent", "persistent"),
        ("--?--HH?H?", FLAT, "consecutive", "consecutive", "consecutive"),  # a gap does not end a run
    ],
)
def test_classes_drawn_by_hand(series, trend, strict, arcgis3, arcgis2):
    found = [class_of(series, trend, dialect) for dialect in ("strict", "arcgis3", "arcgis2")]
    assert found == [strict, arcgis3, arcgis2]


def sfdep(gs, sigs, tau, tau_p, threshold):
    """The package's rules one by one, retold from R/emerging-hostpot-classifications.R (JosiahParry/sfdep)."""
    gs, sigs = np.array(gs, float), np.array(sigs, bool)
    n, hot, cold = len(gs), sigs & (gs > 0), sigs & (gs < 0)
    run = 0
    while run < n and sigs[n - 1 - run]:
        run += 1
    before = sigs[: n - run]
    rules = {
        "new": sigs.sum() == 1 and hot[-1],
        "new cold": sigs.sum() == 1 and cold[-1],
        "consecutive": hot[-1] and not before.any() and hot.sum() / n < 0.9,
        "consecutive cold": cold[-1] and not before.any() and cold.sum() / n < 0.9,
        "intensifying": sigs.sum() / n >= 0.9 and sigs[-1] and tau > 0 and tau_p < threshold,
        "intensifying cold": cold.sum() / n >= 0.9 and sigs[-1] and tau < 0 and tau_p <= threshold,
        "persistent": hot.sum() / n >= 0.9 and tau_p > threshold,
        "persistent cold": cold.sum() / n >= 0.9 and tau_p > threshold,
        "diminishing": hot.sum() / n >= 0.9 and sigs[-1] and tau < 0 and tau_p <= threshold,
        "diminishing cold": cold.sum() / n >= 0.9 and sigs[-1] and tau > 0 and tau_p <= threshold,
        "oscillating": hot.sum() / n <= 0.9 and hot[-1] and cold.any(),
        "oscillating cold": cold.sum() / n < 0.9 and cold[-1] and hot.any(),
        "historical": hot.sum() / n >= 0.9 and gs[-1] < 0,
        "historical cold": gs[-1] > 0 and cold.sum() / n >= 0.9,
        "sporadic": hot.sum() / n < 0.9 and not cold.any() and hot.any(),
        "sporadic cold": cold.sum() / n < 0.9 and not hot.any() and cold.any(),
    }
    return next((name for name, fits in rules.items() if fits), "none")


def test_sfdep_gives_what_its_own_rules_give_on_every_short_series():
    kinds = {"H": (3.0, True), "C": (-3.0, True), "a": (0.5, False), "b": (-0.5, False)}
    series = (
        list(product(kinds, repeat=5))
        + [tuple("H" * 9 + end) for end in "HCab"]
        + [tuple("C" * 9 + end) for end in "HCab"]
    )
    for tau, p in ((0.5, 0.001), (-0.5, 0.001), (0.5, 0.01), (-0.5, 0.01), (0.1, 0.5)):
        for length in {len(s) for s in series}:
            rows = [s for s in series if len(s) == length]
            gs = np.array([[kinds[k][0] for k in row] for row in rows])
            sigs = np.array([[kinds[k][1] for k in row] for row in rows])
            found = emerging_class(
                sigs & (gs > 0), np.full(len(rows), tau), np.full(len(rows), p),
                dialect="sfdep", alpha=0.01, cold=sigs & (gs < 0), last_score=gs[:, -1],
            )  # fmt: skip
            expected = [sfdep(g, s, tau, p, 0.01) for g, s in zip(gs, sigs, strict=True)]
            assert found.tolist() == expected


STEPS = st.lists(st.sampled_from("HHHC-?"), min_size=1, max_size=14).map("".join)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.sampled_from([RISING, FALLING, FLAT, (np.nan, np.nan)]))
def test_strict_gives_exactly_one_of_nine_and_none_only_where_never_hot(series, trend):
    found = class_of(series, trend)
    if not series.strip("?"):
        assert found is None
        return
    assert found in CLASSES[:9]
    assert (found == "none") == ("H" not in series)
    judged = series.replace("?", "")
    assert class_of(judged, trend) == found  # gaps take no part
    if found in {"intensifying", "diminishing", "persistent", "new", "consecutive", "oscillating"}:
        assert judged[-1] == "H"
    if found == "historical":
        assert judged[-1] != "H"


@settings(max_examples=100, deadline=None)
@given(STEPS, st.sampled_from([RISING, FALLING, FLAT]))
def test_hot_and_cold_classes_of_arcgis_mirror_each_other(series, trend):
    if "H" in series and "C" in series:
        return
    mirrored = class_of(series.translate(str.maketrans("HC", "CH")), (-trend[0], trend[1]), "arcgis3")
    found = class_of(series, trend, "arcgis3")
    if found not in {"none", None}:
        mirrored = mirrored.removesuffix(" cold") if mirrored.endswith(" cold") else f"{mirrored} cold"
    assert mirrored == found


def test_paths_may_stand_on_further_axes():
    rng = np.random.default_rng(1)
    hot, z, p = rng.random((5, 7, 9)) < 0.7, rng.normal(size=(5, 7)), rng.random((5, 7))
    together = emerging_code(hot, z, p)
    assert together.shape == (5, 7)
    assert together.dtype == np.int8
    for path in range(5):
        assert np.array_equal(together[path], emerging_code(hot[path], z[path], p[path]))


def test_dialects_side_by_side():
    hot = np.array([[1, 1, 0, 0]] * 3 + [[0, 0, 0, 1]] * 2 + [[np.nan] * 4])
    table = dialect_table(hot, np.zeros(6), np.ones(6))
    assert table.to_dict("records") == [
        {"strict": "sporadic", "arcgis3": "none", "arcgis2": "sporadic", "zones": 3, "is_same": False},
        {"strict": "new", "arcgis3": "new", "arcgis2": "new", "zones": 2, "is_same": True},
    ]
    with_all = dialect_table(hot, np.zeros(6), np.ones(6), dialects=DIALECTS, last_score=hot[:, -1] - 0.5)
    assert with_all["zones"].sum() == 5
    assert list(with_all.columns) == ["strict", "arcgis3", "arcgis2", "sfdep", "zones", "is_same"]


def test_why_names_what_is_missing():
    def why(series, trend=FLAT, **options):
        hot = [{"H": 1.0, "?": np.nan}.get(c, 0.0) for c in series]
        return emerging_why([hot], [trend[0]], [trend[1]], **options)[0]

    assert why("HHHHHHH-H") == "hot in 8 of 9 steps, needs 9"
    assert why("HHHHHHHH-") == "hot in 8 of 9 steps, needs 9 and the last"
    assert why("HHHHHHHHH-") == "hot in 9 of 10 steps, but not in the last"
    assert why("HHHHHHHHHH", (1.9, 0.06)) == "hot in 10 of 10 steps and rising, but its trend has p = 0.06, needs 0.05"
    assert why("HHHHHHHHHH", (-1.9, 0.06)).startswith("hot in 10 of 10 steps and falling")
    assert why("---------H") == "hot in the last step only, needs 2 in a row"
    assert why("HH-H-H----") == ""
    assert why("HHHHHH---H") == "hot in 7 of 10 steps, needs 9"
    assert why("HHHHH----H") == ""  # lacks three
    assert why("HHHHH----H", within=3) == "hot in 6 of 10 steps, needs 9"
    assert why("???") == "no step could be judged"
    assert why("HHHHHHHHHH", RISING) == why("-----") == ""


def test_the_remedy_is_named():
    with pytest.raises(ValueError, match="use one of strict, arcgis3, arcgis2, sfdep"):
        emerging_class([[1]], [0], [1], dialect="esri")
    with pytest.raises(ValueError, match="give `last_score`"):
        emerging_class([[1]], [0], [1], dialect="sfdep")
    with pytest.raises(ValueError, match="compare with the level first"):
        emerging_class([[0.7]], [0], [1])
    with pytest.raises(ValueError, match="one of the two"):
        emerging_class([[1]], [0], [1], cold=[[1]])
    with pytest.raises(ValueError, match="give one for each"):
        emerging_class([[1], [0]], [0], [1])
    with pytest.raises(ValueError, match="in both"):
        emerging_class([[1, 0]], [0], [1], cold=[[1]])
