"""Private numbers that hold no identifier."""

from __future__ import annotations

import io
import struct

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from imaging.safe_private import keep_safe_private, read_safe_private


def dataset(
    group: int = 0x0019, creator: str = "SIEMENS MR HEADER", element: int = 0x0C, **vr_and_value: object
) -> Dataset:
    """Return a data set with one private element."""
    ds = Dataset()
    ((vr, value),) = vr_and_value.items()
    ds.private_block(group, creator, create=True).add_new(element, vr, value)
    return ds


def reread(ds: Dataset, syntax: str) -> Dataset:
    """Return a data set as it comes from a file."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=False)
    return dcmread(io.BytesIO(buffer.getvalue()), force=True)


def test_every_line_is_a_bounded_number_of_a_private_group() -> None:
    """Odd groups, two hexadecimal digits, names once."""
    lines = read_safe_private()
    assert all(line.group % 2 and 0 <= line.element <= 0xFF for line in lines)
    assert all(line.smallest < line.largest for line in lines)
    assert len({line.name for line in lines}) == len(lines)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_numbers_are_read_from_any_file(syntax: str) -> None:
    """Implicit files do not say the VR; the table does."""
    ds = dataset(element=0x0E, FD=[0.5, -0.25, 1.0])
    assert keep_safe_private(reread(ds, syntax)) == {"siemens_diffusion_direction": [0.5, -0.25, 1]}


def test_a_value_under_un_is_read_by_the_tables_vr() -> None:
    """Archives that do not know the vendor write UN."""
    ds = dataset(group=0x2001, creator="Philips Imaging DD 001", element=0x03, UN=struct.pack("<f", 800.0))
    assert keep_safe_private(ds) == {"philips_b_value": 800}


@pytest.mark.parametrize("value", ["49170123456", "HANS", "1000\\4917012345", "\\".join(["1"] * 17)])
def test_what_is_no_number_of_the_range_is_dropped(value: str) -> None:
    """A telephone number, a name, a list that is too long."""
    assert keep_safe_private(dataset(LO=value.split("\\"))) == {}


def test_the_creator_counts_as_a_whole() -> None:
    """Another vendor's element of that number can be anything."""
    assert keep_safe_private(dataset(creator="SIEMENS MR HEADER 2", IS="1000")) == {}
    assert keep_safe_private(Dataset()) == {}


def test_cut_bytes_are_no_number() -> None:
    """Three bytes of a float."""
    ds = dataset(group=0x2001, creator="Philips Imaging DD 001", element=0x03, UN=b"abc")
    assert keep_safe_private(ds) == {}
