"""Members of zips."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace

import pytest
import zstandard

from foundation.errors import RejectedFileError
from imaging.limits import Limits
from ingest.source_files import Member
from ingest.zip_archives import is_document, iterate_zip, read_zip_member


def a_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip as the library writes it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def listed(content: bytes, limits: Limits | None = None) -> list[tuple[Member, str | None]]:
    """Return the members with their reasons."""
    found = iterate_zip(io.BytesIO(content), (len(content), 0), limits or Limits())
    return [(member, problem and problem.reason_code) for member, problem in found]


def until_error(content: bytes, limits: Limits) -> tuple[list[tuple[str, str | None]], str | None]:
    """Return names and reasons of the members before a zip breaks off, and its own reason."""
    seen = []
    try:
        for member, problem in iterate_zip(io.BytesIO(content), (len(content), 0), limits):
            seen.append((member.name, problem and problem.reason_code))
    except RejectedFileError as error:
        return seen, error.reason_code
    return seen, None


@pytest.mark.parametrize("method", [0, 8, 12, 14])
def test_bytes_come_back_whatever_the_method(method: int) -> None:
    """Stored, Deflate, bzip2, LZMA."""
    files = {"a": b"abc" * 1000, "empty": b""}
    content = a_zip(files, method)
    found = {member.name: read_zip_member(io.BytesIO(content), member) for member, _ in listed(content)}
    assert found == files


def test_zstandard_is_read_though_the_library_does_not_write_it() -> None:
    """Method 93."""
    packed = zstandard.compress(b"abc" * 1000)
    content = bytearray(a_zip({"a": packed}, 0))
    member = replace(listed(bytes(content))[0][0], method=93, num_bytes=3000, crc32=0x9B05A3B3)
    with pytest.raises(RejectedFileError):
        read_zip_member(io.BytesIO(content), member)  # unpacked, but this is not its checksum
    import zlib

    right = replace(member, crc32=zlib.crc32(b"abc" * 1000))
    assert read_zip_member(io.BytesIO(content), right) == b"abc" * 1000


def test_a_method_nobody_reads_is_a_reason() -> None:
    """Deflate64, for one."""
    content = bytearray(a_zip({"a": b"abc"}))
    struct.pack_into("<H", content, content.index(b"PK\x01\x02") + 10, 9)
    assert listed(bytes(content))[0][1] == "unsupported_compression"


def test_an_encrypted_member_is_a_reason() -> None:
    """The others are read."""
    content = bytearray(a_zip({"a": b"abc", "b": b"def"}))
    struct.pack_into("<H", content, content.index(b"PK\x01\x02") + 8, 1)
    assert [reason for _, reason in listed(bytes(content))] == ["encrypted_member", None]


def test_a_member_that_would_swell_is_a_reason() -> None:
    """A megabyte of zeros for each kilobyte is a trap, where it is large."""
    content = a_zip({"bomb": bytes(70 << 20), "small": bytes(1 << 20)})
    assert [reason for _, reason in listed(content)] == ["suspicious_ratio", None]


def test_members_that_are_traps_together_end_the_list() -> None:
    """Each may be harmless alone."""
    content = a_zip({str(number): bytes(1 << 20) for number in range(8)})
    limits = Limits(inflated_bytes=3 << 20, inflated_ratio=10)
    assert until_error(content, limits) == ([("0", None), ("1", None), ("2", None)], "archive_bomb")


@pytest.mark.parametrize("lie", ["smaller", "larger", "checksum", "packed", "elsewhere", "flipped"])
def test_a_member_that_lies_is_never_given_out(lie: str) -> None:
    """Neither cut to the size that it claims, nor filled up, nor damaged."""
    content = bytearray(a_zip({"a": b"abc" * 1000}))
    (member,) = [member for member, _ in listed(bytes(content))]
    told = {
        "smaller": replace(member, num_bytes=10),
        "larger": replace(member, num_bytes=3001),
        "checksum": replace(member, crc32=1),
        "packed": replace(member, num_packed_bytes=1 << 40),
        "elsewhere": replace(member, offset=3),
        "flipped": member,
    }
    if lie == "flipped":
        content[40:50] = bytes(10)
    with pytest.raises(RejectedFileError) as caught:
        read_zip_member(io.BytesIO(content), told[lie])
    assert caught.value.reason_code == "damaged_member"


def test_a_cut_zip_gives_what_is_whole() -> None:
    """The members before the cut, the one that is cut with a reason, then the archive's own."""
    content = a_zip({"a": b"abc", "b": bytes(5000), "c": b"x"}, 0)[:4000]
    assert until_error(content, Limits()) == ([("a", None), ("b", "truncated_member")], "archive_damaged")


@pytest.mark.parametrize(
    ("name", "expected"), [("[Content_Types].xml", True), ("mimetype", True), ("a", False)]
)
def test_a_document_is_no_archive_of_pictures(name: str, expected: bool) -> None:
    """Its own pictures are decoration."""
    content = a_zip({name: b"", "word/media/image1.png": b""})
    assert is_document(io.BytesIO(content), len(content)) is expected
    assert not is_document(io.BytesIO(content[:50]), 50)
