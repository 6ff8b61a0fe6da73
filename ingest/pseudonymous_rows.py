"""One row of a table of patients to one row without them: keys, shifted dates, and what is kept."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from foundation.errors import ConfigError
from imaging.ages import age_at
from imaging.pseudonyms import Pseudonymiser
from ingest.kept_columns import KeptColumns, is_column_of_names, is_spreadsheet_number
from ingest.table_dates import DateForms, ReadDate

Role = Literal["patient", "accession", "date", "time", "uid", "age", "keep"]

MOST_ROW_NUMBERS = 20

_UID = re.compile(r"(?=.*\d)[0-9.]{3,64}")
_UPPER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STUDY_UID = "study_instance_uid"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of the output.

    Attributes:
        place: of the input column it is made from, from 0.
        role: what is made of it.
        name: in the output.
    """

    place: int
    role: Role
    name: str


@dataclass
class RowNumbers:
    """How many rows something was true of, and which first."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, number: int) -> None:
        """Count a row."""
        self.count += 1
        if len(self.first) < MOST_ROW_NUMBERS:
            self.first.append(number)


@dataclass(frozen=True, slots=True)
class _ReadRow:
    """One row of the input: patient keys and dates by place, and the patient whose days shift them."""

    number: int
    cells: Sequence[str]
    keys: Mapping[int, str | None]
    owner: str | None
    dates: Mapping[int, ReadDate]
    age: str


def output_name(name: str) -> str:
    """Return a column's name as SQL likes it.

    Example:
        >>> output_name("StudyInstanceUID"), output_name("Exam date")
        ('study_instance_uid', 'exam_date')
    """
    words = re.split(r"[^\w]+", _UPPER.sub(" ", name.strip()))
    return "_".join(word.lower() for word in words if word)


@dataclass
class RowPseudonymiser:
    """Maps rows; counts by row number what could not be mapped.

    Args:
        columns: of the output, in its order.
        header: names of the input columns.
        pseudonymiser: with the database's key.
        forms: of dates.
        issuer_of: the issuer of a row's patient ids.
        aliases: patient key to the key that a merge list leads to.
        birth_place: of the column of birth dates, if ages are wanted.
    """

    columns: Sequence[TableColumn]
    header: Sequence[str]
    pseudonymiser: Pseudonymiser
    forms: DateForms
    issuer_of: Callable[[Sequence[str]], str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    birth_place: int | None = None
    notes: dict[str, RowNumbers] = field(default_factory=dict)
    spreadsheet_numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The patient that was named first owns the row: by that one's days its dates are shifted.
        self._patients = sorted(self._of_role("patient"), key=lambda column: column.name != "patient_key")
        self._dates = self._of_role("date")
        self._identifying = [
            column.place for column in self.columns if column.role in ("patient", "accession", "uid")
        ] + ([] if self.birth_place is None else [self.birth_place])
        self._kept = self._of_role("keep")
        self._people = [place for place, name in enumerate(self.header) if is_column_of_names(name)]
        self.kept = KeptColumns([self.header[column.place] for column in self._kept])
        self._study = next((column for column in self._of_role("uid") if column.name == _STUDY_UID), None)

    def row(self, number: int, cells: Sequence[str]) -> list[str] | None:
        """Return the row of the output; None when it cannot be told which cell is which."""
        if len(cells) != len(self.header):
            self._note("other_number_of_cells", number)
            return None
        keys = {column.place: self._patient_key(cells, column, number) for column in self._patients}
        owner = next(iter(keys.values()), None) or self._study_key(cells)
        dates = {column.place: self._date(cells[column.place], number) for column in self._dates}
        age = self._age(cells, dates, number)
        self.kept.look(
            number,
            [cells[column.place] for column in self._kept],
            identifiers=[cells[place] for place in self._identifying],
            names=[cells[place] for place in self._people],
        )
        read = _ReadRow(number, cells, keys, owner, dates, age)
        return [self._cell(column, read) for column in self.columns]

    def _cell(self, column: TableColumn, row: _ReadRow) -> str:
        text = row.cells[column.place]
        if column.role == "patient":
            return row.keys[column.place] or ""
        if column.role == "accession":
            return self.pseudonymiser.accession_key(text) or ""
        if column.role == "uid":
            return self._uid(text, row.number)
        if column.role == "date":
            return self._shifted(row.dates[column.place].date, row.owner, row.number)
        if column.role == "time":
            time = row.dates[column.place].time
            return "" if time is None else time.isoformat("seconds")
        return row.age if column.role == "age" else text

    def _patient_key(self, cells: Sequence[str], column: TableColumn, number: int) -> str | None:
        text = cells[column.place]
        if is_spreadsheet_number(text):
            name = self.header[column.place]
            self.spreadsheet_numbers[name] = self.spreadsheet_numbers.get(name, 0) + 1
        key = self.pseudonymiser.patient_key(text, self.issuer_of(cells))
        if key is None:
            self._note("no_patient", number)
            return None
        return self.aliases.get(key, key)

    def _study_key(self, cells: Sequence[str]) -> str | None:
        """Return what ingest shifts the dates of a study by whose patient is unknown."""
        text = "" if self._study is None else cells[self._study.place].strip()
        return self.pseudonymiser.uid(text) if _UID.fullmatch(text) else None

    def _uid(self, text: str, number: int) -> str:
        stripped = text.strip().strip("\x00").strip()
        if not stripped:
            return ""
        if not _UID.fullmatch(stripped):
            self._note("no_uid", number)
            return ""
        return self.pseudonymiser.uid(stripped)

    def _date(self, text: str, number: int) -> ReadDate:
        found = self.forms.read(text)
        if found.outcome == "ambiguous":
            self._note("ambiguous_date", number)
        elif found.outcome == "no_date":
            self._note("no_date", number)
        return found

    def _shifted(self, date: dt.date | None, owner: str | None, number: int) -> str:
        if date is None:
            return ""
        if owner is None:
            self._note("date_without_patient", number)
            return ""
        shifted = self.pseudonymiser.shift_date(date, owner)
        if shifted is None:
            self._note("no_date", number)
            return ""
        return shifted.isoformat()

    def _age(self, cells: Sequence[str], dates: Mapping[int, ReadDate], number: int) -> str:
        """Return the age at the row's first date, 90 for all over 89."""
        if self.birth_place is None:
            return ""
        born = self._date(cells[self.birth_place], number).date
        at = next((found.date for found in dates.values() if found.date), None)
        if born is None or at is None:
            return ""
        years = age_at(born, at)
        if years is None:
            self._note("impossible_age", number)
            return ""
        return f"{years:g}"

    def _note(self, what: str, number: int) -> None:
        self.notes.setdefault(what, RowNumbers()).add(number)

    def _of_role(self, role: Role) -> list[TableColumn]:
        return [column for column in self.columns if column.role == role]


