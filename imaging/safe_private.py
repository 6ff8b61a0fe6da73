"""Private elements that hold no identifier: the numbers of PS3.15 table E.3.10-1 that safe_private.tsv lists.

    creator    private creator, compared as a whole
    group      of the block, hexadecimal
    element    its last two digits, hexadecimal
    vr         value representation, for files that do not say it
    name       under which it is kept
    values     the range, ends included
    note       what it is

Only numbers, and only within their range, so that no text can come along whatever a file writes there.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from imaging.cleaning import parse_number
from imaging.elements import Element, find_element
from imaging.tables import read_table

_LARGEST_COUNT = 16
_BLOCKS = range(0x10, 0x100)  # PS3.5 7.8.1: where private creators stand
_BINARY_FORMATS = {"FD": "d", "FL": "f", "SL": "i", "UL": "I", "US": "H"}
_BLANKS = "\x00 "


@dataclass(frozen=True, slots=True)
class SafePrivate:
    """One line of the table."""

    creator: str
    group: int
    element: int
    vr: str
    name: str
    smallest: float
    largest: float


@cache
def read_safe_private() -> tuple[SafePrivate, ...]:
    """Return the lines of safe_private.tsv, read once a process."""
    return tuple(
        SafePrivate(
            creator=line["creator"],
            group=int(line["group"], 16),
            element=int(line["element"], 16),
            vr=line["vr"],
            name=line["name"],
            smallest=float(line["values"].partition("..")[0]),
            largest=float(line["values"].partition("..")[2]),
        )
        for line in read_table("safe_private.tsv")
    )


def keep_safe_private(ds: Dataset) -> dict[str, int | float | list[int | float]]:
    """Return the listed private numbers of a data set by their names.

    Example:
        >>> ds = Dataset()
        >>> ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "1000")
        >>> keep_safe_private(ds)
        {'siemens_b_value': 1000}
    """
    kept: dict[str, int | float | list[int | float]] = {}
    blocks = {group: _blocks_of(ds, group) for group in {line.group for line in read_safe_private()}}
    for line in read_safe_private():
        block = blocks[line.group].get(line.creator)
        if block is None:
            continue
        numbers = _read_numbers(
            find_element(ds, BaseTag((line.group << 16) | (block << 8) | line.element)), line
        )
        if numbers:
            kept[line.name] = numbers[0] if len(numbers) == 1 else numbers
    return kept


def _blocks_of(ds: Dataset, group: int) -> dict[str, int]:
    """Return private creator to block of one group; the first of two alike counts."""
    present = ds.keys()
    found: dict[str, int] = {}
    for block in _BLOCKS:
        tag = BaseTag((group << 16) | block)
        element = find_element(ds, tag) if tag in present else None
        if element is not None and element.value:
            found.setdefault(_text_of(element.value), block)
    return found


def _read_numbers(element: Element | None, line: SafePrivate) -> list[int | float]:
    """Return all values, or none when one of them is no number within the range."""
    if element is None or element.value in (None, "", b""):
        return []
    numbers = _numbers_of(element, line)
    kept = [n for n in numbers if n is not None and line.smallest <= n <= line.largest]
    if len(kept) != len(numbers) or len(numbers) > _LARGEST_COUNT:
        return []
    return [int(n) if float(n).is_integer() else n for n in kept]


def _numbers_of(element: Element, line: SafePrivate) -> list[float | None]:
    value = element.value
    vr = line.vr if element.VR in {None, "UN", "OB"} else str(element.VR)
    code = _BINARY_FORMATS.get(vr)
    if isinstance(value, bytes) and code is not None:
        order = ">" if isinstance(element, RawDataElement) and not element.is_little_endian else "<"
        size = struct.calcsize(code)
        count = len(value) // size
        return [None] if len(value) % size else list(struct.unpack(f"{order}{count}{code}", value))
    if isinstance(value, bytes | str):
        return [parse_number(text) for text in _text_of(value).split("\\")]
    values = value if isinstance(value, Sequence) else [value]
    return [parse_number(str(each)) for each in values]


def _text_of(value: object) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.strip(_BLANKS)
