"""Where the files of an image/label folder lie: on disk, or in a zip or tar, which is not unpacked.

An archive's members are read from where they lie, by whichever process wants them; each keeps the archive
open. Nothing is written to disk, so a name that climbs out (`../`, or from the root) leads nowhere; such
members are left out all the same, as are links, encrypted and damaged members and those that unpack to
more than their size can hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from foundation.errors import FolderError, RejectedFileError
from imaging.limits import Limits
from ingest.archives import enter, packed_kind_of, read_member
from ingest.source_files import Member, SourceFile
from preprocessing.left_out import LeftOut

_MACOS_FOLDER = "__MACOSX"
_READ_IN_PLACE = ("zip", "tar")
_DAMAGED = "It is cut or damaged: make it again from its files."
_REFUSALS = {
    "empty_archive": "It holds no file.",
    "archive_bomb": "Its members are larger together than its size can hold; it is a trap.",
    "split_archive": "It is one part of several: join them first.",
}
_PACKED_ADVICE = "Pack the folder as zip or as plain tar, which can be read in place, or unpack it."


class FolderTree(Protocol):
    """The visible files of a folder, by their names below it with forward slashes."""

    @property
    def path(self) -> Path:
        """What the user named."""

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Files that cannot be had, with their reasons."""

    def names(self, below: str = "") -> list[str]:
        """Return the names of all files below a folder of the tree, sorted."""

    def has(self, name: str) -> bool:
        """Return whether there is a file of that name."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes.

        Raises:
            OSError, RejectedFileError: they cannot be had.
        """

    def place(self, name: str) -> tuple[Path, Member | None]:
        """Return where a file lies: its path, or the archive and the member."""


@dataclass(frozen=True)
class DiskTree:
    """A folder on disk.

    Args:
        path: the folder.
    """

    path: Path
    left_out: tuple[LeftOut, ...] = ()

    def names(self, below: str = "") -> list[str]:
        """Return the names of all regular, visible files below a folder of the tree, sorted."""
        return sorted(_walk(self.path / below, f"{below}/" if below else ""))

    def has(self, name: str) -> bool:
        """Return whether there is a file of that name."""
        return (self.path / name).is_file()

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return (self.path / name).read_bytes()

    def place(self, name: str) -> tuple[Path, Member | None]:
        """Return the path of a file."""
        return self.path / name, None


@dataclass(frozen=True)
class ArchiveTree:
    """A zip or tar.

    Args:
        path: the archive.
        members: by their names below the folder that was packed.
        left_out: members that are not read.
    """

    path: Path
    members: dict[str, Member] = field(repr=False)
    left_out: tuple[LeftOut, ...] = ()

    def names(self, below: str = "") -> list[str]:
        """Return the names of all members below a folder of the tree, sorted."""
        prefix = f"{below}/" if below else ""
        return sorted(name for name in self.members if name.startswith(prefix))

    def has(self, name: str) -> bool:
        """Return whether there is a member of that name."""
        return name in self.members

    def read(self, name: str) -> bytes:
        """Return a member's bytes."""
        return read_file(self.path, self.members[name])

    def place(self, name: str) -> tuple[Path, Member | None]:
        """Return the archive and the member."""
        return self.path, self.members[name]


def open_tree(path: Path) -> FolderTree:
    """Return the files of a folder or archive; nothing of them is read but an archive's list.

    Args:
        path: a folder, a zip or a tar.

    Raises:
        FolderError: it is an archive that cannot be read in place, or is damaged.
    """
    path = path.absolute()
    if not path.is_file():
        return DiskTree(path)
    kind = packed_kind_of(SourceFile(path, path.name))
    if kind is None:
        raise FolderError(f"{path} is no folder and no archive of pictures. {_PACKED_ADVICE}")
    if kind not in _READ_IN_PLACE:
        raise FolderError(f"{path} is a compressed archive that can only be read forward. {_PACKED_ADVICE}")
    return _open_archive(path)


def read_file(path: Path, member: Member | None) -> bytes:
    """Return the bytes of a file, or of a member of the archive at its path.

    Raises:
        OSError: it cannot be read.
        RejectedFileError: the member is damaged, is an archive itself, or the archive was changed.
    """
    if member is None:
        return path.read_bytes()
    return read_member(SourceFile(path, member.name, member), max_bytes=Limits().file_bytes)


def told_name(name: str) -> str:
    r"""Return a name as it may stand in a table: what is no text shows as a question mark.

    Example:
        >>> told_name(b"a\xff.png".decode("utf-8", "surrogateescape"))
        'a?.png'
    """
    return name.encode("utf-8", "replace").decode()


def _open_archive(path: Path) -> ArchiveTree:
    members: dict[str, Member] = {}
    left_out: list[LeftOut] = []
    for found in enter(SourceFile(path, path.name), Limits()):
        if found.member is None:
            refusal = found.problem.reason_code if found.problem else "empty_archive"
            raise FolderError(f"The archive {path} cannot be packed. {_REFUSALS.get(refusal, _DAMAGED)}")
        name = found.member.name
        reason = _reason_against(name, members) if found.problem is None else found.problem.reason_code
        if reason is not None:
            left_out.append(LeftOut(told_name(name), reason))
        elif not _is_hidden(name):
            members[name] = found.member
    below = _folder_of_all(members)
    return ArchiveTree(
        path, {name[len(below) :]: member for name, member in members.items()}, tuple(left_out)
    )


def _reason_against(name: str, members: dict[str, Member]) -> str | None:
    """Return why a member is not taken by its name, None where it may be."""
    parts = PurePosixPath(name).parts
    if not parts:
        return "unreadable_name"
    if name.startswith("/") or ".." in parts or parts[0].endswith(":"):
        return "climbing_name"
    return "repeated_name" if name in members else None


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") for part in parts) or parts[0] == _MACOS_FOLDER


def _folder_of_all(names: dict[str, Member]) -> str:
    """Return the folder that was packed where all lies in it, with a slash."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1:
        return ""
    (top,) = tops
    inner = [name[len(top) + 1 :] for name in names]
    # A picture right below it would have its class there.
    return f"{top}/" if all("/" in name or not _may_be_picture(name) for name in inner) else ""


def _may_be_picture(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"}


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            return
        raise FolderError(f"{folder} cannot be read: {error.strerror}.") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield f"{prefix}{entry.name}"


def unreadable_reason(error: OSError | RejectedFileError) -> str:
    """Return the reason code of a picture whose bytes cannot be had."""
    if isinstance(error, RejectedFileError):
        return error.reason_code
    return "missing_picture" if isinstance(error, FileNotFoundError) else "unreadable_picture"
