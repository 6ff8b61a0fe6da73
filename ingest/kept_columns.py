"""Columns of a table that are kept as they are: what in them looks like a person, told by column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_SHORTEST_IDENTIFIER = 4
_SHORTEST_NAME = 3
_LONGEST_TERM = 64
_MOST_WORDS = 6
_NAME_COLUMN = re.compile(
    r"(?:^|[^a-zäöüß])(?:given|first|last|family|nom|prénom|prenom|apellidos?|nombre|cognome|nome)(?:$|[^a-zäöüß])"
    r"|names?(?:$|[^a-zäöüß])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LOOKS = {
    "a UID": re.compile(r"(?=.{16,})\d+(?:\.\d+){5,}"),
    "an e-mail address": re.compile(r"\S+@\S+\.\w{2,}"),
    "a date": re.compile(
        r"\d{4}-\d{2}-\d{2}(?!\d).*|(?:19|20)\d{6}|\d{1,2}[./]\d{1,2}[./]\d{2,4}(?:[ T].*)?"
    ),
    "a person's name in DICOM": re.compile(r"[^\W\d_]+\^[^\W\d_].*"),
    "a long number": re.compile(r"\d{7,}"),
}


def is_column_of_names(name: str) -> bool:
    """Tell whether a column's name says that it holds names of people.

    Example:
        >>> is_column_of_names("Patient Name"), is_column_of_names("Nachname"), is_column_of_names("dose")
        (True, True, False)
    """
    return _NAME_COLUMN.search(name) is not None


@dataclass
class _Seen:
    count: int = 0
    first_row: int = 0

    def add(self, row_number: int) -> None:
        self.count += 1
        self.first_row = self.first_row or row_number


@dataclass
class KeptColumns:
    r"""Watches the kept cells, row by row; holds counts, never a value.

    Args:
        names: of the columns that are kept, in their order.

    Example:
        >>> kept = KeptColumns(("comment",))
        >>> kept.look(2, ["seen by Dr. Meier, id 4711"], identifiers=["4711"], names=[])
        >>> kept.warnings()[0]
        'The kept column "comment" holds the row\'s own number or name in 1 row (the first is row 2).'
    """

    names: Sequence[str]
    _seen: dict[tuple[str, str], _Seen] = field(default_factory=dict)

    def look(
        self, row_number: int, cells: Sequence[str], *, identifiers: Iterable[str], names: Iterable[str]
    ) -> None:
        """Look at the kept cells of one row.

        Args:
            row_number: for the warning.
            cells: one for each kept column.
            identifiers: what identifies the row: patient ids, numbers, UIDs, birth date, as written.
            names: cells of the table's columns that hold names of people.
        """
        own = [text.strip().casefold() for text in identifiers]
        own = [text for text in own if len(text) >= _SHORTEST_IDENTIFIER]
        people = {
            word.casefold() for name in names for word in _WORD.findall(name) if len(word) >= _SHORTEST_NAME
        }
        for column, cell in zip(self.names, cells, strict=True):
            stripped = cell.strip()
            if stripped:
                self._look_at(column, stripped, row_number, own, people)

    def warnings(self) -> list[str]:
        """Return a sentence for each column and what was found in it."""
        return [
            f'The kept column "{column}" holds {what} in {seen.count:,} '
            f"{'row' if seen.count == 1 else 'rows'} (the first is row {seen.first_row})."
            for (column, what), seen in sorted(self._seen.items())
        ]

    def _look_at(self, column: str, cell: str, row_number: int, own: Sequence[str], people: set[str]) -> None:
        folded = cell.casefold()
        words = {word.casefold() for word in _WORD.findall(cell)}
        if any(text in folded for text in own) or words & people:
            self._add(column, "the row's own number or name", row_number)
            return
        if len(cell) > _LONGEST_TERM or len(cell.split()) > _MOST_WORDS:
            self._add(column, "free text", row_number)
        for what, pattern in _LOOKS.items():
            if pattern.fullmatch(cell):
                self._add(column, f"what looks like {what}", row_number)

    def _add(self, column: str, what: str, row_number: int) -> None:
        self._seen.setdefault((column, what), _Seen()).add(row_number)


def warn_of_spreadsheet_numbers(counts: Mapping[str, int]) -> list[str]:
    """Return a sentence for each column of ids that a spreadsheet has turned into numbers.

    Args:
        counts: damaged ids by column.
    """
    return [
        f'The column "{column}" holds {count:,} ids that a spreadsheet has written as numbers (12345.0, '
        "1.2E+09): their keys will fit no picture. Export it again as text."
        for column, count in sorted(counts.items())
        if count
    ]


_SPREADSHEET_NUMBER = re.compile(r"\d+\.0+|\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)


def is_spreadsheet_number(text: str) -> bool:
    """Tell whether an id looks like a number that a spreadsheet made of it.

    Example:
        >>> is_spreadsheet_number("12345.0"), is_spreadsheet_number("1.2E+09"), is_spreadsheet_number("4711")
        (True, True, False)
    """
    return _SPREADSHEET_NUMBER.fullmatch(text.strip()) is not None
