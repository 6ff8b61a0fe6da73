"""Files by where they were found: which are known, and which gave nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from database.batches import NewRejectedFile
from database.bulk import chunks, insert_rows
from database.schema import Instance, RejectedFile, Source

FileKey = tuple[str, str]
"""A file of a source: keyed hash of its path, SHA-256 of its bytes."""


def known_sources(session: Session, source_name: str, files: Iterable[FileKey]) -> set[FileKey]:
    """Return those of the files that were stored before, so that they need no decoding.

    Args:
        session: for reading.
        source_name: the source that they lie in.
        files: pairs of path key and file SHA-256.
    """
    asked = set(files)
    return asked & _recorded(session, Source, source_name, asked)


def known_conflicts(session: Session, source_name: str, files: Iterable[FileKey]) -> set[FileKey]:
    """Return those of the files whose picture contradicts another one under its UID, until it is resolved."""
    found: set[FileKey] = set()
    asked = set(files)
    for path_keys in chunks(path_key for path_key, _ in asked):
        query = (
            select(Source.path_key, Source.file_sha256)
            .join(Instance, Instance.id == Source.instance_id)
            .where(
                Source.source_name == source_name,
                Source.path_key.in_(path_keys),
                Instance.status == "conflict",
            )
        )
        found.update((path_key, sha) for path_key, sha in session.execute(query))
    return asked & found


def known_sizes(session: Session, source_name: str, path_keys: Iterable[str]) -> set[tuple[str, int]]:
    """Return path key and size of the files that were stored before, at those places."""
    found: set[tuple[str, int]] = set()
    for some in chunks(path_keys):
        query = select(Source.path_key, Source.num_bytes).where(
            Source.source_name == source_name, Source.path_key.in_(some)
        )
        found.update((path_key, num_bytes) for path_key, num_bytes in session.execute(query))
    return found


def known_rejected(session: Session, source_name: str, files: Iterable[FileKey]) -> set[FileKey]:
    """Return those of the files that were rejected before."""
    asked = set(files)
    return asked & _recorded(session, RejectedFile, source_name, asked)


def store_rejected(
    session: Session, *, run_id: int, source_name: str, files: Sequence[NewRejectedFile]
) -> int:
    """Keep files that gave no instance; one that is known already, stored or rejected, adds nothing.

    Returns:
        How many were new.
    """
    by_key = {(file.path_key, file.file_sha256): file for file in files}
    known = known_rejected(session, source_name, by_key) | known_sources(session, source_name, by_key)
    rows = [
        {
            "source_name": source_name,
            "path_key": file.path_key,
            "file_sha256": file.file_sha256,
            "num_bytes": file.num_bytes,
            "disposition": file.disposition,
            "reason_code": file.reason_code,
            "detail": file.detail,
            "ingest_run_id": run_id,
        }
        for key, file in sorted(by_key.items())
        if key not in known
    ]
    insert_rows(session, RejectedFile, rows)
    return len(rows)


def forget_rejected(session: Session, source_name: str, files: Iterable[FileKey]) -> None:
    """Drop the rejected rows of files that are stored now, unreadable ones under that path included."""
    for some in chunks(files):
        shas = {sha for _, sha in some} | {""}
        session.execute(
            delete(RejectedFile)
            .where(
                RejectedFile.source_name == source_name,
                RejectedFile.path_key.in_([path_key for path_key, _ in some]),
                RejectedFile.file_sha256.in_(shas),
            )
            .execution_options(synchronize_session=False)
        )


def _recorded(
    session: Session, entity: type[Source] | type[RejectedFile], source_name: str, files: set[FileKey]
) -> set[FileKey]:
    found: set[FileKey] = set()
    for path_keys in chunks(path_key for path_key, _ in files):
        query = select(entity.path_key, entity.file_sha256).where(
            entity.source_name == source_name, entity.path_key.in_(path_keys)
        )
        found.update((path_key, sha) for path_key, sha in session.execute(query))
    return found
