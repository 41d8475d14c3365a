"""A shape that a reader has drawn, as the body of a request."""

from __future__ import annotations

import numpy as np
import orjson
import shapely
from fastapi import Request

from geo_safety.drawn_shape import MINIMUM_KM2, MOST_CORNERS, area_of

from .bodies import body_of
from .problems import BadParameterError
from .store import Published

_WANTED = "Send a GeoJSON Polygon or MultiPolygon (or one Feature of it), longitude before latitude."


async def shape_in(request: Request) -> shapely.Geometry:
    """The shape of a request's body."""
    return _read(await body_of(request))


def large_enough(shape: shapely.Geometry, published: Published) -> float:
    """Its area in square kilometres; shapes that are smaller than places are exact are refused."""
    area = area_of(shape)
    smallest = max(MINIMUM_KM2, published.view.smallest_polygon_km2)
    if area < smallest:
        raise BadParameterError(
            "body", f"The shape covers {area:.3f} km². Draw one of {smallest:g} km² or more: places are approximate."
        )
    return area


def _read(body: bytes) -> shapely.Geometry:
    try:
        document = orjson.loads(body)
        if document.get("type") == "FeatureCollection" and len(document.get("features", ())) == 1:
            document = document["features"][0]
        if document.get("type") == "Feature":
            document = document["geometry"]
        shape = shapely.geometry.shape(document)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        raise BadParameterError("body", f"The shape cannot be read. {_WANTED}") from None
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise BadParameterError("body", f"A {shape.geom_type} has no inside. {_WANTED}")
    corners = shapely.get_coordinates(shape)
    if len(corners) > MOST_CORNERS:
        raise BadParameterError(
            "body", f"The shape has {len(corners):,} corners. Draw it with {MOST_CORNERS:,} at most."
        )
    if not np.isfinite(corners).all() or (np.abs(corners) > [180, 90]).any():
        raise BadParameterError("body", f"The shape is not on the globe. {_WANTED}")
    if not shape.is_valid:
        raise BadParameterError("body", f"The shape crosses itself: {shapely.is_valid_reason(shape)}. Draw it anew.")
    return shape
