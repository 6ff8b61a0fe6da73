"""DICOM's own run-length coding (PS3.5 Annex G), for frames that the compiled decoder refuses.

The compiled decoder does not know frames of single bits; this one does, and needs nothing.
"""

from __future__ import annotations

import struct

from foundation.errors import DecodeError

_HEADER_BYTES = 64
_MAX_SEGMENTS = 15


def read_segment_starts(content: bytes) -> list[int]:
    """Return where the segments of one RLE frame start (PS3.5 G.5).

    Raises:
        DecodeError: the header is cut, or names segments outside of the frame or out of order.
    """
    if len(content) < _HEADER_BYTES:
        raise DecodeError("truncated_pixels", "The RLE frame is shorter than its header of 64 bytes.")
    num_segments, *offsets = struct.unpack_from("<16I", content)
    starts = offsets[:num_segments]
    if not 1 <= num_segments <= _MAX_SEGMENTS or starts != sorted(starts) or starts[0] < _HEADER_BYTES:
        raise DecodeError("broken_codestream", "The RLE frame's header names segments that cannot be.")
    if starts[-1] >= len(content):
        raise DecodeError("truncated_pixels", "The RLE frame ends before its last segment.")
    return starts


def decode_run_lengths(content: bytes, *, segment_bytes: int) -> list[bytes]:
    r"""Return the byte planes of one frame.

    Args:
        content: one RLE frame: a header of 16 numbers, then up to 15 segments.
        segment_bytes: how many bytes each plane must give.

    Raises:
        DecodeError: the header is broken, or a plane comes out short.

    Example:
        >>> head = struct.pack("<16I", 1, 64, *[0] * 14)
        >>> decode_run_lengths(head + bytes([254, 7, 0, 9]), segment_bytes=4)
        [b'\x07\x07\x07\t']
    """
    starts = read_segment_starts(content)
    ends = [*starts[1:], len(content)]
    return [
        _decode_segment(content[start:end], segment_bytes) for start, end in zip(starts, ends, strict=True)
    ]


def _decode_segment(segment: bytes, expected: int) -> bytes:
    plane = bytearray()
    position = 0
    while position + 1 < len(segment) and len(plane) < expected:
        head = segment[position]
        if head < 128:  # PS3.5 G.3.2: the next head + 1 bytes stand as they are
            plane += segment[position + 1 : position + 2 + head]
            position += 2 + head
        else:
            if head > 128:  # the next byte, 257 - head times; 128 itself means nothing
                plane += segment[position + 1 : position + 2] * (257 - head)
            position += 2 if head > 128 else 1
    if len(plane) < expected:
        raise DecodeError(
            "truncated_pixels", f"An RLE segment gives {len(plane)} bytes; expected {expected}."
        )
    return bytes(plane[:expected])
