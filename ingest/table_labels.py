"""What the rows of a label table say: subject, classes with their values, person, reader.

Two forms. `classes`: a cell names one class, or several with a splitter between them. `wide`: a
column is a class, and its cells are values. Blank is never 0: a blank cell that should name a class
says nothing, a blank value is `not_mentioned`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

from foundation.errors import ConfigError, RejectedFileError
from ingest.class_folders import LONGEST_CLASS_NAME, checked_class_name
from ingest.label_tables import Cells, LabelTable, Unlisted
from ingest.nih import (
    FINDINGS_COLUMN,
    NIH_BINARY_TASK,
    NIH_CLASSES,
    NIH_EXCLUSIVE_CLASS,
    NIH_SPLIT_TASK,
    NIH_TASK,
    binary_class,
    is_nih_header,
    read_split_lists,
)
from ingest.row_problems import RowProblem
from ingest.table_cells import (
    ANSWER_VALUES,
    TRUTH_VALUES,
    CellReader,
    Said,
    class_reader,
    named_classes,
    value_of,
    wide_reader,
)
from ingest.table_columns import ColumnPlan, fold, open_records

_GENERIC_COLUMNS = frozenset({"label", "labels", "class", "category", "tag", "tags", "1", "2"})
_FLAGS = {**dict.fromkeys(("1", "yes", "true", "y"), True), **dict.fromkeys(("0", "no", "false", "n"), False)}
_MOST_CLOSED_CLASSES = 1000

Answer = tuple[str, str, str]
"""Task, class, value."""


class Person(NamedTuple):
    """What a row says of the person, as it stands there."""

    patient: str = ""
    age: str = ""
    sex: str = ""
    view: str = ""
    follow_up: str = ""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One row.

    Attributes:
        number: as a spreadsheet counts, the header being 1.
        subject: what is labelled, as the table names it.
        said: classes with values; blank where the row names no class.
    """

    number: int
    subject: str
    said: Said
    person: Person
    reader: str
    read_at: dt.datetime | None = None
    blinded: bool | None = None
    ai_shown: bool | None = None


@dataclass(frozen=True)
class LabelRows:
    """A table, read.

    Attributes:
        rows: those that say something.
        num_rows: of the table.
        form: `classes`, `wide` or `nih`.
        task: what the labels answer.
        multi_label: whether a subject may have several classes.
        classes: every class, sorted.
        unlisted: what a class is that a row does not list; `none` outside multi-label classes.
        person_columns: columns of the person that were found, by what they hold.
        problems: rows that came to nothing.
        splits: class of the official split by the picture's bare name.
        has_nih_numbers: patients' numbers are those of ChestX-ray14, with or without leading zeros.
    """

    rows: tuple[LabelRow, ...]
    num_rows: int
    form: str
    task: str
    multi_label: bool
    classes: tuple[str, ...]
    unlisted: Unlisted
    person_columns: dict[str, str]
    problems: tuple[RowProblem, ...]
    splits: Mapping[str, str] = field(default_factory=dict)
    has_nih_numbers: bool = False

    def answers(self, row: LabelRow) -> tuple[Answer, ...]:
        """Return all that a row answers: the table's task, and what the form or a split list adds."""
        found = [(self.task, name, value) for name, value in self._closed(row.said)]
        if self.form == "nih" and row.said:
            found.append((NIH_BINARY_TASK, binary_class(name for name, _ in row.said), "1"))
        split = self.split_of(row)
        if split is not None:
            found.append((NIH_SPLIT_TASK, split, "1"))
        return tuple(found)

    def split_of(self, row: LabelRow) -> str | None:
        """Return the class of the official split that lists the row's picture."""
        return self.splits.get(PurePosixPath(row.subject).name) if self.splits else None

    def _closed(self, said: Said) -> Said:
        """Return what a row says with the classes that it does not list."""
        if self.unlisted == "none" or not said:
            return tuple(pair for pair in said if pair[0])
        listed = dict(said)
        return tuple((name, listed.get(name, self.unlisted)) for name in self.classes)


