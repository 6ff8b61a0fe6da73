"""Which column of a label table is which: by name, by number, by span, or by the names that are usual."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import PurePosixPath

from foundation.errors import ConfigError
from foundation.registries import unknown_name_message
from ingest.label_tables import Cells, LabelTable, has_own_header, read_records

USUAL_SUBJECTS = (
    *("image index", "image", "image_id", "image id", "imageid", "image_path", "image_name", "img"),
    *("file", "filename", "file_name", "file name", "filepath", "file_path", "path", "name", "id"),
    *("sopinstanceuid", "sop_instance_uid", "studyinstanceuid", "study_instance_uid", "patientid"),
    *("accessionnumber", "accession_number", "accession", "roco_id"),
)
SUBJECTS_BY: Mapping[str, tuple[str, ...]] = {
    "sop_instance_uid": ("sopinstanceuid", "sop_instance_uid", "sop instance uid"),
    "study_instance_uid": ("studyinstanceuid", "study_instance_uid", "study instance uid"),
    "accession_number": ("accessionnumber", "accession_number", "accession number", "accession"),
    "patient_id": ("patient id", "patientid", "patient_id", "patient", "subject_id", "subjectid"),
}
"""Where the user said what the table names its subjects with, the columns that hold just that."""
USUAL_LABELS = ("label", "labels", "finding labels", "finding label", "finding", "findings", "tags", "class")
_USUAL_LABELS_TOO = ("tag", "target", "diagnosis", "category", "concepts", "class_name")
USUAL_PATIENTS = SUBJECTS_BY["patient_id"]
USUAL_AGES = ("patient age", "patientage", "patient_age", "age", "age_years")
USUAL_SEXES = ("patient gender", "patientsex", "patient sex", "patient_sex", "sex", "gender")
USUAL_VIEWS = ("view position", "viewposition", "view_position", "view", "ap/pa", "frontal/lateral")
_ALL_USUAL = frozenset(
    chain(
        USUAL_SUBJECTS,
        USUAL_LABELS,
        _USUAL_LABELS_TOO,
        USUAL_PATIENTS,
        USUAL_AGES,
        USUAL_SEXES,
        USUAL_VIEWS,
    )
)
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".dcm", ".dicom"})
_SPAN = re.compile(r"(\d+)-(\d*)")


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """The columns of a table, each by its place from 0; None for what the table does not have.

    Attributes:
        header: names, or numbers from 1 where the table names none.
        labels: places of the label columns, in the table's order.
        goes_on: the label columns go on to the end of each row, however long it is.
    """

    header: tuple[str, ...]
    subject: int
    labels: tuple[int, ...]
    goes_on: bool
    patient: int | None = None
    age: int | None = None
    sex: int | None = None
    view: int | None = None
    reader: int | None = None
    read_at: int | None = None
    blinded: int | None = None
    ai_shown: int | None = None

    @property
    def has_names(self) -> bool:
        """Whether the table names its columns."""
        return self.header != _numbers(len(self.header))

    def person_columns(self) -> dict[str, str]:
        """Return the columns of the person that were found, by what they hold."""
        names = ("patient", "age", "sex", "view")
        places = {name: getattr(self, name) for name in names}
        return {name: self.header[place] for name, place in places.items() if place is not None}


def open_records(
    table: LabelTable, *, subjects: Iterable[str] = ()
) -> tuple[ColumnPlan, Iterator[tuple[int, Cells]]]:
    """Return the columns of a table, and its rows with their numbers as a spreadsheet counts them.

    Args:
        table: where it is, and which columns are which as far as that was said.
        subjects: names under which the subject's column is looked for before the usual ones.

    Raises:
        ConfigError: a column that the table does not have, or one that has to be named.
        IngestError: the table cannot be read, or is empty.
    """
    records = read_records(table)
    first = next(records, None)
    if first is None:
        raise ConfigError(f"The label table {table.path} is empty. Expected a row for each picture.")
    has_header = _has_header(table, first)
    header = tuple(cell.strip() for cell in first) if has_header else _numbers(len(first))
    plan = _plan(table, header, (*subjects, *USUAL_SUBJECTS))
    rest = records if has_header else chain([first], records)
    return plan, ((number, row) for number, row in enumerate(rest, 1 + has_header) if any(row))


def _has_header(table: LabelTable, first: Cells) -> bool:
    if table.has_header is not None:
        return table.has_header
    if has_own_header(table.path):
        return True
    cells = [fold(cell) for cell in first if cell.strip()]
    named = {fold(name) for column in _told_columns(table) for name in re.split(r"\.\.|,", column)}
    if named & set(cells):
        return True
    # `finding` can also be a class: a picture's name beside it says that this is no header.
    usual = [cell for cell in cells if cell in _ALL_USUAL]
    is_header = any(cell in USUAL_SUBJECTS for cell in usual) or 2 * len(usual) >= len(cells) > 0
    return is_header and not any(PurePosixPath(cell).suffix in PICTURE_SUFFIXES for cell in cells)


def _told_columns(table: LabelTable) -> Iterator[str]:
    yield from table.columns
    for field in fields(ColumnPlan):
        column = getattr(table, f"{field.name}_column", None)
        if column is not None:
            yield column


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, count + 1))


def _plan(table: LabelTable, header: tuple[str, ...], subjects: Iterable[str]) -> ColumnPlan:
    subject = find_column(header, table.subject_column, subjects)
    if subject is None:
        subject = 0  # what else would a table begin with
    labels, goes_on = _label_places(table, header, subject)
    return ColumnPlan(
        header,
        subject,
        labels,
        goes_on,
        patient=_of_person(header, table.patient_column, USUAL_PATIENTS, labels),
        age=_of_person(header, table.age_column, USUAL_AGES, labels),
        sex=_of_person(header, table.sex_column, USUAL_SEXES, labels),
        view=_of_person(header, table.view_column, USUAL_VIEWS, labels),
        reader=find_column(header, table.reader_column, ()),
        read_at=find_column(header, table.read_at_column, ()),
        blinded=find_column(header, table.blinded_column, ()),
        ai_shown=find_column(header, table.ai_shown_column, ()),
    )


def _of_person(
    header: Sequence[str], column: str | None, usual: Iterable[str], labels: Sequence[int]
) -> int | None:
    """Return the column of a person's attribute; one that is a label is none unless it was named."""
    place = find_column(header, column, usual)
    return None if column is None and place in labels else place


