"""Readings: appended, never changed; and what they come to when several were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.batches import NewReading
from database.bulk import chunks, insert_rows
from database.columns import utc_now
from database.label_policies import CurrentReading, LabelPolicy, Resolution, parse_policy
from database.schema import LABEL_VALUES, SUBJECT_LEVELS, Instance, Label, Patient, Series, Study
from database.subjects import patient_keys
from foundation.errors import DatabaseError

BODY_PART_TASK = "body_part"
"""The one task that needs no readings: the header's cleaned body part answers it where none exist."""

_TERM_LENGTH = 64
_DECIDED = frozenset({"0", "1"})

ReadingKey = tuple[str, str, str, str, str]
Subject = tuple[str, str]
"""Level and key of what was read."""
_Newest = tuple[int, str]


@dataclass(frozen=True, slots=True)
class ResolvedLabels:
    """What the readings of one task come to.

    Attributes:
        values: for each instance that has an answer, its classes with their values.
        conflicts: instances whose readers disagree; left out.
        several: instances of which one reader names several classes, where one was asked for; left out.
        unlabelled: instances that no reading answers.
    """

    values: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    conflicts: tuple[int, ...] = ()
    several: tuple[int, ...] = ()
    unlabelled: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AppendedReadings:
    """What became of some readings.

    Attributes:
        num_added: rows; the others repeated what their reader had said last.
        num_corrections: of those, how many changed what their reader had said.
        contradicted: level and key of the subjects of which another reader says otherwise.
    """

    num_added: int
    num_corrections: int
    contradicted: frozenset[Subject]


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
    return append_readings(session, readings, run_id=run_id).num_added


def append_readings(
    session: Session, readings: Sequence[NewReading], *, run_id: int | None = None, single_label: bool = False
) -> AppendedReadings:
    """Append readings, and tell what they met: repeats, own corrections, other readers' contradictions.

    Args:
        session: in a transaction.
        readings: each with its `subject_key`.
        run_id: the run that brought them.
        single_label: a subject has one class of a task, so that another class contradicts.

    Raises:
        DatabaseError: a value, a level or a name that cannot be stored.
    """
    for reading in readings:
        _check_reading(reading)
    newest = _newest_readings(
        session,
        {(reading.subject_level, str(reading.subject_key)) for reading in readings},
        {reading.task for reading in readings},
    )
    rows = []
    num_corrections = 0
    now = utc_now()
    for reading in readings:
        key = _key_of(reading)
        number, value = newest.get(key, (0, None))
        if value == reading.value:
            continue
        newest[key] = (number + 1, reading.value)
        num_corrections += number > 0
        rows.append(_row_of(reading, number + 1) | {"ingest_run_id": run_id, "recorded_at": now})
    insert_rows(session, Label, rows)
    contradicted = _contradicted(newest, readings, single_label=single_label)
    return AppendedReadings(len(rows), num_corrections, contradicted)


def resolve_labels(
    session: Session,
    instance_ids: Sequence[int],
    task: str,
    policy: str | LabelPolicy = "single",
    *,
    max_label_id: int | None = None,
) -> ResolvedLabels:
    """Return what the newest readings of a task come to, by a named policy.

    Readings of an instance go before those of its study, and these before its patient's. Those of a
    patient are also those of the patients that a merge list joined with it.

    Args:
        session: for reading.
        instance_ids: the pictures asked about.
        task: without a reading, `body_part` is answered by the header.
        policy: as `database.label_policies.parse_policy` takes it, or what that returns.
        max_label_id: only readings up to this row count: what a cohort was frozen with.

    Raises:
        UnknownNameError: no such policy.
        ConfigError: its parameters are wrong.
    """
    chosen = parse_policy(policy) if isinstance(policy, str) else policy
    values: dict[int, Mapping[str, str]] = {}
    conflicts: list[int] = []
    several: list[int] = []
    unlabelled: list[int] = []
    for some in chunks(instance_ids):
        readings, body_parts = _readings_of(session, some, task, max_label_id)
        for instance_id in some:
            resolution = chosen.resolve(readings.get(instance_id, []))
            if not readings.get(instance_id) and task == BODY_PART_TASK and body_parts.get(instance_id):
                resolution = Resolution({str(body_parts[instance_id]): "1"})
            if resolution.disagrees:
                (several if resolution.is_several else conflicts).append(instance_id)
            elif resolution.values:
                values[instance_id] = resolution.values
            else:
                unlabelled.append(instance_id)
    return ResolvedLabels(values, tuple(conflicts), tuple(several), tuple(unlabelled))


def classes_read(session: Session, instance_ids: Sequence[int], task: str) -> dict[int, set[str]]:
    """Return the classes that anybody reads as present in each instance, whoever denies them.

    Args:
        session: for reading.
        instance_ids: the pictures asked about.
        task: without a reading, `body_part` is answered by the header.
    """
    found: dict[int, set[str]] = {}
    for some in chunks(instance_ids):
        readings, body_parts = _readings_of(session, some, task, None)
        for instance_id in some:
            found[instance_id] = {one.class_name for one in readings.get(instance_id, []) if one.value == "1"}
            if not readings.get(instance_id) and task == BODY_PART_TASK and body_parts.get(instance_id):
                found[instance_id] = {str(body_parts[instance_id])}
    return found


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


