"""Directories of zips."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from foundation.errors import RejectedFileError
from ingest.zip_directory import ZipEntry, iterate_directory, iterate_local_headers, packed_bytes_offset


def a_zip(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """Return a zip as the library writes it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.comment = comment
    return stream.getvalue()


def entries(content: bytes) -> list[ZipEntry]:
    """Return what the directory lists."""
    return list(iterate_directory(io.BytesIO(content), len(content)))


FILES = {f"d/{number}": bytes(number) for number in range(300)}


def test_the_directory_is_what_the_library_reads() -> None:
    """Name, place, sizes, method, checksum; in its order."""
    content = a_zip(FILES, comment=b"a comment" * 50)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        expected = [
            (one.filename, one.header_offset, one.file_size, one.compress_size, one.compress_type, one.CRC)
            for one in archive.infolist()
        ]
    assert [
        (one.name, one.offset, one.num_bytes, one.num_packed_bytes, one.method, one.crc32)
        for one in entries(content)
    ] == expected


@pytest.mark.parametrize("behind", [b"", b"something added"])
def test_the_end_is_found_though_a_comment_looks_like_one(behind: bytes) -> None:
    """And though other bytes stand behind it."""
    content = a_zip({"a": b"abc"}, comment=b"" if behind else b"PK\x05\x06 is no end, " * 5) + behind
    assert [entry.name for entry in entries(content)] == ["a"]


def test_a_directory_larger_than_one_reading_is_whole() -> None:
    """Entries that lie across two pieces included."""
    names = {f"{'n' * 200}/{number}": b"" for number in range(3000)}
    assert [entry.name for entry in entries(a_zip(names))] == list(names)


def test_what_stands_before_a_zip_moves_its_members() -> None:
    """A program that unpacks itself, for one."""
    content = b"#!/bin/sh\n" * 99 + a_zip({"a": b"abc"})
    (entry,) = entries(content)
    at = packed_bytes_offset(io.BytesIO(content), entry.offset)
    assert content[entry.offset :][:4] == b"PK\x03\x04"
    assert at > entry.offset


def test_large_zips_keep_their_numbers_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zip64, made small: sizes and places from the extension, the end from its locator."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    content = a_zip({"a": bytes(100), "b": bytes(200)}, method=zipfile.ZIP_STORED)
    assert b"PK\x06\x06" in content
    for shifted in (content, b"before" + content):
        found = entries(shifted)
        assert [(one.name, one.num_bytes) for one in found] == [("a", 100), ("b", 200)]
        assert [shifted[one.offset :][:4] for one in found] == [b"PK\x03\x04"] * 2


@pytest.mark.parametrize(
    ("raw", "flags", "expected"),
    [
        (b"\xc3\xa9/1", 0x800, "\u00e9/1"),
        (b"\xc3\xa9/1", 0, "\u00e9/1"),
        (b"\x82/1", 0, "\u00e9/1"),
        (b"a\\b.dcm", 0, "a/b.dcm"),
        (b"\xff/1", 0x800, "\udcff/1"),
    ],
)
def test_names_are_text_whoever_wrote_them(raw: bytes, flags: int, expected: str) -> None:
    """UTF-8 said or not, the first PC's code page, a backslash for a slash."""
    content = bytearray(a_zip({"x" * len(raw): b""}))
    at = content.index(b"PK\x01\x02")
    content[at + 46 : at + 46 + len(raw)] = raw
    struct.pack_into("<H", content, at + 8, flags)
    assert [entry.name for entry in entries(bytes(content))] == [expected]


def test_links_folders_and_encryption_are_known() -> None:
    """By mode, by slash, by flag."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.mkdir("folder")
        archive.writestr("plain", b"")
    content = bytearray(stream.getvalue())
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<H", content, at + 8, 1)
    link_entry, folder, plain = entries(bytes(content))
    assert (link_entry.is_link, folder.is_folder, plain.is_encrypted) == (True, True, True)
    assert (link_entry.is_folder, folder.is_link, link_entry.is_encrypted) == (False, False, False)


@pytest.mark.parametrize("damage", ["no end", "cut end", "cut inside", "flipped", "beyond", "split"])
def test_a_directory_that_cannot_be_read_is_a_reason(damage: str) -> None:
    """Never a wrong list."""
    content = bytearray(a_zip(FILES))
    if damage in ("no end", "cut end"):
        content = content[: -22 if damage == "no end" else -5]
    elif damage == "cut inside":
        content = content[: content.rindex(b"PK\x01\x02")]
    elif damage == "flipped":
        content[content.rindex(b"PK\x01\x02")] ^= 1
    elif damage == "beyond":
        struct.pack_into("<L", content, len(content) - 10, 0xFFFFFF)
    else:
        struct.pack_into("<H", content, len(content) - 18, 3)
    with pytest.raises(RejectedFileError) as caught:
        entries(bytes(content))
    assert caught.value.reason_code == ("split_archive" if damage == "split" else "archive_damaged")


def test_members_are_found_without_a_directory(tmp_path: Path) -> None:
    """From the beginning, by their own headers; the last one may be cut."""
    content = a_zip({"a": b"abc", "b": bytes(5000), "c": b"x"}, method=zipfile.ZIP_STORED)
    cut = content[:4000]
    found = list(iterate_local_headers(io.BytesIO(cut), len(cut)))
    assert [(one.name, one.num_bytes) for one in found] == [("a", 3), ("b", 5000)]
    assert found[1].offset + found[1].num_packed_bytes > len(cut)


def test_a_search_without_directory_ends_where_sizes_are_unknown() -> None:
    """A zip that was written to a pipe says how long a member is behind it only."""
    content = bytearray(a_zip({"a": b"abc"}))
    struct.pack_into("<H", content, 6, 8)
    struct.pack_into("<LL", content, 18, 0, 0)
    assert list(iterate_local_headers(io.BytesIO(bytes(content)), len(content))) == []


def test_a_place_without_header_is_a_reason() -> None:
    """The directory may lie."""
    with pytest.raises(RejectedFileError, match="not where"):
        packed_bytes_offset(io.BytesIO(bytes(100)), 50)
