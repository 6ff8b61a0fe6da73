"""Modality and VOI lookup tables of the header (PS3.3 C.11.1.1, C.11.2.1), in a form that rows can keep."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydicom.dataset import Dataset

from foundation.contracts import Config

_SIGN = 1 << 15
_RANGE = 1 << 16


class LookupTable(Config):
    """One table.

    Args:
        first_value: the input that the first entry is for; smaller inputs take the first entry.
        bits: bits of an entry; the largest output is 2^bits - 1.
        entries: the entries as little-endian 16-bit words in base64, so that JSON can hold them.

    Example:
        >>> table = LookupTable.of([0, 100, 255], first_value=10, bits=8)
        >>> table.look_up(np.array([5.0, 11.0, 99.0])).tolist()
        [0.0, 100.0, 255.0]
    """

    first_value: int
    bits: int = Field(ge=1, le=16)
    entries: str

    @classmethod
    def of(cls, entries: Any, *, first_value: int, bits: int) -> LookupTable:
        """Return a table of these entries."""
        words = np.asarray(entries, dtype="<u2").tobytes()
        return cls(first_value=first_value, bits=bits, entries=base64.b64encode(words).decode("ascii"))

    def values(self) -> NDArray[np.uint16]:
        """Return the entries."""
        return _decoded(self.entries)

    def look_up(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the entries for inputs, which are rounded half up; those outside take the nearest end."""
        table = self.values()
        position = np.floor(np.nan_to_num(values) + 0.5) - self.first_value
        index = np.clip(position, 0, len(table) - 1).astype(np.intp)
        looked_up: NDArray[np.float64] = table[index].astype(np.float64)
        return looked_up


@lru_cache(maxsize=32)
def _decoded(entries: str) -> NDArray[np.uint16]:
    return np.frombuffer(base64.b64decode(entries), "<u2")


def read_lookup_table(
    item: Dataset, *, lowest_input: float, highest_input: float, big_endian: bool = False
) -> LookupTable | None:
    """Return the table in one item of a Modality or VOI LUT Sequence; None when it is unusable.

    Args:
        item: a sequence item with LUT Descriptor and LUT Data.
        lowest_input: the least input that can occur. The descriptor's first value may be signed or
            not, which files often say wrongly; the reading that meets the inputs is taken.
        highest_input: the largest input that can occur.
        big_endian: byte order of the data words.
    """
    descriptor = _words(item.get("LUTDescriptor"), big_endian=big_endian)
    if len(descriptor) != 3:
        return None
    count, first, bits = (int(number) for number in descriptor)
    count = (count % _RANGE) or _RANGE  # C.11.1.1: 0 stands for 65536
    if not 1 <= bits <= 16:
        return None
    entries = _entries(item.get("LUTData"), count=count, bits=bits, big_endian=big_endian)
    if entries is None:
        return None
    # Some descriptors name fewer bits than the entries have; white must not wrap around to black.
    bits = max(bits, int(entries.max()).bit_length())
    first = _first_value(first % _RANGE, count, lowest_input, highest_input)
    return LookupTable.of(entries, first_value=first, bits=bits)


def _first_value(unsigned: int, count: int, lowest: float, highest: float) -> int:
    if unsigned < _SIGN:
        return unsigned
    signed = unsigned - _RANGE
    meets_unsigned = unsigned <= highest and unsigned + count > lowest
    meets_signed = signed <= highest and signed + count > lowest
    if meets_signed and (lowest < 0 or not meets_unsigned):
        return signed
    return unsigned


def _entries(content: Any, *, count: int, bits: int, big_endian: bool) -> NDArray[Any] | None:
    if content is None:
        return None
    words = _words(content, big_endian=big_endian)
    if len(words) >= count:
        return words[:count]
    packed = words.astype("<u2").view(np.uint8)  # 8-bit entries, two to a word
    return packed[:count].astype(np.uint16) if bits <= 8 and len(packed) >= count else None


def _words(value: Any, *, big_endian: bool) -> NDArray[np.uint16]:
    """Return 16-bit words from whatever pydicom made of them: bytes, one number or many."""
    if value is None:
        return np.empty(0, np.uint16)
    if isinstance(value, bytes | bytearray):
        order = ">" if big_endian else "<"
        return np.frombuffer(bytes(value[: len(value) // 2 * 2]), f"{order}u2").astype(np.uint16)
    return np.atleast_1d(np.asarray(value, dtype=np.int64) % _RANGE).astype(np.uint16)
