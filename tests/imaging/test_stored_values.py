"""Stored values: every dtype and shape there and back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from foundation.errors import DecodeError
from imaging.stored_values import decode_stored_values, encode_stored_values

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
SHAPES = st.one_of(
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6).map(lambda shape: (*shape, 3)),
)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=25, deadline=None)
@given(payload=st.data())
def test_round_trip_is_exact(dtype: str, payload: Any) -> None:
    """Any values of any kept dtype and shape come back bit by bit, NaN and -0.0 included."""
    values = payload.draw(hnp.arrays(dtype, SHAPES))
    kept = encode_stored_values(values)
    back = decode_stored_values(kept.content, encoding=kept.encoding, dtype=kept.dtype, offset=kept.offset)
    assert back.dtype == values.dtype
    assert back.shape == values.shape
    assert back.tobytes() == values.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_pixel_and_extremes(dtype: str) -> None:
    """A picture of one pixel, and a dtype's least and largest value, come back."""
    ends = np.finfo(dtype) if dtype.startswith("f") else np.iinfo(dtype)
    for values in (np.array([[ends.min]], dtype), np.array([[ends.min, ends.max]], dtype)):
        kept = encode_stored_values(values)
        assert np.array_equal(
            decode_stored_values(kept.content, encoding=kept.encoding, dtype=dtype, offset=kept.offset),
            values,
        )


def test_anybody_can_undo_the_offset() -> None:
    """A PNG reader and one subtraction give signed values back."""
    kept = encode_stored_values(np.array([[-32768, -1, 0, 32767]], np.int16))
    seen = cv2.imdecode(np.frombuffer(kept.content, np.uint8), cv2.IMREAD_UNCHANGED).astype(int)
    assert (seen - kept.offset).tolist() == [[-32768, -1, 0, 32767]]
    assert (kept.encoding, kept.dtype, kept.offset) == ("png", "int16", 32768)
    assert encode_stored_values(np.array([[-1]], np.int8)).offset == 128


def test_big_endian_values_are_the_same_bytes() -> None:
    """Memory order and byte order of the input do not show."""
    values = np.arange(-6, 6, dtype=np.int16).reshape(3, 4)
    assert encode_stored_values(values) == encode_stored_values(values.astype(">i2"))
    floats = values.astype(np.float32)
    assert encode_stored_values(floats) == encode_stored_values(np.asfortranarray(floats.astype(">f4")))


@pytest.mark.parametrize(
    "values", [np.zeros((2, 2), np.uint64), np.zeros((2, 2, 4), np.uint8), np.zeros(3, np.uint8)]
)
def test_what_is_not_kept_is_refused(values: Any) -> None:
    """Other dtypes and shapes are the caller's mistake."""
    with pytest.raises(ValueError, match="Stored values"):
        encode_stored_values(values)


def test_a_row_that_contradicts_its_bytes_is_told() -> None:
    """A wrong dtype, offset or encoding beside the bytes is damage."""
    kept = encode_stored_values(np.array([[1]], np.uint16))
    for encoding, dtype, offset in (("png", "uint16", 5), ("jpg", "uint16", 0), ("png", "uint8", 0)):
        with pytest.raises(DecodeError):
            decode_stored_values(kept.content, encoding=encoding, dtype=dtype, offset=offset)