def plan_columns(
    places: Mapping[Role, Sequence[int]], header: Sequence[str], *, with_times: bool, birth_place: int | None
) -> list[TableColumn]:
    """Return the columns of the output, in the order of the input.

    Args:
        places: input columns by role; none twice.
        header: names of the input columns.
        with_times: whether the times of dates get a column of their own.
        birth_place: of the column of birth dates, if ages are wanted.

    Raises:
        ConfigError: a column with two roles, or two outputs of one name.
    """
    taken: dict[int, str] = {} if birth_place is None else {birth_place: "birth-date"}
    for role, of_role in places.items():
        for place in of_role:
            if place in taken:
                raise ConfigError(
                    f'The column "{header[place]}" is named by --{taken[place]} and --{role}. Name it once.'
                )
            taken[place] = role
    first_patient = next(iter(places.get("patient", ())), None)
    columns = [
        column
        for place in sorted(taken)
        for column in _columns_of(place, taken[place], header[place], place == first_patient, with_times)
    ]
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f'Two columns of the output would be called "{name}". Rename one in the table.')
    return columns


def _columns_of(place: int, role: str, name: str, is_first: bool, with_times: bool) -> Iterator[TableColumn]:
    written = output_name(name)
    if role == "patient":
        yield TableColumn(place, "patient", "patient_key" if is_first else f"{written}_patient_key")
    elif role == "accession":
        yield TableColumn(place, "accession", "accession_key")
    elif role == "date":
        yield TableColumn(place, "date", f"{written}_shifted")
        if with_times:
            yield TableColumn(place, "time", f"{written}_time")
    elif role == "uid":
        yield TableColumn(place, "uid", written if written.endswith("uid") else f"{written}_uid")
    elif role == "birth-date":
        yield TableColumn(place, "age", "age_years")
    else:
        yield TableColumn(place, "keep", name)
