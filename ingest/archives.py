"""Archives as sources: what is inside, in a stable order, and the bytes of one member.

A member of a zip or of a plain tar is read by whoever reads its file, from the archive where it lies. A
compressed tar can only be read forward: who lists it hands each member's bytes on, so that it is unpacked
once; a member too large for that is looked for again by its reader, who keeps the archive open behind it.

Nothing is unpacked to disk, so a name that climbs out of its archive (`../`, or from the root) leads
nowhere: names are hashed and shown, never opened. Links are not followed. An archive inside an archive
is not entered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from foundation.errors import RejectedFileError
from imaging.limits import Limits
from ingest.archive_kinds import HEAD_BYTES, PackedKind, find_packed_kind
from ingest.source_files import MEMBER_SEPARATOR, ArchiveKind, Member, Problem, SourceFile
from ingest.tar_archives import TarMember, iterate_tar
from ingest.tar_headers import BLOCK, is_tar
from ingest.unpacked_streams import ByteStream, UnpackedStream, open_stream
from ingest.zip_archives import is_document, iterate_zip, read_zip_member

MOST_CARRIED_BYTES = 16 << 20
"""A member of a compressed tar that is larger is not handed on, but looked for again by its reader."""

_MOST_OPEN = 8
_TAR_KINDS: dict[PackedKind, ArchiveKind] = {
    "tar": "tar",
    "gz": "tar.gz",
    "bz2": "tar.bz2",
    "xz": "tar.xz",
    "zst": "tar.zst",
}
_PACKED_KINDS: dict[ArchiveKind, PackedKind] = {kind: packed for packed, kind in _TAR_KINDS.items()}

_EMPTY = Problem("empty_archive", "The archive holds no file.")
_FOREIGN = Problem("unsupported_archive", "The file is a RAR or 7z archive; unpack it, or pack it as zip.")
_COMPRESSED = Problem(
    "compressed_file", "The file is compressed and no tar archive; unpack it (gunzip, bunzip2, xz, zstd)."
)
_NESTED = Problem("nested_archive", "The member is an archive itself; archives in archives are not entered.")
_CUT = Problem("truncated_member", "The archive is cut or damaged in the middle of this member.")
_UNREADABLE_ARCHIVE = Problem("unreadable_file", "The archive could not be read to its end.")
_CHANGED = RejectedFileError("archive_changed", "The archive was changed while it was read; ingest it again.")


def enter(source: SourceFile, limits: Limits) -> Iterator[SourceFile]:
    """Yield a file as it is, or, where it is an archive, what is inside.

    An archive that is cut or damaged is followed by one entry of its own, with the reason.

    Args:
        source: a file on disk.
        limits: for archives that unpack to more than their size can hold.
    """
    kind = packed_kind_of(source)
    if kind is None:
        yield source
        return
    if kind == "foreign":
        yield replace(source, problem=_FOREIGN)
        return
    ahead: SourceFile | None = None
    for found in _members(source, kind, limits):
        if ahead is not None:
            yield ahead
        ahead = found
    # Only the last one may say that nothing of the archive follows.
    yield replace(ahead, ends_path=True) if ahead is not None else replace(source, problem=_EMPTY)


def count_inside(source: SourceFile, limits: Limits) -> int | None:
    """Return how many files `enter` yields; None where only unpacking the archive would tell."""
    kind = packed_kind_of(source)
    if kind is None or kind == "foreign":
        return 1
    if kind in ("zip", "tar"):
        return sum(1 for _ in enter(source, limits))
    try:
        return None if _is_compressed_tar(source.path, kind, limits) else 1
    except (OSError, RejectedFileError):
        return 1


def packed_kind_of(source: SourceFile) -> PackedKind | None:
    """Return how a file on disk is packed; None for no archive, or a file that cannot be read."""
    if source.problem is not None:
        return None
    try:
        if not source.path.is_file():
            return None
        with source.path.open("rb", buffering=0) as file:
            kind = find_packed_kind(file.read(HEAD_BYTES))
        if kind == "zip":
            with source.path.open("rb") as file:
                return None if is_document(file, source.path.stat().st_size) else kind
    except OSError:
        return None
    return kind


def is_nested(content: bytes) -> bool:
    """Return whether the bytes of a member are an archive."""
    return find_packed_kind(content[:HEAD_BYTES]) is not None


def read_member(source: SourceFile, *, max_bytes: int) -> bytes:
    """Return the bytes of a member of an archive.

    Each process keeps the archives open that it has read from last, until they are changed.

    Raises:
        RejectedFileError: they are cut, damaged or too many, or are an archive themselves.
        OSError: the archive cannot be read.
    """
    member = source.member
    if member is None:
        raise RejectedFileError("unreadable_file", "The file is no member of an archive.")
    if member.num_bytes > max_bytes:
        raise RejectedFileError(
            "file_too_large",
            f"The member is larger than the limit of {max_bytes} bytes. Received: {member.num_bytes}.",
        )
    if source.content is not None:
        content = source.content
    elif member.kind == "zip":
        content = read_zip_member(_OPEN.file(source.path, member), member)
    else:
        content = _read_from_tar(source.path, member)
    if is_nested(content):
        raise RejectedFileError(_NESTED.reason_code, _NESTED.detail)
    return content


def _members(source: SourceFile, kind: PackedKind, limits: Limits) -> Iterator[SourceFile]:
    """Yield the members, and the archive itself where something kept us from reading it to its end."""
    try:
        if kind == "zip":
            yield from _zip_members(source, limits)
        elif kind == "tar" or _is_compressed_tar(source.path, kind, limits):
            yield from _tar_members(source, kind, limits)
        else:
            yield replace(source, problem=_COMPRESSED)
    except RejectedFileError as error:
        yield replace(source, problem=Problem(error.reason_code, error.detail))
    except OSError:
        yield replace(source, problem=_UNREADABLE_ARCHIVE)


def _is_compressed_tar(path: Path, kind: PackedKind, limits: Limits) -> bool:
    with path.open("rb") as file:
        return is_tar(UnpackedStream(file, kind, limits).read(BLOCK))


def _zip_members(source: SourceFile, limits: Limits) -> Iterator[SourceFile]:
    with source.path.open("rb") as file:
        for member, problem in iterate_zip(file, _stamp(source.path), limits, name_of=_plain_name):
            yield _inside(source, member, problem, None)


def _tar_members(source: SourceFile, kind: PackedKind, limits: Limits) -> Iterator[SourceFile]:
    stamp = _stamp(source.path)
    file, stream = open_stream(source.path, kind, limits)
    with file:
        for found in iterate_tar(stream):
            member = Member(_TAR_KINDS[kind], _plain_name(found.name), found.offset, found.num_bytes, stamp)
            if found.problem is not None or kind == "tar":
                problem = found.problem or _cut(found, stamp)
                yield _inside(source, member, problem, None)
            elif found.num_bytes > MOST_CARRIED_BYTES:
                yield _inside(source, member, None, None)
            else:
                yield from _carried(source, member, stream)


def _cut(found: TarMember, stamp: tuple[int, int]) -> Problem | None:
    return _CUT if found.offset + found.num_bytes > stamp[0] else None


def _carried(source: SourceFile, member: Member, stream: ByteStream) -> Iterator[SourceFile]:
    """Yield a member with its bytes; the one that the archive breaks off in has a reason."""
    try:
        content = stream.read(member.num_bytes)
    except RejectedFileError:
        yield _inside(source, member, _CUT, None)
        raise
    # Where it is shorter, so is the archive: whoever looks for the next member will say so.
    whole = len(content) == member.num_bytes
    yield _inside(source, member, None if whole else _CUT, content if whole else None)


def _inside(source: SourceFile, member: Member, problem: Problem | None, content: bytes | None) -> SourceFile:
    place = f"{source.relative_path}{MEMBER_SEPARATOR}{member.name}"
    return SourceFile(source.path, place, member, problem, content, ends_path=False)


def _plain_name(name: str) -> str:
    """Return a name without `./`, which some programs put before each."""
    return str(PurePosixPath(name)) if "./" in name or "//" in name else name


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


class _OpenArchives(threading.local):
    """The archives that this thread of this process has read from last, still open."""

    def __init__(self) -> None:
        super().__init__()
        self._files: OrderedDict[tuple[Path, tuple[int, int]], BinaryIO] = OrderedDict()
        self._streams: OrderedDict[tuple[Path, tuple[int, int]], tuple[BinaryIO, ByteStream]] = OrderedDict()

    def file(self, path: Path, member: Member) -> BinaryIO:
        """Return the open file of an archive that is still the one that was listed.

        Raises:
            RejectedFileError: it was changed since.
            OSError: it cannot be opened.
        """
        key = (path, member.archive_stamp)
        if _stamp(path) != member.archive_stamp:
            raise _CHANGED
        file = self._files.pop(key, None) or path.open("rb")
        self._files[key] = file
        while len(self._files) > _MOST_OPEN:
            self._files.popitem(last=False)[1].close()
        return file

    def close(self) -> None:
        """Close them all."""
        while self._files:
            self._files.popitem()[1].close()
        self.forget_streams()

    def forget_streams(self) -> None:
        """Close what is read forward only: after an error nobody knows where it stands."""
        while self._streams:
            self._streams.popitem()[1][0].close()

    def stream(self, path: Path, member: Member) -> ByteStream:
        """Return the unpacked bytes of a compressed tar, not yet behind the member.

        Raises: as `file`.
        """
        key = (path, member.archive_stamp)
        if _stamp(path) != member.archive_stamp:
            raise _CHANGED
        held = self._streams.pop(key, None)
        if held is not None and held[1].position > member.offset:
            held[0].close()
            held = None
        # Whether it is a trap was judged when it was listed: the member lies in what was allowed.
        held = held or open_stream(path, _PACKED_KINDS[member.kind], Limits(inflated_ratio=1 << 30))
        self._streams[key] = held
        while len(self._streams) > 1:
            self._streams.popitem(last=False)[1][0].close()
        return held[1]


_OPEN = _OpenArchives()


def _read_from_tar(path: Path, member: Member) -> bytes:
    if member.kind == "tar":
        file = _OPEN.file(path, member)
        file.seek(member.offset)
        content = file.read(member.num_bytes)
    else:
        stream = _OPEN.stream(path, member)
        try:
            stream.skip_to(member.offset)
            content = stream.read(member.num_bytes)
        except RejectedFileError:
            _OPEN.forget_streams()
            raise
    if len(content) < member.num_bytes:
        raise RejectedFileError(_CUT.reason_code, _CUT.detail)
    return content
