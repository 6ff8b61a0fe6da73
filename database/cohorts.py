"""Cohorts: a selection with its labels, frozen, so that it can be defended and found again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from database.cohort_candidates import working_tables
from database.cohort_freezing import insert_members, members_fingerprint, recount_members
from database.cohort_members import cohort_members
from database.cohort_selections import CohortSelection, InclusionStep
from database.cohort_steps import SelectionCounts, SelectionStep, filter_columns, select_members
from database.cohort_tables import CohortTable, count_table
from database.labels import BODY_PART_TASK
from database.schema import Cohort, CohortMember, Instance, Label, RejectedFile, Source
from foundation.errors import EmptyCohortError, QueryError
from foundation.registries import unknown_name_message

__all__ = [
    "CohortRecord",
    "CohortSelection",
    "InclusionStep",
    "cohort_members",
    "cohort_table",
    "create_cohort",
    "find_cohort",
    "get_cohort",
    "list_cohorts",
    "refresh_cohort",
]


@dataclass(frozen=True, slots=True)
class CohortRecord:
    """One frozen cohort.

    Attributes:
        steps: what each step of the selection left.
        left_out: pictures by reason.
        disputed_repeats: pictures kept of identical ones whose labels differ.
        last_source_id, last_rejected_id: the last files that were there; None in cohorts of before.
        num_members: today; members leave when their patient withdraws (`num_withdrawn`).
        is_fresh: whether this call made it; False for one that was there with equal members.
    """

    id: int
    cohort_uuid: str
    name: str
    version: int
    task: str
    label_policy: str
    selection: Mapping[str, Any]
    steps: tuple[SelectionStep, ...]
    left_out: Mapping[str, int]
    disputed_repeats: int
    last_source_id: int | None
    last_rejected_id: int | None
    fingerprint: str
    num_members: int
    num_withdrawn: int
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
        QueryError: a condition or the query is refused or fails.
        UnknownNameError: no such label policy.
        ConfigError: its parameters are wrong.
    """
    policy = selection.policy
    _check_task(session, selection.task)
    # Readings that come meanwhile belong to the next version: a replay takes those up to this one.
    max_label_id = session.scalar(select(func.max(Label.id)))
    counts = SelectionCounts()
    with working_tables(session):
        labels = select_members(session, selection, counts, max_label_id=max_label_id)
        if not counts.steps[-1].count.num_images:
            raise EmptyCohortError(_empty_message(session, selection, counts))
        mark = members_fingerprint(session, labels)
        newest = session.scalars(
            select(Cohort).where(Cohort.name == selection.name).order_by(Cohort.version.desc()).limit(1)
        ).first()
        if newest is not None and (newest.fingerprint, newest.task) == (mark, selection.task):
            return _record(newest, _num_members(session, newest.id))
        cohort = Cohort(
            cohort_uuid=str(uuid.uuid4()),
            name=selection.name,
            version=1 + (newest.version if newest else 0),
            selection=selection.model_dump(mode="json"),
            task=selection.task,
            label_policy=policy.to_json(),
            max_label_id=max_label_id,
            step_counts=_counts_json(session, counts),
            characteristics=count_table(session, labels).model_dump(mode="json"),
            fingerprint=mark,
        )
        session.add(cohort)
        session.flush()
        insert_members(session, cohort.id)
    return _record(cohort, counts.steps[-1].count.num_images, is_fresh=True)


def refresh_cohort(session: Session, name: str) -> CohortRecord:
    """Run the selection of a cohort's newest version again, as its next version where it gives others.

    Args:
        session: of `database.session.transaction`.
        name: of the cohort.

    Raises:
        EmptyCohortError, QueryError: as `create_cohort`; there is no such cohort.
    """
    return create_cohort(session, CohortSelection.model_validate(get_cohort(session, name).selection))


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


def find_cohort(session: Session, text: str, version: int | None = None) -> CohortRecord:
    """Return the cohort that a user names: `NAME` for the newest version, or `NAME@VERSION`.

    Args:
        session: for reading.
        text: as the user wrote it; a name alone where a version is given.
        version: the newest, or that of the text, when not given.

    Raises:
        QueryError: there is none of that name or version.
    """
    name, _, number = text.rpartition("@")
    is_whole = version is not None or session.scalar(select(func.count()).where(Cohort.name == text))
    if is_whole or not name or not number.isdecimal():
        return get_cohort(session, text, version)
    return get_cohort(session, name, int(number))


