"""A spool folder: files are offered as they arrive, once each, when they are complete.

The folder is looked at every few seconds, on any file system; nothing else tells of new files on all of
them. A file is complete when its size and time of change have stayed the same for a while, and its name
is none that copying programs give to what is not finished.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import IngestError
from imaging.limits import Limits
from ingest.archives import enter
from ingest.folder_walk import walk_folder
from ingest.source_files import SourceFile
from ingest.sources import batch_files

UNFINISHED_SUFFIXES = (".part", ".partial", ".filepart", ".crdownload", ".tmp", ".temp")
POLL_SECONDS = 2.0
SETTLE_SECONDS = 5.0

Stamp = tuple[int, int]
"""Size and time of change of a file; zeros where it may not be looked at."""


@dataclass(slots=True)
class _Seen:
    """What is known of a file that lies in the spool.

    Attributes:
        stamp: as it was last seen.
        since: when it was first seen so.
        is_offered: nothing is to be done with it any more, unless it changes.
    """

    stamp: Stamp
    since: float
    is_offered: bool = False


def check_spool(folder: Path, done_folder: Path | None = None) -> None:
    """Refuse a spool that cannot be watched, or whose files would be moved into itself.

    Raises:
        IngestError: saying what to change.
    """
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        raise IngestError(f"{folder} is no folder that can be read. Name the folder that files arrive in.")
    if done_folder is None:
        return
    if done_folder.absolute().resolve().is_relative_to(folder.absolute().resolve()):
        raise IngestError(
            f"{done_folder} lies in {folder}: what is moved there would arrive again. Name one outside."
        )
    if not os.access(folder, os.W_OK):
        raise IngestError(f"Files cannot be moved out of {folder}: it may not be written to by this user.")


def watch_spool(
    folder: Path,
    *,
    poll_seconds: float = POLL_SECONDS,
    settle_seconds: float = SETTLE_SECONDS,
    for_seconds: float | None = None,
    batch_size: int = 16,
    limits: Limits | None = None,
    tells_idle: bool = False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[list[SourceFile]]:
    """Yield the files that arrive in a folder, in batches, in the order of their arrival.

    A file is offered once, and again when it changes. What is known of files that are gone is forgotten,
    so memory grows with what lies in the folder, not with what came through it.

    Args:
        folder: looked at to any depth; archives in it are entered.
        poll_seconds: between two looks.
        settle_seconds: how long a file must have stayed the same.
        for_seconds: when to end; None for never. The last look is taken then: what is not complete by
            that time is left for the next call.
        batch_size: files in one batch at most.
        limits: for archives that unpack to more than their size can hold.
        tells_idle: also yield an empty batch after each look, before the next one is waited for.
        clock: in seconds; for tests.
        sleep: for tests.
    """
    seen: dict[str, _Seen] = {}
    started = clock()
    while True:
        now = clock()
        arrived = _look(folder, seen, now, settle_seconds)
        inside = (file for source in arrived for file in enter(source, limits or Limits()))
        for batch in batch_files(inside, batch_size):
            yield list(batch)
        left = None if for_seconds is None else started + for_seconds - now
        if left is not None and left <= 0:
            return
        if tells_idle:
            yield []
        sleep(poll_seconds if left is None else min(poll_seconds, left))


def move_to_done(files: Iterable[SourceFile], *, folder: Path, done_folder: Path) -> list[Path]:
    """Move files out of the spool, each to the same place below another folder.

    To be called with a batch when it is committed. An archive is moved with its last member. A file that
    has changed or gone meanwhile stays as it is; where the place is taken, a number is added.

    Args:
        files: of a batch that `watch_spool` gave.
        folder: the spool.
        done_folder: made where it is missing, for its owner alone.

    Returns:
        Where they are now.

    Raises:
        IngestError: the folder cannot be written to.
    """
    moved = []
    for source in files:
        if not source.ends_path or not source.path.is_relative_to(folder):
            continue
        target = done_folder / source.path.relative_to(folder)
        try:
            _make_folder(target.parent, done_folder)
            target = _free_name(target)
            shutil.move(source.path, target)
        except FileNotFoundError:
            continue  # someone else took it away
        except OSError as error:
            raise IngestError(
                f"Files cannot be moved to {done_folder}: {error.strerror}. They stay in the spool; what was "
                "stored is kept."
            ) from error
        moved.append(target)
    return moved


def _look(folder: Path, seen: dict[str, _Seen], now: float, settle_seconds: float) -> list[SourceFile]:
    """Return the files that are complete and were not offered yet, in the order of their arrival."""
    present = set()
    complete: list[tuple[float, int, SourceFile]] = []
    for source in walk_folder(folder):
        if _is_unfinished(source.relative_path):
            continue
        stamp = _stamp(source)
        if stamp is None:
            continue  # gone between the look and the question
        present.add(source.relative_path)
        known = seen.get(source.relative_path)
        if known is None or known.stamp != stamp:
            known = seen[source.relative_path] = _Seen(stamp, now)
        if not known.is_offered and now - known.since >= settle_seconds:
            known.is_offered = True
            complete.append((known.since, stamp[1], source))
    for place in [place for place in seen if place not in present]:
        del seen[place]
    complete.sort(key=lambda one: (one[0], one[1], one[2].relative_path))
    return [source for _, _, source in complete]


def _is_unfinished(relative_path: str) -> bool:
    *folders, name = relative_path.split("/")
    hidden = any(part.startswith(".") for part in (*folders, name))
    return hidden or name.lower().endswith(UNFINISHED_SUFFIXES)


def _stamp(source: SourceFile) -> Stamp | None:
    try:
        found = source.path.stat(follow_symlinks=source.problem is None)
    except FileNotFoundError:
        # A link to nothing stays, and is rejected for that.
        return (0, 0) if source.path.is_symlink() else None
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _make_folder(folder: Path, root: Path) -> None:
    """Make a folder and those above it up to the root, each for its owner alone."""
    for one in (root, *reversed([above for above in folder.parents if above.is_relative_to(root)]), folder):
        one.mkdir(mode=0o700, exist_ok=True, parents=one == root)


def _free_name(target: Path) -> Path:
    free, number = target, 1
    while free.is_symlink() or free.exists():
        free = target.with_name(f"{target.name}.{number}")
        number += 1
    return free
