"""Tables over all values of a small integer dtype: a chain of arithmetic becomes one look-up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_STRIP_VALUES = 1 << 16


def iterate_strips(frame: NDArray[Any]) -> Iterator[slice]:
    """Yield slices of rows, for arithmetic that takes several times the memory of what it works on.

    Example:
        >>> list(iterate_strips(np.zeros((3, 40_000))))
        [slice(0, 1, None), slice(1, 2, None), slice(2, 3, None)]
    """
    strip_rows = max(1, _STRIP_VALUES // max(1, frame[:1].size))
    for first in range(0, len(frame), strip_rows):
        yield slice(first, min(first + strip_rows, len(frame)))


def has_table(dtype: np.dtype[Any]) -> bool:
    """Say whether all values of a dtype fit a table: integers of up to 16 bits.

    Example:
        >>> has_table(np.dtype(np.int16)), has_table(np.dtype(np.float32))
        (True, False)
    """
    return dtype.kind in "iu" and dtype.itemsize <= 2


def every_value(dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return all values of a dtype in the order of their bit patterns.

    Example:
        >>> every_value(np.dtype(np.int8))[[0, 127, 128, 255]].tolist()
        [0, 127, -128, -1]
    """
    return np.arange(1 << 8 * dtype.itemsize, dtype=f"u{dtype.itemsize}").view(dtype)


def count_values(stored_values: NDArray[Any]) -> NDArray[np.int64]:
    """Return how often each of `every_value` occurs.

    Args:
        stored_values: of a dtype that has a table.

    Example:
        >>> count_values(np.array([[-1, 2], [2, 2]], np.int8))[[2, 255]].tolist()
        [3, 1]
    """
    size = stored_values.dtype.itemsize
    counts = np.zeros(1 << 8 * size, np.int64)
    for strip in iterate_strips(stored_values):  # counting takes eight bytes for each value
        native = np.ascontiguousarray(stored_values[strip], dtype=stored_values.dtype.newbyteorder("="))
        counts += np.bincount(native.view(f"u{size}").reshape(-1), minlength=counts.size)
    return counts


def look_up_frame(stored_values: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """Return the table's entry for each value.

    Args:
        stored_values: of a dtype that has a table.
        table: one entry for each of `every_value`.

    Example:
        >>> table = np.abs(every_value(np.dtype(np.int8)).astype(np.int16)).astype(np.uint8)
        >>> look_up_frame(np.array([[-3, 3]], np.int8), table).tolist()
        [[3, 3]]
    """
    native = np.ascontiguousarray(stored_values, dtype=stored_values.dtype.newbyteorder("="))
    index = native.view(f"u{native.dtype.itemsize}")
    try:
        return np.asarray(cv2.LUT(index, table))
    except cv2.error:  # OpenCV before 5 has no tables of 65536
        return table.take(index)
