"""Unfinished files and folders: hidden names beside the final one, locked while their maker lives.

A maker that is killed cannot clean up after itself, but its lock ends with it. So whoever makes the
same target next can tell what is left over from what is still being made. What is left is removed,
unless its name says, by a key, that it is what the next maker makes, too (`foundation.resumption`).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from foundation.errors import ConfigError

PARTIAL_SUFFIX = ".partial"
REPLACED_SUFFIX = ".old"
RESUMABLE_SUFFIX = ".resumable"
KEY_LENGTH = 16
_RANDOM_PART = rf"[0-9a-f]{{8,{KEY_LENGTH}}}"


def hidden_name(path: Path, suffix: str = PARTIAL_SUFFIX) -> Path:
    """Return a new hidden name beside the final one.

    Example:
        >>> hidden_name(Path("out/report")).name.startswith(".report.")
        True
    """
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{suffix}")


@contextmanager
def partial_folder(path: Path) -> Iterator[Path]:
    """Give a new hidden folder beside the final name, locked while the block lasts.

    Raises:
        ConfigError: the folder above cannot be written to.
    """
    partial, descriptor = _claim(path, _make_folder)
    try:
        yield partial
    finally:
        os.close(descriptor)


@contextmanager
def partial_file(path: Path, *, mode: int = 0o644) -> Iterator[tuple[Path, int]]:
    """Give a new hidden file beside the final name, locked while the block lasts, open for writing.

    Args:
        path: the final name; its folder must be there.
        mode: permission bits of the new file.

    Raises:
        OSError: the folder cannot be written to.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    partial, descriptor = _claim(path, lambda name: os.open(name, flags, mode))
    try:
        yield partial, descriptor
    finally:
        os.close(descriptor)


def keyed_name(path: Path, key: str) -> Path:
    """Return the hidden name beside the final one that whoever makes the same thing finds again.

    Args:
        path: the final name.
        key: a fingerprint of what is made, in hexadecimal; its first digits count.

    Example:
        >>> keyed_name(Path("out/chests"), "0123456789abcdef01234567").name
        '.chests.0123456789abcdef.resumable'
    """
    return path.with_name(f".{path.name}.{key[:KEY_LENGTH]}{RESUMABLE_SUFFIX}")


@contextmanager
def keyed_folder(path: Path, key: str) -> Iterator[Path]:
    """Give the hidden folder of a key, found or made, locked while the block lasts. It is not removed.

    Args:
        path: the final name.
        key: as in `keyed_name`.

    Raises:
        ConfigError: another process is at work on it, or the folder above cannot be written to.
    """
    folder = keyed_name(path, key)
    descriptor = _claim_keyed(folder, path)
    try:
        yield folder
    finally:
        os.close(descriptor)


def remove_leftovers(path: Path, *, spared: Path | None = None) -> None:
    """Remove what earlier makers of a target left unfinished, where those makers are gone.

    A folder that was set aside to be replaced goes too; it takes its name again where its maker was
    killed between the two renames. What cannot be removed stays, and hinders nothing.

    Args:
        path: the final name.
        spared: an unfinished folder that the caller goes on with.
    """
    left = [*_siblings(path, PARTIAL_SUFFIX), *_siblings(path, RESUMABLE_SUFFIX)]
    unfinished = [one for one in left if one != spared]
    abandoned = [one for one in unfinished if _remove_abandoned(one)]
    if len(abandoned) < len(unfinished):
        return  # someone is at work on the same target
    for replaced in _siblings(path, REPLACED_SUFFIX):
        with suppress(OSError):
            if path.exists():
                remove(replaced)
            else:
                replaced.rename(path)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that it holds."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def refused_folder(folder: Path, error: OSError) -> ConfigError:
    """Return the error for a folder that the system does not let us write to."""
    shown = folder if folder.name else folder.absolute()  # a dot would be lost in the sentence
    return ConfigError(f"Cannot write to {shown}: {error.strerror}. Choose a folder that you may write to.")


def _claim(path: Path, make: Callable[[Path], int | None]) -> tuple[Path, int]:
    """Make and lock something under a new hidden name; again, if it was swept away in between."""
    while True:
        partial = hidden_name(path)
        descriptor = make(partial)
        if descriptor is None:
            continue
        # Waits for a sweeper that came between; then it looks whether that one has taken it away.
        _lock(descriptor, waits=True)
        with suppress(FileNotFoundError):
            if partial.stat().st_ino == os.fstat(descriptor).st_ino:
                return partial, descriptor
        os.close(descriptor)


def _make_folder(partial: Path) -> int | None:
    """Make a folder and open it; None when a sweeper took it away before it could be locked."""
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise refused_folder(partial.parent, error) from error
    try:
        return os.open(partial, os.O_RDONLY)
    except FileNotFoundError:
        return None


def _claim_keyed(folder: Path, path: Path) -> int:
    """Open and lock the folder of a key, made where it is not there; again, if it was swept in between."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused_folder(folder.parent, error) from error
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise refused_folder(folder.parent, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise ConfigError(
                f"Another process is making {path} at this moment. Wait for its end, or name another target."
            ) from error
        except OSError:  # a file system without locks
            return descriptor
        with suppress(FileNotFoundError):
            if folder.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def _lock(descriptor: int, *, waits: bool = False) -> bool:
    """Lock an open file or folder; return whether that worked: not where another has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError:  # held by another, or a file system without locks: then nothing is ever swept
        return False
    return True


def _remove_abandoned(left: Path) -> bool:
    """Remove one unfinished thing unless its maker still holds it; return whether it is gone."""
    try:
        descriptor = os.open(left, os.O_RDONLY)
    except OSError:
        return not left.exists()
    try:
        if not _lock(descriptor):
            return False
        remove(left)
    finally:
        os.close(descriptor)
    return not left.exists()


def _siblings(path: Path, suffix: str) -> list[Path]:
    """Return what lies beside a target under its hidden names."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.{_RANDOM_PART}{re.escape(suffix)}")
    try:
        return sorted(entry for entry in path.parent.iterdir() if pattern.fullmatch(entry.name))
    except OSError:
        return []
