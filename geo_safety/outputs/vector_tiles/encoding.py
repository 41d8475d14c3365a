"""Shapes and properties as the bytes of a vector tile: protocol buffers by the Mapbox Vector Tile specification 2.1."""

from __future__ import annotations

import struct
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import shapely

EXTENT = 4096
"""Units along the side of a tile."""


@dataclass(frozen=True)
class ThemeTags:
    """The properties of one theme, ready to be written.

    Parameters
    ----------
    keys : tuple of str
        Column names.
    codes : array of int32, shape (n_zones, n_keys)
        Place in `values`; -1 where the property is null, which a tile leaves out.
    values : tuple of bytes
        Encoded `Value` messages, each once.
    has_zone : array of bool, shape (n_zones,)
        Zones that have a row in this theme.
    """

    keys: tuple[str, ...]
    codes: np.ndarray
    values: tuple[bytes, ...]
    has_zone: np.ndarray

    def only(self, columns: Collection[str]) -> ThemeTags:
        """The same with these columns alone, in the order they have here; what the layer lacks is left out."""
        places = [place for place, key in enumerate(self.keys) if key in columns]
        return ThemeTags(tuple(self.keys[place] for place in places), self.codes[:, places], self.values, self.has_zone)


def encode_outlines(shapes: np.ndarray) -> list[bytes]:
    """Each shape as packed geometry commands (MVT 2.1, section 4.3): all shapes in one sweep."""
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, part_of_ring = shapely.get_rings(parts[areal], return_index=True)
    shape_of_ring = shape_of_part[areal][part_of_ring]
    is_hole = np.diff(part_of_ring, prepend=-1) == 0
    points, starts = _ring_points(rings)
    points = _wound(points, starts, is_hole)
    integers, ring_starts = _commands(points, starts, shape_of_ring)
    encoded, ends = _varints(integers)
    first_ring = np.searchsorted(shape_of_ring, np.arange(len(shapes)))
    shape_ends = np.append(ring_starts[first_ring[1:]], len(integers))
    byte_ends = ends[shape_ends - 1].tolist()
    return [encoded[start:end] for start, end in zip([0, *byte_ends[:-1]], byte_ends, strict=True)]


def encode_points(places: np.ndarray) -> list[bytes]:
    """Each point as packed geometry commands: MoveTo(1) dx dy.

    Examples
    --------
    >>> list(encode_points(np.array([[25.0, 17.0]]))[0])
    [9, 50, 34]
    """
    units = places.astype(np.int64)
    zigzag = ((units << 1) ^ (units >> 63)).tolist()
    return [b"\x09" + _varint(east) + _varint(south) for east, south in zigzag]


