"""The labels of a selection, resolved in bulk: units with equal readings have one answer, made once.

The readings of a picture go before those of its study, and these before its patient's, as
`database.labels` has it. For a unit that is larger than a picture, the unit's own readings go first, then
those of what lies within it, the larger before the smaller, then those of what it lies in. Several
subjects within a unit are pooled: of one reader, a class is present in the unit where it is present in
one of them, and absent only where it is absent from all that the reader said something of.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from database.cohort_candidates import ANSWER, ANSWER_CLASS, ANSWER_OF, CANDIDATE, READING, fill_table
from database.cohort_selections import Unit
from database.label_maps import map_labels
from database.label_policies import CurrentReading, LabelPolicy
from database.labels import BODY_PART_TASK
from database.schema import Label, Patient, Study

DISAGREE, UNLABELLED, SEVERAL = 0, -1, -2
"""Answers that are none."""

SEVERAL_CLASSES = "several classes of one reader (--set multi_label=true)"
"""Why a picture is left out that has several findings where one class was asked for."""

_LEVELS: Mapping[Unit, tuple[str, ...]] = {
    "image": ("instance", "study", "patient"),
    "study": ("study", "instance", "patient"),
    "patient": ("patient", "study", "instance"),
}
_STRONGEST = ("1", "uncertain", "not_assessable", "0", "not_mentioned")
_ROWS_AT_ONCE = 10_000

Labels = Mapping[str, str]


class Answers:
    """The different labels that units have, numbered from 1."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[tuple[str, str], ...], int] = {}

    def number(self, labels: Labels) -> int:
        """Return the number of some labels; `UNLABELLED` where there are none."""
        if not labels:
            return UNLABELLED
        key = tuple(sorted(labels.items()))
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def by_number(self) -> dict[int, dict[str, str]]:
        """Return every number's labels."""
        return {number: dict(key) for key, number in self._numbers.items()}


def resolve_candidates(
    session: Session, *, task: str, policy: LabelPolicy, unit: Unit, max_label_id: int | None
) -> Answers:
    """Fill the tables of answers for the candidates; return what the numbers mean.

    Args:
        session: within `database.cohort_candidates.working_tables`.
        task: for `body_part` the header answers where no reading does.
        policy: how readings are resolved.
        unit: that the candidates were loaded with.
        max_label_id: only readings up to this row count.
    """
    answers = Answers()

    def answer(readings: Sequence[CurrentReading]) -> int:
        resolution = policy.resolve(readings)
        if resolution.disagrees:
            return SEVERAL if resolution.is_several else DISAGREE
        return answers.number(resolution.values)

    read_units(session, task=task, unit=unit, max_label_id=max_label_id, decide=answer)
    # As they are: the table of answers is filled with these first, then with what headers say.
    session.execute(delete(ANSWER_OF))
    session.execute(
        insert(ANSWER_OF).from_select(["unit_id", "answer"], select(READING.c.unit_id, READING.c.answer))
    )
    if task == BODY_PART_TASK:
        _take_body_parts(session, answers, several=policy.multi_label and unit != "image")
    return answers


def read_units(
    session: Session,
    *,
    task: str,
    unit: Unit,
    max_label_id: int | None,
    decide: Callable[[Sequence[CurrentReading]], int],
) -> None:
    """Fill the table of readings: for each unit that has any, what `decide` makes of the current ones.

    Args:
        session: within `working_tables`.
        task: whose readings.
        unit: that the candidates were loaded with; `image` may be asked of candidates of any unit,
            the table's key then is `instance_id * 3`.
        max_label_id: only readings up to this row count.
        decide: called once for readings that are the same.
    """
    session.execute(delete(READING))
    for level in _LEVELS[unit]:
        if not session.scalar(select(exists().where(Label.subject_level == level, Label.task == task))):
            continue
        units, numbers = array("q"), array("q")
        known: dict[tuple[CurrentReading, ...], int] = {}
        query = _readings_query(level, task, unit, max_label_id)
        rows = session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
        for unit_id, readings in _readings_by_unit(rows):
            if readings not in known:
                known[readings] = decide(readings)
            units.append(unit_id)
            numbers.append(known[readings])
        pairs = zip(units, numbers, strict=True)
        fill_table(session, READING, ({"unit_id": row, "answer": number} for row, number in pairs))


