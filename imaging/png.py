r"""PNG by ISA-L: the fast lossless encoding of stored values and pictures.

Every row is filtered with Up (its difference to the row above), which one vector instruction
does, then deflated by ISA-L. Any PNG reader opens the result; our own reader undoes just that
filter, and leaves every other PNG to OpenCV.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from foundation.errors import DecodeError
from imaging.opencv_reading import read_by_opencv

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = 2
_GREY, _RGB = 0, 2
_STRIP_BYTES = 1 << 18
# ISA-L's level for whatever is kept or exported. Levels 1 and 2 are faster, but what they write depends on
# where a process lies in memory (intel/isa-l issue 140): of 600 processes 6 gave other bytes for the same
# pictures, and each kept to its own. Levels 0 and 3 never did, and level 3 is the smallest.
DEFLATE_LEVEL = 3


def encode_png(picture: NDArray[Any], *, flips_highest_bit: bool = False) -> bytes:
    r"""Return a picture as PNG, without loss.

    Args:
        picture: height x width, or height x width x 3 as RGB; uint8 or uint16.
        flips_highest_bit: whether the highest bit of each value is stored inverted, as signed
            values seen as unsigned need it to keep their order.

    Raises:
        ValueError: another shape or dtype.

    Example:
        >>> encode_png(np.zeros((2, 3), np.uint8))[:4]
        b'\x89PNG'
    """
    if picture.dtype.newbyteorder("=") not in (np.uint8, np.uint16) or picture.size == 0:
        raise ValueError(f"A PNG holds uint8 or uint16 with at least one pixel. Received: {picture.dtype}.")
    if picture.ndim != 2 and picture.shape[2:] != (3,):
        raise ValueError(f"A PNG holds height x width, or that x 3. Received: {picture.shape}.")
    size = picture.dtype.itemsize
    colour_type = _GREY if picture.ndim == 2 else _RGB
    header = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8 * size, colour_type, 0, 0, 0)
    stream = io.BytesIO()
    stream.write(SIGNATURE)
    _write_chunk(stream, b"IHDR", [header])
    _write_chunk(stream, b"IDAT", _deflate(picture, flips_highest_bit=flips_highest_bit))
    _write_chunk(stream, b"IEND", [])
    return stream.getvalue()


def decode_png(content: bytes) -> NDArray[Any]:
    """Return the picture in a PNG: height x width, or height x width x 3 as RGB.

    Args:
        content: a PNG of ours, which is read fast, or any other, which OpenCV reads unchanged
            (a fourth channel is kept).

    Raises:
        DecodeError: the bytes are no whole PNG.

    Example:
        >>> decode_png(encode_png(np.array([[1, 515]], np.uint16))).tolist()
        [[1, 515]]
    """
    picture = _decode_own(content)
    if picture is not None:
        return picture
    decoded = read_by_opencv(content, cv2.IMREAD_UNCHANGED)
    if decoded.ndim == 2:
        return decoded
    order = [2, 1, 0, 3][: decoded.shape[2]]
    return np.ascontiguousarray(decoded[..., order])


def _write_chunk(stream: io.BytesIO, kind: bytes, parts: Iterable[bytes]) -> None:
    """Write one chunk; its length is written when its parts are known, so that none is kept."""
    start = stream.tell()
    stream.write(struct.pack(">I", 0) + kind)
    check = isal_zlib.crc32(kind)
    for part in parts:
        check = isal_zlib.crc32(part, check)
        stream.write(part)
    end = stream.tell()
    stream.write(struct.pack(">I", check))
    stream.seek(start)
    stream.write(struct.pack(">I", end - start - 8))
    stream.seek(0, io.SEEK_END)


def _deflate(picture: NDArray[Any], *, flips_highest_bit: bool) -> Iterator[bytes]:
    """Yield the filtered rows as a zlib stream, filtered in strips that stay in the cache."""
    height, size = picture.shape[0], picture.dtype.itemsize
    big_endian = picture.dtype.newbyteorder(">")
    width_bytes = picture[0].size * size
    strip_rows = max(1, min(height, _STRIP_BYTES // width_bytes))
    # The last row of the strip before, then the strip.
    rows = np.zeros((strip_rows + 1, width_bytes), np.uint8)
    filtered = np.full((strip_rows, width_bytes + 1), _UP, np.uint8)
    compressor = isal_zlib.compressobj(level=DEFLATE_LEVEL, wbits=15)
    flat = picture.reshape(height, -1)
    for first in range(0, height, strip_rows):
        strip = flat[first : first + strip_rows]
        count = len(strip)
        rows[1 : count + 1].view(big_endian)[...] = strip
        if flips_highest_bit:
            rows[1 : count + 1, ::size] ^= 0x80
        np.subtract(rows[1 : count + 1], rows[:count], out=filtered[:count, 1:])
        yield compressor.compress(filtered[:count])
        rows[0] = rows[count]
    yield compressor.flush()


def _decode_own(content: bytes) -> NDArray[Any] | None:
    """Return the picture of a PNG with one IDAT, grey or RGB of 8 or 16 bits, filtered None or Up only."""
    # 8 signature, 25 IHDR, 12 around IDAT, 12 IEND
    if len(content) < 57 or content[:8] != SIGNATURE or content[37:41] != b"IDAT":
        return None
    width, height, bits, colour_type, _, _, interlace = struct.unpack_from(">IIBBBBB", content, 16)
    (length,) = struct.unpack_from(">I", content, 33)
    if (
        bits not in (8, 16)
        or colour_type not in (_GREY, _RGB)
        or interlace
        or content[49 + length : 53 + length] != b"IEND"
    ):
        return None
    body = memoryview(content)[41 : 41 + length]
    (check,) = struct.unpack_from(">I", content, 41 + length)
    if isal_zlib.crc32(body, isal_zlib.crc32(b"IDAT")) != check:
        raise DecodeError("broken_picture", "The PNG's checksum does not fit its content; it was damaged.")
    channels = 1 if colour_type == _GREY else 3
    width_bytes = width * channels * bits // 8
    rows = _inflate_rows(body, height, width_bytes)
    if rows is None:
        return None
    shape = (height, width) if channels == 1 else (height, width, 3)
    values = rows.view(f">u{bits // 8}").reshape(shape)
    return values.astype(np.uint16) if bits == 16 else values


def _inflate_rows(body: memoryview, height: int, width_bytes: int) -> NDArray[np.uint8] | None:
    """Return the rows, or None when another filter than None or Up occurs."""
    expected = height * (width_bytes + 1)
    try:
        content = isal_zlib.decompressobj().decompress(body, max_length=expected + 1)
    except Exception as error:  # ISA-L has an error class of its own, which is none to type checkers
        raise DecodeError("broken_picture", "The PNG's content cannot be inflated.") from error
    if len(content) != expected:
        raise DecodeError("broken_picture", f"The PNG holds {len(content)} bytes; expected {expected}.")
    filtered = np.frombuffer(content, np.uint8).reshape(height, width_bytes + 1)
    kinds = filtered[:, 0]
    if not np.isin(kinds, (0, _UP)).all():
        return None
    rows = np.empty((height, width_bytes), np.uint8)
    above = np.zeros(width_bytes, np.uint8)
    for row, source, is_up in zip(rows, filtered[:, 1:], (kinds == _UP).tolist(), strict=True):
        if is_up:
            np.add(above, source, out=row)
        else:
            row[...] = source
        above = row
    return rows
