"""Native frames: cut to the bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foundation.errors import DecodeError
from imaging.frame_layout import FrameLayout
from imaging.native_frames import NativeFrames

LAYOUT = FrameLayout(2, 2, 2, 1, 8, 8, 7, False, False, "MONOCHROME2", False, "PixelData")


def test_frames_are_views_of_the_bytes() -> None:
    """Little-endian frames cost no memory of their own."""
    content = bytes(range(8))
    native = NativeFrames(content, LAYOUT)
    assert native.frame(1).tolist() == [[4, 5], [6, 7]]
    assert np.shares_memory(native.frame(1), np.frombuffer(content, np.uint8))


def test_padding_behind_the_last_frame_is_ignored() -> None:
    """More bytes than the frames need are no reason, as long as they are less than a frame."""
    assert NativeFrames(bytes(range(10)), LAYOUT).frame(1).tolist() == [[4, 5], [6, 7]]
    single = replace(LAYOUT, height=1, width=1, num_frames=1)
    assert NativeFrames(bytes(2), single).num_frames == 1  # the byte that makes the length even


def test_a_frame_more_than_declared_is_told() -> None:
    """A Number of Frames that is too small would lose pictures without a word."""
    for num_bytes in (12, 13, 16, 400):
        with pytest.raises(DecodeError) as caught:
            NativeFrames(bytes(num_bytes), LAYOUT)
        assert caught.value.reason_code == "more_frames_than_declared"


def test_big_endian_floats_are_swapped() -> None:
    """Words of four bytes come out in this machine's order."""
    layout = replace(LAYOUT, num_frames=1, bits_allocated=32, is_float=True)
    values = np.array([[1.5, -2], [0, 9]], ">f4")
    frame = NativeFrames(values.tobytes(), layout, big_endian=True).frame(0)
    assert frame.tolist() == values.tolist()
    assert frame.dtype.isnative


def test_an_unknown_count_is_taken_from_the_length() -> None:
    """Whole frames, with at most a byte of padding, say how many they are."""
    layout = replace(LAYOUT, num_frames=None)
    assert NativeFrames(bytes(13), layout).num_frames == 3
    for length in (3, 14):
        with pytest.raises(DecodeError, match="no whole number"):
            NativeFrames(bytes(length), layout)


def test_odd_subsampled_rows_and_short_bytes_are_told() -> None:
    """4:2:2 needs pairs; fewer bytes than declared are truncated."""
    colour = replace(LAYOUT, width=3, samples_per_pixel=3, photometric_interpretation="YBR_FULL_422")
    with pytest.raises(DecodeError, match="even"):
        NativeFrames(bytes(20), colour)
    with pytest.raises(DecodeError) as caught:
        NativeFrames(bytes(7), LAYOUT)
    assert caught.value.reason_code == "truncated_pixels"