def _newest_readings(
    session: Session, subjects: Set[Subject], tasks: Set[str]
) -> dict[ReadingKey, tuple[int, str]]:
    newest: dict[ReadingKey, tuple[int, str]] = {}
    for level in sorted({level for level, _ in subjects}):
        for some in chunks(key for of_level, key in subjects if of_level == level):
            query = (
                select(
                    Label.subject_key,
                    Label.task,
                    Label.class_name,
                    Label.reader,
                    Label.reading_number,
                    Label.value,
                )
                .where(
                    Label.subject_level == level,
                    Label.subject_key.in_(some),
                    Label.task.in_(sorted(tasks)),
                )
                .order_by(Label.reading_number)
            )
            for subject, task, class_name, reader, number, value in session.execute(query):
                newest[level, subject, task, class_name, reader] = (number, value)
    return newest


def _contradicted(
    newest: Mapping[ReadingKey, tuple[int, str]], readings: Sequence[NewReading], *, single_label: bool
) -> frozenset[Subject]:
    """Return the subjects of which another reader's newest reading says otherwise."""
    others: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {}
    for (level, subject, task, class_name, reader), (_, value) in newest.items():
        if value in _DECIDED:
            others.setdefault((level, subject, task), []).append((class_name, reader, value))
    found = set()
    for reading in readings:
        level, key = reading.subject_level, str(reading.subject_key)
        for class_name, reader, value in others.get((level, key, reading.task), ()):
            if reader == reading.reader or reading.value not in _DECIDED:
                continue
            is_same = class_name == reading.class_name
            if value != reading.value if is_same else single_label and value == reading.value == "1":
                found.add((level, key))
    return frozenset(found)


def _readings_of(
    session: Session, instance_ids: Sequence[int], task: str, max_label_id: int | None
) -> tuple[dict[int, list[CurrentReading]], dict[int, str | None]]:
    """Return the current readings of each instance at its nearest level, and the headers' body parts."""
    query = (
        select(
            Instance.id,
            Instance.body_part,
            Instance.sop_instance_uid,
            Study.study_instance_uid,
            func.coalesce(Patient.merged_into_id, Patient.id).label("patient_id"),
        )
        .outerjoin(Series, Series.id == Instance.series_id)
        .outerjoin(Study, Study.id == Series.study_id)
        .outerjoin(Patient, Patient.id == Instance.patient_id)
        .where(Instance.id.in_(instance_ids))
    )
    rows = session.execute(query).all()
    keys = patient_keys(session, {row.patient_id for row in rows if row.patient_id})
    subjects = {
        row.id: (
            [("instance", row.sop_instance_uid)],
            [("study", row.study_instance_uid)] if row.study_instance_uid else [],
            [("patient", key) for key in keys.get(row.patient_id, ())],
        )
        for row in rows
    }
    wanted = {subject for levels in subjects.values() for level in levels for subject in level}
    by_subject = _readings_of_subjects(session, wanted, task, max_label_id)
    readings = {
        instance_id: next(filter(None, (_joined(by_subject, level) for level in levels)), [])
        for instance_id, levels in subjects.items()
    }
    return readings, {row.id: row.body_part for row in rows}


def _joined(
    by_subject: Mapping[Subject, Mapping[tuple[str, str], _Newest]], subjects: Sequence[Subject]
) -> list[CurrentReading]:
    """Return the readings of one subject under all its keys; of one reader, the newest counts."""
    newest: dict[tuple[str, str], _Newest] = {}
    for subject in subjects:
        for key, found in by_subject.get(subject, {}).items():
            newest[key] = max(found, newest.get(key, found))
    return [CurrentReading(name, newest[name, reader][1], reader) for name, reader in sorted(newest)]


def _readings_of_subjects(
    session: Session, subjects: Set[Subject], task: str, max_label_id: int | None
) -> dict[Subject, dict[tuple[str, str], _Newest]]:
    """Return row id and value of each reader's newest reading, by class and reader."""
    newest: dict[Subject, dict[tuple[str, str], _Newest]] = {}
    by_level = {level: [key for of_level, key in subjects if of_level == level] for level in SUBJECT_LEVELS}
    for level, keys in by_level.items():
        for some in chunks(keys):
            query = (
                select(
                    Label.id,
                    Label.subject_key,
                    Label.class_name,
                    Label.reader,
                    Label.value,
                )
                .where(Label.subject_level == level, Label.subject_key.in_(some), Label.task == task)
                .order_by(Label.id)
            )
            if max_label_id is not None:
                query = query.where(Label.id <= max_label_id)
            for row_id, key, class_name, reader, value in session.execute(query):
                newest.setdefault((level, key), {})[class_name, reader] = (row_id, value)
    return newest
