"""How many readings there are: by task, class and value, each reader's newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from database.schema import LABEL_VALUES, Instance, Label


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """The current readings of one class at one level.

    Attributes:
        values: each value of `database.schema.LABEL_VALUES` with its number of readings.
        readers: who read, sorted.
    """

    task: str
    class_name: str
    level: str
    values: Mapping[str, int]
    readers: tuple[str, ...]


def count_labels(session: Session, task: str | None = None) -> list[ClassCounts]:
    """Return the counts of every class that has a reading, by task, class and level.

    Args:
        session: for reading.
        task: only this one.
    """
    later = aliased(Label)
    is_newest = ~(
        select(later.id)
        .where(
            later.subject_level == Label.subject_level,
            later.subject_key == Label.subject_key,
            later.task == Label.task,
            later.class_name == Label.class_name,
            later.reader == Label.reader,
            later.reading_number > Label.reading_number,
        )
        .exists()
    )
    keys = (Label.task, Label.class_name, Label.subject_level)
    query = select(*keys, Label.value, Label.reader, func.count()).where(is_newest)
    if task is not None:
        query = query.where(Label.task == task)
    found: dict[tuple[str, str, str], tuple[dict[str, int], set[str]]] = {}
    for of_task, name, level, value, reader, count in session.execute(
        query.group_by(*keys, Label.value, Label.reader)
    ):
        values, readers = found.setdefault((of_task, name, level), (dict.fromkeys(LABEL_VALUES, 0), set()))
        values[value] += count
        readers.add(reader)
    return [
        ClassCounts(*key, values, tuple(sorted(readers))) for key, (values, readers) in sorted(found.items())
    ]


def label_tasks(session: Session) -> list[str]:
    """Return every task that has a reading, sorted."""
    return list(session.scalars(select(Label.task).distinct().order_by(Label.task)))


def current_instance_ids(session: Session) -> list[int]:
    """Return the row ids of all current instances."""
    query = select(Instance.id).where(Instance.status == "current").order_by(Instance.id)
    return list(session.scalars(query))
