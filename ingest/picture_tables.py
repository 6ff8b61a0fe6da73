"""A label table held against files: which row is which file's, and what it says of it.

A row names its picture by a path or a bare name, with or without suffix. A file is its own when the
last parts of its path are that name, capitals or not where no file has it letter by letter. Names that
fit several files label none of them, unless one of them has exactly that path.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from database.batches import NewReading
from foundation.contracts import Report
from imaging.ages import clean_age_years
from imaging.attributes import is_kept
from imaging.pseudonyms import Pseudonymiser
from imaging.settings import ReadSettings
from imaging.sexes import clean_sex
from imaging.view_positions import find_view
from ingest.facts import PictureFacts
from ingest.label_tables import LabelTable
from ingest.nih import NIH_BODY_PART, nih_follow_up, nih_patient_id
from ingest.row_problems import RowProblem, count_reasons
from ingest.source_files import SourceFile
from ingest.table_columns import PICTURE_SUFFIXES
from ingest.table_labels import LabelRow, LabelRows, read_label_rows
from ingest.table_rows import CONTRADICTING, settle_rows


class TableReport(Report):
    """How a label table and the files found each other.

    Attributes:
        form: `classes`, `wide` or `nih`.
        task: what its labels answer.
        multi_label: whether a picture may have several classes.
        num_rows: rows of the table.
        num_rows_with_file: rows whose picture was found, those that contradict each other left out.
        num_files_with_row: files that a row labels.
        num_files_without_row: files that no row names.
        person_columns: which columns told of the person.
        num_patients: distinct patients that the table names of the files that were found.
        labels: of those files, how many have a class, by class.
        reasons: rows that came to nothing, by reason.
        rows_file: the operator's file with their numbers; None when there is nothing to tell.
    """

    form: str
    task: str
    multi_label: bool
    num_rows: int
    num_rows_with_file: int
    num_files_with_row: int
    num_files_without_row: int
    person_columns: dict[str, str]
    num_patients: int
    labels: dict[str, int]
    reasons: dict[str, int]
    rows_file: Path | None


@dataclass(slots=True)
class _Entry:
    rows: tuple[int, ...]
    facts: PictureFacts
    num_files: int = 0
    num_folded: int = 0
    is_exact: bool = False

    def is_matched(self, *, was_counted: bool) -> bool:
        """Return whether one file is this picture's; before all were seen, whether one was."""
        if self.num_files or self.is_exact:
            return self.is_exact or self.num_files == 1 or not was_counted
        return self.num_folded == 1 or (self.num_folded > 0 and not was_counted)


