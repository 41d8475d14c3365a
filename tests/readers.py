"""Rows of any of our files, as a reader of that format gives them."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import geopandas as gpd
import openpyxl
import orjson
import pandas as pd
import pyogrio
import shapely


def read(path: Path) -> list[dict[str, object]]:
    """Rows of any of our files, as a reader of that format gives them."""
    suffix = path.suffix
    if suffix == ".geojson":
        document = orjson.loads(path.read_bytes())
        return [
            {**one["properties"], "geometry": shapely.geometry.shape(one["geometry"])} for one in document["features"]
        ]
    if suffix == ".csv":
        return pd.read_csv(path, encoding="utf-8-sig", dtype={"incidents_band": str}).to_dict("records")
    if suffix == ".xlsx":
        rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
        names = next(rows)
        return [dict(zip(names, row, strict=True)) for row in rows]
    if suffix == ".parquet":
        return gpd.read_parquet(path).to_dict("records")
    # GDAL knows TopoJSON, but not by our suffix.
    return pyogrio.read_dataframe(f"TopoJSON:{path}" if suffix == ".topojson" else path).to_dict("records")


def plain(value: object) -> object:
    """A value as every format can hold it: dates as text, whole numbers as floats, missing as None."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | pd.BooleanDtype().type):
        return bool(value)
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, int | float):
        return float(value)
    return str(value)
