"""What the rules look at in each series: how many steps are hot, the last one, the run that ends there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ENOUGH = (9, 10)
"""Least share of hot steps for "most", in whole numbers: nine of ten steps are enough, eight of nine are not."""


@dataclass(frozen=True, eq=False)
class Facts:
    """Numbers of each series, arrays of the shape of `hot` without its last axis; gaps take no part.

    Parameters
    ----------
    steps, hot, cold : array of int
        Judged steps, and how many of them are hot and cold.
    hot_run, cold_run, run : array of int
        Length of the run of hot steps, of cold ones, and of steps that are either, that ends with the last judged step.
    """

    steps: np.ndarray
    hot: np.ndarray
    cold: np.ndarray
    hot_run: np.ndarray
    cold_run: np.ndarray
    run: np.ndarray

    @property
    def last_is_hot(self) -> np.ndarray:
        """Whether the last judged step is hot."""
        return self.hot_run > 0

    @property
    def last_is_cold(self) -> np.ndarray:
        """Whether the last judged step is cold."""
        return self.cold_run > 0

    @property
    def mostly_hot(self) -> np.ndarray:
        """Whether at least nine tenths of the judged steps are hot."""
        return mostly(self.hot, self.steps)

    @property
    def mostly_cold(self) -> np.ndarray:
        """Whether at least nine tenths of the judged steps are cold."""
        return mostly(self.cold, self.steps)


def mostly(part: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Whether the part is at least nine tenths of the steps, and there are steps."""
    return (ENOUGH[1] * part >= ENOUGH[0] * steps) & (steps > 0)


def facts_of(hot: np.ndarray, cold: np.ndarray | None = None) -> Facts:
    """Count what the rules look at.

    Parameters
    ----------
    hot : array of bool or float, shape (..., n_steps)
        Whether each step is hot, in order of time; NaN where a step could not be judged.
    cold : array of bool or float, same shape, optional
        Whether each step is cold; by default none is.

    Raises
    ------
    ValueError
        If the shapes differ, a value is neither 0, 1 nor NaN, or a step is both hot and cold.
    """
    is_hot, judged = _flags(hot, "hot")
    is_cold, judged_cold = (np.zeros_like(is_hot), judged) if cold is None else _flags(cold, "cold")
    if is_cold.shape != is_hot.shape:
        raise ValueError(
            f"`cold` has shape {is_cold.shape}, `hot` {is_hot.shape}: give one value for each step in both."
        )
    if (is_hot & is_cold).any():
        raise ValueError("A step is both hot and cold: give each step one of the two, or neither.")
    judged = judged & judged_cold
    is_hot, is_cold = is_hot & judged, is_cold & judged
    return Facts(
        steps=judged.sum(axis=-1),
        hot=is_hot.sum(axis=-1),
        cold=is_cold.sum(axis=-1),
        hot_run=_final_run(is_hot, judged),
        cold_run=_final_run(is_cold, judged),
        run=_final_run(is_hot | is_cold, judged),
    )


def _flags(values: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(values)
    if values.ndim == 0:
        raise ValueError(f"`{name}` is a single value: give one value for each step, in order of time.")
    if values.dtype == bool:
        return values, np.ones(values.shape, bool)
    judged = ~np.isnan(values.astype(float))
    flags = judged & (values == 1)
    if (judged & ~flags & (values != 0)).any():
        raise ValueError(f"`{name}` holds values other than 0, 1 and NaN: compare with the level first.")
    return flags, judged


def _final_run(flags: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Steps with the flag after the last judged step without it. A gap does not end a run."""
    places = np.arange(1, flags.shape[-1] + 1)
    last_without = np.where(judged & ~flags, places, 0).max(axis=-1, initial=0)
    return (flags & (places > last_without[..., None])).sum(axis=-1)
