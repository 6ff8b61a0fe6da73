"""Run lengths: our own decoder beside the compiled one."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
import rle.utils
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from foundation.errors import DecodeError
from imaging.run_lengths import decode_run_lengths


@settings(max_examples=40, deadline=None)
@given(values=hnp.arrays(np.uint16, (7, 9)))
def test_planes_are_the_bytes_highest_first(values: Any) -> None:
    """What the compiled encoder wrote comes back as two planes of bytes."""
    content = rle.utils.encode_pixel_data(
        values.astype("<u2").tobytes(),
        rows=7,
        columns=9,
        samples_per_pixel=1,
        bits_allocated=16,
        number_of_frames=1,
        byteorder="<",
    )
    high, low = decode_run_lengths(content, segment_bytes=63)
    assert high == (values >> 8).astype(np.uint8).tobytes()
    assert low == (values & 255).astype(np.uint8).tobytes()


def _frame(segment: bytes, *, num_segments: int = 1, start: int = 64) -> bytes:
    return struct.pack("<16I", num_segments, start, *[0] * 14) + segment


def test_the_byte_128_means_nothing() -> None:
    """A head of 128 is skipped."""
    assert decode_run_lengths(_frame(bytes([128, 255, 4])), segment_bytes=2) == [b"\x04\x04"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"short", "truncated_pixels"),
        (_frame(bytes([255, 4])), "truncated_pixels"),
        (_frame(b"", num_segments=0), "broken_codestream"),
        (_frame(b"", num_segments=16), "broken_codestream"),
        (_frame(b"", start=3), "broken_codestream"),
        (_frame(b"", start=70), "truncated_pixels"),
    ],
)
def test_broken_frames_have_a_reason(content: bytes, code: str) -> None:
    """A cut segment or an impossible header is told."""
    with pytest.raises(DecodeError) as caught:
        decode_run_lengths(content, segment_bytes=9)
    assert caught.value.reason_code == code