def keep_answered(
    session: Session, answers: Answers, label_map: Mapping[str, str] | None = None
) -> tuple[dict[int, dict[str, str]], dict[str, int]]:
    """Leave out the candidates without labels; return what numbers mean now, and how many left by reason.

    Args:
        session: within `working_tables`, after `resolve_candidates`.
        answers: from there.
        label_map: classes to the classes that members get.
    """
    num_images = _images_by_answer(session)
    num_all = session.scalar(select(func.count()).select_from(CANDIDATE)) or 0
    left_out = {
        "readers_disagree": num_images.get(DISAGREE, 0),
        "unlabelled": num_all - sum(count for number, count in num_images.items() if number != UNLABELLED),
    }
    if num_images.get(SEVERAL):
        left_out[SEVERAL_CLASSES] = num_images[SEVERAL]
    labels = answers.by_number()
    if label_map is not None:
        labels = _map_answers(labels, label_map, num_images, left_out)
    fill_table(session, ANSWER, ({"answer": number, "labels": one} for number, one in labels.items()))
    present = (
        {"answer": number, "class_name": name}
        for number, one in labels.items()
        for name, value in one.items()
        if value == "1"
    )
    fill_table(session, ANSWER_CLASS, present)
    session.execute(delete(ANSWER_OF).where(ANSWER_OF.c.answer.not_in(select(ANSWER.c.answer))))
    session.execute(delete(CANDIDATE).where(CANDIDATE.c.unit_id.not_in(select(ANSWER_OF.c.unit_id))))
    return labels, left_out


def _map_answers(
    labels: Mapping[int, dict[str, str]],
    label_map: Mapping[str, str],
    num_images: Mapping[int, int],
    left_out: dict[str, int],
) -> dict[int, dict[str, str]]:
    """Take each answer to the classes of a map, once; count the pictures without one."""
    mapped: dict[int, dict[str, str]] = {}
    unmapped: dict[str, int] = {}
    left_out["without_mapped_class"] = 0
    for number, one in labels.items():
        found = map_labels({number: one}, label_map)
        if number in found.values:
            mapped[number] = dict(found.values[number])
        count = num_images.get(number, 0)
        left_out["without_mapped_class"] += count * len(found.left_out)
        for name in found.unmapped:
            unmapped[name] = unmapped.get(name, 0) + count
    left_out.update({f"not mapped: {name}": count for name, count in sorted(unmapped.items()) if count})
    return mapped


def _images_by_answer(session: Session) -> dict[int, int]:
    query = (
        select(ANSWER_OF.c.answer, func.count())
        .select_from(CANDIDATE)
        .join(ANSWER_OF, ANSWER_OF.c.unit_id == CANDIDATE.c.unit_id)
        .group_by(ANSWER_OF.c.answer)
    )
    return dict(session.execute(query).all())