class PictureTable:
    """A table's rows by the pictures they name.

    Args:
        rows: from `read_label_rows`.
        facts: row numbers and facts by the name of the picture, as `plain_name` gives it.
        problems: further rows that came to nothing.
        path: of the table.
    """

    def __init__(
        self,
        rows: LabelRows,
        facts: Mapping[str, tuple[tuple[int, ...], PictureFacts]],
        problems: Sequence[RowProblem],
        path: Path,
    ) -> None:
        self._path = path
        self._rows = replace(rows, rows=())  # what they said is in the facts
        self._problems = [*rows.problems, *problems]
        self._entries = {name: _Entry(numbers, known) for name, (numbers, known) in facts.items()}
        self._folded = _by_folded_name(self._entries)
        self._was_counted = False
        self._depths = sorted({name.count("/") + 1 for name in self._entries}, reverse=True)
        self._num_files = [0, 0]

    def count(self, files: Iterable[SourceFile]) -> int:
        """Look at every file once before any is read; return how many there are.

        Afterwards a name that fits several files labels none of them. Without it, the first labels.
        """
        total = 0
        for total, file in enumerate(files, 1):  # noqa: B007 - the last number is the count
            self._note(file)
        self._was_counted = True
        return total

    def attach(self, files: Iterable[SourceFile]) -> Iterator[SourceFile]:
        """Yield the files, each with what the table says of it."""
        for file in files:
            found = self._find(file) if self._was_counted else self._note(file)
            if file.path != self._path:  # the table may lie among its pictures
                self._num_files[found is not None] += 1
            yield file if found is None else replace(file, facts=found.facts)

    def problems(self) -> list[RowProblem]:
        """Return every row that came to nothing, once the files were seen."""
        unmatched = [
            RowProblem(row, "several_files" if entry.num_files + entry.num_folded else "subject_not_found")
            for entry in self._entries.values()
            if not self._is_matched(entry)
            for row in entry.rows
        ]
        return [*self._problems, *unmatched]

    def report(self, rows_file: Path | None) -> TableReport:
        """Return how table and files found each other."""
        entries = [entry for entry in self._entries.values() if self._is_matched(entry)]
        labels: dict[str, int] = {}
        for entry in entries:
            for reading in entry.facts.readings:
                if reading.task == self._rows.task and reading.value == "1":
                    labels[reading.class_name] = labels.get(reading.class_name, 0) + 1
        return TableReport(
            form=self._rows.form,
            task=self._rows.task,
            multi_label=self._rows.multi_label,
            num_rows=self._rows.num_rows,
            num_rows_with_file=sum(len(entry.rows) for entry in entries),
            num_files_with_row=self._num_files[True],
            num_files_without_row=self._num_files[False],
            person_columns=self._rows.person_columns,
            num_patients=len({entry.facts.patient_key for entry in entries} - {None}),
            labels=dict(sorted(labels.items())),
            reasons=count_reasons(self.problems()),
            rows_file=rows_file,
        )

    def _is_matched(self, entry: _Entry) -> bool:
        return entry.is_matched(was_counted=self._was_counted)

    def _note(self, file: SourceFile) -> _Entry | None:
        """Count a file for its row; return the row if it is this file's."""
        name, entry = self._named(file, self._entries)
        if entry is None:
            _, folded = self._named(file, self._folded)
            if folded is not None:
                folded.num_folded += 1
            return folded if folded is not None and not folded.num_files else None
        is_exact = name == plain_name(file.relative_path)
        entry.num_files += 1
        entry.is_exact = entry.is_exact or is_exact
        return entry if is_exact or entry.num_files == 1 else None

    def _find(self, file: SourceFile) -> _Entry | None:
        name, entry = self._named(file, self._entries)
        if entry is None:
            _, folded = self._named(file, self._folded)
            is_own = folded is not None and not folded.num_files and self._is_matched(folded)
            return folded if is_own else None
        if not self._is_matched(entry):
            return None
        return entry if entry.num_files == 1 or name == plain_name(file.relative_path) else None

    def _named(self, file: SourceFile, entries: Mapping[str, _Entry]) -> tuple[str, _Entry | None]:
        """Return the longest name that the last parts of a file's path are, and its row."""
        whole = plain_name(_whole_path(file))
        parts = (whole if entries is self._entries else whole.casefold()).split("/")
        for depth in self._depths:
            if depth > len(parts):
                continue
            name = "/".join(parts[-depth:])
            for candidate in (name, _without_suffix(name)):
                entry = entries.get(candidate)
                if entry is not None:
                    return name, entry
        return "", None


def _by_folded_name(entries: Mapping[str, _Entry]) -> dict[str, _Entry]:
    """Return the rows by their names in small letters; those that only capitals tell apart are left out."""
    folded: dict[str, list[_Entry]] = {}
    for name, entry in entries.items():
        folded.setdefault(name.casefold(), []).append(entry)
    return {name: found[0] for name, found in folded.items() if len(found) == 1}


def plain_name(name: str, prefix: str = "") -> str:
    r"""Return a picture's name as names are compared: forward slashes, no `./`, letters in NFC.

    Example:
        >>> plain_name(r".\yes\Y1.jpg"), plain_name("set-1.0/train/a.png", "set-1.0")
        ('yes/Y1.jpg', 'train/a.png')
    """
    plain = unicodedata.normalize("NFC", name.strip()).replace("\\", "/")
    if "./" in plain or "//" in plain:
        plain = PurePosixPath(plain).as_posix()
    if prefix:
        start = unicodedata.normalize("NFC", prefix).replace("\\", "/").removeprefix("./")
        plain = plain.removeprefix(start)
    return plain.lstrip("/")


def _without_suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in PICTURE_SUFFIXES else name


def _whole_path(file: SourceFile) -> str:
    """Return a file's path with the folders above what the user named, for names that hold them."""
    return str(file.path) if file.member is None else f"{file.path}/{file.member.name}"


