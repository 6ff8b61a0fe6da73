"""The members of a zip, and the bytes of one; nothing is written to disk."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

import zstandard
from isal import isal_zlib

from foundation.errors import RejectedFileError
from imaging.limits import Limits
from ingest.source_files import Member, Problem
from ingest.tar_archives import LINK
from ingest.unpacked_streams import ZLIB_ERRORS
from ingest.zip_directory import ZipEntry, iterate_directory, iterate_local_headers, packed_bytes_offset

_MOST_WINDOW_BYTES = 256 << 20
_DOCUMENT_NAMES = {"[Content_Types].xml", "mimetype"}
_DOCUMENT_ENTRIES = 16
"""A text document or table is a zip as well; its first members say so."""

_ENCRYPTED = Problem("encrypted_member", "The member is encrypted; unpack the archive with its password.")
_CUT = Problem("truncated_member", "The archive was cut in the middle of this member.")
_METHOD = Problem("unsupported_compression", "The member is packed by a method that is not read; repack it.")
_BOMB = RejectedFileError(
    "archive_bomb",
    "The members of the zip are larger together than its size can hold; it is a trap. Those before that "
    "were read, the rest not.",
)


def is_document(file: BinaryIO, num_bytes: int) -> bool:
    """Return whether a zip is an office document, an e-book or the like: no archive of pictures."""
    try:
        for number, entry in enumerate(iterate_directory(file, num_bytes)):
            if entry.name in _DOCUMENT_NAMES:
                return True
            if number >= _DOCUMENT_ENTRIES:
                break
    except RejectedFileError:
        pass  # told when its members are listed
    return False


def iterate_zip(
    file: BinaryIO,
    stamp: tuple[int, int],
    limits: Limits,
    *,
    name_of: Callable[[str], str] = str,
) -> Iterator[tuple[Member, Problem | None]]:
    """Yield each member but folders, with the reason why it is not to be read.

    Args:
        file: open for reading.
        stamp: its size and time of change.
        limits: for the sizes that the members declare.
        name_of: from the name in the archive to that of the member.

    Raises:
        RejectedFileError: the directory is damaged, or the sizes are a trap. What came before is sound.
    """
    num_bytes = stamp[0]
    try:
        for _ in iterate_directory(file, num_bytes):
            pass
    except RejectedFileError:
        yield from _judged(iterate_local_headers(file, num_bytes), stamp, limits, name_of)
        raise
    yield from _judged(iterate_directory(file, num_bytes), stamp, limits, name_of)


def _judged(
    entries: Iterator[ZipEntry], stamp: tuple[int, int], limits: Limits, name_of: Callable[[str], str]
) -> Iterator[tuple[Member, Problem | None]]:
    allowed = max(limits.inflated_bytes, limits.inflated_ratio * stamp[0])
    total = 0
    for entry in entries:
        if entry.is_folder:
            continue
        problem = _problem_of(entry, stamp[0], limits)
        total += entry.num_bytes if problem is None else 0
        if total > allowed:
            raise _BOMB
        member = Member(
            kind="zip",
            name=name_of(entry.name),
            offset=entry.offset,
            num_bytes=entry.num_bytes,
            archive_stamp=stamp,
            num_packed_bytes=entry.num_packed_bytes,
            method=entry.method,
            crc32=entry.crc32,
        )
        yield member, problem


def _problem_of(entry: ZipEntry, archive_bytes: int, limits: Limits) -> Problem | None:
    if entry.is_link:
        return LINK
    if entry.is_encrypted:
        return _ENCRYPTED
    if entry.method not in _UNPACKERS:
        return _METHOD
    if entry.offset + entry.num_packed_bytes > archive_bytes:
        return _CUT
    if entry.num_bytes > limits.inflated_bytes_for(entry.num_packed_bytes) and entry.method:
        return Problem(
            "suspicious_ratio",
            f"The member unpacks to {entry.num_bytes} bytes from {entry.num_packed_bytes}; it is a trap.",
        )
    return None


def read_zip_member(file: BinaryIO, member: Member) -> bytes:
    """Return the bytes of a member.

    Args:
        file: its archive, open for reading.
        member: not larger than the caller has room for.

    Raises:
        RejectedFileError: it is cut or damaged, or another size or checksum than the zip says.
    """
    # What does not shrink may grow by a little.
    if member.num_packed_bytes > member.num_bytes + member.num_bytes // 8 + (1 << 16):
        raise _damaged()
    file.seek(packed_bytes_offset(file, member.offset))
    packed = file.read(member.num_packed_bytes)
    if len(packed) < member.num_packed_bytes:
        raise RejectedFileError(_CUT.reason_code, _CUT.detail)
    try:
        content = _UNPACKERS[member.method](packed, member.num_bytes)
    except (
        EOFError, OSError, ValueError, struct.error, *ZLIB_ERRORS, lzma.LZMAError,
        zstandard.ZstdError,
    ) as error:  # fmt: skip
        raise _damaged() from error
    if len(content) != member.num_bytes or isal_zlib.crc32(content) != member.crc32:
        raise _damaged()
    return content


def _damaged() -> RejectedFileError:
    return RejectedFileError(
        "damaged_member", "The member is not what the zip's directory says (size or checksum); it is damaged."
    )


def _stored(packed: bytes, size: int) -> bytes:
    return packed


def _deflated(packed: bytes, size: int) -> bytes:
    return bytes(isal_zlib.decompressobj(wbits=-15).decompress(packed, max_length=size + 1))


def _by_bzip2(packed: bytes, size: int) -> bytes:
    return bz2.BZ2Decompressor().decompress(packed, max_length=size + 1)


def _by_lzma(packed: bytes, size: int) -> bytes:
    # APPNOTE 5.8.8: two bytes of version, two of length, then LZMA's five of properties.
    (length,) = struct.unpack_from("<H", packed, 2)
    properties, window = struct.unpack_from("<BL", packed, 4)
    chosen = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": min(max(window, 4096), _MOST_WINDOW_BYTES),
        "lc": properties % 9,
        "lp": properties // 9 % 5,
        "pb": properties // 45,
    }
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chosen])
    return decompressor.decompress(packed[4 + length :], max_length=size + 1)


def _by_zstandard(packed: bytes, size: int) -> bytes:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW_BYTES)
    with decompressor.stream_reader(io.BytesIO(packed)) as stream:
        return bytes(stream.read(size + 1))


# APPNOTE 4.4.5.
_UNPACKERS: dict[int, Callable[[bytes, int], bytes]] = {
    0: _stored,
    8: _deflated,
    12: _by_bzip2,
    14: _by_lzma,
    93: _by_zstandard,
}