def read_label_rows(table: LabelTable, *, subjects: Iterable[str] = ()) -> LabelRows:
    """Read a whole table.

    Args:
        table: where it is and how it is read.
        subjects: names under which the subject's column is looked for before the usual ones.

    Raises:
        ConfigError: a column or a task that has to be named, or a column that holds no classes.
        IngestError: the table cannot be read.
    """
    plan, records = open_records(table, subjects=subjects)
    table = _preset(table, plan)
    problems: list[RowProblem] = []
    raw = list(_raw_rows(table, plan, records, problems))
    num_rows = len(raw) + len(problems)
    if not raw and not problems:
        raise ConfigError(f"The label table {table.path} has a header and no rows.")
    cells = {row.labels for row in raw}
    form = _form(table, plan, cells)
    read_cells = wide_reader(table, plan) if form == "wide" else class_reader(table, cells)
    rows = list(_said_rows(table, raw, read_cells, problems))
    multi_label = _is_multi_label(table, plan, form, rows)
    if not multi_label:
        rows = list(_with_one_class(rows, problems))
    classes = _known_classes(table, plan, form, rows)
    return LabelRows(
        rows=tuple(rows),
        num_rows=num_rows,
        form=table.form if table.form == "nih" else form,
        task=_task(table, plan, form),
        multi_label=multi_label,
        classes=classes,
        unlisted=_unlisted(table, form, multi_label=multi_label, num_classes=len(classes)),
        person_columns=plan.person_columns(),
        problems=tuple(problems),
        splits=read_split_lists(table.path, table.split_lists)
        if table.form == "nih" or table.split_lists
        else {},
        has_nih_numbers=is_nih_header(plan.header),
    )


class _RawRow(NamedTuple):
    number: int
    subject: str
    labels: tuple[str, ...]
    person: Person
    reading: tuple[str, str, str, str]


def _preset(table: LabelTable, plan: ColumnPlan) -> LabelTable:
    """Return the table with what the form `nih` says of it, where the findings are what is read."""
    reads_findings = [fold(plan.header[place]) for place in plan.labels] == [FINDINGS_COLUMN]
    if table.form != "nih" and not (table.form == "auto" and is_nih_header(plan.header) and reads_findings):
        return table
    return table.model_copy(
        update={
            "form": "nih",
            "splitter": "|",
            "multi_label": True,
            "exclusive_class": NIH_EXCLUSIVE_CLASS,
            "task": table.task or NIH_TASK,
        }
    )


def _raw_rows(
    table: LabelTable,
    plan: ColumnPlan,
    records: Iterable[tuple[int, Cells]],
    problems: list[RowProblem],
) -> Iterator[_RawRow]:
    persons = (plan.patient, plan.age, plan.sex, plan.view, _place(plan, "follow-up #"))
    # CheXpert says AP or PA of frontal views alone, and what is frontal in another column.
    roughly = None if plan.view is None else _place(plan, "frontal/lateral")
    reading = (plan.reader, plan.read_at, plan.blinded, plan.ai_shown)
    needed = max(place for place in (plan.subject, *plan.labels, *persons, *reading) if place is not None)
    if plan.goes_on:
        needed = plan.subject
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    pattern = None if table.patient_pattern is None else re.compile(table.patient_pattern)
    for number, row in records:
        reason = _shape_problem(plan, row, needed)
        if reason is not None:
            problems.append(RowProblem(number, reason))
            continue
        subject = row[plan.subject].strip()
        labels = tuple(row[place].strip() for place in plan.labels if place < len(row))
        if plan.goes_on:
            labels += tuple(cell.strip() for cell in row[plan.labels[-1] + 1 :])
        person = Person(*(_cell(row, place) for place in persons))
        if not person.view:
            person = person._replace(view=_cell(row, roughly))
        if pattern is not None and plan.patient is None:
            found = pattern.search(subject)
            person = person._replace(patient=found[1] if found else "")
        told = _cell(row, plan.reader), *(_cell(row, place) for place in reading[1:])
        yield _RawRow(number, subject, shared.setdefault(labels, labels), person, told)  # type: ignore[arg-type]


