"""Own codecs: run lengths, deflated and bare frames without any library."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

from foundation.errors import DecodeError
from imaging.encoded_frames import EncodedFrame
from imaging.frame_layout import FrameLayout
from imaging.own_codecs import decode_by_inflate, decode_by_own_rle

GREY = FrameLayout(40, 36, 1, 1, 8, 8, 7, False, False, "MONOCHROME2", False, "PixelData")
BITS = replace(GREY, height=1, width=4, bits_allocated=1, bits_stored=1, high_bit=0)
NOISE = np.random.default_rng(0).integers(0, 256, (40, 36)).astype(np.uint8)
DEFLATED, BARE, RLE = "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.5"


def encoded(content: bytes, layout: FrameLayout, syntax: str) -> EncodedFrame:
    """Return an encoded frame."""
    return EncodedFrame(content, layout, None, syntax)


def test_deflated_and_bare_frames() -> None:
    """A frame deflated or encapsulated as it is, single bits included, and one that is short."""
    deflater = zlib.compressobj(wbits=-15)
    content = deflater.compress(NOISE.tobytes()) + deflater.flush()
    assert np.array_equal(decode_by_inflate(encoded(content, GREY, DEFLATED)).values, NOISE)
    assert np.array_equal(decode_by_inflate(encoded(NOISE.tobytes(), GREY, BARE)).values, NOISE)
    assert decode_by_inflate(encoded(b"\x05\x00", BITS, BARE)).values.tolist() == [[1, 0, 1, 0]]
    with pytest.raises(DecodeError, match="expected 1440"):
        decode_by_inflate(encoded(b"short", GREY, BARE))
    with pytest.raises(DecodeError, match="cannot be inflated"):
        decode_by_inflate(encoded(b"\xff\xff\xff", GREY, DEFLATED))


def test_run_lengths_of_single_bits() -> None:
    """Bits come packed, lowest first; PS3.5 8.2.2 leaves RLE of them to the writer."""
    content = struct.pack("<16I", 1, 64, *[0] * 14) + bytes([0, 0b0101])
    assert decode_by_own_rle(encoded(content, BITS, RLE)).values.tolist() == [[1, 0, 1, 0]]


@pytest.mark.parametrize("layout", [BITS, replace(GREY, height=1, width=1)])
def test_a_plane_too_many_is_no_picture(layout: FrameLayout) -> None:
    """Two byte planes are 16 bits, whatever the header says."""
    content = struct.pack("<16I", 2, 64, 66, *[0] * 13) + bytes([0, 5, 0, 6])
    with pytest.raises(DecodeError, match="2 byte planes"):
        decode_by_own_rle(encoded(content, layout, RLE))
