"""Emerging-hot-spot classes in four dialects of their rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from geo_safety.statistics.emerging.facts import Facts, facts_of, mostly

if TYPE_CHECKING:
    import pandas as pd

Dialect = Literal["strict", "arcgis3", "arcgis2", "sfdep"]

RULES_VERSION = 3
"""Last part of the method version: it goes up whenever a series could get another class than before.

1: first rules. 2: runs look at cold steps, so that places may oscillate; sfdep's last score is the ratio to the study.
3: only places that were surely hot in some step have a class.
"""

HOT_CLASSES = (
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
)

CLASSES = ("none", *HOT_CLASSES, *(f"{name} cold" for name in HOT_CLASSES))
"""Every class of every dialect; its place in this list is its code. `strict` gives the first nine only."""


@dataclass(frozen=True, eq=False)
class _Series:
    """What a dialect is given, on one axis: facts, and whether the trend rises or falls and is significant."""

    facts: Facts
    rising: np.ndarray
    falling: np.ndarray
    p: np.ndarray
    alpha: float
    last_score: np.ndarray | None


def emerging_class(
    hot: np.ndarray,
    trend_z: np.ndarray,
    trend_p: np.ndarray,
    *,
    dialect: Dialect = "strict",
    alpha: float = 0.05,
    cold: np.ndarray | None = None,
    last_score: np.ndarray | None = None,
) -> np.ndarray:
    """What kind of hot place is each series: new, consecutive, intensifying, persistent, ... or none?

    No null hypothesis of its own: it names a pattern of steps that were judged hot elsewhere, together with a trend
    (for that: the order of the steps is chance, see `mann_kendall`). How sure a class is, the share of a model's paths
    that give the same class tells: give the paths as further leading axes.

    Parameters
    ----------
    hot : array of bool or float, shape (..., n_steps)
        Whether each step is hot, in order of time; NaN where a step could not be judged.
    trend_z, trend_p : array of float, shape (...)
        Score and p-value of the trend, over steps that do not overlap. NaN: no trend.
    dialect : "strict", "arcgis3", "arcgis2" or "sfdep"
        Whose rules, see below.
    alpha : float
        A trend is significant at p up to this (sfdep's own default, for steps and trend, is 0.01).
    cold : array of bool or float, shape of `hot`, optional
        Whether each step is cold; by default none is, and no series oscillates.
    last_score : array of float, shape (...), optional
        Only for `sfdep`: the last step's score (Gi*, or log rate ratio); its rules look at the sign.

    Returns
    -------
    array of str (object), shape (...)
        A name of `CLASSES`; None for a series without any judged step.

    Raises
    ------
    ValueError
        If a dialect is unknown, shapes do not fit, or `sfdep` gets no `last_score`.

    Notes
    -----
    Steps that could not be judged take no part: they neither count among the steps nor end a run, and "last" is the
    last judged step. "Most steps" is at least nine tenths: 9 of 9, 9 of 10, 18 of 20.

    `strict`, ours. Every series gets exactly one class, and `none` means never hot:

    ===========  ============  ==========================================================================
    most steps   last is hot   class
    ===========  ============  ==========================================================================
    yes          yes           `intensifying` or `diminishing` by a significant trend, else `persistent`
    yes          no            `historical`
    no           yes           never hot before the run that ends there: `new` (one step) or `consecutive`;
                               else `oscillating` where it was ever cold; else `sporadic`
    no           no            `sporadic` where it was ever hot, else `none`
    ===========  ============  ==========================================================================

    Decisions on the contested cases:

    1. Hot in most steps but not in the last: `historical`, whatever the trend. The published text of "persistent" does
       not ask for the last step, so that both fit; sfdep says persistent.
    2. Hot now and then, not in the last step: `sporadic`, as in ArcGIS Pro 2. ArcGIS Pro 3 asks for the last step as
       well and leaves such a place without a pattern; a place that was hot in 8 of 10 steps must not vanish.
    3. First hot run after cold steps: `new` or `consecutive`, which say more about today than `oscillating`.
    4. Hot now and then with cold steps, not hot in the last: `sporadic`. The published texts fit nothing.
    5. Hot in every step of a short series: by the trend, `persistent` if none; never `consecutive`, which is for less
       than most steps. But a single judged step that is hot is `new`: nothing persists in one step.
    6. A trend with p exactly alpha is significant; an undefined one (constant series) is none.
    7. Cold steps matter for `oscillating` alone: there are no cold classes, a quiet place is `none`.

    `arcgis2`, `arcgis3`: the texts of the help pages of ArcGIS Pro 2.8 and 3.x, 17 categories, hot ones first. The code
    is not public; where two texts fit, the more particular one is taken (historical before persistent, new and
    consecutive before oscillating). They differ in "sporadic" (3.x: hot in the last step as well) and in "consecutive"
    (3.x says "at least two steps"; a run of one is `new` in both).

    `sfdep`: the R package's functions as its repository has them (commit 156b846), first that fits in its order, with
    its own turns: intensifying counts cold steps among the nine tenths; consecutive lets cold steps into the final run;
    persistent does not ask for the last step; historical asks for a score below zero in the last step, not merely for
    one that is not hot; new asks that no other step is significant either way; p exactly alpha is neither intensifying
    nor persistent.

    Do not use it on fewer than about eight steps, and do not compare classes of different dialects (`dialect_table`).

    References
    ----------
    Esri, How Emerging Hot Spot Analysis works, ArcGIS Pro 2.8 and 3.x. Parry & Locke, sfdep: Spatial Dependence for
    Simple Features, R/emerging-hostpot-classifications.R.

    Examples
    --------
    Ten quarters each: always hot and rising; hot in the last three; hot nine times, then cooled down:

    >>> always, lately, once = [1] * 10, [0] * 7 + [1] * 3, [1] * 9 + [0]
    >>> emerging_class([always, lately, once], trend_z=[2.9, 2.1, 0.4], trend_p=[0.004, 0.04, 0.7]).tolist()
    ['intensifying', 'consecutive', 'historical']
    """
    codes = emerging_code(hot, trend_z, trend_p, dialect=dialect, alpha=alpha, cold=cold, last_score=last_score)
    return np.array([*CLASSES, None], dtype=object)[codes]


def emerging_code(
    hot: np.ndarray,
    trend_z: np.ndarray,
    trend_p: np.ndarray,
    *,
    dialect: Dialect = "strict",
    alpha: float = 0.05,
    cold: np.ndarray | None = None,
    last_score: np.ndarray | None = None,
) -> np.ndarray:
    """The same as a place in `CLASSES`: which class has each series, for millions of paths at once?

    Parameters
    ----------
    hot, trend_z, trend_p, dialect, alpha, cold, last_score
        As for `emerging_class`, which tells the rules.

    Returns
    -------
    array of int8, shape (...)
        -1 for a series without any judged step.

    Examples
    --------
    >>> CLASSES[int(emerging_code([0, 0, 1], 0.0, 1.0))]
    'new'
    """
    if dialect not in RULES:
        raise ValueError(f"Unknown dialect {dialect!r}: use one of {', '.join(RULES)}.")
    facts = facts_of(hot, cold)
    shape = facts.steps.shape
    z, p = (_fitted(values, shape, name) for values, name in ((trend_z, "trend_z"), (trend_p, "trend_p")))
    significant = p <= alpha
    score = None if last_score is None else _fitted(last_score, shape, "last_score")
    rules = RULES[dialect](_Series(facts, significant & (z > 0), significant & (z < 0), p, alpha, score))
    codes = np.select([fits for _, fits in rules], [np.int8(CLASSES.index(name)) for name, _ in rules], np.int8(0))
    return np.where(facts.steps > 0, codes, -1).astype(np.int8)


def dialect_table(
    hot: np.ndarray,
    trend_z: np.ndarray,
    trend_p: np.ndarray,
    *,
    alpha: float = 0.05,
    cold: np.ndarray | None = None,
    last_score: np.ndarray | None = None,
    dialects: Sequence[Dialect] = ("strict", "arcgis3", "arcgis2"),
) -> pd.DataFrame:
    """How many zones does each combination of classes hold, dialect beside dialect?

    Parameters
    ----------
    hot, trend_z, trend_p, alpha, cold, last_score
        As for `emerging_class`; one series a zone.
    dialects : sequence of dialects
        One column each. `sfdep` needs `last_score`.

    Returns
    -------
    DataFrame
        One row a combination that occurs, most frequent first: a column for each dialect, `zones`, and `is_same`
        (all dialects agree). Zones without any judged step are in no row.

    Examples
    --------
    >>> table = dialect_table([[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 1, 1]], [0, 0, 0], [1, 1, 1])
    >>> print(table.to_string(index=False))
        strict    arcgis3    arcgis2  zones  is_same
      sporadic       none   sporadic      2    False
    persistent persistent persistent      1     True
    """
    import pandas as pd  # late: the other statistics do without it, and it takes half a second

    columns = {
        name: emerging_class(hot, trend_z, trend_p, dialect=name, alpha=alpha, cold=cold, last_score=last_score).ravel()
        for name in dialects
    }
    zones = pd.DataFrame(columns).dropna()
    table = zones.value_counts(sort=False).rename("zones").reset_index()
    table["is_same"] = table[list(dialects)].eq(table[dialects[0]], axis=0).all(axis=1)
    return table.sort_values(["zones", *dialects], ascending=[False] + [True] * len(dialects), ignore_index=True)


_Rules = list[tuple[str, np.ndarray]]


def _strict(series: _Series) -> _Rules:
    f = series.facts
    first_time = f.last_is_hot & (f.hot == f.hot_run)
    most = f.mostly_hot & (f.steps > 1)
    return [
        ("historical", most & ~f.last_is_hot),
        ("intensifying", most & series.rising),
        ("diminishing", most & series.falling),
        ("persistent", most),
        ("new", first_time & (f.hot_run == 1)),
        ("consecutive", first_time),
        ("oscillating", f.last_is_hot & (f.cold > 0)),
        ("sporadic", f.hot > 0),
    ]


def _arcgis(series: _Series, *, sporadic_needs_last: bool) -> _Rules:
    f = series.facts
    hot = _arcgis_side(
        count=f.hot, run=f.hot_run, other=f.cold, most=f.mostly_hot, stronger=series.rising, weaker=series.falling,
        sporadic_needs_last=sporadic_needs_last,
    )  # fmt: skip
    cold = _arcgis_side(
        count=f.cold, run=f.cold_run, other=f.hot, most=f.mostly_cold, stronger=series.falling, weaker=series.rising,
        sporadic_needs_last=sporadic_needs_last,
    )  # fmt: skip
    return [*hot, *((f"{name} cold", fits) for name, fits in cold)]


def _arcgis_side(
    *,
    count: np.ndarray,
    run: np.ndarray,
    other: np.ndarray,
    most: np.ndarray,
    stronger: np.ndarray,
    weaker: np.ndarray,
    sporadic_needs_last: bool,
) -> _Rules:
    last, first_time = run > 0, (run > 0) & (count == run)
    return [
        ("new", first_time & (run == 1)),
        ("consecutive", first_time & ~most),
        ("intensifying", most & last & stronger),
        ("diminishing", most & last & weaker),
        ("historical", most & ~last),
        ("persistent", most),
        ("sporadic", ~most & (count > 0) & (other == 0) & (last | (not sporadic_needs_last))),
        ("oscillating", ~most & last & (other > 0)),
    ]


def _sfdep(series: _Series) -> _Rules:
    if series.last_score is None:
        raise ValueError(
            "The rules of sfdep look at the sign of the last step's score: give `last_score` (Gi*, or log rate ratio)."
        )
    f, p, alpha = series.facts, series.p, series.alpha
    either = f.hot + f.cold
    last, alone = f.run > 0, either == f.run
    flat = p > alpha
    # The package compares p < alpha for intensifying hot spots and p <= alpha elsewhere.
    return [
        ("new", (either == 1) & f.last_is_hot),
        ("new cold", (either == 1) & f.last_is_cold),
        ("consecutive", f.last_is_hot & alone & ~f.mostly_hot),
        ("consecutive cold", f.last_is_cold & alone & ~f.mostly_cold),
        ("intensifying", mostly(either, f.steps) & last & series.rising & (p < alpha)),
        ("intensifying cold", f.mostly_cold & last & series.falling),
        ("persistent", f.mostly_hot & flat),
        ("persistent cold", f.mostly_cold & flat),
        ("diminishing", f.mostly_hot & last & series.falling),
        ("diminishing cold", f.mostly_cold & last & series.rising),
        ("oscillating", (10 * f.hot <= 9 * f.steps) & f.last_is_hot & (f.cold > 0)),
        ("oscillating cold", ~f.mostly_cold & f.last_is_cold & (f.hot > 0)),
        ("historical", f.mostly_hot & (series.last_score < 0)),
        ("historical cold", f.mostly_cold & (series.last_score > 0)),
        ("sporadic", ~f.mostly_hot & (f.cold == 0) & (f.hot > 0)),
        ("sporadic cold", ~f.mostly_cold & (f.hot == 0) & (f.cold > 0)),
    ]


RULES: dict[str, Callable[[_Series], _Rules]] = {
    "strict": _strict,
    "arcgis3": lambda series: _arcgis(series, sporadic_needs_last=True),
    "arcgis2": lambda series: _arcgis(series, sporadic_needs_last=False),
    "sfdep": _sfdep,
}
"""Each dialect's rules in order: the first that fits gives the class."""

DIALECTS = tuple(RULES)


def _fitted(values: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    values = np.asarray(values, float)
    if values.shape != shape:
        raise ValueError(
            f"`{name}` has shape {values.shape}, but there are series of shape {shape}: give one for each."
        )
    return values
