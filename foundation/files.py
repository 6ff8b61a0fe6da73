"""Files and folders that appear under their final name whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import ConfigError, TargetExistsError

PARTIAL_SUFFIX = ".partial"


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
    content = content.encode() if isinstance(content, str) else content
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL_SUFFIX}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def new_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to fill that takes its final name only when the block ends well.

    Args:
        path: the final name.
        overwrite: replace what stands there; otherwise a non-empty target is refused.

    Raises:
        TargetExistsError: the target holds something and `overwrite` is off.
        ConfigError: the folder above cannot be written to.
    """
    check_target(path, overwrite=overwrite)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL_SUFFIX}")
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(
            f"Cannot write to {path.parent}: {error.strerror}. Choose a folder that you may write to."
        ) from error
    try:
        yield partial
        _take_place(partial, path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
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


def _take_place(partial: Path, path: Path) -> None:
    """Rename the filled folder to its final name, the old one (if any) stepping aside first."""
    if not path.exists():
        partial.rename(path)
        return
    old = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.old")
    path.rename(old)
    partial.rename(path)
    if old.is_dir():
        shutil.rmtree(old)
    else:
        old.unlink()
