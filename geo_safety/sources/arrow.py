"""Between numpy and Arrow without pandas.

`pyarrow.array`, `pyarrow.scalar` and `Array.to_numpy` import pandas when they are first called, which takes longer than
reading a year of a city's incidents.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def from_numpy(values: NDArray) -> pa.Array:
    """An Arrow array on the memory of an array of numbers.

    Examples
    --------
    >>> from_numpy(np.array([3, 5, 3])).dictionary_encode().indices.to_pylist()
    [0, 1, 0]
    """
    packed = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(packed.dtype), len(packed), [None, pa.py_buffer(packed)])


def to_numpy(values: pa.Array) -> NDArray:
    """The numbers or truth values of an Arrow array without nulls.

    Examples
    --------
    >>> to_numpy(texts(["a", "b"]).dictionary_encode().indices).tolist()
    [0, 1]
    """
    if pa.types.is_boolean(values.type):
        return np.from_dlpack(values.cast(pa.uint8())).astype(bool)
    return np.from_dlpack(values)


def floats(values: pa.DoubleArray, *, none: float) -> NDArray[np.float64]:
    """The numbers of an Arrow array, with a number of their own for nulls."""
    data = np.frombuffer(values.buffers()[1], dtype=np.float64)[values.offset : values.offset + len(values)]
    return np.where(to_numpy(values.is_null()), none, data) if values.null_count else data


def texts(values: Sequence[str]) -> pa.StringArray:
    """An Arrow array of texts.

    Examples
    --------
    >>> texts(["é", "", "b"]).to_pylist()
    ['é', '', 'b']
    """
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))
