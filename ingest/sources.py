"""Where files come from: folders, single files, archives, patterns, lists and stdin, in a stable order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from foundation.errors import IngestError
from imaging.limits import Limits
from ingest.archives import count_inside, enter
from ingest.folder_walk import Pattern, walk_folder
from ingest.list_files import check_list, read_list, read_list_stream
from ingest.source_files import SourceFile

__all__ = ["SourceFile", "batch_files", "check_sources", "count_files", "find_files"]

STDIN = Path("-")
_LIST_PREFIX = "@"
_WILDCARDS = set("*?[")

MOST_CARRIED_BYTES = 32 << 20
"""What one batch carries out of compressed archives at most, or one file that is larger."""


def check_sources(paths: Sequence[Path]) -> None:
    """Refuse what cannot be walked before any work is done.

    Raises:
        IngestError: nothing was named, a path or list is missing or may not be read, or a pattern fits
            nothing.
    """
    if not paths:
        raise IngestError("Nothing to ingest. Name at least one folder or file.")
    if paths.count(STDIN) > 1:
        raise IngestError("The list on stdin (-) can be read once only. Name it once.")
    for path in paths:
        if path == STDIN:
            continue
        listed, pattern = _list_of(path), _pattern_of(path)
        if listed is not None:
            check_list(listed)
        elif pattern is not None:
            if next(walk_folder(pattern[0], pattern=pattern[1]), None) is None:
                raise IngestError(f"No file fits the pattern {path}. Check it, and quote it in a shell.")
        elif not path.exists():
            raise IngestError(f"There is no folder or file {path}. Check the name.")
        elif not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
            raise IngestError(f"{path} may not be read by this user. Change its permissions.")


def find_files(paths: Sequence[Path], *, limits: Limits | None = None) -> Iterator[SourceFile]:
    """Yield every file that the paths lead to, what is inside archives in their stead.

    Args:
        paths: folders, walked to any depth without following links to folders; single files; patterns
            (`data/**/*.dcm`); `@FILE` for a list of paths, `-` for a list on stdin. What exists under the
            very name is taken as that.
        limits: for archives that unpack to more than their size can hold; the defaults without it.

    Sorted by name in each folder, by place in each archive and list. The walk is lazy: memory does not
    grow with the number of files, but with the largest folder.

    Raises:
        IngestError: a list cannot be read.
    """
    limits = limits or Limits()
    for place in _find_places(paths):
        yield from enter(place, limits)


def count_files(paths: Sequence[Path], *, limits: Limits | None = None) -> int | None:
    """Return how many files `find_files` will yield; None where nothing but reading it all would tell.

    That is so of stdin and of compressed tar archives.
    """
    if STDIN in paths:
        return None
    limits = limits or Limits()
    total = 0
    for place in _find_places(paths):
        inside = count_inside(place, limits)
        if inside is None:
            return None
        total += inside
    return total


def batch_files(
    files: Iterable[SourceFile], size: int, *, most_carried_bytes: int = MOST_CARRIED_BYTES
) -> Iterator[tuple[SourceFile, ...]]:
    """Yield files in tuples of `size`, fewer where they carry many bytes.

    Args:
        files: from `find_files`.
        size: files in one tuple at most.
        most_carried_bytes: of all files of one tuple, or of one file that carries more.

    Example:
        >>> three = [SourceFile(Path(name), name, content=b"four") for name in "abc"]
        >>> [len(batch) for batch in batch_files(three, 16, most_carried_bytes=8)]
        [2, 1]
    """
    batch: list[SourceFile] = []
    carried = 0
    for file in files:
        if batch and carried + file.num_carried_bytes > most_carried_bytes:
            yield tuple(batch)
            batch, carried = [], 0
        batch.append(file)
        carried += file.num_carried_bytes
        if len(batch) == size:
            yield tuple(batch)
            batch, carried = [], 0
    if batch:
        yield tuple(batch)


def _find_places(paths: Sequence[Path]) -> Iterator[SourceFile]:
    """Yield every file on disk, archives as what they are."""
    for path in paths:
        listed, pattern = _list_of(path), _pattern_of(path)
        if path == STDIN:
            yield from read_list_stream(sys.stdin.buffer, Path())
        elif listed is not None:
            yield from read_list(listed)
        elif pattern is not None:
            yield from walk_folder(pattern[0], pattern=pattern[1])
        elif path.is_dir():
            yield from walk_folder(path)
        else:
            yield SourceFile(path, path.name)


def _list_of(path: Path) -> Path | None:
    """Return the list that `@FILE` names; None where something of that very name is there."""
    text = str(path)
    if not text.startswith(_LIST_PREFIX) or os.path.lexists(path):
        return None
    return Path(text.removeprefix(_LIST_PREFIX))


def _pattern_of(path: Path) -> tuple[Path, Pattern] | None:
    """Return the folder that a pattern starts in and the pattern; None for a path without wildcards."""
    wild = [number for number, part in enumerate(path.parts) if _WILDCARDS & set(part)]
    if not wild or os.path.lexists(path):
        return None
    return Path(*path.parts[: wild[0]]), Pattern(path.parts[wild[0] :])
