"""Where files come from: folders at any depth and single files, in a stable order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import IngestError


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    Attributes:
        path: where it lies on this machine; never leaves the process but for the operator's file.
        relative_path: its place below what the user named, with forward slashes; only its keyed hash
            is stored.
    """

    path: Path
    relative_path: str


def check_sources(paths: Sequence[Path]) -> None:
    """Refuse what cannot be walked before any work is done.

    Raises:
        IngestError: nothing was named, or a path is missing or may not be read.
    """
    if not paths:
        raise IngestError("Nothing to ingest. Name at least one folder or file.")
    for path in paths:
        if not path.exists():
            raise IngestError(f"There is no folder or file {path}. Check the name.")
        if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
            raise IngestError(f"{path} may not be read by this user. Change its permissions.")


def find_files(paths: Sequence[Path]) -> Iterator[SourceFile]:
    """Yield every file below the given paths, sorted by name in each folder.

    Args:
        paths: folders, walked to any depth without following links to folders, and single files.

    The walk is lazy: memory does not grow with the number of files.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk(path, path)
        else:
            yield SourceFile(path, path.name)


def count_files(paths: Sequence[Path]) -> int:
    """Return how many files `find_files` will yield."""
    return sum(1 for _ in find_files(paths))


def _walk(folder: Path, root: Path) -> Iterator[SourceFile]:
    """Yield the files below a folder; one that may not be listed stands for itself, to be rejected."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        yield SourceFile(folder, folder.relative_to(root).as_posix())
        return
    for entry in found:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path, root)
        elif not path.is_dir():  # unlike the entry's own, it takes a link to itself for no folder
            yield SourceFile(path, path.relative_to(root).as_posix())
