"""One batch of files: read, hash, parse, decode, encode and store, whole or not at all.

`ingest_batch` is what an executor runs: picklable, with a connection of its own in each process.
Memory is bounded by bytes, not by the number of files: they are read until there is a portion of
`PORTION_BYTES`, and stored when `STORED_AT_ONCE_BYTES` are encoded. What one transaction stores
appears together; while it is under way, the next files are decoded.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from database.batches import NewInstance, NewRejectedFile
from database.packets import packet_limit
from database.pixel_stores import StoreRow, place_pictures
from database.results import store_results
from database.session import Database, transaction
from database.sources import known_conflicts, known_sources
from database.withdrawals import withdrawn_among
from database.workers import worker_database
from foundation.allocation import keep_freed_memory
from foundation.errors import RejectedFileError
from imaging.pseudonyms import Pseudonymiser
from imaging.settings import ReadSettings
from ingest.facts import PictureFacts
from ingest.found_files import FoundFile, find_file
from ingest.known_files import FileKey, add_facts, add_folder_readings
from ingest.reading import fit_packet, folder_readings, read_file
from ingest.sources import SourceFile
from ingest.withdrawn_files import refuse_withdrawn

PORTION_BYTES = 32 << 20
"""Bytes of files that are held at once: this much, or one file that is larger."""

STORED_AT_ONCE_BYTES = 8 << 20
"""Encoded bytes that one transaction stores: this much, or one file that is larger."""

# pydicom's warnings, open archives and the decoders' process belong to one thread; a worker of Dask's
# may have several.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class BatchSettings:
    """What every batch of one run shares; plain values, so that it travels to other processes.

    Attributes:
        database_url: whole, password included; a worker opens the database itself.
        run_id: row id of the ingest run.
        source_name: the source that the files lie in.
        read: key, profile and limits.
        class_task: the task that class folders tell; None when folders are no classes.
        top_is_class: a file that lies directly in what was named is of the class of that folder.
        portion_bytes: see `PORTION_BYTES`.
        stored_at_once_bytes: see `STORED_AT_ONCE_BYTES`.
        pixel_store: where pictures go; None for the database itself.
    """

    database_url: str = field(repr=False)
    run_id: int
    source_name: str
    read: ReadSettings
    class_task: str | None
    portion_bytes: int = PORTION_BYTES
    stored_at_once_bytes: int = STORED_AT_ONCE_BYTES
    pixel_store: StoreRow | None = None
    top_is_class: bool = False


@dataclass(frozen=True)
class UnstoredFile:
    """One file that gave no picture, or one that contradicts another.

    Its path goes to the operator's file and to no other place.
    """

    path: str
    path_key: str
    disposition: str
    reason_code: str


@dataclass
class BatchReport:
    """How the files of one batch ended.

    Attributes:
        dispositions: how many files ended as what.
        reasons: reason codes of those that gave no picture.
        unstored: the files that the operator may want to look at.
    """

    dispositions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unstored: list[UnstoredFile] = field(default_factory=list)

    def add(self, path: str, path_key: str, disposition: str, reason_code: str = "") -> None:
        """Count one file; keep its path where it gave no picture, or contradicts another."""
        self.dispositions[disposition] += 1
        if reason_code:
            self.reasons[reason_code] += 1
        if reason_code or disposition == "conflict":
            self.unstored.append(UnstoredFile(path, path_key, disposition, reason_code))


def ingest_batch(sources: Sequence[SourceFile], settings: BatchSettings) -> BatchReport:
    """Store one batch and report how each file ended.

    Files that this source has shown before, byte for byte, are left alone before anything is parsed.
    The rows of a file appear together or not at all, and so do those of files in one transaction.

    Raises:
        DatabaseError: not all of the batch could be stored; what was is left alone the next time.
    """
    keep_freed_memory()
    with _ONE_AT_A_TIME:
        return _Batch(worker_database(settings.database_url), settings).ingest(sources)


Waiting = list[tuple[str, NewInstance | NewRejectedFile]]
"""Paths, each with what its file came to."""


class _Batch:
    """A batch on its way: what was read and waits for its transaction, and the one that is under way."""

    def __init__(self, database: Database, settings: BatchSettings) -> None:
        self._database, self._settings = database, settings
        self._report = BatchReport()
        self._waiting: Waiting = []
        self._waiting_bytes = 0
        self._under_way: Future[None] | None = None

    def ingest(self, sources: Sequence[SourceFile]) -> BatchReport:
        """Read and store the files, portion by portion."""
        rest = deque(sources)
        with ThreadPoolExecutor(1) as storing:
            while rest:
                self._read(self._find(rest), storing)
            self._settle()
        if self._waiting:
            self._store(self._waiting)
        return self._report

    def _find(self, rest: deque[SourceFile]) -> deque[FoundFile]:
        """Read the bytes of the next files, up to a portion."""
        pseudonymiser = Pseudonymiser(self._settings.read.key)
        found: deque[FoundFile] = deque()
        held = 0
        while rest and held < self._settings.portion_bytes:
            source = rest.popleft()
            key = pseudonymiser.path_key(self._settings.source_name, source.relative_path)
            found.append(find_file(source, path_key=key, max_bytes=self._settings.read.limits.file_bytes))
            held += len(found[-1].content or b"")
        return found

    def _read(self, found: deque[FoundFile], storing: Executor) -> None:
        """Parse, decode and encode those that are not known, and let go of each one's bytes."""
        with self._database.session() as session:
            source_name, keys = self._settings.source_name, [file.key for file in found]
            known = known_sources(session, source_name, keys)
            conflicts = known_conflicts(session, source_name, known)
            limit = packet_limit(session) if self._settings.pixel_store is None else None
        known -= self._add_facts({file.key: file.source.facts for file in found if file.key in known})
        self._add_folder_readings([file for file in found if file.key in known])
        while found:
            file = found.popleft()
            path = file.source.told_path
            if file.key in known:
                self._report.add(path, file.path_key, "unchanged")
                if file.key in conflicts:  # told again: the operator's file is made anew by each run
                    self._report.unstored.append(UnstoredFile(path, file.path_key, "conflict", ""))
                continue
            result = read_file(
                file,
                settings=self._settings.read,
                class_task=self._settings.class_task,
                top_is_class=self._settings.top_is_class,
            )
            result = fit_packet(result, limit=limit)
            self._waiting.append((path, result))
            if isinstance(result, NewInstance):
                self._waiting_bytes += sum(len(frame.content) for frame in result.frames)
            if self._waiting_bytes >= self._settings.stored_at_once_bytes:
                self._settle()
                self._under_way = storing.submit(self._store, self._waiting)
                self._waiting, self._waiting_bytes = [], 0

    def _add_facts(self, told: Mapping[FileKey, PictureFacts | None]) -> set[FileKey]:
        """Add what a label table says of known files; return those that have to be read again."""
        facts = {key: one for key, one in told.items() if one is not None}
        if not facts:
            return set()
        return add_facts(
            self._database,
            run_id=self._settings.run_id,
            source_name=self._settings.source_name,
            facts=facts,
            pseudonymiser=Pseudonymiser(self._settings.read.key),
        )

    def _add_folder_readings(self, known: Sequence[FoundFile]) -> None:
        """Add what class folders tell of known files: the run before may not have been told of any."""
        task = self._settings.class_task
        if task is None:
            return
        readings = {}
        for file in known:
            with suppress(RejectedFileError):  # such a name is a reason for files that are read
                readings[file.key] = folder_readings(
                    file.source, task, top_is_class=self._settings.top_is_class
                )
        add_folder_readings(
            self._database,
            run_id=self._settings.run_id,
            source_name=self._settings.source_name,
            readings=readings,
        )

    def _settle(self) -> None:
        """Wait for the transaction that is under way, so that there is one at most."""
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None

    def _store(self, waiting: Waiting) -> None:
        """Store what waits in one transaction."""
        results = self._placed([result for _, result in waiting])
        pseudonymiser = Pseudonymiser(self._settings.read.key)
        ends = transaction(
            self._database,
            lambda session: store_results(
                session,
                run_id=self._settings.run_id,
                source_name=self._settings.source_name,
                results=refuse_withdrawn(results, pseudonymiser, partial(withdrawn_among, session)),
            ),
        )
        for (path, result), (disposition, reason_code) in zip(waiting, ends, strict=True):
            self._report.add(path, result.path_key, disposition, reason_code)

    def _placed(self, results: list[NewInstance | NewRejectedFile]) -> list[NewInstance | NewRejectedFile]:
        """Put the pictures where they shall lie: before their rows, so that no row is without."""
        store = self._settings.pixel_store
        if store is None:
            return results
        pseudonymiser = Pseudonymiser(self._settings.read.key)
        with self._database.session() as session:  # what is refused is not put there first
            results = refuse_withdrawn(results, pseudonymiser, partial(withdrawn_among, session))
        return place_pictures(self._database, store, results)
