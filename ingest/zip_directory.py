"""The list of members at the end of a zip, entry by entry; and the members of a zip that lost its list.

Read here, not by the library: that one holds every entry in memory, in each process that opens the zip.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16 (its end).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from foundation.errors import RejectedFileError

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_LOCAL_SIGNATURE, _CENTRAL_SIGNATURE, _END_SIGNATURE = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
_IN_EXTENSION = 0xFFFFFFFF
_ZIP64_EXTENSION = 0x0001
_ENCRYPTED, _SIZES_FOLLOW, _UTF_8 = 0x0001, 0x0008, 0x0800
_UNIX = 3
_TYPE_BITS, _LINK_TYPE, _FOLDER_TYPE = 0o170000, 0o120000, 0o040000


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One entry, as its header has it.

    Attributes:
        name: of the member; folders end with a slash.
        offset: of its local header.
        num_bytes: its size.
        num_packed_bytes: its size in the zip.
        method: how it is packed.
        crc32: of its bytes.
        is_encrypted: it needs a password.
        is_link: it is a symbolic link.
    """

    name: str
    offset: int
    num_bytes: int
    num_packed_bytes: int
    method: int
    crc32: int
    is_encrypted: bool
    is_link: bool

    @property
    def is_folder(self) -> bool:
        """It holds nothing itself."""
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class _Directory:
    start: int
    end: int
    prefix: int


def iterate_directory(file: BinaryIO, num_bytes: int) -> Iterator[ZipEntry]:
    """Yield the entries of a zip's directory, in its order.

    Args:
        file: open for reading.
        num_bytes: its size.

    Raises:
        RejectedFileError: there is no directory, or it is cut or damaged.
    """
    directory = _find_directory(file, num_bytes)
    position = directory.start
    while position < directory.end:
        file.seek(position)
        content = file.read(min(1 << 18, directory.end - position))
        used = 0
        for entry, length in _entries(content, directory.prefix):
            used += length
            yield entry
        if not used:
            raise _damaged()
        position += used


def iterate_local_headers(file: BinaryIO, num_bytes: int) -> Iterator[ZipEntry]:
    """Yield the members that a zip without directory still shows, from its beginning.

    The last one may reach beyond the end of the file. A member whose size stands behind it ends the
    search: where it ends is not known.

    Args:
        file: open for reading.
        num_bytes: its size.
    """
    position = 0
    while position + _LOCAL.size <= num_bytes:
        file.seek(position)
        fields = _LOCAL.unpack(file.read(_LOCAL.size))
        signature, _, flags, method, _, _, crc32, packed, size, name_length, extra_length = fields
        if signature != _LOCAL_SIGNATURE:
            return
        name, extra = file.read(name_length), file.read(extra_length)
        size, packed = _with_extension(extra, [size, packed])
        if flags & _SIZES_FOLLOW and not packed:
            return
        yield ZipEntry(
            _decode(name, flags), position, size, packed, method, crc32, bool(flags & _ENCRYPTED), False
        )
        position += _LOCAL.size + name_length + extra_length + packed


def packed_bytes_offset(file: BinaryIO, offset: int) -> int:
    """Return where the bytes of a member begin, behind its local header.

    Raises:
        RejectedFileError: there is no local header.
    """
    file.seek(offset)
    content = file.read(_LOCAL.size)
    if len(content) < _LOCAL.size or not content.startswith(_LOCAL_SIGNATURE):
        raise RejectedFileError("damaged_member", "The member of the zip is not where its directory says.")
    name_length, extra_length = _LOCAL.unpack(content)[-2:]
    return offset + _LOCAL.size + int(name_length) + int(extra_length)