def _readings_query(level: str, task: str, unit: Unit, max_label_id: int | None) -> Select[Any]:
    """Return the readings at one level, of the units that have none so far, unit by unit.

    The joins are outer ones, and stay it: so readings are looked up by subject. SQLite, which knows nothing
    of how many rows a working table holds, would else walk all of them for each reading.
    """
    unit_id: ColumnElement[int] = CANDIDATE.c.instance_id * 3 if unit == "image" else CANDIDATE.c.unit_id
    of_reading = (Label.id, Label.class_name, Label.reader, Label.value)
    if level == "instance":
        subject_id, subject_key = CANDIDATE.c.instance_id, CANDIDATE.c.sop_instance_uid
        query = select(unit_id.label("unit_id"), subject_id.label("subject_id"), *of_reading)
        query = query.select_from(CANDIDATE)
    else:
        column = CANDIDATE.c.study_id if level == "study" else CANDIDATE.c.patient_id
        pairs = select(unit_id.label("unit_id"), column.label("subject_id")).where(column.is_not(None))
        subjects, keys = pairs.distinct().subquery("unit_subject"), _subject_keys(level)
        unit_id, subject_key = subjects.c.unit_id, keys.c.subject_key
        query = select(unit_id, subjects.c.subject_id, *of_reading)
        query = query.outerjoin_from(subjects, keys, keys.c.subject_id == subjects.c.subject_id)
    is_reading = [Label.subject_level == level, Label.subject_key == subject_key, Label.task == task]
    is_reading += [] if max_label_id is None else [Label.id <= max_label_id]
    return (
        query.outerjoin(Label, and_(*is_reading))
        .outerjoin(READING, READING.c.unit_id == unit_id)
        .where(func.coalesce(Label.id, 0) > 0, READING.c.unit_id.is_(None))
        .order_by(unit_id)
    )


def _subject_keys(level: str) -> Any:
    """Return the keys that readings name studies or patients by; a merged patient has several."""
    if level == "study":
        query = select(Study.id.label("subject_id"), Study.study_instance_uid.label("subject_key"))
        return query.subquery("subject")
    own = select(Patient.id.label("subject_id"), Patient.patient_key.label("subject_key"))
    merged = select(Patient.merged_into_id, Patient.patient_key).where(Patient.merged_into_id.is_not(None))
    return union_all(own, merged).subquery("subject")


def _readings_by_unit(rows: Iterable[Any]) -> Iterator[tuple[int, tuple[CurrentReading, ...]]]:
    """Yield each unit with its current readings: of one reader the newest of a subject, then pooled."""
    for unit_id, of_unit in groupby(rows, key=itemgetter(0)):
        newest: dict[tuple[int, str, str], tuple[int, str]] = {}
        for _, subject_id, row_id, class_name, reader, value in of_unit:
            key = (subject_id, class_name, reader)
            newest[key] = max((row_id, value), newest.get(key, (0, "")))
        pooled: dict[tuple[str, str], str] = {}
        for (_, class_name, reader), (_, value) in newest.items():
            held = pooled.get((class_name, reader), value)
            pooled[class_name, reader] = min(held, value, key=_STRONGEST.index)
        yield (
            unit_id,
            tuple(CurrentReading(name, pooled[name, reader], reader) for name, reader in sorted(pooled)),
        )


def _take_body_parts(session: Session, answers: Answers, *, several: bool) -> None:
    """Let headers answer for units that nobody read: one body part, or several where that is no dispute."""
    unread = (
        select(CANDIDATE.c.unit_id)
        .outerjoin(READING, READING.c.unit_id == CANDIDATE.c.unit_id)
        .where(READING.c.unit_id.is_(None), CANDIDATE.c.body_part.is_not(None))
    )
    if several:
        query = unread.add_columns(CANDIDATE.c.body_part).distinct().order_by(CANDIDATE.c.unit_id)
        said = session.execute(query).all()
        pairs = [
            (unit_id, answers.number({part: "1" for _, part in of_unit}))
            for unit_id, of_unit in groupby(said, key=itemgetter(0))
        ]
        fill_table(session, ANSWER_OF, ({"unit_id": row, "answer": number} for row, number in pairs))
        return
    known = session.scalars(
        select(CANDIDATE.c.body_part).distinct().where(CANDIDATE.c.body_part.is_not(None))
    )
    numbers = {part: answers.number({part: "1"}) for part in sorted(known)}
    if not numbers:
        return
    least, most = func.min(CANDIDATE.c.body_part), func.max(CANDIDATE.c.body_part)
    number = case((least != most, literal(DISAGREE)), else_=case(numbers, value=least))
    session.execute(
        insert(ANSWER_OF).from_select(
            ["unit_id", "answer"], unread.add_columns(number).group_by(CANDIDATE.c.unit_id)
        )
    )
