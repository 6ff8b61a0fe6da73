"""One batch of files: read, hash, parse, decode, encode and store, in one transaction.

`ingest_batch` is what an executor runs: picklable, with a connection of its own in each process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from database.batches import NewInstance, NewRejectedFile
from database.instances import store_instances
from database.packets import packet_limit
from database.session import Database, transaction
from database.sources import known_sources, store_rejected
from database.workers import worker_database
from imaging.pseudonyms import Pseudonymiser
from imaging.settings import ReadSettings
from ingest.reading import find_file, fit_packet, read_file
from ingest.sources import SourceFile


@dataclass(frozen=True)
class BatchSettings:
    """What every batch of one run shares; plain values, so that it travels to other processes.

    Attributes:
        database_url: whole, password included; a worker opens the database itself.
        run_id: row id of the ingest run.
        source_name: the source that the files lie in.
        read: key, profile and limits.
        class_task: the task that class folders tell; None when folders are no classes.
    """

    database_url: str
    run_id: int
    source_name: str
    read: ReadSettings
    class_task: str | None


@dataclass(frozen=True)
class UnstoredFile:
    """One file that gave no picture, or one that contradicts another.

    Its path goes to the operator's file and to no other place.
    """

    path: str
    path_key: str
    disposition: str
    reason_code: str


@dataclass(frozen=True)
class BatchReport:
    """How the files of one batch ended.

    Attributes:
        dispositions: how many files ended as what.
        reasons: reason codes of those that gave no picture.
        unstored: the files that the operator may want to look at.
    """

    dispositions: Counter[str]
    reasons: Counter[str]
    unstored: tuple[UnstoredFile, ...]


def ingest_batch(sources: Sequence[SourceFile], settings: BatchSettings) -> BatchReport:
    """Store one batch and report how each file ended.

    Files that this source has shown before, byte for byte, are left alone before anything is parsed.
    The rows of a batch appear together or not at all.

    Raises:
        DatabaseError: the batch could not be stored; nothing of it was.
    """
    database = worker_database(settings.database_url)
    pseudonymiser = Pseudonymiser(settings.read.key)
    files = [
        find_file(
            source,
            path_key=pseudonymiser.path_key(settings.source_name, source.relative_path),
            max_bytes=settings.read.limits.file_bytes,
        )
        for source in sources
    ]
    with database.session() as session:
        known = known_sources(session, settings.source_name, [file.key for file in files])
        limit = packet_limit(session)
    fresh = [file for file in files if file.key not in known]
    read = [
        fit_packet(read_file(file, settings=settings.read, class_task=settings.class_task), limit=limit)
        for file in fresh
    ]
    dispositions = iter(_store(database, read, settings))
    ends = [(file, *_ending(result, dispositions)) for file, result in zip(fresh, read, strict=True)]
    return BatchReport(
        dispositions=Counter({"unchanged": len(files) - len(fresh)})
        + Counter(disposition for _, disposition, _ in ends),
        reasons=Counter(reason for _, _, reason in ends if reason),
        unstored=tuple(
            UnstoredFile(str(file.source.path), file.path_key, disposition, reason)
            for file, disposition, reason in ends
            if reason or disposition == "conflict"
        ),
    )


def _store(
    database: Database, read: Sequence[NewInstance | NewRejectedFile], settings: BatchSettings
) -> Sequence[str]:
    """Store what was read in one transaction; return the dispositions of the instances, in order."""
    instances = [result for result in read if isinstance(result, NewInstance)]
    rejected = [result for result in read if isinstance(result, NewRejectedFile)]
    if not read:
        return []
    run_id, source_name = settings.run_id, settings.source_name
    _, dispositions = transaction(
        database,
        lambda session: (
            store_rejected(session, run_id=run_id, source_name=source_name, files=rejected),
            store_instances(session, run_id=run_id, source_name=source_name, batch=instances),
        ),
    )
    return dispositions


def _ending(result: NewInstance | NewRejectedFile, dispositions: Iterator[str]) -> tuple[str, str]:
    """Return how one file ended: its disposition, and the reason where it gave no picture."""
    if isinstance(result, NewRejectedFile):
        return result.disposition, result.reason_code
    return next(dispositions), ""
