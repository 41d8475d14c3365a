"""Context of the study: stations that people know places by, and residents as a second denominator. Never scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_safety.areas import Stations
from geo_safety.boundaries import Zones
from geo_safety.errors import SourceError
from geo_safety.settings import Context

FEWEST_NAMED = 0.9
"""A population file belongs to a layer when it names at least this share of the layer's zones."""


def read_stations(context: Sequence[Context]) -> Stations | None:
    """Stations of the config's context; None where it names no file of them.

    Raises
    ------
    SourceError
        A file is absent, or lacks the columns `name`, `longitude` and `latitude` (as the config maps them).
    """
    files = [entry for entry in context if entry.kind == "stations"]
    if not files:
        return None
    frames = [_read(entry.path, entry.columns, ("name", "longitude", "latitude")) for entry in files]
    stations = pd.concat(frames).dropna().sort_values(["name", "longitude", "latitude"])
    return Stations(*(stations[column].to_numpy() for column in ("name", "longitude", "latitude")))


def read_residents(context: Sequence[Context]) -> dict[str, float]:
    """Residents by zone code, over all population files of the config.

    Raises
    ------
    SourceError
        A file is absent, or lacks the columns `zone_id` and `residents` (as the config maps them).
    """
    found: dict[str, float] = {}
    for entry in context:
        if entry.kind == "population":
            frame = _read(entry.path, entry.columns, ("zone_id", "residents")).dropna()
            # A file may have a row for each age band: they are added up.
            found |= frame.groupby(frame["zone_id"].astype(str))["residents"].sum().to_dict()
    return found


def residents_of(zones: Zones, residents: Mapping[str, float]) -> NDArray[np.float64] | None:
    """Residents of each zone, NaN where the files do not name it; None where they are not of this layer."""
    of_zone = np.array([residents.get(zone, np.nan) for zone in zones.zone_id.tolist()], dtype=float)
    return of_zone if (~np.isnan(of_zone)).mean() >= FEWEST_NAMED else None


def _read(path: Path, columns: Mapping[str, str], wanted: Sequence[str]) -> pd.DataFrame:
    names = {columns.get(column, column): column for column in wanted}
    try:
        frame = pd.read_csv(path, usecols=list(names), encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"There is no context file {path.name}.", "Correct `path` of that entry.") from None
    except ValueError as error:
        raise SourceError(
            f"{path.name} is no table with the columns {', '.join(names)} ({error}).",
            f"Name its columns for {', '.join(wanted)} under `columns` of that entry.",
        ) from None
    return frame.rename(columns=names)
