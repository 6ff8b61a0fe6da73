"""Keeping stored values: any dtype and shape to bytes and back, exact to the bit.

Up to 16 bits they are PNG, which everybody opens: signed values lie shifted up by half the range,
and `offset` says by how much. 32-bit integers and floats are TIFF.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from foundation.errors import DecodeError
from imaging.png import decode_png, encode_png
from imaging.tiff import decode_tiff, encode_tiff

Encoding = Literal["png", "tiff"]
_PNG_OFFSETS = {"uint8": 0, "uint16": 0, "int8": 1 << 7, "int16": 1 << 15}
_TIFF_DTYPES = frozenset({"uint32", "int32", "float32", "float64"})


@dataclass(frozen=True)
class EncodedPixels:
    """Stored values as they are kept.

    Args:
        content: the picture file.
        encoding: "png" or "tiff".
        dtype: of the stored values, by numpy's name.
        offset: what was added to each value.
    """

    content: bytes
    encoding: Encoding
    dtype: str
    offset: int


def encode_stored_values(values: NDArray[Any]) -> EncodedPixels:
    """Return stored values as a lossless picture file.

    Args:
        values: height x width, or height x width x 3; (u)int8 to (u)int32, float32 or float64.

    Raises:
        ValueError: another dtype or shape.

    Example:
        >>> import numpy as np
        >>> encode_stored_values(np.array([[-1, 2]], np.int16)).offset
        32768
    """
    name = values.dtype.newbyteorder("=").name
    if values.ndim not in (2, 3) or values.shape[2:] not in ((), (3,)) or values.size == 0:
        raise ValueError(f"Stored values are height x width, or that x 3. Received: {values.shape}.")
    if name in _TIFF_DTYPES:
        return EncodedPixels(encode_tiff(values), "tiff", name, 0)
    if name not in _PNG_OFFSETS:
        raise ValueError(f"Stored values of this dtype are not kept. Received: {name}.")
    size = values.dtype.itemsize
    unsigned = (values if values.dtype.isnative else values.astype(name)).view(f"u{size}")
    content = encode_png(unsigned, flips_highest_bit=values.dtype.kind == "i")
    return EncodedPixels(content, "png", name, _PNG_OFFSETS[name])


def decode_stored_values(content: bytes, *, encoding: str, dtype: str, offset: int) -> NDArray[Any]:
    """Return stored values as they were given to `encode_stored_values`.

    Args:
        content: the picture file.
        encoding: "png" or "tiff".
        dtype: as `EncodedPixels` says.
        offset: as `EncodedPixels` says.

    Raises:
        DecodeError: the bytes are damaged or do not hold the dtype and offset named.

    Example:
        >>> import numpy as np
        >>> kept = encode_stored_values(np.array([[-1, 2]], np.int16))
        >>> decode_stored_values(kept.content, encoding="png", dtype="int16", offset=32768).tolist()
        [[-1, 2]]
    """
    if encoding == "tiff":
        values = decode_tiff(content)
    elif encoding == "png" and _PNG_OFFSETS.get(dtype) == offset:
        values = decode_png(content)
        if offset:
            size = values.dtype.itemsize
            # Values shifted up by half the range differ in the highest bit only.
            values = (values ^ values.dtype.type(1 << (8 * size - 1))).view(f"i{size}")
    else:
        raise DecodeError(
            "broken_picture", "Encoding, dtype and offset do not belong together; the row is damaged."
        )
    if values.dtype.name != dtype:
        raise DecodeError("broken_picture", "The kept picture holds another dtype than its row says.")
    return values
