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


def expand_segments(words: list[int], *, count: int) -> list[int]:
    """Return a segmented table written out (PS3.3 C.7.9.2): discrete, linear and indirect segments.

    Args:
        words: the segments as numbers.
        count: entries that the table must have.

    Raises:
        DecodeError: the segments end too early or never.

    Example:
        >>> expand_segments([0, 1, 10, 1, 4, 30], count=5)
        [10, 15, 20, 25, 30]
    """
    entries: list[int] = []
    _expand(words, 0, len(words), entries, count, depth=0, num_segments=None)
    if len(entries) < count:
        raise DecodeError(
            "bad_palette", f"The segmented palette gives {len(entries)} entries; expected {count}."
        )
    return entries[:count]


def _expand(
    words: list[int],
    position: int,
    end: int,
    entries: list[int],
    count: int,
    *,
    depth: int,
    num_segments: int | None,
) -> None:
    if depth > _MAX_SEGMENT_DEPTH:
        raise DecodeError("bad_palette", "The segmented palette refers to itself without end.")
    done = 0
    while position + 1 < end and len(entries) < count and (num_segments is None or done < num_segments):
        opcode, length = words[position], words[position + 1]
        if opcode == 0:
            entries.extend(words[position + 2 : min(position + 2 + length, end)])
            position += 2 + length
        elif opcode == 1 and position + 2 < end and entries:
            _extend_linearly(entries, words[position + 2], min(length, count))
            position += 3
        elif opcode == 2 and position + 3 < end:
            target = words[position + 2] | words[position + 3] << 16
            _expand(words, target, end, entries, count, depth=depth + 1, num_segments=length)
            position += 4
        else:
            raise DecodeError("bad_palette", "The segmented palette holds a segment that cannot be.")
        done += 1


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
        words = np.frombuffer(content, np.uint8 if bits == 8 else word, count=_whole(content, bits))
        return np.array(expand_segments(words.tolist(), count=count), dtype=np.uint16)
    if bits == 8 and len(content) < 2 * count:
        packed = np.frombuffer(content, word, count=len(content) // 2).astype("<u2").view(np.uint8)
        table = packed if big_endian else np.frombuffer(content, np.uint8)
        values = table.astype(np.uint16)
    else:
        values = np.frombuffer(content, word, count=len(content) // 2).astype(np.uint16)
        if bits == 8 and int(values.max(initial=0)) > 255:  # 8-bit entries in the words' high bytes
            values = (values >> 8).astype(np.uint16)
    if len(values) < count:
        raise DecodeError(
            "bad_palette", f"The {colour.lower()} palette holds {len(values)} entries; expected {count}."
        )
    return values[:count]


def _whole(content: bytes, bits: int) -> int:
    return len(content) // (bits // 8)


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
