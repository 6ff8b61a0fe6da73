"""What shall be read of which subject: out of a table, or one class for a selection of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from database.batches import NewReading
from database.labels import BODY_PART_TASK
from database.research import run_research_query, where_query
from database.session import Database
from database.subjects import instances_of_rows, instances_of_source
from ingest.label_subjects import SubjectFinder
from ingest.label_tables import LabelTable
from ingest.nih import nih_patient_id
from ingest.picture_tables import readings_of_row
from ingest.row_problems import RowProblem
from ingest.sources import check_sources, find_files
from ingest.table_columns import SUBJECTS_BY
from ingest.table_labels import LabelRow, LabelRows, Person, read_label_rows
from ingest.table_rows import settle_rows

CONSTANT_READER = "constant"


class Told(NamedTuple):
    """One row and one subject of it, by its key."""

    row: LabelRow
    subject: str


@dataclass(frozen=True)
class LabelWork:
    """Everything that shall be read.

    Attributes:
        task: what the labels answer.
        level: what is labelled.
        form: of the table; `constant` without one.
        is_single_label: a subject has one class.
        num_rows: that were looked at.
        num_rows_used: that say something of a subject that is there.
        groups: of each subject what is told of it, the earlier first: the last one holds.
        problems: rows that came to nothing.
        readings_of: makes the readings of one row for one subject.
    """

    task: str
    level: str
    form: str
    is_single_label: bool
    num_rows: int
    num_rows_used: int
    groups: Sequence[Sequence[Told]]
    problems: Sequence[RowProblem]
    readings_of: Callable[[Told], tuple[NewReading, ...]]


class Selection(NamedTuple):
    """Pictures that fit all of what was given; None for what was not.

    Attributes:
        where: a condition over the view `image`.
        folder: files below it.
        source: the name of a source.
        seconds: how long the condition may take.
    """

    where: str | None
    folder: Path | None
    source: str | None
    seconds: float


def work_of_table(table: LabelTable, finder: SubjectFinder) -> LabelWork:
    """Read a table and find its subjects.

    Raises:
        ConfigError: a column or a task that has to be named.
        IngestError: the table cannot be read.
    """
    rows = read_label_rows(table, subjects=SUBJECTS_BY.get(finder.by, ()))
    if rows.has_nih_numbers and finder.by == "patient_id":
        plain = (replace(row, subject=nih_patient_id(row.subject)) for row in rows.rows)
        rows = replace(rows, rows=tuple(plain))
    found = finder.find(row.subject for row in rows.rows)
    problems = list(rows.problems)
    matched = _matched(rows, found, problems, may_be_several=finder.may_be_several)
    kept, contradicting = settle_rows(
        matched, lambda row: frozenset(found[row.subject]), add_up=table.rows_add_up
    )
    told = (Told(row, subject) for row in kept for subject in found[row.subject] if rows.answers(row))
    return LabelWork(
        task=rows.task,
        level=finder.level,
        form=rows.form,
        is_single_label=not rows.multi_label,
        num_rows=rows.num_rows,
        num_rows_used=sum(bool(row.said) for row in matched.rows) - len(contradicting),
        groups=_by_subject(told),
        problems=[*problems, *contradicting],
        readings_of=lambda one: readings_of_row(rows, one.row, level=finder.level, subject_key=one.subject),
    )


def work_of_selection(
    chosen: Selection, finder: SubjectFinder, *, class_name: str, task: str | None, reader: str | None
) -> LabelWork:
    """Find the pictures of a selection, which all get one class.

    Raises:
        IngestError: the folder is missing.
        QueryError: the condition is refused or fails.
    """
    problems: list[RowProblem] = []
    uids, num_rows = _selected(chosen, finder, problems)
    answered = task or BODY_PART_TASK
    read_by = reader or CONSTANT_READER
    said = ((class_name, "1"),)
    return LabelWork(
        task=answered,
        level="instance",
        form="constant",
        is_single_label=True,
        num_rows=num_rows,
        num_rows_used=num_rows - len(problems),
        groups=[
            [Told(LabelRow(number, uid, said, Person(), read_by), uid)]
            for number, uid in enumerate(sorted(uids), 1)
        ],
        problems=problems,
        readings_of=lambda one: (NewReading(answered, class_name, "1", read_by, subject_key=one.subject),),
    )


def _matched(
    rows: LabelRows, found: dict[str, set[str]], problems: list[RowProblem], *, may_be_several: bool
) -> LabelRows:
    """Return the rows whose subject is there, once; the others are problems."""
    kept = []
    for row in rows.rows:
        several = found.get(row.subject, set())
        if not several:
            problems.append(RowProblem(row.number, "subject_not_found"))
        elif len(several) > 1 and not may_be_several:
            problems.append(RowProblem(row.number, "several_subjects"))
        else:
            kept.append(row)
    return replace(rows, rows=tuple(kept))


def _by_subject(told: Iterable[Told]) -> list[list[Told]]:
    groups: dict[str, list[Told]] = {}
    for one in told:
        groups.setdefault(one.subject, []).append(one)
    return [
        sorted(group, key=lambda one: (str(one.row.read_at or ""), one.row.number))
        for _, group in sorted(groups.items())
    ]


def _selected(chosen: Selection, finder: SubjectFinder, problems: list[RowProblem]) -> tuple[set[str], int]:
    """Return the UIDs that fit, and how many files or pictures were looked at."""
    sets: list[set[str]] = []
    with finder.database.session() as session:
        if chosen.source is not None:
            sets.append(set(instances_of_source(session, chosen.source)))
        if chosen.where is not None:
            sets.append(
                set(instances_of_rows(session, _row_ids(finder.database, chosen.where, chosen.seconds)))
            )
    if chosen.folder is None:
        uids = set.intersection(*sets)
        return uids, len(uids)
    check_sources([chosen.folder])
    names = [file.relative_path for file in find_files([chosen.folder])]
    found = finder.find(names)
    for number, name in enumerate(names, 1):
        if len(found.get(name, ())) != 1:
            problems.append(RowProblem(number, "several_subjects" if name in found else "subject_not_found"))
    sets.append({uid for several in found.values() if len(several) == 1 for uid in several})
    return set.intersection(*sets), len(names)


def _row_ids(database: Database, where: str, seconds: float) -> list[int]:
    result = run_research_query(database, where_query(where, database.dialect_name), seconds=seconds)
    place = result.columns.index("id")
    return [row[place] for row in result.rows]