def cohort_table(session: Session, record: CohortRecord) -> tuple[CohortTable, bool]:
    """Return the table of a cohort, and whether it is the one that was frozen with it.

    It is counted anew where members left, or where the cohort was frozen before there were tables.

    Args:
        session: for reading.
        record: the cohort.
    """
    frozen = session.scalar(select(Cohort.characteristics).where(Cohort.id == record.id))
    if frozen is not None and frozen["num_images"] == record.num_members:
        return CohortTable.model_validate(frozen), True
    with working_tables(session):
        return recount_members(session, record.id, unit=record.selection.get("unit", "image")), False


def _check_task(session: Session, task: str) -> None:
    """Refuse a task that nobody has read anything for.

    Raises:
        QueryError: the message lists those that there are, and the nearest.
    """
    if task == BODY_PART_TASK or session.scalar(select(exists().where(Label.task == task))):
        return
    known = [BODY_PART_TASK, *session.scalars(select(Label.task).distinct())]
    raise QueryError(
        unknown_name_message(set(known), task, kind="task with labels")
        + " Labels come by `ingest --labels TABLE`, `ingest --class-folders` and `labels add`."
    )


def _counts_json(session: Session, counts: SelectionCounts) -> dict[str, Any]:
    return {
        "steps": [step.model_dump(mode="json") for step in counts.steps],
        "left_out": counts.left_out,
        "disputed_repeats": counts.disputed_repeats,
        "last_source_id": session.scalar(select(func.max(Source.id))) or 0,
        "last_rejected_id": session.scalar(select(func.max(RejectedFile.id))) or 0,
    }


def _num_members(session: Session, cohort_id: int) -> int:
    query = select(func.count()).select_from(CohortMember).where(CohortMember.cohort_id == cohort_id)
    return session.scalar(query) or 0


def _record(cohort: Cohort, num_members: int, *, is_fresh: bool = False) -> CohortRecord:
    counts = cohort.step_counts
    return CohortRecord(
        id=cohort.id,
        cohort_uuid=cohort.cohort_uuid,
        name=cohort.name,
        version=cohort.version,
        task=cohort.task,
        label_policy=str(cohort.label_policy["name"]),
        selection=cohort.selection,
        steps=tuple(SelectionStep.model_validate(step) for step in counts.get("steps", ())),
        left_out=counts.get("left_out", {}),
        disputed_repeats=counts.get("disputed_repeats", 0),
        last_source_id=counts.get("last_source_id"),
        last_rejected_id=counts.get("last_rejected_id"),
        fingerprint=cohort.fingerprint,
        num_members=num_members,
        num_withdrawn=cohort.num_withdrawn,
        created_at=cohort.created_at,
        is_fresh=is_fresh,
    )


def _empty_message(session: Session, selection: CohortSelection, counts: SelectionCounts) -> str:
    told = [f"{step.name} {step.count.num_images}" for step in counts.steps if step.count.num_images]
    gone = [f"{step.name} 0" for step in counts.steps if not step.count.num_images]
    steps = ", ".join([*told, *gone[:1]])
    left_out = ", ".join(f"{reason} {count}" for reason, count in counts.left_out.items())
    asked = {"Body parts in the database": Instance.body_part} | {
        words: column for words, (column, values) in filter_columns(selection).items() if values
    }
    known = "; ".join(f"{words}: {_known_values(session, column)}" for words, column in asked.items())
    return (
        f'The cohort "{selection.name}" would be empty (images left: {steps}; left out: '
        f"{left_out or 'none'}). "
        f'Expected at least one picture with a label for the task "{selection.task}". {known}.'
    )


def _known_values(session: Session, column: Any) -> str:
    query = (
        select(column, func.count())
        .where(Instance.status == "current", column.is_not(None))
        .group_by(column)
        .order_by(column)
    )
    return ", ".join(f"{value} ({count})" for value, count in session.execute(query)) or "none"
