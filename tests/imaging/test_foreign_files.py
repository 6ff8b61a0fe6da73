"""A rejection says what the file is."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import RejectedFileError
from imaging.foreign_files import describe_foreign_file, name_foreign_file
from imaging.pictures import read_picture_or_instance
from imaging.settings import ReadSettings


def tar() -> bytes:
    """Return an archive with one file."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return stream.getvalue()


def zipped() -> bytes:
    """Return an archive with one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", b"b")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n<HTML><body>Please log in</body></html>", "HTML"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"%PDF-1.7\n", "PDF"),
        (b"GIF89a" + bytes(20), "GIF"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "WebP"),
        (gzip.compress(b"x"), "gzip"),
        (tar(), "tar"),
        (zipped(), "ZIP"),
        (bytes(344) + b"n+1\x00", "NIfTI"),
        (b'{"00080005": {"vr": "CS"}}', "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        ("PatientID;Name\n1;Müller".encode(), "text"),
        (("é" * 256).encode()[:511], "text"),
        (bytes(1000), "zeros"),
    ],
)
def test_it_is_named(content: bytes, words: str) -> None:
    """Whatever the file was called."""
    with pytest.raises(RejectedFileError) as caught:
        read_picture_or_instance(content, settings=ReadSettings(key=bytes(32)))
    assert caught.value.reason_code == "not_dicom_nor_picture"
    assert words in caught.value.detail


def test_what_is_not_known_is_not_guessed() -> None:
    """Noise has no name."""
    assert name_foreign_file(b"\x80\x81\x82\x00\x01") is None
    assert describe_foreign_file(b"\x80\x81\x82").startswith("The content is neither DICOM nor")


@given(st.binary(max_size=600))
def test_any_bytes_have_a_sentence(content: bytes) -> None:
    """It never fails."""
    assert describe_foreign_file(content).endswith(".")