def open_picture_table(table: LabelTable, *, settings: ReadSettings, source_name: str) -> PictureTable:
    """Read a table and hash its patients.

    Args:
        table: where it is and how it is read.
        settings: key and profile.
        source_name: stands in for the issuer of the table's patient numbers, as it does for headers.

    Raises:
        ConfigError: a column or a task that has to be named.
        IngestError: the table cannot be read.
    """
    rows = read_label_rows(table)

    def name_of(row: LabelRow) -> str:
        return plain_name(row.subject, table.path_prefix)

    kept, problems = settle_rows(rows, name_of, add_up=table.rows_add_up)
    left_out = {problem.row for problem in problems}
    numbers: dict[str, list[int]] = {}
    for row in rows.rows:
        if row.number not in left_out:
            numbers.setdefault(name_of(row), []).append(row.number)
    by_name: dict[str, list[LabelRow]] = {}
    for row in kept:
        by_name.setdefault(name_of(row), []).append(row)
    facts_of = _facts_maker(rows, settings, source_name)
    facts = {}
    for name, readings in by_name.items():
        if len({row.person for row in readings}) > 1:  # readers may differ, but it is one person's picture
            problems += [RowProblem(number, CONTRADICTING) for number in numbers[name]]
        else:
            facts[name] = (tuple(numbers[name]), facts_of(readings))
    return PictureTable(rows, facts, problems, table.path)


def _facts_maker(
    rows: LabelRows, settings: ReadSettings, source_name: str
) -> Callable[[Sequence[LabelRow]], PictureFacts]:
    """Return what makes the facts of a picture out of its rows, one a reader and time."""
    is_nih = rows.form == "nih"
    readings_of = _readings_maker(rows)
    patient_key = _patient_keys(settings, source_name, has_nih_numbers=rows.has_nih_numbers)
    keeps_sex = is_kept("PatientSex", "patient_sex", settings.rules)
    keeps_age = is_kept("PatientAge", "patient_age_years", settings.rules)

    def facts_of(of_picture: Sequence[LabelRow]) -> PictureFacts:
        person = of_picture[0].person
        follow_up = nih_follow_up(person.follow_up) if is_nih else None
        return PictureFacts(
            patient_key=patient_key(person.patient),
            patient_sex=clean_sex(person.sex) if keeps_sex else None,
            patient_age_years=clean_age_years(person.age) if keeps_age else None,
            view_position=_view(person.view),
            body_part=NIH_BODY_PART if is_nih else None,
            attributes=_attributes(follow_up),
            readings=tuple(reading for each in of_picture for reading in readings_of(each)),
        )

    return facts_of


@lru_cache(maxsize=1 << 10)
def _attributes(follow_up: int | None) -> Mapping[str, int]:
    return {} if follow_up is None else {"follow_up_number": follow_up}


@lru_cache(maxsize=1 << 10)
def _view(text: str) -> str | None:
    found = find_view(text) if text else None
    return None if found is None else found.term


def _patient_keys(
    settings: ReadSettings, source_name: str, *, has_nih_numbers: bool
) -> Callable[[str], str | None]:
    pseudonymiser = Pseudonymiser(settings.key)
    made: dict[str, str | None] = {}

    def patient_key(patient: str) -> str | None:
        if patient not in made:
            made[patient] = pseudonymiser.patient_key(
                nih_patient_id(patient) if has_nih_numbers else patient,
                settings.default_issuer or source_name,
            )
        return made[patient]

    return patient_key


def _readings_maker(rows: LabelRows) -> Callable[[LabelRow], tuple[NewReading, ...]]:
    """Return what makes a row's readings; rows that say the same share them, so that memory stays small."""
    shared: dict[tuple[object, ...], tuple[NewReading, ...]] = {}

    def readings_of(row: LabelRow) -> tuple[NewReading, ...]:
        told = (row.said, rows.split_of(row), row.reader, row.read_at, row.blinded, row.ai_shown)
        if told not in shared:
            shared[told] = readings_of_row(rows, row)
        return shared[told]

    return readings_of


def readings_of_row(
    rows: LabelRows, row: LabelRow, *, level: str = "instance", subject_key: str | None = None
) -> tuple[NewReading, ...]:
    """Return all readings of one row.

    Args:
        rows: the table.
        row: one of its rows.
        level: what was labelled.
        subject_key: its key; None for the instance that the readings will travel with.
    """
    return tuple(
        NewReading(
            task=task,
            class_name=name,
            value=value,
            reader=row.reader,
            subject_level=level,
            subject_key=subject_key,
            read_at=row.read_at,
            blinded=row.blinded,
            ai_shown=row.ai_shown,
        )
        for task, name, value in rows.answers(row)
    )
