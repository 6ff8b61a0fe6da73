"""The bytes are believed."""

from __future__ import annotations

import struct

import pytest

from imaging.encodings import Encoding, agrees, find_codestream_syntax, find_encoding, is_transfer_syntax

IMPLICIT = Encoding(is_implicit=True, is_little_endian=True)
EXPLICIT = Encoding(is_implicit=False, is_little_endian=True)
BIG = Encoding(is_implicit=False, is_little_endian=False)


@pytest.mark.parametrize(
    ("first", "encoding"),
    [
        (struct.pack("<HHL", 8, 5, 10), IMPLICIT),
        (struct.pack("<HH2sH", 8, 5, b"CS", 10), EXPLICIT),
        (struct.pack(">HH2sH", 8, 5, b"CS", 10), BIG),
        (b"", IMPLICIT),
    ],
)
def test_the_first_element_tells_the_encoding(first: bytes, encoding: Encoding) -> None:
    """The group is small, and a VR is one of a few pairs of letters."""
    assert find_encoding(first) == encoding


@pytest.mark.parametrize(
    ("uid", "encoding"),
    [
        ("1.2.840.10008.1.2", IMPLICIT),
        ("1.2.840.10008.1.2.1", EXPLICIT),
        ("1.2.840.10008.1.2.2", BIG),
        ("1.2.840.10008.1.2.4.90", EXPLICIT),
    ],
)
def test_a_syntax_agrees_with_one_encoding_only(uid: str, encoding: Encoding) -> None:
    """PS3.5 A.1 to A.4."""
    assert [agrees(uid, each) for each in (IMPLICIT, EXPLICIT, BIG)].count(True) == 1
    assert agrees(uid, encoding)


@pytest.mark.parametrize(
    ("uid", "known"),
    [
        ("1.2.840.10008.1.2.4.80", True),
        ("1.2.840.10008.1.2.8.1", True),
        ("1.2.840.113619.5.2", True),
        ("1.2.840.10008.5.1.4.1.1.2", False),
        ("ANON", False),
        (None, False),
    ],
)
def test_only_transfer_syntaxes_are_taken_for_one(uid: str | None, known: bool) -> None:
    """Newer ones than pydicom's table count; SOP classes and words do not."""
    assert is_transfer_syntax(uid) is known


def _encapsulate(codestream: bytes) -> bytes:
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
    return item + struct.pack("<HHL", 0xFFFE, 0xE000, len(codestream)) + codestream


@pytest.mark.parametrize(
    ("codestream", "uid"),
    [
        (b"\xff\x4f\xff\x51\x00", "1.2.840.10008.1.2.4.91"),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b", "1.2.840.10008.1.2.4.50"),
        (b"\xff\xd8\xff\xc3\x00\x0b", "1.2.840.10008.1.2.4.57"),
        (b"\xff\xd8\xff\xf7\x00\x0b", "1.2.840.10008.1.2.4.81"),
        (b"\xff\xd8\xff\xda", None),
        (b"something else", None),
        (b"", None),
    ],
)
def test_the_codestream_tells_its_syntax(codestream: bytes, uid: str | None) -> None:
    """A file without a meta header can still be decoded."""
    assert find_codestream_syntax(_encapsulate(codestream)) == uid


def test_a_cut_codestream_has_no_syntax() -> None:
    """Nothing is read beyond the end."""
    assert find_codestream_syntax(b"\xfe\xff") is None
