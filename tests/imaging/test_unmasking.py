"""Elements that were masked to bytes."""

from __future__ import annotations

import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from imaging.unmasking import unmask_elements


def _dataset(tag: int, vr: str | None, value: bytes, *, little: bool = True) -> Dataset:
    return Dataset({BaseTag(tag): RawDataElement(BaseTag(tag), vr, len(value), value, 0, False, little)})


def _raw(ds: Dataset) -> RawDataElement:
    element = ds.get_item(next(iter(ds.keys())))
    assert isinstance(element, RawDataElement)
    return element


@pytest.mark.parametrize("vr", ["UN", "OB", "ZZ", "--"])
@pytest.mark.parametrize("padding", [b"", b"\x00", b"\x00\x00", b"  "])
def test_a_number_gets_its_vr_and_loses_its_padding(vr: str, padding: bytes) -> None:
    """Rows is US, one value of two bytes."""
    ds = _dataset(tag_for_keyword("Rows") or 0, vr, b"\x00\x02" + padding)
    unmask_elements(ds)
    assert (_raw(ds).VR, ds.Rows) == ("US", 512)


def test_a_text_gets_its_vr() -> None:
    """Trailing blanks and NULs are padding; the length stays even."""
    ds = _dataset(tag_for_keyword("RescaleSlope") or 0, "UN", b"2.5\x00\x00")
    unmask_elements(ds)
    assert (_raw(ds).value, ds.RescaleSlope) == (b"2.5 ", 2.5)


def test_the_byte_order_of_the_file_stays() -> None:
    """It is the element's own."""
    ds = _dataset(tag_for_keyword("Rows") or 0, "UN", b"\x02\x00", little=False)
    unmask_elements(ds)
    assert ds.Rows == 512


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        (0x00280010, "SS"),  # the file says another known VR
        (0x00280010, None),  # implicit VR
        (0x00091001, "UN"),  # private
        (0x7FE00010, "OB"),  # bytes by nature
        (0x00081110, "UN"),  # a sequence
        (0x00280106, "UN"),  # US or SS: other attributes decide
    ],
)
def test_what_is_not_masked_is_left_alone(tag: int, vr: str | None) -> None:
    """The element stays as the file has it."""
    ds = _dataset(tag, vr, b"\x00\x02")
    before = _raw(ds)
    unmask_elements(ds)
    assert _raw(ds) is before


def test_bytes_that_are_no_padding_are_not_cut() -> None:
    """Two values where one is allowed are for others to judge."""
    ds = _dataset(tag_for_keyword("Rows") or 0, "UN", b"\x00\x02\x00\x04")
    unmask_elements(ds)
    assert _raw(ds).value == b"\x00\x02\x00\x04"
