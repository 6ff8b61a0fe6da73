"""Cohorts: a selection with its labels, frozen, so that it can be defended and found again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.bulk import chunks, insert_rows
from database.cohort_members import cohort_members
from database.labels import BODY_PART_TASK, ResolvedLabels, resolve_labels
from database.pictures import frame_hashes
from database.research import run_research_query, where_query
from database.schema import Cohort, CohortMember, Instance, Label
from database.session import Database, database_of
from foundation.contracts import Config
from foundation.errors import EmptyCohortError, QueryError
from foundation.fingerprints import fingerprint
from foundation.registries import unknown_name_message

__all__ = [
    "CohortRecord",
    "CohortSelection",
    "cohort_members",
    "create_cohort",
    "get_cohort",
    "list_cohorts",
]


class CohortSelection(Config):
    """Which pictures a cohort takes, and which labels.

    Attributes:
        name: at most 64 characters; under a known name the next version is made.
        task: whose labels are taken; for `body_part` the header answers where no reading does.
        body_parts: only pictures with one of these (readings first, then the header).
        where: a condition over the view `image`.
        sql: a SELECT over the research views whose column `id` (or only column) names pictures.
        label_policy: a name in `database.label_policies.LABEL_POLICIES`.
        seconds: how long `where` or `sql` may take.
    """

    name: str = Field(min_length=1, max_length=64)
    task: str = Field(default=BODY_PART_TASK, min_length=1, max_length=64)
    body_parts: tuple[str, ...] = ()
    where: str | None = None
    sql: str | None = None
    label_policy: str = "single"
    seconds: float = 30

    @model_validator(mode="after")
    def _one_query(self) -> CohortSelection:
        if self.where is not None and self.sql is not None:
            raise ValueError("Give a condition (where) or a query (sql), not both.")
        return self


@dataclass(frozen=True, slots=True)
class CohortRecord:
    """One frozen cohort.

    Attributes:
        step_counts: how many pictures each step of the selection left or put aside.
        is_fresh: whether this call made it; False for one that was there with equal members.
    """

    id: int
    cohort_uuid: str
    name: str
    version: int
    task: str
    label_policy: str
    selection: Mapping[str, Any]
    step_counts: Mapping[str, int]
    fingerprint: str
    num_members: int
    created_at: datetime
    is_fresh: bool = False


def create_cohort(session: Session, selection: CohortSelection) -> CohortRecord:
    """Freeze a selection with its resolved labels.

    The newest version of that name is returned unchanged when its members, pictures and labels are
    the same; else the next version is made.

    Args:
        session: of `database.session.transaction`.
        selection: what is asked for.

    Raises:
        EmptyCohortError: nothing is left, or there is nothing to select from.
        QueryError: the condition or the query is refused or fails.
    """
    counts: dict[str, int] = {}
    instance_ids = _select_instances(session, selection, counts)
    if selection.body_parts:
        instance_ids = _of_body_parts(session, instance_ids, selection.body_parts)
        counts["of_body_parts"] = len(instance_ids)
    labels = resolve_labels(session, instance_ids, selection.task, selection.label_policy)
    counts["readers_disagree"] = len(labels.conflicts)
    counts["unlabelled"] = len(labels.unlabelled)
    counts["members"] = len(labels.values)
    if not labels.values:
        raise EmptyCohortError(_empty_message(session, selection, counts))
    mark = _cohort_fingerprint(session, labels)
    newest = session.scalars(
        select(Cohort).where(Cohort.name == selection.name).order_by(Cohort.version.desc()).limit(1)
    ).first()
    if newest is not None and newest.fingerprint == mark and newest.task == selection.task:
        return _record(newest, _num_members(session, newest.id))
    cohort = _insert_cohort(session, selection, counts, mark, 1 + (newest.version if newest else 0))
    rows = [
        {"cohort_id": cohort.id, "instance_id": instance_id, "labels": dict(values)}
        for instance_id, values in sorted(labels.values.items())
    ]
    insert_rows(session, CohortMember, rows)
    return _record(cohort, len(rows), is_fresh=True)


def list_cohorts(session: Session) -> list[CohortRecord]:
    """Return all cohorts, by name and version."""
    members = (
        select(CohortMember.cohort_id, func.count().label("num_members"))
        .group_by(CohortMember.cohort_id)
        .subquery()
    )
    query = (
        select(Cohort, func.coalesce(members.c.num_members, 0))
        .outerjoin(members, members.c.cohort_id == Cohort.id)
        .order_by(Cohort.name, Cohort.version)
    )
    return [_record(cohort, num_members) for cohort, num_members in session.execute(query)]


def get_cohort(session: Session, name: str, version: int | None = None) -> CohortRecord:
    """Return a cohort; the newest version unless one is named.

    Raises:
        QueryError: there is none of that name or version.
    """
    versions = {
        cohort.version: cohort for cohort in session.scalars(select(Cohort).where(Cohort.name == name))
    }
    if not versions:
        known = session.scalars(select(Cohort.name).distinct()).all()
        raise QueryError(unknown_name_message(known, name, kind="cohort"))
    wanted = max(versions) if version is None else version
    if wanted not in versions:
        listed = ", ".join(str(number) for number in sorted(versions))
        raise QueryError(f'The cohort "{name}" has no version {version}. Known: {listed}.')
    return _record(versions[wanted], _num_members(session, versions[wanted].id))


def _select_instances(session: Session, selection: CohortSelection, counts: dict[str, int]) -> list[int]:
    """Return the row ids of the current instances that the condition or the query names."""
    current = set(session.scalars(select(Instance.id).where(Instance.status == "current")))
    counts["current"] = len(current)
    if selection.where is None and selection.sql is None:
        return sorted(current)
    named = _queried_ids(database_of(session), selection)
    chosen = sorted(current & named)
    counts["selected"] = len(chosen)
    return chosen


def _queried_ids(database: Database, selection: CohortSelection) -> set[int]:
    sql = selection.sql
    if sql is None:
        sql = where_query(selection.where or "", database.dialect_name)
    result = run_research_query(database, sql, seconds=selection.seconds)
    lowered = [column.lower() for column in result.columns]
    if "id" in lowered:
        position = lowered.index("id")
    elif len(lowered) == 1:
        position = 0
    else:
        raise QueryError(
            "The query of a cohort names pictures by their id. Expected a column id. "
            f"Received: {', '.join(result.columns)}."
        )
    ids = {row[position] for row in result.rows}
    if not all(isinstance(row_id, int) for row_id in ids):
        raise QueryError(
            "The query of a cohort names pictures by their id. Expected whole numbers from image.id."
        )
    return ids


def _of_body_parts(session: Session, instance_ids: Sequence[int], body_parts: Sequence[str]) -> list[int]:
    wanted = {body_part.casefold() for body_part in body_parts}
    # Every class that is read as present counts here; the cohort's own policy judges afterwards.
    resolved = resolve_labels(session, instance_ids, BODY_PART_TASK, "multiple")
    found = [
        instance_id
        for instance_id, values in resolved.values.items()
        if wanted & {name.casefold() for name, value in values.items() if value == "1"}
    ]
    return sorted([*found, *resolved.conflicts])


def _cohort_fingerprint(session: Session, labels: ResolvedLabels) -> str:
    """Return the SHA-256 over UIDs, frame hashes and labels: row ids differ from database to database."""
    hashes = frame_hashes(session, sorted(labels.values))
    members = []
    for some in chunks(labels.values):
        query = select(Instance.id, Instance.sop_instance_uid).where(Instance.id.in_(some))
        for instance_id, uid in session.execute(query):
            members.append([uid, hashes.get(instance_id, []), dict(labels.values[instance_id])])
    return fingerprint(sorted(members, key=lambda member: str(member[0])))


def _insert_cohort(
    session: Session, selection: CohortSelection, counts: dict[str, int], mark: str, version: int
) -> Cohort:
    cohort = Cohort(
        cohort_uuid=str(uuid.uuid4()),
        name=selection.name,
        version=version,
        selection=selection.model_dump(mode="json"),
        task=selection.task,
        label_policy={"name": selection.label_policy},
        max_label_id=session.scalar(select(func.max(Label.id))),
        step_counts=counts,
        fingerprint=mark,
    )
    session.add(cohort)
    session.flush()
    return cohort


def _num_members(session: Session, cohort_id: int) -> int:
    query = select(func.count()).select_from(CohortMember).where(CohortMember.cohort_id == cohort_id)
    return session.scalar(query) or 0


def _record(cohort: Cohort, num_members: int, *, is_fresh: bool = False) -> CohortRecord:
    return CohortRecord(
        id=cohort.id,
        cohort_uuid=cohort.cohort_uuid,
        name=cohort.name,
        version=cohort.version,
        task=cohort.task,
        label_policy=str(cohort.label_policy["name"]),
        selection=cohort.selection,
        step_counts=cohort.step_counts,
        fingerprint=cohort.fingerprint,
        num_members=num_members,
        created_at=cohort.created_at,
        is_fresh=is_fresh,
    )


def _empty_message(session: Session, selection: CohortSelection, counts: Mapping[str, int]) -> str:
    steps = ", ".join(f"{step.replace('_', ' ')} {count}" for step, count in counts.items())
    query = (
        select(Instance.body_part, func.count())
        .where(Instance.status == "current", Instance.body_part.is_not(None))
        .group_by(Instance.body_part)
        .order_by(Instance.body_part)
    )
    known = ", ".join(f"{body_part} ({count})" for body_part, count in session.execute(query))
    tasks = session.scalars(select(Label.task).distinct().order_by(Label.task))
    return (
        f'The cohort "{selection.name}" would be empty ({steps}). Expected at least one picture with a '
        f'label for the task "{selection.task}". Body parts in the database: {known or "none"}. '
        f"Tasks with labels from class folders (`ingest --class-folders --task NAME`): "
        f"{', '.join(tasks) or 'none'}."
    )
