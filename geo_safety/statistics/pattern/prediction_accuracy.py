"""How well did a map of places find later incidents: hit rate, PAI, PEI, RRI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PredictionAccuracy:
    """Measures of one map; NaN where undefined.

    Parameters
    ----------
    hit_rate : float
        Share of the later incidents that lie in flagged zones.
    area_share : float
        Share of the area that is flagged.
    pai : float
        Prediction accuracy index: hit rate over area share. 1 is no better than chance.
    pei : float
        Prediction efficiency index: `pai` over the best that any choice of the same area could have reached, 0 to 1.
    rri : float
        Recapture rate index: later incidents in flagged zones over those of the period that flagged them, over the
        same ratio for the whole study. NaN where no earlier counts are given.
    """

    hit_rate: float
    area_share: float
    pai: float
    pei: float
    rri: float


def prediction_accuracy(
    flagged: np.ndarray,
    later: np.ndarray,
    *,
    area: np.ndarray | None = None,
    earlier: np.ndarray | None = None,
) -> PredictionAccuracy:
    """How many more later incidents did the flagged zones hold than their area alone would?

    A description, without null hypothesis: for intervals compare several periods, or maps on the same period.

    Parameters
    ----------
    flagged : array of bool, shape (n,)
        Zones chosen beforehand.
    later : array of float, shape (n,)
        Incidents per zone in the period after. NaN (not answered for) is left out of everything.
    area : array of float, shape (n,), optional
        Area (or street length, which some prefer) of each zone; by default zones are alike, as cells are.
    earlier : array of float, shape (n,), optional
        Incidents per zone in the period that the choice was made on; for `rri`.

    Returns
    -------
    PredictionAccuracy
        All but `area_share` NaN where there are no later incidents; `pai` and `pei` NaN where nothing is flagged.

    Raises
    ------
    ValueError
        If shapes differ or an area is not above zero.

    Notes
    -----
    PAI = (n / N) / (a / A). It falls with the flagged area on any map: compare maps at the same area only. The best
    choice behind `pei` takes zones by later incidents per area, the last one in part.

    References
    ----------
    Chainey, Tompson & Uhlig (2008), Security Journal 21, 4-28 (PAI); Levine (2008), Security Journal 21, 295-302
    (RRI); Hunt (2016), Do crime hot spots move?, thesis, American University (PEI).

    Examples
    --------
    One zone of ten flagged, with 20 of 100 later incidents; the best zone would have held 40:

    >>> found = prediction_accuracy([True] + [False] * 9, [20, 40, 5, 5, 5, 5, 5, 5, 5, 5])
    >>> found.hit_rate, found.pai, found.pei
    (0.2, 2.0, 0.5)
    """
    flagged, later = np.asarray(flagged, bool), np.asarray(later, float)
    size = np.ones(later.shape) if area is None else np.asarray(area, float)
    before = np.full(later.shape, np.nan) if earlier is None else np.asarray(earlier, float)
    for name, values in (("flagged", flagged), ("area", size), ("earlier", before)):
        if values.shape != later.shape:
            raise ValueError(f"`{name}` has shape {values.shape}, `later` {later.shape}: give both for the same zones.")
    known = ~np.isnan(later) & (np.isfinite(before) if earlier is not None else True)
    if not (size[known] > 0).all():
        raise ValueError("An area is not above zero: leave such zones out (NaN in `later`).")
    chosen, later, size, before = flagged[known], later[known], size[known], before[known]
    area_share = _ratio(size[chosen].sum(), size.sum())
    hit_rate = _ratio(later[chosen].sum(), later.sum())
    pai = _ratio(hit_rate, area_share)
    growth = _ratio(later[chosen].sum(), before[chosen].sum())
    return PredictionAccuracy(
        hit_rate=hit_rate,
        area_share=area_share,
        pai=pai,
        pei=_ratio(pai, _ratio(_best_hit_rate(later, size, size[chosen].sum()), area_share)),
        rri=_ratio(growth, _ratio(later.sum(), before.sum())) if earlier is not None else float("nan"),
    )


def _best_hit_rate(later: np.ndarray, size: np.ndarray, budget: float) -> float:
    """Largest share of incidents in any choice of zones of this area, the last zone in part."""
    order = np.argsort(-later / size, kind="stable")
    areas = np.concatenate(([0.0], np.cumsum(size[order])))
    held = np.concatenate(([0.0], np.cumsum(later[order])))
    return _ratio(float(np.interp(budget, areas, held)), held[-1])


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole > 0 else float("nan")