def find_column(header: Sequence[str], column: str | None, usual: Iterable[str]) -> int | None:
    """Return a column's place from 0: as it was named or numbered, else under the first usual name.

    Raises:
        ConfigError: the table has no such column.

    Example:
        >>> find_column(["Image Index", "Age"], "age", ()), find_column(["a", "b"], "2", ())
        (1, 1)
    """
    folded = [fold(name) for name in header]
    if column is None:
        found = next((name for name in usual if name in folded), None)
        return None if found is None else _only(folded, found)
    if column in header:
        return _only(header, column)
    if fold(column) in folded:
        return _only(folded, fold(column))
    if column.isdecimal() and 1 <= int(column) <= len(header):
        return int(column) - 1
    raise ConfigError(f"{unknown_name_message(header, column, kind='column')} Or a number from 1.")


def _only(names: Sequence[str], name: str) -> int:
    if names.count(name) > 1:
        raise ConfigError(
            f'The table has several columns called "{name}". Rename all but one, or give a number from 1.'
        )
    return names.index(name)


def fold(name: str) -> str:
    """Return a column's name without what tells equal ones apart: case, blanks at the ends."""
    return name.strip().casefold()


def _label_places(table: LabelTable, header: tuple[str, ...], subject: int) -> tuple[tuple[int, ...], bool]:
    if table.columns:
        spans = [_span(header, each) for column in table.columns for each in _listed(header, column)]
        places = dict.fromkeys(place for span, _ in spans for place in span)
        return tuple(places), any(goes_on for _, goes_on in spans)
    usual = find_column(header, None, (*USUAL_LABELS, *_USUAL_LABELS_TOO))
    if usual is not None and usual != subject:
        return (usual,), False
    if len(header) == 2:
        return (1 - subject,), False
    raise ConfigError(
        "Which columns hold the labels? Name them by name, number or span (2-5, FIRST..LAST): "
        "--set labels.columns=NAME, or --column NAME of `labels add`. The table has: "
        f"{', '.join(name for name in header if name)}."
    )


def _listed(header: Sequence[str], column: str) -> Sequence[str]:
    """Return what a text with commas lists, unless a column is called so."""
    return [column] if fold(column) in map(fold, header) else column.split(",")


def _span(header: tuple[str, ...], column: str) -> tuple[range, bool]:
    """Return the places of one label column or span, and whether it goes on to each row's end."""
    column = column.strip()
    if column in header:
        place = _only(header, column)
        return range(place, place + 1), False
    numbers = _SPAN.fullmatch(column)
    if numbers:
        first, last = int(numbers[1]), int(numbers[2] or len(header))
        if 1 <= first <= last and (not numbers[2] or last <= len(header)):
            return range(first - 1, last), not numbers[2]
        raise ConfigError(f"The table has the columns 1 to {len(header)}. Received: {column}.")
    first_name, dots, last_name = column.partition("..")
    start = find_column(header, first_name.strip(), ())
    end = find_column(header, last_name.strip(), ()) if dots else start
    if start is None or end is None or end < start:
        raise ConfigError(f"A span of columns goes from left to right. Received: {column}.")
    return range(start, end + 1), False
