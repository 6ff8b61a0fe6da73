"""DICOM as it is found: with and without header, wrong syntax, cut, nested, and not DICOM at all."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from foundation.errors import ImagingError, RejectedFileError
from imaging.limits import Limits
from imaging.reading import parse_dicom

IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)


def _dataset() -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PatientID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3", "P1"
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.SamplesPerPixel = 1, 2, 8, 1
    ds.PixelData = b"\x01\x02"
    ds["PixelData"].VR = "OB"
    return ds


def _body(syntax: str) -> bytes:
    stream = io.BytesIO()
    dcmwrite(
        stream,
        _dataset(),
        implicit_vr=syntax == IMPLICIT,
        little_endian=syntax != BIG_ENDIAN,
        enforce_file_format=False,
    )
    return stream.getvalue()


def _meta(syntax: str | None) -> bytes:
    uids = {0x02: "1.2.840.10008.5.1.4.1.1.7"} | ({} if syntax is None else {0x10: syntax})
    padded = {number: uid.encode() + b"\x00" * (len(uid) % 2) for number, uid in uids.items()}
    return b"".join(struct.pack("<HH2sH", 2, number, b"UI", len(uid)) + uid for number, uid in padded.items())


def _file(*, declared: str | None, written: str) -> bytes:
    return bytes(128) + b"DICM" + _meta(declared) + _body(written)


def _reason(content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RejectedFileError) as caught:
        parse_dicom(content, limits=limits)
    return caught.value.reason_code


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
def test_a_sound_file_is_read_as_it_says(syntax: str) -> None:
    """Nothing is guessed where the header is right."""
    parsed = parse_dicom(_file(declared=syntax, written=syntax))
    assert (parsed.transfer_syntax_uid, parsed.transfer_syntax_guessed) == (syntax, False)
    assert (parsed.ds.Rows, parsed.ds.Columns, parsed.ds.PatientID) == (1, 2, "P1")


@pytest.mark.parametrize("written", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize("declared", [None, IMPLICIT, EXPLICIT, BIG_ENDIAN, "1.2.3", DEFLATED])
def test_a_wrong_or_missing_syntax_is_guessed_from_the_bytes(declared: str | None, written: str) -> None:
    """What was found is used and said."""
    parsed = parse_dicom(_file(declared=declared, written=written))
    assert parsed.transfer_syntax_uid == written
    assert parsed.transfer_syntax_guessed is (declared != written)
    assert parsed.ds.file_meta.TransferSyntaxUID == written
    assert (parsed.ds.Rows, parsed.ds.PixelData) == (1, b"\x01\x02")


@pytest.mark.parametrize("written", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize("lead", [b"", b"DICM"])
def test_a_file_without_preamble_is_read(written: str, lead: bytes) -> None:
    """Old exports hold the bare data set."""
    assert parse_dicom(lead + _body(written)).ds.Rows == 1


def test_a_deflated_file_is_inflated() -> None:
    """PS3.5 A.5."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = packer.compress(_body(EXPLICIT)) + packer.flush()
    parsed = parse_dicom(bytes(128) + b"DICM" + _meta(DEFLATED) + deflated)
    assert (parsed.ds.Rows, parsed.transfer_syntax_guessed) == (1, False)


@pytest.mark.parametrize("meta", [_meta(EXPLICIT), _meta("1.2.3"), b""])
def test_a_deflated_file_that_says_otherwise_is_inflated(meta: bytes) -> None:
    """The bytes are believed, and that is said."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = packer.compress(_body(EXPLICIT)) + packer.flush()
    parsed = parse_dicom(bytes(128) + b"DICM" + meta + deflated)
    assert (parsed.ds.Rows, parsed.transfer_syntax_uid, parsed.transfer_syntax_guessed) == (1, DEFLATED, True)


def test_a_deflated_bomb_is_refused() -> None:
    """A few kilobytes may inflate to anything."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    content = bytes(128) + b"DICM" + _meta(DEFLATED) + packer.compress(bytes(1 << 22)) + packer.flush()
    assert _reason(content, Limits(inflated_bytes=1 << 16)) == "inflated_too_large"


def test_elements_inside_an_item_without_length_are_bounded() -> None:
    """Pydicom asks nobody about them; as many as are allowed are read."""
    opening = b"\xfe\x7f\x01\x00SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    content = bytes(128) + b"DICM" + _meta(EXPLICIT) + _body(EXPLICIT) + opening
    many = b"\xff\x7f\x01\x00LO\x00\x00" * 4000
    assert _reason(content + many, Limits(nested_elements=1000)) == "too_many_elements"
    assert _reason(content + many, Limits(nested_elements=5000)) != "too_many_elements"


