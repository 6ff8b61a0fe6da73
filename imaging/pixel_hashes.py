"""The fingerprint of pixels: of the values, not of a file that holds them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def hash_pixels(pixels: NDArray[Any]) -> str:
    """Return the SHA-256 over shape, dtype and little-endian bytes of one frame or picture.

    Example:
        >>> hash_pixels(np.zeros((2, 3), "<u2")) == hash_pixels(np.zeros((2, 3), ">u2"))
        True
    """
    little = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{little.shape} {little.dtype.name}\n".encode())
    digest.update(little.data if little.size else b"")
    return digest.hexdigest()
