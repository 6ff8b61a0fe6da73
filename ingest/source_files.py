"""What a source offers: one file each, on disk or inside an archive, or the reason why it cannot be had."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from ingest.facts import PictureFacts

MEMBER_SEPARATOR = "!"
"""Stands between an archive and a name inside it: `study.zip!inner/1.dcm`."""

ArchiveKind = Literal["zip", "tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file gives no bytes.

    Attributes:
        reason_code: a stable word in snake case, kept in rows.
        detail: one sentence of ours, free of paths.
    """

    reason_code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Member:
    """Where a file lies inside an archive.

    Attributes:
        kind: of the archive.
        name: as the archive has it, but for `./`; it is never used as a place on disk.
        offset: of its local header (zip), or of its bytes in the unpacked stream (tar).
        num_bytes: its size, as the archive says.
        archive_stamp: size and time of change of the archive when it was listed.
        num_packed_bytes: its size in a zip.
        method: how a zip packed it.
        crc32: of its bytes, in a zip.
    """

    kind: ArchiveKind
    name: str
    offset: int
    num_bytes: int
    archive_stamp: tuple[int, int]
    num_packed_bytes: int = 0
    method: int = 0
    crc32: int = 0


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source.

    Attributes:
        path: where it lies on this machine, or the archive that holds it; never leaves the process but
            for the operator's file.
        relative_path: its place below what the user named, with forward slashes, a member's name after
            its archive's and a `!`; only its keyed hash is stored.
        member: where in the archive; None for a file of its own.
        problem: why it gives no bytes; known when it was found.
        content: its bytes where they were met on the way through a compressed archive.
        ends_path: nothing more of `path` follows: all members of an archive but the last say False.
        facts: what a label table says of it.

    Example:
        >>> SourceFile(Path("in/a.dcm"), "a.dcm").told_path
        'in/a.dcm'
    """

    # No representation shows paths: Dask's workers log the arguments of a call that fails.
    path: Path = field(repr=False)
    relative_path: str = field(repr=False)
    member: Member | None = field(default=None, repr=False)
    problem: Problem | None = None
    content: bytes | None = field(default=None, repr=False)
    ends_path: bool = True
    facts: PictureFacts | None = field(default=None, repr=False)

    @property
    def told_path(self) -> str:
        """What the operator's file calls it."""
        return str(self.path) if self.member is None else f"{self.path}{MEMBER_SEPARATOR}{self.member.name}"

    @property
    def name(self) -> str:
        """Its bare name, without folders."""
        return PurePosixPath(self.relative_path if self.member is None else self.member.name).name

    @property
    def folder_path(self) -> str:
        """The path whose last folder holds it: inside its archive, or that of the archive itself.

        Example:
            >>> member = Member("zip", "yes/1.png", offset=0, num_bytes=9, archive_stamp=(0, 0))
            >>> SourceFile(Path("in/set.zip"), "set.zip!yes/1.png", member).folder_path
            'yes/1.png'
        """
        if self.member is None:
            return self.relative_path
        inner = PurePosixPath(self.member.name)
        if inner.parent.name not in ("", ".."):
            return str(inner)
        archive = self.relative_path.removesuffix(f"{MEMBER_SEPARATOR}{inner}")
        return str(PurePosixPath(archive).with_name(inner.name))

    @property
    def num_carried_bytes(self) -> int:
        """How much of it travels with this object to another process."""
        return 0 if self.content is None else len(self.content)
