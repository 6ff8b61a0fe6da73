"""What archive a file is."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
import zstandard

from imaging.samples import bundled_dicom_folder
from ingest.archive_kinds import HEAD_BYTES, find_packed_kind


def a_zip() -> bytes:
    """Return a zip with one member."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", b"abc")
    return stream.getvalue()


def a_tar(format_: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar with one member."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format_) as archive:
        member = tarfile.TarInfo("a")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"abc"))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (a_zip(), "zip"),
        (a_tar(), "tar"),
        (a_tar(tarfile.GNU_FORMAT), "tar"),
        (gzip.compress(a_tar(), mtime=0), "gz"),
        (bz2.compress(a_tar()), "bz2"),
        (lzma.compress(a_tar()), "xz"),
        (zstandard.compress(a_tar()), "zst"),
        (b"Rar!\x1a\x07\x01\x00", "foreign"),
        (b"7z\xbc\xaf\x27\x1c", "foreign"),
        (b"", None),
        (bytes(1024), None),
        (b"plain text", None),
    ],
)
def test_content_tells_the_kind(content: bytes, expected: str | None) -> None:
    """A name is not asked."""
    assert find_packed_kind(content[:HEAD_BYTES]) == expected


def test_dicom_stays_dicom_whatever_stands_before_it() -> None:
    """The preamble may begin like an archive."""
    content = (bundled_dicom_folder() / "CT_small.dcm").read_bytes()
    assert find_packed_kind(content[:HEAD_BYTES]) is None
    assert find_packed_kind(a_zip()[:100].ljust(128) + content[128:HEAD_BYTES]) is None
