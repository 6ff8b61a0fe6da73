"""Elements are looked at without being converted."""

from __future__ import annotations

import io

from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag

from imaging.elements import find_element, read_elements

CONTENT = b"\x10\x00\x10\x00PN\x04\x00A^B "


def test_an_element_of_a_file_stays_raw() -> None:
    """A value that is not kept is never even decoded."""
    ds = read_dataset(io.BytesIO(CONTENT), False, True)
    assert isinstance(find_element(ds, BaseTag(0x00100010)), RawDataElement)
    assert [type(element) for element in read_elements(ds)] == [RawDataElement]


def test_a_missing_element_is_none() -> None:
    """No exception for what most files lack."""
    assert find_element(read_dataset(io.BytesIO(CONTENT), False, True), BaseTag(0x00080005)) is None