def _ring_points(rings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points of all rings without repeats and without the closing one, and where each ring starts."""
    coordinates, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    points = coordinates.astype(np.int64)
    opens = np.diff(ring_of_point, prepend=-1) != 0
    moves = np.any(np.diff(points, axis=0, prepend=points[:1] - 1) != 0, axis=1)
    kept = opens | moves
    points, ring_of_point = points[kept], ring_of_point[kept]
    closes = np.diff(ring_of_point, append=-1) != 0
    points, ring_of_point = points[~closes], ring_of_point[~closes]
    return points, np.flatnonzero(np.diff(ring_of_point, prepend=-1))


def _wound(points: np.ndarray, starts: np.ndarray, is_hole: np.ndarray) -> np.ndarray:
    """The points with outer rings clockwise on the map (a positive sum in tile units) and holes against it."""
    sizes = np.diff(np.append(starts, len(points)))
    ring = np.repeat(np.arange(len(starts)), sizes)
    step = np.arange(len(points)) - starts[ring]
    following = starts[ring] + (step + 1) % sizes[ring]
    twice_area = np.add.reduceat(
        points[:, 0] * points[following, 1] - points[following, 0] * points[:, 1], starts
    )  # fmt: skip
    turn = (twice_area > 0) == is_hole
    order = np.where(turn[ring], starts[ring] + sizes[ring] - 1 - step, starts[ring] + step)
    return points[order]


def _commands(points: np.ndarray, starts: np.ndarray, shape_of_ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Command integers of all rings, and where each ring starts among them.

    A ring of n points is MoveTo(1) dx dy, LineTo(n - 1) with its pairs, ClosePath: 2n + 3 integers.
    The cursor starts at (0, 0) for each shape and stays at the last point when a ring is closed.
    """
    sizes = np.diff(np.append(starts, len(points)))
    moves = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    first_of_shape = starts[np.diff(shape_of_ring, prepend=-1) != 0]
    moves[first_of_shape] = points[first_of_shape]
    zigzag = ((moves << 1) ^ (moves >> 63)).astype(np.uint64)

    lengths = 2 * sizes + 3
    ring_starts = np.cumsum(lengths) - lengths
    integers = np.empty(int(lengths.sum()), dtype=np.uint64)
    integers[ring_starts] = 9
    integers[ring_starts + 3] = ((sizes - 1) << 3) | 2
    integers[ring_starts + lengths - 1] = 15
    ring = np.repeat(np.arange(len(starts)), sizes)
    step = np.arange(len(points)) - starts[ring]
    place = ring_starts[ring] + 2 * step + np.where(step == 0, 1, 2)
    integers[place] = zigzag[:, 0]
    integers[place + 1] = zigzag[:, 1]
    return integers, ring_starts


def encode_layer(
    name: str, tags: ThemeTags, places: np.ndarray, outlines: list[bytes], *, are_points: bool = False
) -> bytes:
    """One vector layer: its features, then the keys and values that they use."""
    kind = b"\x18\x01" if are_points else b"\x18\x03"
    codes = tags.codes[places]
    used_values, value_of_cell = np.unique(codes, return_inverse=True)
    known = codes >= 0
    value_of_cell = value_of_cell.reshape(codes.shape) - int(len(used_values) > 0 and used_values[0] < 0)
    used_values = used_values[used_values >= 0]
    key_of_cell = np.broadcast_to(np.arange(len(tags.keys)), codes.shape)
    pairs = np.column_stack([key_of_cell[known], value_of_cell[known]]).ravel().astype(np.uint64)
    encoded, ends = _varints(pairs)
    n_integers = np.cumsum(2 * known.sum(axis=1))
    byte_ends = np.append(0, ends)[n_integers].tolist()

    pieces = [field(1, name.encode())]
    for place, outline, start, end in zip(places.tolist(), outlines, [0, *byte_ends[:-1]], byte_ends, strict=True):
        # In the order of the specification: the id, the tags, what kind of shape it is, the shape.
        feature = b"".join(
            (b"\x08", _varint(place), field(2, encoded[start:end]), kind, field(4, outline))
        )  # fmt: skip
        pieces.append(field(2, feature))
    pieces += [field(3, key.encode()) for key in tags.keys]
    pieces += [field(4, tags.values[value]) for value in used_values.tolist()]
    pieces.append(b"\x28" + _varint(EXTENT) + b"\x78\x02")
    return b"".join(pieces)


def encode_value(value: object) -> bytes:
    """A property's value (bool, text, float or whole number) as a `Value` message."""
    match value:
        case bool():
            return b"\x38\x01" if value else b"\x38\x00"
        case str():
            return field(1, value.encode())
        case float():
            return b"\x19" + struct.pack("<d", value)
        case int():
            return b"\x28" + _varint(value) if value >= 0 else b"\x30" + _varint(-2 * value - 1)
    raise TypeError(f"a tile cannot hold a {type(value).__name__}")


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protocol buffer."""
    return b"".join((_varint(number << 3 | 2), _varint(len(content)), content))


def _varint(value: int) -> bytes:
    """One unsigned number, seven bits a byte, lowest first."""
    if value < 0x80:
        return bytes((value,))
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _varints(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    r"""Unsigned numbers below 2**35 one after the other, and where the bytes of each end.

    Examples
    --------
    >>> _varints(np.array([1, 300], dtype=np.uint64))
    (b'\x01\xac\x02', array([1, 3]))
    """
    sizes = np.ones(len(values), dtype=np.int64)
    for bits in (7, 14, 21, 28):
        sizes += values >= np.uint64(1 << bits)
    ends = np.cumsum(sizes)
    out = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    starts = ends - sizes
    for byte in range(int(sizes.max(initial=1))):
        longer = sizes > byte
        low = (values[longer] >> np.uint64(7 * byte)) & np.uint64(0x7F)
        more = np.where(sizes[longer] > byte + 1, np.uint64(0x80), np.uint64(0))
        out[starts[longer] + byte] = low | more
    return out.tobytes(), ends
