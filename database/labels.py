"""Readings: appended, never changed; and what they come to when several were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session

from database.batches import NewReading
from database.bulk import chunks, insert_rows
from database.columns import utc_now
from database.label_policies import LABEL_POLICIES, CurrentReading, Resolution
from database.schema import LABEL_VALUES, SUBJECT_LEVELS, Instance, Label, Patient, Series, Study
from foundation.errors import DatabaseError
from foundation.registries import look_up

BODY_PART_TASK = "body_part"
"""The one task that needs no readings: the header's cleaned body part answers it where none exist."""

_TERM_LENGTH = 64

ReadingKey = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class ResolvedLabels:
    """What the readings of one task come to.

    Attributes:
        values: for each instance that has an answer, its classes with their values.
        conflicts: instances whose readers disagree; left out.
        unlabelled: instances that no reading answers.
    """

    values: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    conflicts: tuple[int, ...] = ()
    unlabelled: tuple[int, ...] = ()


def add_readings(session: Session, readings: Sequence[NewReading], *, run_id: int | None = None) -> int:
    """Append readings; one that repeats the reader's newest value adds nothing.

    Args:
        session: in a transaction.
        readings: each with its `subject_key`.
        run_id: the ingest run that brought them.

    Returns:
        How many rows were added.

    Raises:
        DatabaseError: a value, a level or a name that cannot be stored.
    """
    for reading in readings:
        _check_reading(reading)
    newest = _newest_readings(session, {str(reading.subject_key) for reading in readings})
    rows = []
    now = utc_now()
    for reading in readings:
        key = _key_of(reading)
        number, value = newest.get(key, (0, None))
        if value == reading.value:
            continue
        newest[key] = (number + 1, reading.value)
        rows.append(_row_of(reading, number + 1) | {"ingest_run_id": run_id, "recorded_at": now})
    insert_rows(session, Label, rows)
    return len(rows)


def resolve_labels(
    session: Session, instance_ids: Sequence[int], task: str, policy: str = "single"
) -> ResolvedLabels:
    """Return what the newest readings of a task come to, by a named policy.

    Readings of an instance go before those of its study, and these before its patient's.

    Args:
        session: for reading.
        instance_ids: the pictures asked about.
        task: without a reading, `body_part` is answered by the header.
        policy: a name in `LABEL_POLICIES`.

    Raises:
        UnknownNameError: no such policy.
    """
    resolve = look_up(LABEL_POLICIES, policy, kind="label policy")
    values: dict[int, Mapping[str, str]] = {}
    conflicts: list[int] = []
    unlabelled: list[int] = []
    for some in chunks(instance_ids):
        readings, body_parts = _readings_of(session, some, task)
        for instance_id in some:
            resolution = resolve(readings.get(instance_id, []))
            if not readings.get(instance_id) and task == BODY_PART_TASK and body_parts.get(instance_id):
                resolution = Resolution({str(body_parts[instance_id]): "1"})
            if resolution.disagrees:
                conflicts.append(instance_id)
            elif resolution.values:
                values[instance_id] = resolution.values
            else:
                unlabelled.append(instance_id)
    return ResolvedLabels(values, tuple(conflicts), tuple(unlabelled))


def _check_reading(reading: NewReading) -> None:
    if reading.value not in LABEL_VALUES:
        raise DatabaseError(
            f"A reading's value is one of {', '.join(LABEL_VALUES)}. Received: {reading.value[:32]!r}."
        )
    if reading.subject_level not in SUBJECT_LEVELS or not reading.subject_key:
        raise DatabaseError(f"A reading names its subject: one of {', '.join(SUBJECT_LEVELS)}, and its key.")
    for name in ("task", "class_name", "reader"):
        length = len(getattr(reading, name))
        # A cut name could become equal to another one, so none is cut.
        if not 0 < length <= _TERM_LENGTH:
            raise DatabaseError(
                f"A reading's {name} has 1 to {_TERM_LENGTH} characters. Received: {length} characters."
            )


def _key_of(reading: NewReading) -> ReadingKey:
    subject = str(reading.subject_key)
    return reading.subject_level, subject, reading.task, reading.class_name, reading.reader


def _row_of(reading: NewReading, number: int) -> dict[str, object]:
    return {
        "subject_level": reading.subject_level,
        "subject_key": reading.subject_key,
        "task": reading.task,
        "class_name": reading.class_name,
        "value": reading.value,
        "reader": reading.reader,
        "reading_number": number,
        "read_at": reading.read_at,
        "blinded": reading.blinded,
        "ai_shown": reading.ai_shown,
    }


def _newest_readings(session: Session, subject_keys: Iterable[str]) -> dict[ReadingKey, tuple[int, str]]:
    newest: dict[ReadingKey, tuple[int, str]] = {}
    for some in chunks(subject_keys):
        query = (
            select(
                Label.subject_level,
                Label.subject_key,
                Label.task,
                Label.class_name,
                Label.reader,
                Label.reading_number,
                Label.value,
            )
            .where(Label.subject_level.in_(SUBJECT_LEVELS), Label.subject_key.in_(some))
            .order_by(Label.reading_number)
        )
        for level, subject, task, class_name, reader, number, value in session.execute(query):
            newest[level, subject, task, class_name, reader] = (number, value)
    return newest


def _readings_of(
    session: Session, instance_ids: Sequence[int], task: str
) -> tuple[dict[int, list[CurrentReading]], dict[int, str | None]]:
    """Return the current readings of each instance at its nearest level, and the headers' body parts."""
    query = (
        select(
            Instance.id,
            Instance.body_part,
            Instance.sop_instance_uid.label("instance"),
            Study.study_instance_uid.label("study"),
            Patient.patient_key.label("patient"),
        )
        .outerjoin(Series, Series.id == Instance.series_id)
        .outerjoin(Study, Study.id == Series.study_id)
        .outerjoin(Patient, Patient.id == Instance.patient_id)
        .where(Instance.id.in_(instance_ids))
    )
    subjects = session.execute(query).all()
    by_subject = _readings_of_subjects(session, subjects, task)
    readings: dict[int, list[CurrentReading]] = {}
    for row in subjects:
        for level in SUBJECT_LEVELS:
            found = by_subject.get((level, getattr(row, level)))
            if found:
                readings[row.id] = found
                break
    return readings, {row.id: row.body_part for row in subjects}


def _readings_of_subjects(
    session: Session,
    subjects: Sequence[Row[int, str | None, str, str, str]],
    task: str,
) -> dict[tuple[str, str], list[CurrentReading]]:
    newest: dict[tuple[str, str], dict[tuple[str, str], CurrentReading]] = {}
    query = (
        select(Label.subject_level, Label.subject_key, Label.class_name, Label.reader, Label.value)
        .where(Label.task == task, or_(*_subject_clauses(subjects)))
        .order_by(Label.reading_number)
    )
    for level, subject, class_name, reader, value in session.execute(query):
        of_subject = newest.setdefault((level, subject), {})
        of_subject[class_name, reader] = CurrentReading(class_name, value, reader)
    return {
        subject: [of_subject[key] for key in sorted(of_subject)] for subject, of_subject in newest.items()
    }


def _subject_clauses(
    subjects: Sequence[Row[int, str | None, str, str, str]],
) -> list[ColumnElement[bool]]:
    clauses = []
    for level in SUBJECT_LEVELS:
        keys = sorted({getattr(row, level) for row in subjects if getattr(row, level)})
        clauses.append(and_(Label.subject_level == level, Label.subject_key.in_(keys)))
    return clauses
