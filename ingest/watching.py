"""Ingest that goes on: the files that arrive in a spool folder, until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import IngestError
from imaging.limits import Limits
from ingest.sources import SourceFile
from ingest.spool import check_spool, move_to_done, watch_spool

_STOPPED_WITHIN_SECONDS = 0.2


@dataclass(frozen=True)
class Watch:
    """One spool folder and how it is looked at.

    Attributes:
        folder: where files arrive.
        done_folder: where files go that were seen to; None to leave them where they are.
        poll_seconds: between two looks.
        settle_seconds: how long a file must have stayed the same.
        for_seconds: when to end; None for never.
    """

    folder: Path
    done_folder: Path | None
    poll_seconds: float
    settle_seconds: float
    for_seconds: float | None

    def batches(
        self, size: int, *, limits: Limits, is_stopped: Callable[[], bool]
    ) -> Iterator[Sequence[SourceFile]]:
        """Yield what arrives, and an empty batch after each look.

        Args:
            size: files in one batch at most.
            limits: for archives.
            is_stopped: asked often; when true, no further file is offered.
        """
        arriving = watch_spool(
            self.folder,
            poll_seconds=self.poll_seconds,
            settle_seconds=self.settle_seconds,
            for_seconds=self.for_seconds,
            batch_size=size,
            limits=limits,
            tells_idle=True,
            sleep=lambda seconds: _sleep(seconds, is_stopped),
        )
        for batch in arriving:
            if is_stopped():
                return
            yield batch

    def put_away(self, files: Sequence[SourceFile]) -> None:
        """Move files that were seen to out of the spool, where they are to go somewhere.

        Raises:
            IngestError: they cannot be moved.
        """
        if self.done_folder is not None:
            move_to_done(files, folder=self.folder, done_folder=self.done_folder)


def open_watch(
    paths: Sequence[Path],
    *,
    done_folder: Path | None,
    poll_seconds: float,
    settle_seconds: float,
    for_seconds: float | None,
) -> Watch:
    """Return the watch over the one folder that was named.

    Raises:
        IngestError: not one folder was named, or it cannot be watched.
    """
    if len(paths) != 1:
        raise IngestError(f"Watching takes one spool folder. Received: {len(paths)} paths.")
    check_spool(paths[0], done_folder)
    return Watch(paths[0], done_folder, poll_seconds, settle_seconds, for_seconds)


def _sleep(seconds: float, is_stopped: Callable[[], bool]) -> None:
    """Wait, but not for long once a stop is asked for."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not is_stopped():
        time.sleep(min(left, _STOPPED_WITHIN_SECONDS))
