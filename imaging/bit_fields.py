"""From containers to stored values: bits cut out, overlays masked away, the sign applied."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[Any]


def cut_stored_values(containers: Integers, *, bits_stored: int, high_bit: int, signed: bool) -> Integers:
    """Return the stored values that lie in the containers' bits (PS3.5 8.1.1).

    Bits above the high bit (old overlays) and below the lowest stored bit are dropped.

    Args:
        containers: any shape, an unsigned or signed integer dtype.
        bits_stored: bits of a stored value.
        high_bit: position of its highest bit, counted from 0.
        signed: whether that bit is a sign.

    Returns:
        The same shape and item size, signed or unsigned as asked. The same memory where nothing had
        to change.

    Example:
        >>> cut_stored_values(np.array([0xF801], "u2"), bits_stored=12, high_bit=11, signed=False).tolist()
        [2049]
        >>> cut_stored_values(np.array([0xF801], "u2"), bits_stored=12, high_bit=11, signed=True).tolist()
        [-2047]
    """
    size = containers.dtype.itemsize
    bits = 8 * size
    unsigned: Integers = containers.view(f"u{size}")
    if bits_stored == bits:
        return containers.view(f"{'i' if signed else 'u'}{size}")
    if signed:
        moved: Integers = np.left_shift(unsigned, bits - 1 - high_bit).view(f"i{size}")
        moved >>= bits - bits_stored
        return moved
    lowest, mask = high_bit + 1 - bits_stored, (1 << bits_stored) - 1
    if lowest == 0 and (unsigned.size == 0 or int(unsigned.max()) <= mask):
        return unsigned
    cut: Integers = unsigned >> lowest if lowest else unsigned & unsigned.dtype.type(mask)
    if lowest:
        cut &= unsigned.dtype.type(mask)
    return cut


def unpack_bits(content: NDArray[np.uint8], *, start: int, count: int) -> NDArray[np.uint8]:
    """Return single bits as 0 and 1, lowest bit of each byte first (PS3.5 8.1.1, D.2).

    Args:
        content: packed bytes.
        start: index of the first bit.
        count: how many bits.

    Example:
        >>> unpack_bits(np.array([0b00000101], np.uint8), start=0, count=4).tolist()
        [1, 0, 1, 0]
    """
    first = start // 8
    last = (start + count + 7) // 8
    bits = np.unpackbits(content[first:last], bitorder="little")
    return bits[start - 8 * first :][:count]


def unpack_twelve_bits(content: NDArray[np.uint8], *, count: int) -> NDArray[np.uint16]:
    """Return values packed without gaps in 12 bits, as ACR-NEMA allowed (Bits Allocated 12).

    Example:
        >>> unpack_twelve_bits(np.array([0x23, 0x61, 0x45], np.uint8), count=2).tolist() == [0x123, 0x456]
        True
    """
    padded = np.zeros(-(-count // 2) * 3, dtype=np.uint16)
    padded[: min(content.size, padded.size)] = content[: padded.size]
    low, middle, high = padded.reshape(-1, 3).T
    values = np.empty((low.size, 2), dtype=np.uint16)
    values[:, 0] = low | (middle & 0x0F) << 8
    values[:, 1] = middle >> 4 | high << 4
    return values.reshape(-1)[:count]
