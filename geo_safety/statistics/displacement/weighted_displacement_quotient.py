"""Bowers and Johnson's weighted displacement quotient, with the effects that stand beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DisplacementQuotient:
    """What a scheme did and where it went; NaN where it may not be told.

    Parameters
    ----------
    gross_effect : float
        Incidents before less incidents after in the response area: above zero is a reduction.
    net_effect : float
        Ratio of response to comparison area before, less the ratio after: above zero is a reduction beyond theirs.
    total_net_effect : float
        Incidents prevented in response area and buffer together, had both gone the way of the comparison area.
    quotient : float
        The weighted displacement quotient.
    verdict : str
        In words; "too few to say" where a count is too small.
    """

    gross_effect: float
    net_effect: float
    total_net_effect: float
    quotient: float
    verdict: str


def weighted_displacement_quotient(
    response: tuple[float, float],
    buffer: tuple[float, float],
    comparison: tuple[float, float],
    *,
    minimum: float = 30,
) -> DisplacementQuotient:
    """Of what was gained in the response area, how much moved next door, or spread there as a benefit?

    A description, without null hypothesis and without interval: see `weighted_displacement_difference` for one.

    Parameters
    ----------
    response, buffer, comparison : (before, after)
        Incidents in the response area R, the buffer D around it and the comparison area C, in periods of equal length.
    minimum : float
        Incidents needed in each area before the scheme (our own choice).

    Returns
    -------
    DisplacementQuotient
        All but `gross_effect` NaN, and "too few to say", where an area held fewer than `minimum` incidents before or
        the comparison area none after. The quotient alone is NaN where the response area did not do better than the
        comparison: there is no gain that could have moved.

    Raises
    ------
    ValueError
        If a count is missing or below zero.

    Notes
    -----
    With a after and b before: GE = R_b - R_a; NE = R_b / C_b - R_a / C_a;
    WDQ = (D_a / C_a - D_b / C_b) / (R_a / C_a - R_b / C_b), only where its denominator is below zero;
    TNE = [R_b (C_a / C_b) - R_a] + [D_b (C_a / C_b) - D_a].
    Above 1: the benefit spread beyond the direct effect; 0 to 1: it spread; -1 to 0: part of the gain moved; -1 and
    below: all of it.

    It is a ratio of ratios: with small numbers it jumps, and buffer and comparison area must not touch each other.

    References
    ----------
    Bowers & Johnson (2003), Journal of Quantitative Criminology 19(3), 275-301. Guerette (2009), Analyzing Crime
    Displacement and Diffusion, Problem-Oriented Guides for Police, Tool Guide 10, appendices B and C.

    Examples
    --------
    Half of the incidents gone in the response area, a tenth in the buffer, none in the comparison area:

    >>> weighted_displacement_quotient(response=(100, 50), buffer=(100, 90), comparison=(100, 100))
    DisplacementQuotient(gross_effect=50, net_effect=0.5, total_net_effect=60.0, quotient=0.2, verdict='benefit spread')
    """
    (r_before, r_after), (d_before, d_after), (c_before, c_after) = response, buffer, comparison
    if not all(count >= 0 for pair in (response, buffer, comparison) for count in pair):
        raise ValueError("A count is missing or below zero: compare only periods that are whole in every area.")
    gross, untold = r_before - r_after, float("nan")
    if min(r_before, d_before, c_before) < minimum or c_after == 0 or c_before == 0:
        return DisplacementQuotient(gross, untold, untold, untold, "too few to say")
    success = r_after / c_after - r_before / c_before
    moved = d_after / c_after - d_before / c_before
    expected = c_after / c_before
    total = (r_before * expected - r_after) + (d_before * expected - d_after)
    if success >= 0:
        return DisplacementQuotient(gross, -success, total, untold, "no gain that could have moved")
    # Rounded, so that a gain that moved to the last incident is exactly -1; adding zero turns -0 into 0.
    quotient = round(moved / success, 12) + 0.0
    return DisplacementQuotient(gross, -success, total, quotient, _verdict(quotient))


def _verdict(quotient: float) -> str:
    limits = ((1, "benefit spread beyond the direct effect"), (0, "benefit spread"))
    for limit, verdict in limits:
        if quotient > limit:
            return verdict
    if quotient == 0:
        return "no displacement and no spread"
    return "part of the gain moved" if quotient > -1 else "all of the gain moved"
