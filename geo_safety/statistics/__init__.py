"""Statistics as a library: arrays in, arrays out, each with its source and its null hypothesis in plain words.

`rates`: how much busier than the study is this neighbourhood. `local`: how do counts lie on the map.
`time`: does a series rise or fall. `emerging`: what kind of hot place is it. `pattern`: how incidents lie as a whole.
`displacement`: did a scheme work, and did the problem move.
`discovery`: from many judgements to one list. `rank` and `change`: plain order and change, with their uncertainty.
"""

from geo_safety.statistics.change import change_class
from geo_safety.statistics.discovery import bayesian_false_discovery, false_discovery
from geo_safety.statistics.displacement.control_chart import ControlChart, control_chart
from geo_safety.statistics.displacement.difference_in_differences import (
    Difference,
    PreTrend,
    difference_in_differences,
    pre_trend,
)
from geo_safety.statistics.displacement.displacement_intervals import DisplacementIntervals, displacement_intervals
from geo_safety.statistics.displacement.minimum_detectable_change import minimum_detectable_change
from geo_safety.statistics.displacement.weighted_displacement_difference import (
    DisplacementDifference,
    weighted_displacement_difference,
)
from geo_safety.statistics.displacement.weighted_displacement_quotient import (
    DisplacementQuotient,
    weighted_displacement_quotient,
)
from geo_safety.statistics.emerging.classes import (
    CLASSES,
    DIALECTS,
    RULES_VERSION,
    dialect_table,
    emerging_class,
    emerging_code,
)
from geo_safety.statistics.emerging.why import emerging_why
from geo_safety.statistics.local.gi_star import gi_star
from geo_safety.statistics.local.gi_star_exact import gi_star_exact
from geo_safety.statistics.local.local_moran import LocalMoran, local_moran, local_moran_exact
from geo_safety.statistics.local.ranks import mid_rank_grid
from geo_safety.statistics.pattern.concentration import generalised_gini, gini, lorenz, share_in_top
from geo_safety.statistics.pattern.location_quotient import location_quotient
from geo_safety.statistics.pattern.near_repeat import Knox, knox, near_repeat_chains
from geo_safety.statistics.pattern.prediction_accuracy import PredictionAccuracy, prediction_accuracy
from geo_safety.statistics.pattern.s_index import Similarity, s_index
from geo_safety.statistics.rank import count_interval, rank_interval
from geo_safety.statistics.rates.context import context_of
from geo_safety.statistics.rates.dispersion import Dispersion, dispersion, dispersion_details, near_level
from geo_safety.statistics.rates.exceedance import exceedance_test
from geo_safety.statistics.rates.persistence.drift import TYPICAL_CHANGE, Drift, drift
from geo_safety.statistics.rates.persistence.entrenched import Persistence, entrenched_probability, persistence
from geo_safety.statistics.rates.persistence.next_window import next_probability
from geo_safety.statistics.rates.persistence.quarters import (
    Quarters,
    global_rates,
    lowest_level,
    quarterly,
    step_totals,
)
from geo_safety.statistics.rates.persistence.variation import Variation
from geo_safety.statistics.rates.posterior import RatePosterior, hotspot_probability, posterior
from geo_safety.statistics.scan.circles import Circles, circles
from geo_safety.statistics.scan.clusters import Cluster, Scan
from geo_safety.statistics.scan.discs import Discs, discs
from geo_safety.statistics.scan.poisson import poisson_scan
from geo_safety.statistics.scan.space_time import space_time_permutation_scan
from geo_safety.statistics.time.annual_expectation import AnnualExpectation, annual_expectation
from geo_safety.statistics.time.mann_kendall import Trend, mann_kendall, seasonal_mann_kendall, sen_slope
from geo_safety.statistics.time.negative_binomial_trend import CountTrend, negative_binomial_trend

__all__ = [
    "CLASSES",
    "DIALECTS",
    "RULES_VERSION",
    "TYPICAL_CHANGE",
    "AnnualExpectation",
    "Circles",
    "Cluster",
    "ControlChart",
    "CountTrend",
    "Difference",
    "Discs",
    "Dispersion",
    "DisplacementDifference",
    "DisplacementIntervals",
    "DisplacementQuotient",
    "Drift",
    "Knox",
    "LocalMoran",
    "Persistence",
    "PreTrend",
    "PredictionAccuracy",
    "Quarters",
    "RatePosterior",
    "Scan",
    "Similarity",
    "Trend",
    "Variation",
    "annual_expectation",
    "bayesian_false_discovery",
    "change_class",
    "circles",
    "context_of",
    "control_chart",
    "count_interval",
    "dialect_table",
    "difference_in_differences",
    "discs",
    "dispersion",
    "dispersion_details",
    "displacement_intervals",
    "drift",
    "emerging_class",
    "emerging_code",
    "emerging_why",
    "entrenched_probability",
    "exceedance_test",
    "false_discovery",
    "generalised_gini",
    "gi_star",
    "gi_star_exact",
    "gini",
    "global_rates",
    "hotspot_probability",
    "knox",
    "local_moran",
    "local_moran_exact",
    "location_quotient",
    "lorenz",
    "lowest_level",
    "mann_kendall",
    "mid_rank_grid",
    "minimum_detectable_change",
    "near_level",
    "near_repeat_chains",
    "negative_binomial_trend",
    "next_probability",
    "persistence",
    "poisson_scan",
    "posterior",
    "pre_trend",
    "prediction_accuracy",
    "quarterly",
    "rank_interval",
    "s_index",
    "seasonal_mann_kendall",
    "sen_slope",
    "share_in_top",
    "space_time_permutation_scan",
    "step_totals",
    "weighted_displacement_difference",
    "weighted_displacement_quotient",
]
