r"""A smallest TIFF: one deflated strip of integers or floats, exact to the bit.

OpenCV's TIFF changes some of the 32-bit dtypes, so the few lines that a lossless one needs are
ours: baseline tags, Adobe deflate, no predictor. libtiff and everything built on it opens them.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from foundation.errors import DecodeError
from imaging.png import DEFLATE_LEVEL

_HEADER = b"II*\x00"
_SHORT, _LONG = 3, 4
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSET, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANAR, _FORMAT = 273, 277, 278, 279, 284, 339
_ADOBE_DEFLATE = 8
_MIN_IS_BLACK, _RGB = 1, 2
_FORMATS = {"u": 1, "i": 2, "f": 3}
_KINDS = {number: kind for kind, number in _FORMATS.items()}


def encode_tiff(values: NDArray[Any]) -> bytes:
    """Return values as TIFF, without loss, NaN and -0.0 included.

    Args:
        values: height x width, or height x width x 3; integers or floats of 8 to 64 bits.

    Example:
        >>> decode_tiff(encode_tiff(np.array([[-0.0, 1.5]]))).tolist()
        [[-0.0, 1.5]]
    """
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    content = isal_zlib.compress(little.view(np.uint8).reshape(-1), DEFLATE_LEVEL)
    height, width = values.shape[:2]
    samples = 1 if values.ndim == 2 else values.shape[2]
    bits, kind = 8 * values.dtype.itemsize, _FORMATS[values.dtype.kind]
    offset = len(_HEADER) + 4
    fields = [
        (_WIDTH, _LONG, [width]),
        (_HEIGHT, _LONG, [height]),
        (_BITS, _SHORT, [bits] * samples),
        (_COMPRESSION, _SHORT, [_ADOBE_DEFLATE]),
        (_PHOTOMETRIC, _SHORT, [_MIN_IS_BLACK if samples == 1 else _RGB]),
        (_STRIP_OFFSET, _LONG, [offset]),
        (_SAMPLES, _SHORT, [samples]),
        (_ROWS_PER_STRIP, _LONG, [height]),
        (_STRIP_BYTES, _LONG, [len(content)]),
        (_PLANAR, _SHORT, [1]),
        (_FORMAT, _SHORT, [kind] * samples),
    ]
    padding = b"\x00" * (len(content) % 2)
    directory_offset = offset + len(content) + len(padding)
    directory = _directory(fields, directory_offset)
    return b"".join((_HEADER, struct.pack("<I", directory_offset), content, padding, directory))


def decode_tiff(content: bytes) -> NDArray[Any]:
    """Return the values of a TIFF that `encode_tiff` wrote.

    Raises:
        DecodeError: the bytes are no such TIFF, or are damaged.
    """
    try:
        fields = _read_directory(content)
        (width,), (height,), (samples,) = fields[_WIDTH], fields[_HEIGHT], fields[_SAMPLES]
        dtype = np.dtype(f"<{_KINDS[fields[_FORMAT][0]]}{fields[_BITS][0] // 8}")
        (offset,), (length,) = fields[_STRIP_OFFSET], fields[_STRIP_BYTES]
        expected = width * height * samples * dtype.itemsize
        inflated = isal_zlib.decompressobj().decompress(content[offset : offset + length], expected + 1)
    except Exception as error:  # a directory of chance bytes can fail in any way
        raise DecodeError("broken_picture", "The TIFF is damaged or none of ours.") from error
    if len(inflated) != expected:
        raise DecodeError("broken_picture", f"The TIFF holds {len(inflated)} bytes; expected {expected}.")
    shape = (height, width) if samples == 1 else (height, width, samples)
    return np.frombuffer(inflated, dtype).astype(dtype.newbyteorder("=")).reshape(shape)


def _directory(fields: list[tuple[int, int, list[int]]], start: int) -> bytes:
    """Return an image file directory; values over four bytes stand behind it (TIFF 6.0, section 2)."""
    entries: list[bytes] = []
    behind = b""
    behind_start = start + 2 + 12 * len(fields) + 4
    for tag, kind, numbers in fields:
        packed = struct.pack(f"<{len(numbers)}{'H' if kind == _SHORT else 'I'}", *numbers)
        if len(packed) > 4:
            packed, behind = struct.pack("<I", behind_start + len(behind)), behind + packed
        entries.append(struct.pack("<HHI", tag, kind, len(numbers)) + packed.ljust(4, b"\x00"))
    return struct.pack("<H", len(fields)) + b"".join(entries) + b"\x00" * 4 + behind


def _read_directory(content: bytes) -> dict[int, tuple[int, ...]]:
    if content[:4] != _HEADER:
        raise ValueError("no little-endian TIFF")
    (start,) = struct.unpack_from("<I", content, 4)
    (num_fields,) = struct.unpack_from("<H", content, start)
    fields: dict[int, tuple[int, ...]] = {}
    for position in range(start + 2, start + 2 + 12 * num_fields, 12):
        tag, kind, count = struct.unpack_from("<HHI", content, position)
        letter, size = ("H", 2) if kind == _SHORT else ("I", 4)
        place = position + 8
        if count * size > 4:
            (place,) = struct.unpack_from("<I", content, place)
        fields[tag] = struct.unpack_from(f"<{count}{letter}", content, place)
    return fields
