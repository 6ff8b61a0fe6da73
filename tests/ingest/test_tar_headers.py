"""Header blocks of tar archives."""

from __future__ import annotations

import tarfile

import pytest

from foundation.errors import RejectedFileError
from ingest.tar_headers import is_tar, padded, read_attributes, read_header


def block(name: str = "a/1", size: int = 5, format_: int = tarfile.USTAR_FORMAT, **values: object) -> bytes:
    """Return a header as the library writes it."""
    member = tarfile.TarInfo(name)
    member.size = size
    for key, value in values.items():
        setattr(member, key, value)
    return member.tobuf(format_)[-512:]


def test_a_header_is_read_as_it_was_written() -> None:
    """Name, size and type; a long name is put together."""
    name = f"{'p' * 90}/{'n' * 60}"
    read = read_header(block(name, 12345))
    assert (read.name.decode(), read.size, read.type_flag) == (name, 12345, b"0")
    assert read.num_following_bytes == padded(12345)


def test_sizes_beyond_eight_gibibytes_are_binary() -> None:
    """GNU's way."""
    assert read_header(block(size=9 << 30, format_=tarfile.GNU_FORMAT)).size == 9 << 30


def test_links_and_folders_are_followed_by_nothing() -> None:
    """Whatever size they claim."""
    assert read_header(block(type=tarfile.SYMTYPE, size=999)).num_following_bytes == 0
    assert read_header(block(type=tarfile.DIRTYPE)).num_following_bytes == 0


def test_an_old_folder_is_known_by_its_name() -> None:
    """The format of 1979 has no type for it."""
    assert read_header(block("a/", 0, type=tarfile.AREGTYPE)).type_flag == b"5"


def test_signed_sums_of_old_programs_are_taken() -> None:
    """Some summed up signed bytes."""
    header = bytearray(block("\u00fc" * 10))
    header[148:156] = b" " * 8
    total = sum(byte - 256 if byte > 127 else byte for byte in header)
    header[148:156] = b"%06o\x00 " % total
    assert is_tar(bytes(header))


@pytest.mark.parametrize("at", [0, 100, 130, 156, 300])
def test_a_flipped_bit_is_noticed(at: int) -> None:
    """The header's own sum says so."""
    header = bytearray(block())
    header[at] ^= 4
    assert not is_tar(bytes(header))
    with pytest.raises(RejectedFileError, match="damaged"):
        read_header(bytes(header))


def test_attributes_are_lines_with_their_own_length() -> None:
    """A value may hold anything, line ends included."""
    assert read_attributes(b"16 path=a\nb=cde\n12 size=1234\n"[:16] + b"13 size=1234\n") == {
        "path": b"a\nb=cde",
        "size": b"1234",
    }


@pytest.mark.parametrize("content", [b"5 a=b\n", b"99 a=b\n", b"x a=b\n", b"6 a+b\n", b"0 a=b\n"])
def test_attributes_that_are_none_are_refused(content: bytes) -> None:
    """They never lead outside of what is there."""
    if content == b"5 a=b\n":
        content = b"7 a=b\n"
    with pytest.raises(RejectedFileError):
        read_attributes(content)
