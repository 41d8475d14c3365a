"""Incidents by zone and month: places are looked up once a location, then whole numbers are added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo_safety.area_counts import AreaCounts
from geo_safety.incidents import Incidents
from geo_safety.presence import totals_by
from geo_safety.sources.feed import Int16Array, Int32Array, IntArray

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class ZoneCounts:
    """Incidents by month in every zone of one layer, and of those that are in none.

    Parameters
    ----------
    incidents : array of int, shape (n_zones, n_months)
        Incidents; zeros are counted zeros.
    in_no_zone : array of int, shape (n_months,)
        Incidents with a place that lies in no zone (on a bridge, in the river).
    unlocated : array of int, shape (n_months,)
        Incidents without a place.
    """

    incidents: IntArray
    in_no_zone: IntArray
    unlocated: IntArray


@dataclass(frozen=True)
class SparseCounts:
    """Incidents by zone, month and category without the zeros, in the order of these three.

    Parameters
    ----------
    zone, month, category, incidents : array of int, shape (n_counts,)
        Zone's index, months since 1970-01, category code, incidents. Zone -1 holds those in no zone.
    """

    zone: Int32Array
    month: Int32Array
    category: Int16Array
    incidents: IntArray


def count_zones(
    incidents: Incidents,
    zone_of_location: Int32Array,
    *,
    n_zones: int,
    first_month: int,
    n_months: int,
    category_mask: BoolArray,
) -> ZoneCounts:
    """How many incidents of one theme has every zone in every month?

    Parameters
    ----------
    incidents : Incidents
        One feed.
    zone_of_location : array of int, shape (n_locations,)
        Index of each location's zone; -1 where it lies in none.
    n_zones : int
        Zones of the layer.
    first_month, n_months : int
        Months to count, in months since 1970-01; rows of other months are left aside.
    category_mask : array of bool, shape (n_categories,)
        Categories that carry the theme.

    Returns
    -------
    ZoneCounts
        Every incident of the theme and the months is in exactly one of its numbers.
    """
    month = incidents.month - first_month
    keep = category_mask[incidents.category] & (month >= 0) & (month < n_months)
    location = incidents.location[keep]
    # Two columns of their own after the zones: in no zone, and without a place.
    zones = np.concatenate([np.where(zone_of_location < 0, n_zones, zone_of_location), [n_zones + 1]])
    key = zones[location].astype(np.int64) * n_months + month[keep]
    totals = totals_by(key, (n_zones + 2) * n_months, incidents.weight[keep]).reshape(n_zones + 2, n_months)
    return ZoneCounts(totals[:n_zones], totals[n_zones], totals[n_zones + 1])


def count_areas(
    areas: AreaCounts,
    zone_id: NDArray[np.str_],
    *,
    first_month: int,
    n_months: int,
    category_mask: BoolArray,
) -> tuple[IntArray, BoolArray]:
    """How many incidents of one theme does a feed of area counts give every zone in every month?

    Parameters
    ----------
    areas : AreaCounts
        One feed.
    zone_id : array of str, shape (n_zones,)
        The layer's zones.
    first_month, n_months, category_mask
        As for `count_zones`.

    Returns
    -------
    incidents : array of int, shape (n_zones, n_months)
        Incidents; without meaning where the feed does not answer.
    is_answered : array of bool, shape (n_zones,)
        Whether the feed names the zone; where it does not, its incidents are unknown, not zero.
    """
    place = {zone: number for number, zone in enumerate(zone_id.tolist())}
    zones = np.array([place.get(zone, -1) for zone in areas.zone_id.tolist()], dtype=np.int64)
    month = areas.month - first_month
    zone = zones[areas.zone] if len(zones) else np.zeros(0, dtype=np.int64)
    keep = category_mask[areas.category] & (month >= 0) & (month < n_months) & (zone >= 0)
    key = zone[keep] * n_months + month[keep]
    totals = totals_by(key, len(zone_id) * n_months, areas.count[keep]).reshape(len(zone_id), n_months)
    is_answered = np.zeros(len(zone_id), dtype=bool)
    is_answered[zones[zones >= 0]] = True
    return totals, is_answered


def count_sparse(incidents: Incidents, zone_of_location: Int32Array) -> SparseCounts:
    """How many incidents of every category has every zone in every month, zeros left out?

    Unlocated rows are left aside.

    Parameters
    ----------
    incidents, zone_of_location
        As for `count_zones`.
    """
    is_located = incidents.location >= 0
    zone = zone_of_location[incidents.location[is_located]].astype(np.int64)
    month, category = incidents.month[is_located], incidents.category[is_located]
    first = int(month.min()) if len(month) else 0
    n_months = int(month.max()) - first + 1 if len(month) else 1
    n_categories = max(len(incidents.categories), 1)
    key = ((zone + 1) * n_months + (month - first)) * n_categories + category
    # A hash table over the keys that occur needs no room for the zeros, however many zones there are.
    encoded = pa.array(key).dictionary_encode()
    keys = encoded.dictionary.to_numpy(zero_copy_only=False)
    totals = totals_by(encoded.indices.to_numpy(zero_copy_only=False), len(keys), incidents.weight[is_located])
    order = np.argsort(keys)
    rest, category_code = np.divmod(keys[order], n_categories)
    zone_code, month_code = np.divmod(rest, n_months)
    return SparseCounts(
        (zone_code - 1).astype(np.int32),
        (month_code + first).astype(np.int32),
        category_code.astype(np.int16),
        totals[order],
    )
