"""The members of a tar archive, packed or not, in their order; memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from foundation.errors import RejectedFileError
from ingest.source_files import Problem
from ingest.tar_headers import (
    BLOCK,
    FOLDER_TYPES,
    LABEL_TYPES,
    LINK_TYPES,
    LONGEST_EXTENSION,
    REGULAR_TYPES,
    SPARSE_TYPE,
    TarHeader,
    continues_sparse,
    damaged,
    padded,
    read_attributes,
    read_header,
)
from ingest.unpacked_streams import ByteStream

LINK = Problem("archive_link", "The member is a link; links in archives are not followed.")
_DEVICE = Problem("not_a_regular_file", "The member is a device or a pipe; expected a regular file.")
_SPARSE = Problem(
    "sparse_member", "The member is kept with its gaps left out (sparse), which is not read; pack it whole."
)
_BEHIND_EVERYTHING = 1 << 62
_LONG_NAME, _LONG_LINK, _POSIX, _POSIX_GLOBAL = b"L", b"K", b"x", b"g"


@dataclass(frozen=True, slots=True)
class TarMember:
    """One member.

    Attributes:
        name: as the archive has it.
        offset: of its bytes, in the unpacked archive.
        num_bytes: its size.
        problem: why it is not to be read.
    """

    name: str
    offset: int
    num_bytes: int
    problem: Problem | None


class _Attributes:
    """What stands before a header and belongs to it: a long name, and what POSIX says besides."""

    def __init__(self) -> None:
        self._global: dict[str, bytes] = {}
        self._own: dict[str, bytes] = {}
        self._long_name: bytes | None = None

    def take(self, header: TarHeader, content: bytes) -> None:
        """Keep the content of a member that describes the next one, or all that follow."""
        if header.type_flag == _LONG_NAME:
            self._long_name = content.split(b"\x00")[0]
        elif header.type_flag == _POSIX:
            self._own = read_attributes(content)
        elif header.type_flag == _POSIX_GLOBAL:
            self._global.update(read_attributes(content))

    def apply(self, header: TarHeader) -> tuple[TarHeader, bool]:
        """Return a header with what was said of it, and whether its bytes have gaps; forget the rest."""
        said = {**self._global, **self._own}
        name = said.get("path", self._long_name if self._long_name is not None else header.name)
        size = said.get("size", b"%d" % header.size)
        sparse = header.type_flag == SPARSE_TYPE or any(key.startswith("GNU.sparse.") for key in said)
        name = said.get("GNU.sparse.name", name)
        self._own, self._long_name = {}, None
        if not size.isdigit():
            raise damaged()
        return TarHeader(name, int(size), header.type_flag, header.has_sparse_blocks), sparse


def iterate_tar(stream: ByteStream) -> Iterator[TarMember]:
    """Yield each member but folders; whoever takes one may read its bytes from the stream.

    Args:
        stream: at the beginning of the archive.

    Raises:
        RejectedFileError: the archive is cut or damaged. What came before is sound.
    """
    attributes = _Attributes()
    while (block := stream.read(BLOCK)).strip(b"\x00"):
        header = read_header(_whole(block))
        if header.type_flag in (_LONG_NAME, _LONG_LINK, _POSIX, _POSIX_GLOBAL):
            attributes.take(header, _extension(stream, header))
            continue
        header, is_sparse = attributes.apply(header)
        more = header.has_sparse_blocks
        while more:
            more = continues_sparse(_whole(stream.read(BLOCK)))
        offset = stream.position
        if header.type_flag not in FOLDER_TYPES | LABEL_TYPES:
            name = header.name.decode("utf-8", "surrogateescape")
            yield TarMember(name, offset, header.size, _SPARSE if is_sparse else _problem_of(header))
        _go_on(stream, offset, header)
    # POSIX: an archive ends with blocks of zeros. One that ends without was cut where a member ends.
    _whole(block)
    # The checksum of what is compressed stands at its very end: without a look there, nobody misses a bit.
    stream.skip_to(_BEHIND_EVERYTHING)


def _problem_of(header: TarHeader) -> Problem | None:
    if header.type_flag in REGULAR_TYPES:
        return None
    return LINK if header.type_flag in LINK_TYPES else _DEVICE


def _extension(stream: ByteStream, header: TarHeader) -> bytes:
    if header.size > LONGEST_EXTENSION:
        raise damaged()
    content = stream.read(padded(header.size))
    if len(content) < padded(header.size):
        raise _truncated()
    return content[: header.size]


def _go_on(stream: ByteStream, offset: int, header: TarHeader) -> None:
    """Go on to the next header."""
    following = offset + header.num_following_bytes
    stream.skip_to(following)
    if stream.position < following:
        raise _truncated()


def _whole(block: bytes) -> bytes:
    if len(block) < BLOCK:
        raise _truncated()
    return block


def _truncated() -> RejectedFileError:
    return RejectedFileError(
        "archive_truncated",
        "The tar archive ends before its end marker; the members before that were read.",
    )
