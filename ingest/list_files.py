"""Lists of files: one path a line, relative to the list's folder, from a file or from stdin.

Blank lines and lines that begin with `#` are left out. A list whose first bytes hold a NUL (as `find
-print0` writes it) is one of names ended by NULs, so that a name may hold any byte.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from foundation.errors import IngestError
from imaging.sniffing import sniff
from ingest.folder_walk import walk_folder
from ingest.source_files import Problem, SourceFile

LONGEST_LINE = 1 << 16
MISSING = Problem("missing_file", "The list names a file that is not there, or that may not be looked at.")
_TOO_LONG = Problem("list_line_too_long", f"A line of the list is longer than {LONGEST_LINE} bytes.")
_STEP = 1 << 16


def check_list(path: Path) -> None:
    """Refuse a list that is none, before any work is done.

    Raises:
        IngestError: it cannot be read, is a picture, or is not in UTF-8.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise IngestError(f"The list {path} cannot be read: {error.strerror}. Check the name.") from error
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise IngestError(f"The list {path} is in UTF-16. Save it as UTF-8, one path a line.")
    if sniff(head) is not None:
        raise IngestError(f"{path} is no list but a picture. Name it without the @.")


def read_list(path: Path) -> Iterator[SourceFile]:
    """Yield the files that a list names; one that is missing comes with a reason.

    Args:
        path: the list. What it names is looked for from the list's own folder.

    Raises:
        IngestError: the list cannot be read.
    """
    check_list(path)
    with path.open("rb") as stream:
        yield from read_list_stream(stream, path.parent)


def read_list_stream(stream: BinaryIO, folder: Path) -> Iterator[SourceFile]:
    """Yield the files that a list names, read as it comes.

    Args:
        stream: of a list file, or stdin.
        folder: what relative paths start from.
    """
    root = folder.absolute()
    for number, line in enumerate(_lines(stream), start=1):
        if line is None:
            yield SourceFile(folder, f"line {number}", problem=_TOO_LONG)
            continue
        path = folder / os.fsdecode(line)
        yield from _named(path, _place(path.absolute(), root))


def _named(path: Path, place: str) -> Iterator[SourceFile]:
    try:
        is_folder, is_there = path.is_dir(), path.exists() or path.is_symlink()
    except (OSError, ValueError):  # a name too long, or in a folder that is closed to us
        is_folder, is_there = False, False
    if is_folder:
        yield from walk_folder(path, place)
    else:
        yield SourceFile(path, place, problem=None if is_there else MISSING)


def _place(path: Path, root: Path) -> str:
    """Return the place below the list's folder, or the whole path where it lies elsewhere."""
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return path.as_posix().lstrip("/")


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield the names; None for one that is too long."""
    rest = stream.read(_STEP).removeprefix(b"\xef\xbb\xbf")
    end = b"\x00" if b"\x00" in rest else b"\n"
    skips = False
    while rest:
        pieces = rest.split(end)
        rest = pieces.pop()
        for piece in pieces:
            if not skips:
                yield from _kept(piece, end)
            skips = False
        if len(rest) > LONGEST_LINE:
            if not skips:
                yield None
            rest, skips = b"", True
        more = stream.read(_STEP)
        if not more:
            break
        rest += more
    if rest and not skips:
        yield from _kept(rest, end)


def _kept(line: bytes, end: bytes) -> Iterator[bytes]:
    if end == b"\n":
        line = line.removesuffix(b"\r")
        if not line.strip() or line.lstrip().startswith(b"#"):
            return
    if line:
        yield line