def _find_directory(file: BinaryIO, num_bytes: int) -> _Directory:
    tail_length = min(num_bytes, _END.size + _LONGEST_COMMENT)
    file.seek(num_bytes - tail_length)
    tail = file.read(tail_length)
    found = _find_end(tail)
    _, disk, _, _, _, size, offset, _ = _END.unpack_from(tail, found)
    end = num_bytes - tail_length + found
    extended = _find_extended_end(file, end)
    if extended is not None:
        end, size, offset = extended
    elif disk not in (0, 0xFFFF):
        raise RejectedFileError("split_archive", "The zip is one part of several; join them first.")
    # Other bytes may stand before the zip: what lies before the directory tells how many.
    start = end - size
    if start < 0 or start < offset:
        raise _damaged()
    return _Directory(start, end, start - offset)


def _find_end(tail: bytes) -> int:
    """Return where the end record lies in the last bytes of a zip; its comment may look like another."""
    last = found = tail.rfind(_END_SIGNATURE)
    while found >= 0:
        if found + _END.size <= len(tail) and found + _END.size + _END.unpack_from(tail, found)[-1] == len(
            tail
        ):
            return found
        found = tail.rfind(_END_SIGNATURE, 0, found)
    if last < 0 or last + _END.size > len(tail):
        raise _damaged()
    return last  # something was added behind it


def _find_extended_end(file: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """Return end, size and offset of the directory of a large zip (zip64); None of another."""
    at = end - _LOCATOR_64.size
    if at < _END_64.size:
        return None
    file.seek(at)
    signature, _, place, _ = _LOCATOR_64.unpack(file.read(_LOCATOR_64.size))
    if signature != b"PK\x06\x07":
        return None
    for position in (place, at - _END_64.size):  # the second where other bytes stand before the zip
        if position + _END_64.size <= at:
            file.seek(position)
            fields = _END_64.unpack(file.read(_END_64.size))
            if fields[0] == b"PK\x06\x06":
                return position, fields[-2], fields[-1]
    raise _damaged()


def _entries(content: bytes, prefix: int) -> Iterator[tuple[ZipEntry, int]]:
    """Yield the whole entries in a piece of the directory, with their lengths."""
    position = 0
    while position + _CENTRAL.size <= len(content):
        fields = _CENTRAL.unpack_from(content, position)
        signature, made_by, _, flags, method, _, _, crc32, packed, size = fields[:10]
        name_length, extra_length, comment_length, _, _, mode, offset = fields[10:]
        if signature != _CENTRAL_SIGNATURE:
            raise _damaged()
        name_at = position + _CENTRAL.size
        length = _CENTRAL.size + name_length + extra_length + comment_length
        if position + length > len(content):
            return
        extra = content[name_at + name_length : name_at + name_length + extra_length]
        size, packed, offset = _with_extension(extra, [size, packed, offset])
        name = _decode(content[name_at : name_at + name_length], flags)
        file_type = mode >> 16 & _TYPE_BITS if made_by >> 8 == _UNIX else 0
        if file_type == _FOLDER_TYPE and not name.endswith("/"):
            name += "/"
        encrypted, is_link = bool(flags & _ENCRYPTED), file_type == _LINK_TYPE
        yield (
            ZipEntry(name, offset + prefix, size, packed, method, crc32, encrypted, is_link),
            length,
        )
        position += length


def _with_extension(extra: bytes, numbers: list[int]) -> list[int]:
    """Return numbers, those that were too large for 32 bits from the extension that holds them."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == _ZIP64_EXTENSION:
            held = extra[position + 4 : position + 4 + length]
            large = iter(struct.unpack(f"<{len(held) // 8}Q", held[: len(held) // 8 * 8]))
            return [next(large, number) if number == _IN_EXTENSION else number for number in numbers]
        position += 4 + length
    return numbers


def _decode(name: bytes, flags: int) -> str:
    """Return a name as text: UTF-8 where it is that, said or not, else the first PC's code page."""
    if flags & _UTF_8:
        text = name.decode("utf-8", "surrogateescape")
    else:
        try:
            text = name.decode("utf-8")
        except UnicodeDecodeError:
            text = name.decode("cp437")
    return text if "/" in text else text.replace("\\", "/")  # some programs for Windows


def _damaged() -> RejectedFileError:
    return RejectedFileError(
        "archive_damaged",
        "The directory at the end of the zip is missing or damaged; the members that could be found "
        "without it were read.",
    )
