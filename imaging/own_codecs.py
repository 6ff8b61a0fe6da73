"""Codecs of our own, which need no library: run lengths, deflated and bare frames."""

from __future__ import annotations

import zlib

import numpy as np

from foundation.errors import DecodeError
from imaging.bit_fields import unpack_bits
from imaging.encoded_frames import EncodedFrame, RawFrame, container_dtype, shape_samples
from imaging.run_lengths import decode_run_lengths

_DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"


def decode_by_own_rle(frame: EncodedFrame) -> RawFrame:
    """Decode run lengths by our own few lines, single bits included."""
    layout = frame.layout
    num_pixels = layout.height * layout.width
    if layout.bits_allocated == 1:
        packed, *others = decode_run_lengths(frame.content, segment_bytes=-(-num_pixels // 8))
        _check_planes(1 + len(others), 1)
        bits = unpack_bits(np.frombuffer(packed, np.uint8), start=0, count=num_pixels)
        return RawFrame(bits.reshape(layout.shape))
    planes = decode_run_lengths(frame.content, segment_bytes=num_pixels)
    # PS3.5 G.2: the highest byte of each sample comes first.
    size = layout.bits_allocated // 8
    _check_planes(len(planes), size * layout.samples_per_pixel)
    samples = [
        np.stack([np.frombuffer(plane, np.uint8) for plane in planes[first : first + size]], axis=-1)
        for first in range(0, len(planes), size)
    ]
    content = np.stack(samples).reshape(-1, size).view(f">u{size}").astype(f"u{size}")
    dtype = container_dtype(layout.bits_allocated)
    return RawFrame(shape_samples(content.tobytes(), dtype, layout, planar=True))


def decode_by_inflate(frame: EncodedFrame) -> RawFrame:
    """Decode a deflated frame (PS3.5 A.4.14) or one that was encapsulated as it is (A.4.11)."""
    layout = frame.layout
    expected = -(-layout.num_samples * layout.bits_allocated // 8)
    content = frame.content
    if frame.transfer_syntax_uid == _DEFLATED_FRAME:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, expected + 1)
        except zlib.error as error:
            raise DecodeError("broken_codestream", "The deflated frame cannot be inflated.") from error
    if len(content) < expected:
        raise DecodeError("truncated_pixels", f"The frame gives {len(content)} bytes; expected {expected}.")
    if layout.bits_allocated == 1:
        bits = unpack_bits(np.frombuffer(content, np.uint8), start=0, count=layout.num_samples)
        return RawFrame(bits.reshape(layout.shape))
    dtype = container_dtype(layout.bits_allocated)
    return RawFrame(shape_samples(content, dtype, layout, planar=layout.planar))


def _check_planes(count: int, expected: int) -> None:
    if count != expected:
        raise DecodeError(
            "broken_codestream", f"The RLE frame has {count} byte planes; its header asks for {expected}."
        )
