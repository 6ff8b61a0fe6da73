"""How a picture lies in a record: as the file it was, as PNG or JPEG, or as bare samples.

Bare samples (`RAW`) are read several times faster than any picture format and take several times the
room: rows from the top, samples of a pixel together, 16 bits little-endian, shape and type beside them
(`image/shape`, `image/dtype`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.errors import RecordError
from imaging.plain_pictures import read_plain_picture
from imaging.png import encode_png
from preprocessing.examples import Example

RecordFormat = Literal["JPEG", "PNG", "RAW"]
WantedEncoding = Literal["auto", "keep", "png", "jpeg", "raw"]
"""`auto`: bare samples while all of them fit a budget, else as `keep`: JPEG and PNG files that training
can read stay byte for byte, all else becomes PNG."""

_DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype("u1"), "uint16": np.dtype("<u2")}
_LUMA_CHANNELS = 2


def raw_bytes(sizes: Iterable[tuple[int, int, int, int]]) -> int:
    """Return the bytes of bare samples.

    Args:
        sizes: height, width, channels and bits of each picture.

    Example:
        >>> raw_bytes([(2, 3, 1, 16), (2, 2, 3, 8)])
        24
    """
    return sum(height * width * channels * bits // 8 for height, width, channels, bits in sizes)


def choose_format(wanted: WantedEncoding, *, kept: RecordFormat | None) -> RecordFormat:
    """Return the format of one picture in its record.

    Args:
        wanted: not `auto`, which is settled for all pictures together.
        kept: the format in which its file could go in untouched; None for none.

    Example:
        >>> choose_format("keep", kept="JPEG"), choose_format("raw", kept="JPEG")
        ('JPEG', 'RAW')
    """
    if wanted == "keep":
        return kept or "PNG"
    formats: dict[str, RecordFormat] = {name.lower(): name for name in get_args(RecordFormat)}
    return formats[wanted]


def encode_for_record(picture: NDArray[Any], record_format: RecordFormat, *, jpeg_quality: int) -> bytes:
    r"""Return a picture's bytes in a record.

    Args:
        picture: height x width or height x width x 3 (RGB); uint8, or uint16 for PNG and bare samples.
        record_format: how.
        jpeg_quality: 1 to 100.

    Raises:
        RecordError: a JPEG of 16 bits was asked for.

    Example:
        >>> encode_for_record(np.array([[1, 515]], np.uint16), "RAW", jpeg_quality=95)
        b'\x01\x00\x03\x02'
    """
    if record_format == "RAW":
        return np.ascontiguousarray(picture, picture.dtype.newbyteorder("<")).tobytes()
    if record_format == "PNG":
        return encode_png(picture)
    if picture.dtype != np.uint8:
        raise RecordError("A JPEG holds 8 bits; pictures of 16 bits are packed as png or raw.")
    stored = picture if picture.ndim == _LUMA_CHANNELS else picture[..., ::-1]
    return bytes(cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])[1])


def decode_from_record(example: Example) -> NDArray[Any]:
    """Return the picture in a record, ours or the original's.

    Returns:
        Height x width, or height x width x 3 as RGB; uint8 or uint16.

    Raises:
        ImagingError: it holds a picture file that cannot be read.
        RecordError: it holds no picture, or bare samples of another number than its shape.

    Example:
        >>> record = {"image/format": [b"RAW"], "image/shape": [1, 2, 1], "image/encoded": [b"ab"]}
        >>> decode_from_record(record).tolist()
        [[97, 98]]
    """
    content = _first(example, "image/encoded")
    if not isinstance(content, bytes) or not content:
        raise RecordError("It holds no picture: expected bytes under image/encoded.")
    if _first(example, "image/format") != b"RAW":
        return read_plain_picture(content)
    name = _first(example, "image/dtype") or b"uint8"
    dtype = _DTYPES.get(name.decode("ascii", "replace")) if isinstance(name, bytes) else None
    shape = [int(side) for side in example.get("image/shape", []) if isinstance(side, int)]
    if (
        dtype is None
        or len(shape) != len("HWC")
        or min(shape) < 1
        or len(content) != dtype.itemsize * math.prod(shape)
    ):
        raise RecordError("Its bare samples do not fit its shape and type.")
    picture: NDArray[Any] = np.frombuffer(content, dtype).reshape(shape)
    return picture[..., 0] if shape[-1] == 1 else picture


def _first(example: Example, key: str) -> bytes | int | float | None:
    values = example.get(key)
    return values[0] if values else None