def _cell(row: Cells, place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _shape_problem(plan: ColumnPlan, row: Cells, needed: int) -> str | None:
    if len(row) <= needed:
        return "too_few_cells"
    if not plan.goes_on and any(cell.strip() for cell in row[len(plan.header) :]):
        return "too_many_cells"
    return None if row[plan.subject].strip() else "no_subject"


def _place(plan: ColumnPlan, column: str) -> int | None:
    folded = [fold(name) for name in plan.header]
    return folded.index(column) if column in folded else None


def _form(table: LabelTable, plan: ColumnPlan, cells: Iterable[tuple[str, ...]]) -> str:
    if table.form == "nih":
        return "classes"
    if table.form != "auto":
        return table.form
    is_generic = len(plan.labels) == 1 and fold(plan.header[plan.labels[0]]) in _GENERIC_COLUMNS
    if is_generic or (plan.goes_on and not plan.has_names):
        return "classes"
    words = ANSWER_VALUES if len(plan.labels) > 1 else TRUTH_VALUES
    texts = {cell for labels in cells for cell in labels}
    values = {table.values.get(cell) or value_of(cell, words) for cell in texts}
    return "wide" if None not in values and values - {"not_mentioned"} else "classes"


def _said_rows(
    table: LabelTable, raw: Sequence[_RawRow], read_cells: CellReader, problems: list[RowProblem]
) -> Iterator[LabelRow]:
    for row in raw:
        said = read_cells(row.labels)
        if isinstance(said, str):
            problems.append(RowProblem(row.number, said))
            said = ()
        reader, read_at, blinded, ai_shown = row.reading
        try:
            yield LabelRow(
                row.number,
                row.subject,
                said,
                row.person,
                checked_class_name(reader) or table.reader,
                _moment(read_at),
                _flag(blinded),
                _flag(ai_shown),
            )
        except RejectedFileError as error:
            problems.append(RowProblem(row.number, error.reason_code))


@lru_cache(maxsize=1 << 14)
def _moment(text: str) -> dt.datetime | None:
    """Return a time in UTC without a zone; one that names no zone is taken for UTC."""
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise RejectedFileError("unreadable_time", "Expected a time such as 2024-05-31T14:30.") from error
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _flag(text: str) -> bool | None:
    if not text:
        return None
    if text.lower() not in _FLAGS:
        raise RejectedFileError("unreadable_flag", "Expected yes or no.")
    return _FLAGS[text.lower()]


def _is_multi_label(table: LabelTable, plan: ColumnPlan, form: str, rows: Sequence[LabelRow]) -> bool:
    if table.multi_label is not None:
        return table.multi_label
    if form == "wide":
        return True  # each class has a value of its own
    return table.rows_add_up or plan.goes_on or any(len(row.said) > 1 for row in rows)


def _with_one_class(rows: Iterable[LabelRow], problems: list[RowProblem]) -> Iterator[LabelRow]:
    for row in rows:
        if sum(value == "1" for _, value in row.said) > 1:
            problems.append(RowProblem(row.number, "several_classes"))
            yield replace(row, said=())
        else:
            yield row


def _known_classes(
    table: LabelTable, plan: ColumnPlan, form: str, rows: Sequence[LabelRow]
) -> tuple[str, ...]:
    if form == "wide":
        return tuple(plan.header[place] for place in plan.labels)
    names = {name for row in rows for name, _ in row.said if name}
    if table.form == "nih":
        names |= set(NIH_CLASSES)
    names |= set(named_classes(table.classes))
    if len(names) > table.most_classes:
        columns = ", ".join(plan.header[place] for place in plan.labels[:3])
        raise ConfigError(
            f"The label columns ({columns}) name {len(names)} classes in {len(rows)} rows. That looks like "
            "another kind of column. If they are classes, allow them with "
            f"--set labels.most_classes={len(names)}."
        )
    return tuple(sorted(names))


def _task(table: LabelTable, plan: ColumnPlan, form: str) -> str:
    if table.task is not None:
        return table.task
    names = [plan.header[place] for place in plan.labels]
    word = re.sub(r"\W+", "_", names[0].strip().lower()).strip("_")
    if len(names) > 1 or word in _GENERIC_COLUMNS or not word or len(word) > LONGEST_CLASS_NAME:
        raise ConfigError("Say what the labels of the table answer: --task NAME (finding, body_part, ...).")
    return word


def _unlisted(table: LabelTable, form: str, *, multi_label: bool, num_classes: int) -> Unlisted:
    if form == "wide" or not multi_label:
        return "none"
    if table.unlisted != "none" and num_classes > _MOST_CLOSED_CLASSES:
        raise ConfigError(
            f"Each row would get a reading of each of {num_classes} classes. Say --set labels.unlisted=none "
            "to keep only those that a row lists, or name the classes that matter (labels.classes)."
        )
    return table.unlisted
