"""Conflicts: other pictures under one SOP Instance UID, and the decision which of them is the instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from database.batches import NewReading
from database.bulk import chunks
from database.labels import add_readings
from database.schema import Instance, Label, Source
from foundation.errors import DatabaseError

WITHDRAWN_VALUE = "not_mentioned"
"""What takes back a reading of a picture that turned out to be another one."""


@dataclass(frozen=True, slots=True)
class ConflictVersion:
    """One version of an instance whose files show different pictures."""

    version: int
    status: str
    instance_id: int
    body_part: str | None
    modality: str | None
    height: int
    width: int
    stored_values_sha256: str
    num_sources: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """An instance with versions in conflict, all its versions listed by number."""

    sop_instance_uid: str
    versions: tuple[ConflictVersion, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a decision changed.

    Attributes:
        instance_id: row of the version that is current now.
        former_version: number of the one that was; None where it was the same.
        num_superseded: versions that no longer count.
        num_readings_withdrawn: readings of class folders that were taken back, since they told of another
            picture.
        num_readings_kept: other readings under the UID; whoever made them should look again.
        num_sources_forgotten: occurrences of the version's files that the next ingest reads anew, so that
            what their class folders tell is brought.
    """

    instance_id: int
    former_version: int | None
    num_superseded: int
    num_readings_withdrawn: int
    num_readings_kept: int
    num_sources_forgotten: int


def list_conflicts(session: Session, *, limit: int = 100) -> list[Conflict]:
    """Return instances with versions in conflict, by UID."""
    query = (
        select(Instance.sop_instance_uid)
        .where(Instance.status == "conflict")
        .group_by(Instance.sop_instance_uid)
        .order_by(Instance.sop_instance_uid)
        .limit(limit)
    )
    uids = list(session.scalars(query))
    versions = _versions_of(session, uids)
    return [Conflict(uid, tuple(versions[uid])) for uid in uids]


def count_conflicts(session: Session) -> int:
    """Return how many instances have versions in conflict."""
    query = select(func.count(func.distinct(Instance.sop_instance_uid))).where(Instance.status == "conflict")
    return session.scalar(query) or 0


def resolve_conflict(session: Session, sop_instance_uid: str, *, keep: int, folder_reader: str) -> Resolved:
    """Make one version the instance; the others are superseded. A decision can be taken back by another.

    Args:
        session: of `database.session.transaction`.
        sop_instance_uid: the pseudonym that rows have.
        keep: number of the version.
        folder_reader: the reader that class folders' readings are recorded under.

    Raises:
        DatabaseError: no such instance or version, or all versions show the same picture.
    """
    versions = {one.version: one for one in _versions_of(session, [sop_instance_uid])[sop_instance_uid]}
    if not versions:
        raise DatabaseError(f"There is no instance {sop_instance_uid}; `dicomill db conflicts` lists them.")
    if keep not in versions:
        known = ", ".join(str(number) for number in sorted(versions))
        raise DatabaseError(f"The instance has no version {keep}. Known: {known}.")
    if len({one.stored_values_sha256 for one in versions.values()}) == 1:
        raise DatabaseError(
            "All versions of the instance show the same picture: there is nothing to resolve."
        )
    kept = versions[keep]
    former = next((one for one in versions.values() if one.status == "current"), None)
    is_other_picture = former is not None and former.stored_values_sha256 != kept.stored_values_sha256
    _set_statuses(session, sop_instance_uid, keep)
    withdrawn, left = (
        _withdraw_readings(session, sop_instance_uid, folder_reader) if is_other_picture else (0, 0)
    )
    forgotten = _forget_sources(session, kept.instance_id) if is_other_picture else 0
    return Resolved(
        instance_id=kept.instance_id,
        former_version=None if former is None or former.version == keep else former.version,
        num_superseded=len(versions) - 1,
        num_readings_withdrawn=withdrawn,
        num_readings_kept=left,
        num_sources_forgotten=forgotten,
    )


def _versions_of(session: Session, uids: Iterable[str]) -> defaultdict[str, list[ConflictVersion]]:
    found: defaultdict[str, list[ConflictVersion]] = defaultdict(list)
    num_sources = (
        select(func.count())
        .select_from(Source)
        .where(Source.instance_id == Instance.id)
        .correlate(Instance)
        .scalar_subquery()
    )
    for some in chunks(uids):
        query = (
            select(
                Instance.sop_instance_uid,
                Instance.version,
                Instance.status,
                Instance.id,
                Instance.body_part,
                Instance.modality,
                Instance.height,
                Instance.width,
                Instance.stored_values_sha256,
                num_sources,
                Instance.created_at,
            )
            .where(Instance.sop_instance_uid.in_(some))
            .order_by(Instance.sop_instance_uid, Instance.version)
        )
        for uid, *values in session.execute(query):
            found[uid].append(ConflictVersion(*values))
    return found


def _set_statuses(session: Session, uid: str, keep: int) -> None:
    of_uid = update(Instance).where(Instance.sop_instance_uid == uid)
    for statement in (
        of_uid.where(Instance.version != keep).values(status="superseded"),
        of_uid.where(Instance.version == keep).values(status="current"),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def _withdraw_readings(session: Session, uid: str, folder_reader: str) -> tuple[int, int]:
    """Take back what class folders told of the former picture; return how many, and how many others stay."""
    query = (
        select(Label.task, Label.class_name, Label.reader, Label.value)
        .where(Label.subject_level == "instance", Label.subject_key == uid)
        .order_by(Label.reading_number)
    )
    newest = {(task, name, reader): value for task, name, reader, value in session.execute(query)}
    of_folders = [
        NewReading(task, name, WITHDRAWN_VALUE, reader, subject_key=uid)
        for (task, name, reader), value in newest.items()
        if reader == folder_reader and value != WITHDRAWN_VALUE
    ]
    others = sum(reader != folder_reader for _, _, reader in newest)
    return add_readings(session, of_folders), others


def _forget_sources(session: Session, instance_id: int) -> int:
    known = session.scalars(select(Source.id).where(Source.instance_id == instance_id)).all()
    for some in chunks(known):
        session.execute(delete(Source).where(Source.id.in_(some)))
    return len(known)
