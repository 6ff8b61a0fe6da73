"""Files and folders that appear under their final name whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from foundation.errors import TargetExistsError
from foundation.partials import (
    REPLACED_SUFFIX,
    hidden_name,
    partial_file,
    partial_folder,
    remove,
    remove_leftovers,
)


def write_file(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Write a file under a temporary name, flush it to disk and rename it.

    Args:
        path: the final name; its folder must be there.
        content: text is written as UTF-8.
        mode: permission bits of the new file.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_file(folder / "note.txt", "whole")
        >>> [entry.name for entry in folder.iterdir()]
        ['note.txt']
    """
    with new_file(path, mode=mode) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def new_file(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Give a stream whose file takes its final name only when the block ends well.

    Args:
        path: the final name; its folder must be there. An older file of that name is replaced.
        mode: permission bits of the new file.
    """
    with partial_file(path, mode=mode) as (partial, descriptor):
        try:
            with os.fdopen(descriptor, "wb", closefd=False) as stream:
                yield stream
                stream.flush()
                os.fsync(descriptor)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def new_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to fill that takes its final name only when the block ends well.

    What a killed maker of the same target has left unfinished is removed first.

    Args:
        path: the final name.
        overwrite: replace what stands there; otherwise a non-empty target is refused.

    Raises:
        TargetExistsError: the target holds something and `overwrite` is off.
        ConfigError: the folder above cannot be written to.
    """
    remove_leftovers(path)
    check_target(path, overwrite=overwrite)
    with partial_folder(path) as partial:
        try:
            yield partial
            check_target(path, overwrite=overwrite)  # another may have been faster
            take_place(partial, path)
        except BaseException:
            remove(partial)
            raise


def check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse a target that already holds something, before any work is done.

    Raises:
        TargetExistsError: the target holds something and `overwrite` is off.
    """
    if overwrite:
        return
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists():
        raise TargetExistsError(
            f"{path} already exists. Name another target, or pass --overwrite to replace it."
        )


def take_place(partial: Path, path: Path) -> None:
    """Rename a filled folder to its final name, the old one (if any) stepping aside first."""
    if not path.exists():
        partial.rename(path)
        return
    replaced = hidden_name(path, REPLACED_SUFFIX)
    path.rename(replaced)
    partial.rename(path)
    remove(replaced)
