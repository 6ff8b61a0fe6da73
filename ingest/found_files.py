"""From a file of a source to its bytes: the one door, wherever the file lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import RejectedFileError
from foundation.fingerprints import sha256_of_bytes
from ingest.archives import read_member
from ingest.source_files import Problem, SourceFile

UNREADABLE = "unreadable_file"

_UNREADABLE = Problem(
    UNREADABLE, "The file could not be read: it is gone, is no regular file, or may not be opened."
)
_OUT_OF_MEMORY = Problem(
    "out_of_memory",
    "There is not enough memory to read the file; give ingest fewer workers, or more memory.",
)


@dataclass(frozen=True)
class FoundFile:
    """One file as it was found: its bytes, or why they could not be had.

    Attributes:
        source: where it lies.
        path_key: keyed hash of its place in the source.
        content: None when it could not be read; then `problem` says why.
        sha256: of its bytes; blank when it could not be read.
        num_bytes: its size, 0 where that is not known.
        problem: None where there are bytes.
    """

    source: SourceFile
    path_key: str
    content: bytes | None
    sha256: str
    num_bytes: int
    problem: Problem | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What the database knows the file by."""
        return self.path_key, self.sha256


def find_file(source: SourceFile, *, path_key: str, max_bytes: int) -> FoundFile:
    """Read a file's bytes, from disk or out of its archive; one that cannot be read comes with a reason.

    Only regular files are opened: reading a pipe or a device might never end.

    Args:
        source: the file.
        path_key: keyed hash of its place.
        max_bytes: what is larger is not read.
    """
    num_bytes = _num_bytes(source)
    try:
        content = _read(source, max_bytes)
    except RejectedFileError as error:
        return FoundFile(source, path_key, None, "", num_bytes, Problem(error.reason_code, error.detail))
    except MemoryError:
        return FoundFile(source, path_key, None, "", num_bytes, _OUT_OF_MEMORY)
    except OSError:
        return FoundFile(source, path_key, None, "", num_bytes, _UNREADABLE)
    return FoundFile(source, path_key, content, sha256_of_bytes(content), len(content))


def _read(source: SourceFile, max_bytes: int) -> bytes:
    if source.problem is not None:
        raise RejectedFileError(source.problem.reason_code, source.problem.detail)
    if source.member is not None:
        return read_member(source, max_bytes=max_bytes)
    return _read_from_disk(source.path, max_bytes)


def _read_from_disk(path: Path, max_bytes: int) -> bytes:
    if not path.is_file():
        raise RejectedFileError(_UNREADABLE.reason_code, _UNREADABLE.detail)
    with path.open("rb") as file:
        # As much as it says, and a byte that tells whether it has grown: what is asked for is taken from
        # memory at once.
        num_bytes = os.fstat(file.fileno()).st_size
        content = file.read(num_bytes + 1) if num_bytes <= max_bytes else None
    if content is None or len(content) > max_bytes:
        raise RejectedFileError("file_too_large", f"The file is larger than the limit of {max_bytes} bytes.")
    return content


def _num_bytes(source: SourceFile) -> int:
    if source.member is not None:
        return source.member.num_bytes
    try:
        return source.path.stat().st_size if source.path.is_file() else 0
    except OSError:
        return 0
