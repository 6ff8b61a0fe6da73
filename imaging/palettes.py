"""Palette colour to RGB: plain and segmented tables (PS3.3 C.7.6.3.1.5 and C.7.9.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from foundation.errors import DecodeError

_COLOURS = ("Red", "Green", "Blue")
_MAX_SEGMENT_DEPTH = 8


def read_palette(ds: Dataset, *, big_endian: bool = False) -> tuple[NDArray[Any], int]:
    """Return a data set's palette and the stored value that its first entry is for.

    Args:
        ds: a data set with the three Palette Color Lookup Tables.
        big_endian: byte order of 16-bit table words.

    Returns:
        entries x 3, uint8 or uint16; and the first stored value mapped.

    Raises:
        DecodeError: a table is missing, empty or contradicts its descriptor.
    """
    tables, first_values, widths = [], [], []
    for colour in _COLOURS:
        count, first, bits = _descriptor(ds, colour)
        tables.append(_table(ds, colour, count=count, bits=bits, big_endian=big_endian))
        first_values.append(first)
        widths.append(bits)
    if len({len(table) for table in tables}) > 1 or len(set(first_values)) > 1:
        raise DecodeError("bad_palette", "The three palette tables differ in length or first value.")
    palette = np.stack(tables, axis=-1)
    if max(widths) == 8 or int(palette.max()) <= 255:  # 16-bit descriptors over 8-bit values occur
        return palette.astype(np.uint8), first_values[0]
    return palette, first_values[0]


def apply_palette(stored_values: NDArray[Any], palette: NDArray[Any], *, first_value: int) -> NDArray[Any]:
    """Return the colours of palette indices; those outside take the nearest end (C.7.6.3.1.5).

    Args:
        stored_values: height x width of integers.
        palette: entries x 3.
        first_value: the stored value of the first entry.

    Example:
        >>> apply_palette(np.array([[9, 0]]), np.array([[1, 2, 3], [4, 5, 6]], "u1"), first_value=0).tolist()
        [[[4, 5, 6], [1, 2, 3]]]
    """
    index = stored_values.astype(np.int32) - first_value
    return palette[np.clip(index, 0, len(palette) - 1, out=index)]


def expand_segments(words: list[int], *, count: int, word_bytes: int = 2) -> list[int]:
    """Return a segmented table written out (PS3.3 C.7.9.2): discrete, linear and indirect segments.

    Args:
        words: the segments as numbers.
        count: entries that the table must have.
        word_bytes: bytes of a number, 1 or 2.

    Raises:
        DecodeError: the segments end too early or never.

    Example:
        >>> expand_segments([0, 1, 10, 1, 4, 30], count=5)
        [10, 15, 20, 25, 30]
    """
    segments = _Segments(words, count, word_bytes)
    segments.expand(0, None)
    if len(segments.entries) < count:
        raise DecodeError(
            "bad_palette", f"The segmented palette gives {len(segments.entries)} entries; expected {count}."
        )
    return segments.entries[:count]


class _Segments:
    """A segmented table while it is written out."""

    def __init__(self, words: list[int], count: int, word_bytes: int) -> None:
        self.entries: list[int] = []
        self._words, self._count, self._word_bytes = words, count, word_bytes
        self._starts: set[int] = set()

    def expand(self, position: int, num_segments: int | None, *, depth: int = 0) -> None:
        """Write out so many segments from a position on, or all there are."""
        if depth > _MAX_SEGMENT_DEPTH:
            raise DecodeError("bad_palette", "The segmented palette refers to itself without end.")
        words, end, done = self._words, len(self._words), 0
        while (
            position + 1 < end
            and len(self.entries) < self._count
            and (num_segments is None or done < num_segments)
        ):
            self._starts.add(position)
            opcode, length = words[position], words[position + 1]
            if opcode == 0:
                self.entries.extend(words[position + 2 : min(position + 2 + length, end)])
                position += 2 + length
            elif opcode == 1 and position + 2 < end and self.entries:
                _extend_linearly(self.entries, words[position + 2], min(length, self._count))
                position += 3
            elif opcode == 2 and position + 1 + 4 // self._word_bytes < end:
                self.expand(self._target(position + 2), length, depth=depth + 1)
                position += 2 + 4 // self._word_bytes
            else:
                raise DecodeError("bad_palette", "The segmented palette holds a segment that cannot be.")
            done += 1

    def _target(self, position: int) -> int:
        """Return the index of the word that an indirect segment refers to.

        C.7.9.2.3 counts in bytes; where that is no segment met before, the writer counted in words.
        """
        bits, num_words = 8 * self._word_bytes, 4 // self._word_bytes
        offset = sum(self._words[position + index] << bits * index for index in range(num_words))
        in_words, rest = divmod(offset, self._word_bytes)
        return in_words if in_words in self._starts and not rest else offset


def _extend_linearly(entries: list[int], last: int, length: int) -> None:
    start = entries[-1]
    entries.extend(
        int(np.floor(start + (last - start) * step / length + 0.5)) for step in range(1, length + 1)
    )


def _descriptor(ds: Dataset, colour: str) -> tuple[int, int, int]:
    """Return number of entries, first stored value mapped, and bits of an entry."""
    try:
        count, first, bits = (int(value) for value in ds[f"{colour}PaletteColorLookupTableDescriptor"].value)
    except (KeyError, TypeError, ValueError) as error:
        raise DecodeError(
            "bad_palette", f"The {colour.lower()} palette has no descriptor of three numbers."
        ) from error
    if bits not in (8, 16):
        raise DecodeError("bad_palette", f"A palette entry has {bits} bits; expected 8 or 16.")
    signed = int(ds.get("PixelRepresentation") or 0) == 1
    return count & 0xFFFF or 1 << 16, first - (1 << 16) if signed and first >= 1 << 15 else first, bits


def _table(ds: Dataset, colour: str, *, count: int, bits: int, big_endian: bool) -> NDArray[np.uint16]:
    content, segmented = _table_bytes(ds, colour)
    word = np.dtype(f"{'>' if big_endian else '<'}u2")
    if segmented:
        # C.7.9.2: the segments are 8-bit words when the entries are.
        words = _bytes_of_words(content, big_endian) if bits == 8 else _words_of(content, word)
        entries = expand_segments(words.tolist(), count=count, word_bytes=bits // 8)
        return np.array(entries, dtype=np.uint16)
    if bits == 8 and len(content) < 2 * count:
        values = _bytes_of_words(content, big_endian).astype(np.uint16)
    else:
        values = _words_of(content, word).astype(np.uint16)
        if bits == 8 and int(values.max(initial=0)) > 255:  # 8-bit entries in the words' high bytes
            values = (values >> 8).astype(np.uint16)
    if len(values) < count:
        raise DecodeError(
            "bad_palette", f"The {colour.lower()} palette holds {len(values)} entries; expected {count}."
        )
    return values[:count]


def _words_of(content: bytes, word: np.dtype[Any]) -> NDArray[Any]:
    return np.frombuffer(content, word, count=len(content) // 2)


def _bytes_of_words(content: bytes, big_endian: bool) -> NDArray[np.uint8]:
    """Return bytes that lie two to a word, the lower one first (PS3.5 D.2)."""
    if not big_endian:
        return np.frombuffer(content, np.uint8)
    return _words_of(content, np.dtype(">u2")).astype("<u2").view(np.uint8)


def _table_bytes(ds: Dataset, colour: str) -> tuple[bytes, bool]:
    for keyword, segmented in (
        (f"{colour}PaletteColorLookupTableData", False),
        (f"Segmented{colour}PaletteColorLookupTableData", True),
    ):
        value: Any = ds.get(keyword)
        if value is None:
            continue
        if not isinstance(value, bytes | bytearray):
            value = np.asarray(value, dtype="<u2").tobytes()
        return bytes(value), segmented
    raise DecodeError("bad_palette", f"The {colour.lower()} palette has no table.")
