"""Elements are looked at without being converted."""

from __future__ import annotations

import io
import struct

from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag

from imaging.elements import drop_long_values, find_element, is_too_long, read_elements

CONTENT = b"\x10\x00\x10\x00PN\x04\x00A^B "


def test_an_element_of_a_file_stays_raw() -> None:
    """A value that is not kept is never even decoded."""
    ds = read_dataset(io.BytesIO(CONTENT), False, True)
    assert isinstance(find_element(ds, BaseTag(0x00100010)), RawDataElement)
    assert [type(element) for element in read_elements(ds)] == [RawDataElement]


def test_a_missing_element_is_none() -> None:
    """No exception for what most files lack."""
    assert find_element(read_dataset(io.BytesIO(CONTENT), False, True), BaseTag(0x00080005)) is None


def test_values_longer_than_their_vr_allows_are_known() -> None:
    """By the VR of the file, else by the dictionary's; bytes, sequences and private elements may be long."""
    window, table, private = BaseTag(0x00281050), BaseTag(0x00283006), BaseTag(0x00091001)
    assert [is_too_long(window, vr, 70_000) for vr in (None, "DS", "UN", "OB")] == [True, True, False, False]
    assert not any(is_too_long(tag, None, 70_000) for tag in (table, private, BaseTag(0x00400275)))
    assert not is_too_long(window, None, 65_534)
    assert not is_too_long(window, None, 0xFFFFFFFF)


def test_long_values_of_an_item_are_dropped() -> None:
    """What is left of a functional group still counts."""
    long = struct.pack("<HHI", 0x0028, 0x1050, 70_000) + b"1\\" * 35_000
    short = struct.pack("<HHI", 0x0028, 0x1053, 2) + b"2 "
    ds = read_dataset(io.BytesIO(long + short), True, True)
    drop_long_values(ds)
    assert [element.tag for element in read_elements(ds)] == [BaseTag(0x00281053)]
