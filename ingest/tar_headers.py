"""The blocks of 512 bytes that stand before each member of a tar archive.

Read here, not by the library: that one ends without a word where a header is damaged, keeps every
member in memory, and reads a path of any length an archive claims.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import RejectedFileError

BLOCK = 512
LONGEST_EXTENSION = 1 << 20
"""Most bytes of a path or of further attributes, which POSIX and GNU keep in members of their own."""

REGULAR_TYPES = frozenset({b"0", b"\x00", b"7"})
FOLDER_TYPES = frozenset({b"5", b"D"})
LINK_TYPES = frozenset({b"1", b"2"})
SPARSE_TYPE = b"S"
LABEL_TYPES = frozenset({b"V"})
"""The name of a volume: no member."""
_WITHOUT_BYTES = LINK_TYPES | LABEL_TYPES | {b"3", b"4", b"5", b"6"}

_CHECKSUM = slice(148, 156)
_GNU_EXTENDED, _GNU_SPARSE_EXTENDED = 482, 504


@dataclass(frozen=True, slots=True)
class TarHeader:
    """One header block.

    Attributes:
        name: of the member, as bytes.
        size: of what follows the header, before it is filled up to whole blocks.
        type_flag: one byte.
        has_sparse_blocks: further header blocks follow, of the old GNU format.
    """

    name: bytes
    size: int
    type_flag: bytes
    has_sparse_blocks: bool

    @property
    def num_following_bytes(self) -> int:
        """How far the next header is, behind this one."""
        return 0 if self.type_flag in _WITHOUT_BYTES else padded(self.size)


def padded(size: int) -> int:
    """Return a size filled up to whole blocks.

    Example:
        >>> padded(1), padded(512)
        (512, 512)
    """
    return -(-size // BLOCK) * BLOCK


def is_tar(block: bytes) -> bool:
    """Return whether a block is the header of a tar archive: its own checksum says so.

    Example:
        >>> is_tar(bytes(512))
        False
    """
    if len(block) < BLOCK or not block[0]:
        return False
    return _declared_checksum(block) in _checksums(block)


def read_header(block: bytes) -> TarHeader:
    """Read a header block.

    Raises:
        RejectedFileError: its checksum is another one, or a number in it is none.
    """
    if not is_tar(block):
        raise damaged()
    size = _number(block[124:136])
    if size is None or size < 0:
        raise damaged()
    name = block[:100].split(b"\x00")[0]
    prefix = block[345:500].split(b"\x00")[0]
    type_flag = block[156:157]
    if prefix and block[257:263] == b"ustar\x00" and type_flag != SPARSE_TYPE:
        name = prefix + b"/" + name
    if type_flag == b"\x00" and name.endswith(b"/"):
        type_flag = b"5"  # the oldest format has no type for folders
    return TarHeader(name, size, type_flag, type_flag == SPARSE_TYPE and bool(block[_GNU_EXTENDED]))


def continues_sparse(block: bytes) -> bool:
    """Return whether another block of the same kind follows a sparse header's."""
    return len(block) == BLOCK and bool(block[_GNU_SPARSE_EXTENDED])


def read_attributes(content: bytes) -> dict[str, bytes]:
    """Read POSIX attributes: lines of `length key=value`, the length counting the whole line.

    Raises:
        RejectedFileError: a line is none.

    Example:
        >>> read_attributes(b"12 path=abc" + bytes([10]))
        {'path': b'abc'}
    """
    found = {}
    position = 0
    while position < len(content) and content[position]:
        blank = content.find(b" ", position, position + 20)
        digits = content[position:blank]
        if blank < 0 or not digits.isdigit() or not blank < position + int(digits) <= len(content):
            raise damaged()
        end = position + int(digits)
        key, equals, value = content[blank + 1 : end - 1].partition(b"=")
        if not equals:
            raise damaged()
        found[key.decode("utf-8", "replace")] = value
        position = end
    return found


def damaged() -> RejectedFileError:
    """Return the error for a header that is none."""
    return RejectedFileError(
        "archive_damaged",
        "The tar archive is damaged; the members before the damage were read, those behind it were not.",
    )


def _declared_checksum(block: bytes) -> int | None:
    return _number(block[_CHECKSUM])


def _checksums(block: bytes) -> tuple[int, int]:
    """Return the sum of the bytes, its own field taken as blanks, and the sum of old signed ones."""
    rest = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    total = sum(rest)
    return total, total - 256 * sum(byte > 127 for byte in rest)


def _number(field: bytes) -> int | None:
    """Return an octal number, or one of GNU's in binary; None for neither."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], signed=False) if field[0] == 0x80 else -1
    text = field.split(b"\x00")[0].strip()
    try:
        return int(text, 8) if text else 0
    except ValueError:
        return None
