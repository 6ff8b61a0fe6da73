"""Frame layout: what the header says, checked."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset

from foundation.errors import DecodeError, NotAnImageError
from imaging.frame_layout import FrameLayout, read_frame_layout
from imaging.limits import Limits


def layout(limits: Limits | None = None, **header: Any) -> FrameLayout:
    """Return the layout of a small header with some attributes replaced."""
    ds = Dataset()
    known: dict[str, Any] = {"Rows": 2, "Columns": 3, "BitsAllocated": 16, "PixelData": b""}
    for keyword, value in (known | header).items():
        if value is not None:
            setattr(ds, keyword, value)
    return read_frame_layout(ds, limits=limits or Limits())


def test_what_is_missing_follows_from_the_rest() -> None:
    """Bits stored, high bit, samples and photometric interpretation have the values that make sense."""
    found = layout()
    assert (found.bits_stored, found.high_bit, found.samples_per_pixel) == (16, 15, 1)
    assert (found.photometric_interpretation, found.num_frames, found.signed) == ("MONOCHROME2", 1, False)
    assert layout(SamplesPerPixel=3).photometric_interpretation == "RGB"
    assert layout(PhotometricInterpretation="YBR_FULL").shape == (2, 3, 3)


@pytest.mark.parametrize(
    ("bits", "signed", "dtype"),
    [(1, 0, "uint8"), (8, 1, "int8"), (12, 0, "uint16"), (16, 1, "int16"), (32, 1, "int32")],
)
def test_the_dtype_follows_the_container(bits: int, signed: int, dtype: str) -> None:
    """Allocated bits and sign give the dtype of stored values."""
    assert layout(BitsAllocated=bits, PixelRepresentation=signed).dtype == dtype


def test_floats_have_their_own_bits() -> None:
    """Float pixel data are 32 or 64 bits whatever Bits Allocated says."""
    found = layout(PixelData=None, DoubleFloatPixelData=b"")
    assert (found.dtype, found.is_float, found.bits_allocated) == ("float64", True, 64)
    assert layout(PixelData=None, FloatPixelData=b"").dtype == "float32"


def test_a_high_bit_that_cannot_be_is_the_usual_one() -> None:
    """A high bit below the stored bits or above the container is taken as bits stored - 1."""
    assert layout(BitsStored=12, HighBit=3).high_bit == 11
    assert layout(BitsStored=12, HighBit=16).high_bit == 11
    assert layout(BitsStored=12, HighBit=15).high_bit == 15


def test_limits_hold_for_frames_and_for_the_whole() -> None:
    """A frame, the count of frames and their product have bounds of their own."""
    for limits, code in (
        (Limits(frame_pixels=5), "too_many_pixels"),
        (Limits(frames=1), "too_many_frames"),
        (Limits(instance_pixels=11), "too_many_pixels"),
    ):
        with pytest.raises(DecodeError) as caught:
            layout(limits, NumberOfFrames=2)
        assert caught.value.reason_code == code


def test_a_data_set_without_pixels_is_no_image() -> None:
    """Nothing to decode is no error of decoding."""
    with pytest.raises(NotAnImageError):
        layout(PixelData=None)


@pytest.mark.parametrize("header", [{"Columns": [3, 4]}, {"Rows": None}])
def test_sizes_may_be_odd_or_missing(header: dict[str, Any]) -> None:
    """Several values count as the first; none is a reason."""
    if header.get("Columns"):
        assert layout(**header).width == 3
    else:
        with pytest.raises(DecodeError, match="Rows"):
            layout(**header)
