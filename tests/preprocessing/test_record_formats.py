"""How pictures lie in records."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from foundation.errors import ImagingError, RecordError
from preprocessing.examples import decode_example, encode_example
from preprocessing.record_formats import RecordFormat, decode_from_record, encode_for_record, raw_bytes

PICTURES = st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([(), (3,)])).flatmap(
    lambda size: st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: arrays.arrays(dtype, (size[0], size[1], *size[2]))
    )
)


def record(picture: np.ndarray[Any, Any], record_format: RecordFormat) -> dict[str, Any]:
    """Return the keys of a record that tell its picture, through the message."""
    channels = picture.shape[2] if picture.ndim == 3 else 1
    return decode_example(
        encode_example(
            {
                "image/format": [record_format.encode()],
                "image/dtype": [picture.dtype.name.encode()],
                "image/shape": [*picture.shape[:2], channels],
                "image/encoded": [encode_for_record(picture, record_format, jpeg_quality=90)],
            }
        )
    )


@given(PICTURES, st.sampled_from(["PNG", "RAW"]))
def test_png_and_bare_samples_come_back_unchanged(
    picture: np.ndarray[Any, Any], record_format: RecordFormat
) -> None:
    """Grey and colour, 8 and 16 bits, any size."""
    found = decode_from_record(record(picture, record_format))
    assert found.dtype == picture.dtype
    assert np.array_equal(found, picture)


def test_a_jpeg_loses_little_and_takes_8_bits_only() -> None:
    """It is the one that loses."""
    y, x = np.mgrid[:64, :64]
    picture = np.dstack([x * 3, y * 3, (x + y)]).astype(np.uint8)
    found = decode_from_record(record(picture, "JPEG"))
    assert np.abs(found.astype(int) - picture).mean() < 3
    with pytest.raises(RecordError, match="A JPEG holds 8 bits"):
        encode_for_record(np.zeros((2, 2), np.uint16), "JPEG", jpeg_quality=90)


def test_the_originals_records_are_read() -> None:
    """They say neither dtype nor anything but the file."""
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    kept = record(picture, "PNG")
    assert np.array_equal(decode_from_record({"image/encoded": kept["image/encoded"]}), picture)


@pytest.mark.parametrize(
    "changed",
    [
        {"image/encoded": []},
        {"image/encoded": [b"ab"]},
        {"image/shape": [3, 4]},
        {"image/shape": [0, 0, 1]},
        {"image/shape": [-3, -4, 1]},
        {"image/dtype": [b"float64"]},
        {"image/dtype": [b"uint16"]},
    ],
)
def test_samples_that_do_not_fit_are_refused(changed: dict[str, Any]) -> None:
    """Never a picture of another shape."""
    kept = record(np.zeros((3, 4), np.uint8), "RAW")
    with pytest.raises(RecordError):
        decode_from_record({**kept, **changed})


def test_a_broken_picture_file_keeps_its_own_reason() -> None:
    """As it is told for files."""
    with pytest.raises(ImagingError):
        decode_from_record({"image/encoded": [b"no picture"]})


def test_bare_samples_take_what_is_told() -> None:
    """Bits count."""
    picture = np.zeros((7, 5, 3), np.uint16)
    assert len(encode_for_record(picture, "RAW", jpeg_quality=1)) == raw_bytes([(7, 5, 3, 16)])
