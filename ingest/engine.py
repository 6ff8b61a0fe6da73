"""The engine: batches over an executor, through deaths of workers, a database that is gone and Ctrl-C.

It counts how files end, tells the operator's file, and keeps the counts of the run in its row.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from database.batches import NewRejectedFile
from database.patience import Patience
from database.runs import finish_run, keep_counts
from database.sources import store_rejected
from foundation.progress import Progress
from foundation.stopping import Stop
from foundation.survival import Course, Death, map_surviving
from imaging.pseudonyms import Pseudonymiser
from ingest.batch import BatchReport, BatchSettings, ingest_batch
from ingest.operator_file import OperatorFile
from ingest.sources import SourceFile

WORKER_DIED = "worker_died"

_KEEP_COUNTS_EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class Surroundings:
    """What an engine works with besides batches.

    Attributes:
        operator_file: where paths go.
        progress: told of each batch, and of what comes up.
        patience: with the database.
        stop: whether to come to an end.
        on_done: told of the files that are seen to, once what they gave is stored.
    """

    operator_file: OperatorFile
    progress: Progress
    patience: Patience
    stop: Stop
    on_done: Callable[[Sequence[SourceFile]], object] = lambda _files: None


class Engine:
    """One run over its batches.

    Args:
        settings: what every batch shares.
        around: what it works with.
    """

    def __init__(self, settings: BatchSettings, around: Surroundings) -> None:
        self._settings, self._around = settings, around
        self.dispositions: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self._kept_at = time.monotonic()

    def run(self, executor: Executor, batches: Iterable[Sequence[SourceFile]], *, ahead: int) -> None:
        """Store every batch, or those that were begun when a stop is asked for.

        Args:
            executor: where batches run.
            batches: taken lazily.
            ahead: in flight at most.

        Raises:
            DatabaseError: rows could not be written, or the database did not come back.
            ExecutionError: the workers are gone for good.
            IngestError: the operator's file cannot be written.
        """
        course = Course(
            ahead=ahead,
            is_stopped=lambda: self._around.stop.is_asked,
            may_retry=self._around.patience.may_retry,
            on_death=lambda: self._around.progress.tell(
                "A worker process died (out of memory, or a crash). Its files are read again one by one."
            ),
        )
        for outcome in map_surviving(executor, ingest_batch, batches, self._settings, course=course):
            if isinstance(outcome, Death):
                self._count(self._bury(outcome.item))
                self._around.on_done((outcome.item,))
            else:
                self._count(outcome.result)
                self._around.on_done(outcome.batch)

    def close(self, *, is_whole: bool) -> None:
        """Write the counts into the run's row; `finished_at` stays empty where it was cut short."""
        write = finish_run if is_whole else keep_counts
        self._around.patience.transaction(
            lambda session: write(session, self._settings.run_id, self.dispositions)
        )

    def _count(self, report: BatchReport) -> None:
        self.dispositions += report.dispositions
        self.reasons += report.reasons
        self._around.operator_file.add(report.unstored)
        self._around.progress.advance(report.dispositions.total())
        if time.monotonic() - self._kept_at >= _KEEP_COUNTS_EVERY_SECONDS:
            self.close(is_whole=False)
            self._kept_at = time.monotonic()

    def _bury(self, source: SourceFile) -> BatchReport:
        """Keep a file that workers die of as rejected, and tell which it is."""
        pseudonymiser = Pseudonymiser(self._settings.read.key)
        path_key = pseudonymiser.path_key(self._settings.source_name, source.relative_path)
        rejected = NewRejectedFile(
            path_key=path_key,
            file_sha256="",
            num_bytes=0,
            disposition="rejected",
            reason_code=WORKER_DIED,
            detail="The process that read the file died of it, twice: out of memory, or a crash.",
        )
        self._around.patience.transaction(
            lambda session: store_rejected(
                session,
                run_id=self._settings.run_id,
                source_name=self._settings.source_name,
                files=[rejected],
            )
        )
        self._around.progress.tell(
            f"Workers died of the file with the source key {path_key}; it is rejected ({WORKER_DIED}).",
            aside=f"It is {source.told_path}",
        )
        report = BatchReport()
        report.add(source.told_path, path_key, "rejected", WORKER_DIED)
        return report
