"""The door `resolve`: which of several pictures under one UID is the instance."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from pydantic import Field

from database.conflicts import resolve_conflict
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import IngestError
from ingest.class_folders import FOLDER_READER


class ResolveConfig(Config):
    """Which version of which instance is kept.

    Attributes:
        sop_instance_uid: the pseudonym that rows have.
        keep: number of the version, as `dicomill db conflicts` lists it.
    """

    sop_instance_uid: str = Field(min_length=1, max_length=64)
    keep: int = Field(ge=1)


class ResolveReport(Report):
    """What the decision changed.

    Attributes:
        instance_id: row of the version that is current now.
        former_version: the one that was; None where it is the same.
        num_superseded: versions that no longer count.
        num_readings_withdrawn: class folders' readings that told of another picture and were taken back.
        num_readings_kept: other readings under the UID: whoever made them should look again.
        num_sources_forgotten: occurrences of the version's files that the next ingest reads anew, to bring
            what their class folders tell.
    """

    sop_instance_uid: str
    version: int
    instance_id: int
    former_version: int | None
    num_superseded: int
    num_readings_withdrawn: int
    num_readings_kept: int
    num_sources_forgotten: int


def resolve(
    config: ResolveConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Any = None,
) -> ResolveReport:
    """Make one version of an instance in conflict the current one.

    Readings of the files of a version in conflict are not stored: ingest those files again, with
    `--class-folders` where they lie in such, and they are.

    Args:
        config: which version.
        database: open.
        executor: not used.
        progress: not used.

    Raises:
        DatabaseError: no such instance or version, or nothing is in conflict.
    """
    del executor, progress
    if database is None:
        raise IngestError("resolve changes rows: give it an open database.")
    done = transaction(
        database,
        lambda session: resolve_conflict(
            session, config.sop_instance_uid, keep=config.keep, folder_reader=FOLDER_READER
        ),
    )
    return ResolveReport(
        sop_instance_uid=config.sop_instance_uid,
        version=config.keep,
        instance_id=done.instance_id,
        former_version=done.former_version,
        num_superseded=done.num_superseded,
        num_readings_withdrawn=done.num_readings_withdrawn,
        num_readings_kept=done.num_readings_kept,
        num_sources_forgotten=done.num_sources_forgotten,
    )
