"""What a zone lacks for the class that it just misses, in words."""

from __future__ import annotations

import numpy as np

from geo_safety.statistics.emerging.facts import ENOUGH, Facts, facts_of


def emerging_why(
    hot: np.ndarray,
    trend_z: np.ndarray,
    trend_p: np.ndarray,
    *,
    alpha: float = 0.05,
    within: int = 2,
) -> np.ndarray:
    """Why is this zone not in the stronger class that it nearly reaches?

    Parameters
    ----------
    hot : array of bool or float, shape (n, n_steps)
        Whether each step is hot, in order of time; NaN where a step could not be judged.
    trend_z, trend_p : array of float, shape (n,)
        As for `emerging_class`.
    alpha : float
        A trend is significant at p up to this; one up to twice this is mentioned.
    within : int
        A zone that lacks more hot steps than this is no near miss.

    Returns
    -------
    array of str (object), shape (n,)
        One reason a zone, empty where there is nothing to add. The conditions are common to all dialects.

    Examples
    --------
    >>> steps = [[1, 1, 1, 0, 1, 1, 1, 1, 1], [1] * 9, [0] * 8 + [1], [0] * 9]
    >>> for reason in emerging_why(steps, [0.4, 1.8, 1.5, 0.0], [0.7, 0.07, 0.13, 1.0]):
    ...     print(reason)
    hot in 8 of 9 steps, needs 9
    hot in 9 of 9 steps and rising, but its trend has p = 0.07, needs 0.05
    hot in the last step only, needs 2 in a row
    <BLANKLINE>
    """
    facts = facts_of(np.atleast_2d(np.asarray(hot)))
    z, p = np.broadcast_to(trend_z, facts.steps.shape), np.broadcast_to(trend_p, facts.steps.shape)
    reasons = [_reason(facts, zone, float(z[zone]), float(p[zone]), alpha, within) for zone in range(len(facts.steps))]
    return np.array(reasons, dtype=object)


def _reason(facts: Facts, zone: int, z: float, p: float, alpha: float, within: int) -> str:
    steps, hot = int(facts.steps[zone]), int(facts.hot[zone])
    last, most = bool(facts.last_is_hot[zone]), bool(facts.mostly_hot[zone])
    needed = -(-ENOUGH[0] * steps // ENOUGH[1])
    seen = f"hot in {hot} of {steps} steps"
    direction = "rising" if z > 0 else "falling"
    cases = (  # the first that holds
        (steps == 0, "no step could be judged"),
        (most and not last, f"{seen}, but not in the last"),
        (
            most and steps > 1 and alpha < p <= 2 * alpha,
            f"{seen} and {direction}, but its trend has p = {p:.2g}, needs {alpha:g}",
        ),
        (most and steps > 1, ""),
        (hot > 0 and needed - hot <= within, f"{seen}, needs {needed}" + ("" if last else " and the last")),
        (last and hot == 1, "hot in the last step only, needs 2 in a row"),
    )
    return next((text for holds, text in cases if holds), "")
