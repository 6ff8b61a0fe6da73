"""Lookup tables of the header, in all the forms that files give them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from imaging.lookup_tables import LookupTable, read_lookup_table


def item(descriptor: Any, content: Any, *, vr: str = "US", descriptor_vr: str = "US") -> Dataset:
    """Return an item of a LUT sequence."""
    ds = Dataset()
    ds.add_new("LUTDescriptor", descriptor_vr, descriptor)
    ds.add_new("LUTData", vr, content)
    return ds


def read(ds: Dataset, lowest: float = 0, highest: float = 65535, **options: Any) -> LookupTable | None:
    """Return the item's table for unsigned 16-bit inputs."""
    return read_lookup_table(ds, lowest_input=lowest, highest_input=highest, **options)


@pytest.mark.parametrize(
    ("content", "vr", "bits"),
    [
        ([1, 2, 3, 4], "US", 8),
        (b"\x01\x00\x02\x00\x03\x00\x04\x00", "OW", 16),
        (b"\x01\x02\x03\x04", "OW", 8),  # packed two to a word
        ([0x0201, 0x0403], "US", 8),
    ],
)
def test_entries_come_in_four_forms(content: Any, vr: str, bits: int) -> None:
    """Numbers, words in bytes, and 8-bit entries packed in either give the same entries."""
    table = read(item([4, 0, bits], content, vr=vr))
    assert table is not None
    assert table.values().tolist() == [1, 2, 3, 4]


def test_big_endian_words_are_swapped() -> None:
    """OW words of a big-endian file stand high byte first."""
    table = read(item([2, 0, 16], b"\x01\x02\x03\x04", vr="OW"), big_endian=True)
    assert table is not None
    assert table.values().tolist() == [0x0102, 0x0304]


def test_a_count_of_zero_is_65536() -> None:
    """The descriptor cannot hold 65536 otherwise (PS3.3 C.11.1.1)."""
    table = read(item([0, 0, 16], np.arange(65536, dtype="<u2").tobytes(), vr="OW"))
    assert table is not None
    assert table.look_up(np.array([65535.0])).tolist() == [65535.0]


@pytest.mark.parametrize(
    ("first", "lowest", "highest", "expected"),
    [
        (65000, 0, 65535, 65000),
        (65000, -1024, 3071, -536),
        (65000, 0, 4095, 65000),  # meets neither way: taken as it stands
        (40000, -32768, 65535, -25536),
        (5, -10, 10, 5),
    ],
)
def test_the_first_value_is_read_so_that_it_meets_the_inputs(
    first: int, lowest: float, highest: float, expected: int
) -> None:
    """Signed or not, which files say wrongly, is decided by the inputs."""
    table = read(item([3, first, 16], [1, 2, 3]), lowest, highest)
    assert table is not None
    assert table.first_value == expected


def test_entries_beyond_the_bits_named_widen_them() -> None:
    """White must not wrap around to black; fewer levels than named are left as they are."""
    wide, narrow = read(item([2, 0, 8], [0, 4095])), read(item([2, 0, 16], [0, 4095]))
    assert wide is not None
    assert narrow is not None
    assert (wide.bits, narrow.bits) == (12, 16)


@pytest.mark.parametrize(
    "ds",
    [
        Dataset(),
        item([4, 0], [1, 2, 3, 4]),
        item([4, 0, 16], [1, 2]),
        item([4, 0, 0], [1, 2, 3, 4]),
        item([4, 0, 17], [1, 2, 3, 4]),
    ],
)
def test_an_unusable_table_is_none(ds: Dataset) -> None:
    """A missing or short table, or an impossible depth, counts as absent."""
    assert read(ds) is None


def test_json_holds_a_table() -> None:
    """A table survives the trip through JSON."""
    table = LookupTable.of([0, 65535], first_value=-3, bits=16)
    again = LookupTable.model_validate_json(table.model_dump_json())
    assert again == table
    assert again.look_up(np.array([-3.4, -2.5, np.nan])).tolist() == [0.0, 65535.0, 65535.0]