def test_broken_deflate_is_said() -> None:
    """Neither deflated nor a plain data set."""
    assert _reason(bytes(128) + b"DICM" + _meta(DEFLATED) + b"\xff\xff\xff\xff\xff\xff") == "broken_deflate"


def test_group_2_inside_the_data_set_is_moved_out() -> None:
    """Some writers put the meta header behind the first elements."""
    content = _body(EXPLICIT)
    syntax = struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + EXPLICIT.encode() + b"\x00"
    first = 8 + 26
    parsed = parse_dicom(content[:first] + syntax + content[first:])
    assert 0x00020010 not in parsed.ds
    assert (parsed.transfer_syntax_uid, parsed.transfer_syntax_guessed) == (EXPLICIT, False)


def test_a_header_that_is_cut_is_said_to_be() -> None:
    """The last element is shorter than it says."""
    content = _file(declared=EXPLICIT, written=EXPLICIT)
    assert _reason(content[: content.index(b"P1") + 1]) == "truncated_header"
    assert _reason(bytes(128) + b"DICM" + _meta(EXPLICIT)) == "truncated_header"


def test_pixels_without_a_closing_delimiter_keep_their_header() -> None:
    """Pydicom alone drops every element of such a file."""
    fragment = struct.pack("<HHL", 0xFFFE, 0xE000, 0) + struct.pack("<HHL", 0xFFFE, 0xE000, 2) + b"\xff\xd8"
    element = struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
    body = _body(EXPLICIT)
    cut = body.index(struct.pack("<HH", 0x7FE0, 0x10))
    content = bytes(128) + b"DICM" + _meta("1.2.840.10008.1.2.4.70") + body[:cut] + element + fragment
    assert parse_dicom(content).ds.Rows == 1


@pytest.mark.parametrize("depth", [40, 5000])
def test_a_nesting_bomb_is_refused(depth: int) -> None:
    """Both below and beyond what Python's recursion allows."""
    sequence = struct.pack("<HH2sHL", 8, 0x1115, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    ends = struct.pack("<HHL", 0xFFFE, 0xE00D, 0) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    content = bytes(128) + b"DICM" + _meta(EXPLICIT) + (sequence + item) * depth + ends * depth
    assert _reason(content) == "nested_too_deep"


def test_a_length_beyond_the_file_takes_no_memory() -> None:
    """Four gigabytes are declared, four bytes are there."""
    element = struct.pack("<HH2sHL", 0x0042, 0x11, b"OB", 0, 0xFFFFFFF0)
    assert _reason(bytes(128) + b"DICM" + _meta(EXPLICIT) + element + b"ABCD") == "truncated_header"


@pytest.mark.parametrize(
    ("content", "reason_code"),
    [(b"", "empty_file"), (b"<html></html>", "not_dicom"), (bytes(128) + b"DICM", "truncated_header")],
)
def test_what_is_no_dicom_file_is_named(content: bytes, reason_code: str) -> None:
    """One word for the report, one sentence for the user."""
    assert _reason(content) == reason_code


def test_a_file_beyond_the_limit_is_refused() -> None:
    """Before anything is parsed."""
    assert _reason(_file(declared=EXPLICIT, written=EXPLICIT), Limits(file_bytes=100)) == "file_too_large"


@settings(max_examples=150, deadline=None)
@given(data=st.data(), syntax=st.sampled_from([IMPLICIT, EXPLICIT, BIG_ENDIAN]))
def test_no_damage_ends_in_another_error(data: st.DataObject, syntax: str) -> None:
    """Whatever bytes flip or go, the file is parsed or rejected, without a warning."""
    content = bytearray(_file(declared=syntax, written=syntax))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(132, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(132, len(content)))
    with contextlib.suppress(ImagingError):
        parse_dicom(bytes(content[:cut]))


def test_a_header_that_memory_does_not_suffice_for_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not broken: with more memory it is read."""

    def refused(*_: object) -> None:
        raise MemoryError

    content = _body(EXPLICIT)
    monkeypatch.setattr("imaging.reading._parse", refused)
    with pytest.raises(RejectedFileError) as caught:
        parse_dicom(content)
    assert caught.value.reason_code == "out_of_memory"
