"""Months of a borough and of the whole study as years, counted back from the last month that there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_safety.months import month_text

YEAR = 12
SPAN = 5
"""Years over which the long view is judged."""

FEWEST = 20
"""A borough with fewer incidents a year tells nothing of a trend."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Years:
    """Rolling years of one feed and theme, the newest last.

    Parameters
    ----------
    ends : tuple of str
        Last month of each, as YYYY-MM.
    own_low, own_high : array of float, shape (n_years,)
        The borough's incidents, with the least and the most that hidden months leave; NaN where a month has no data.
    others : mapping of code to (n_years, 2) array
        The least and the most of each borough that has data wherever this one has, this one among them.
    months : array of float, shape (12, 2)
        The borough's incidents in each month of the year (January first) over the whole years, least and most; NaN
        where that month is never known.
    whole_years : int
        Number of whole years behind `months`.
    """

    ends: tuple[str, ...]
    own_low: FloatArray
    own_high: FloatArray
    others: dict[str, FloatArray]
    months: FloatArray
    whole_years: int

    @property
    def is_known(self) -> bool:
        """Whether the borough has any whole year."""
        return self.known > 0

    @property
    def known(self) -> int:
        """Number of years in which the borough is known."""
        return int(np.isfinite(self.own_low).sum())

    @property
    def all(self) -> FloatArray | None:
        """The least and the most of all boroughs together; None where fewer than half of them have much to tell."""
        usual = {code: float(np.nanmean(one[:, 1])) for code, one in self.others.items()}
        telling = [code for code, mean in usual.items() if mean >= FEWEST]
        return None if len(telling) < max(len(usual) / 2, 3) else np.sum([self.others[code] for code in usual], axis=0)

    def five_years(self) -> tuple[int, int] | None:
        """Places of the newest known year and of one five years before it, or of the longest before where there is none."""
        known = np.flatnonzero(np.isfinite(self.own_low))
        if len(known) < 2:
            return None
        last = int(known[-1])
        wanted = known[known >= last - SPAN]
        return (int(wanted[0]), last) if wanted[0] != last else None


def years_of(rows: pd.DataFrame, code: str) -> Years:
    """Put months together to years.

    Parameters
    ----------
    rows : DataFrame
        One feed and theme of the layer of boroughs: `zone_id`, `month`, `incidents`, `incidents_band`.
    code : str
        The borough.

    Examples
    --------
    Two years of ten a month, the last month hidden:

    >>> months = pd.date_range("2023-01-01", periods=24, freq="MS").date
    >>> rows = pd.DataFrame(
    ...     {"zone_id": "A", "month": months, "incidents": [10] * 23 + [None], "incidents_band": ["10"] * 23 + ["1-4"]}
    ... )
    >>> found = years_of(rows, "A")
    >>> found.ends, found.own_low.tolist(), found.own_high.tolist()
    (('2023-12', '2024-12'), [120.0, 111.0], [120.0, 114.0])
    """
    low, high = _bounds(rows)
    cube_low, cube_high = (_cube(rows, values) for values in (low, high))
    months = cube_low.columns
    known = np.flatnonzero(cube_low.notna().any().to_numpy())
    if not len(known):
        nothing = np.array([])
        return Years((), nothing, nothing, {}, np.full((YEAR, 2), np.nan), 0)
    last = int(known[-1]) + 1
    number = last // YEAR
    first = last - number * YEAR
    ends = tuple(month_text(int(months[first + YEAR * (place + 1) - 1])) for place in range(number))

    def by_year(cube: pd.DataFrame) -> FloatArray:
        return cube.to_numpy(dtype=float)[:, first:last].reshape(len(cube), number, YEAR).sum(axis=2)

    yearly_low, yearly_high = by_year(cube_low), by_year(cube_high)
    codes = list(cube_low.index)
    place = codes.index(code) if code in codes else None
    nan = np.full(number, np.nan)
    needed = np.ones(number, dtype=bool) if place is None else np.isfinite(yearly_low[place])
    whole = np.isfinite(yearly_low[:, needed]).all(axis=1)
    return Years(
        ends,
        nan if place is None else yearly_low[place],
        nan if place is None else yearly_high[place],
        {codes[at]: np.column_stack([yearly_low[at], yearly_high[at]]) for at in np.flatnonzero(whole).tolist()},
        *_months_of_the_year(cube_low, cube_high, code, first, last),
    )


def _months_of_the_year(
    low: pd.DataFrame, high: pd.DataFrame, code: str, first: int, last: int
) -> tuple[FloatArray, int]:
    """Sums by month of the year over years without a gap."""
    found = np.zeros((YEAR, 2))
    if code not in low.index:
        return np.full((YEAR, 2), np.nan), 0
    years = 0
    for start in range(first, last, YEAR):
        span = slice(start, start + YEAR)
        part = np.column_stack([one.loc[code].to_numpy(dtype=float)[span] for one in (low, high)])
        if np.isfinite(part).all():
            found[np.asarray(low.columns[span]) % YEAR] += part
            years += 1
    return (found, years) if years else (np.full((YEAR, 2), np.nan), 0)


def _bounds(rows: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """The least and the most of each month; NaN in a gap."""
    count = pd.to_numeric(rows["incidents"]).to_numpy(dtype=float, na_value=np.nan)
    bands = rows["incidents_band"].astype("string").str.extract(r"^(\d+)-(\d+)$").astype(float)
    is_hidden = np.isnan(count)
    return tuple(np.where(is_hidden, bands[end].to_numpy(dtype=float), count) for end in (0, 1))


def _cube(rows: pd.DataFrame, values: FloatArray) -> pd.DataFrame:
    """Boroughs × months, every month of the span a column."""
    dates = pd.to_datetime(rows["month"])
    numbers = (dates.dt.year * YEAR + dates.dt.month - 1 - 1970 * YEAR).to_numpy()
    zones, place = np.unique(rows["zone_id"].to_numpy(dtype=str), return_inverse=True)
    months = np.arange(int(numbers.min()), int(numbers.max()) + 1)
    wide = np.full((len(zones), len(months)), np.nan)
    wide[place, numbers - months[0]] = values
    return pd.DataFrame(wide, index=zones, columns=months)
