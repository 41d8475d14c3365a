"""The location quotient: is this zone's mix of incidents unlike the study's?"""

from __future__ import annotations

import numpy as np


def location_quotient(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """How much larger is a theme's share of a zone's incidents than its share of the study's?

    A description, without null hypothesis. Where the part's share is the same everywhere, quotients scatter around 1,
    and the more so the fewer incidents a zone has.

    Parameters
    ----------
    part, whole : array of float, shape (n,)
        Incidents of the theme and of all themes (or residents, area, any base) per zone. NaN in either is left out.

    Returns
    -------
    array of float, shape (n,)
        LQ_i = (part_i / whole_i) / (sum part / sum whole): above 1 the theme is over-represented. NaN for a zone whose
        base is zero, and everywhere where no zone has a part.

    Raises
    ------
    ValueError
        If shapes differ or a value is below zero.

    Notes
    -----
    Do not rank zones by it, and do not read it as risk: it is high as well where everything else is rare. With fewer
    than 20 incidents in the base it says little.

    References
    ----------
    Brantingham & Brantingham (1997), Location quotients and crime hot spots in the city, in: Crime Analysis Through
    Computer Mapping, PERF.

    Examples
    --------
    Robberies are 10 of 100 incidents in the city, but 6 of 20 in the first zone:

    >>> location_quotient([6, 4, 0], [20, 80, 0]).round(6).tolist()
    [3.0, 0.5, nan]
    """
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    if part.shape != whole.shape:
        raise ValueError(f"`part` has shape {part.shape}, `whole` {whole.shape}: give both for the same zones.")
    known = ~np.isnan(part) & ~np.isnan(whole)
    if (part[known] < 0).any() or (whole[known] < 0).any():
        raise ValueError("A value is below zero: give incidents and their base, not differences.")
    quotient = np.full(part.shape, np.nan)
    all_parts, all_base = part[known].sum(), whole[known].sum()
    told = known & (whole > 0)
    if all_parts > 0:
        quotient[told] = part[told] / whole[told] / (all_parts / all_base)
    return quotient
