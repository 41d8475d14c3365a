"""Incidents by zone and month: places are looked up once a location, then whole numbers are added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_safety.area_counts import AreaCounts
from geo_safety.point_counts import Incidents
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
    """Incidents by category, zone and month without the zeros, in the order of these three.

    Parameters
    ----------
    zone, month, category, incidents : array of int, shape (n_counts,)
        Zone's index, months since 1970-01, category code, incidents.
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
    # Two zones of their own after the others: in no zone, and without a place (location -1 finds the last one).
    zones = np.concatenate([np.where(zone_of_location < 0, n_zones, zone_of_location), [n_zones + 1]])
    first_key = zones * n_months
    size = (n_zones + 2) * n_months
    totals = np.zeros(size)  # sums are made in floats, which are exact up to 9e15 incidents
    for part in incidents.parts(category_mask):
        month, weight = incidents.month[part] - first_month, incidents.weight[part]
        key = first_key.take(incidents.location[part], mode="wrap")  # in half the time of an index in brackets
        key += month
        if month.min() < 0 or month.max() >= n_months:
            in_span = (month >= 0) & (month < n_months)
            key, weight = key[in_span], weight[in_span]
        totals += np.bincount(key, weight, minlength=size)
    by_zone = totals.astype(np.int64).reshape(n_zones + 2, n_months)
    return ZoneCounts(by_zone[:n_zones], by_zone[n_zones], by_zone[n_zones + 1])


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


def count_sparse(incidents: Incidents, zone_of_location: Int32Array, *, n_zones: int) -> SparseCounts:
    """How many incidents of every category has every zone in every month, zeros left out?

    Rows without a place and places in no zone are left aside.

    Parameters
    ----------
    incidents, zone_of_location, n_zones
        As for `count_zones`.
    """
    first = int(incidents.month.min()) if len(incidents.month) else 0
    n_months = int(incidents.month.max()) - first + 1 if len(incidents.month) else 1
    zones = np.concatenate([np.where(zone_of_location < 0, n_zones, zone_of_location), [n_zones]])
    first_key = zones * n_months - first
    size = (n_zones + 1) * n_months
    n_categories = len(incidents.categories)
    places, totals = [], []
    # One category after the other, so that the table in which they are counted stays small and near at hand.
    for code in range(n_categories):
        counted = np.zeros(size, dtype=np.int64)
        for part in incidents.parts(np.arange(n_categories) == code):
            key = first_key[incidents.location[part]] + incidents.month[part]
            counted += totals_by(key, size, incidents.weight[part])
        place = np.flatnonzero(counted[: n_zones * n_months] != 0)  # several times as fast as on numbers
        places.append(place.astype(np.int32))
        totals.append(counted[place])
    place = np.concatenate([np.zeros(0, dtype=np.int32), *places])
    zone, month = np.divmod(place, np.int32(n_months))
    category = np.repeat(np.arange(n_categories, dtype=np.int16), [len(found) for found in places])
    return SparseCounts(zone, month + first, category, np.concatenate([np.zeros(0, dtype=np.int64), *totals]))
