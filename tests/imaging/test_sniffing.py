"""Files are known by content."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.sniffing import sniff

IMPLICIT = struct.pack("<HHL", 8, 5, 10) + b"ISO_IR 100"
BIG_ENDIAN = struct.pack(">HH2sH", 8, 5, b"CS", 10) + b"ISO_IR 100"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (bytes(128) + b"DICM", "dicom"),
        (b"II*\x00" + bytes(124) + b"DICM", "dicom"),
        (b"DICM" + IMPLICIT, "dicom"),
        (IMPLICIT, "dicom"),
        (BIG_ENDIAN, "dicom"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"MM\x00*", "tiff"),
        (b"BM" + bytes(12) + struct.pack("<I", 40) + bytes(20), "bmp"),
        (b"", None),
        (b"<html><body>Not found</body></html>", None),
        (b"BM is how this text begins, and it is long enough", None),
        (b'{"00080005": {"vr": "CS"}}', None),
        (bytes(400), None),
    ],
)
def test_content_decides(content: bytes, kind: str | None) -> None:
    """A preamble may be another format's header; text and zeros are nothing."""
    assert sniff(content) == kind


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(content: bytes) -> None:
    """Sniffing never fails."""
    assert sniff(content) in {"dicom", "png", "jpeg", "tiff", "bmp", None}
