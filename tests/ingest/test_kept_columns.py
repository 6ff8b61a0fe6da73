"""Columns that are kept as they are."""

from __future__ import annotations

import pytest

from ingest.kept_columns import (
    KeptColumns,
    is_column_of_names,
    is_spreadsheet_number,
    warn_of_spreadsheet_numbers,
)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("see A-4711", "the row's own number or name"),
        ("Frau Müller-Lüdenscheidt", "the row's own number or name"),
        ("1.2.840.10008.5.1.4.1.1.2", "a UID"),
        ("anna@example.org", "an e-mail address"),
        ("1950-12-31", "a date"),
        ("31.12.1950", "a date"),
        ("Doe^John", "a person's name in DICOM"),
        ("0123456789", "a long number"),
        ("no acute disease seen in either of both lungs", "free text"),
    ],
)
def test_what_looks_like_a_person_is_told(cell: str, says: str) -> None:
    """By column, count and first row; never by its value."""
    kept = KeptColumns(("finding", "comment"))
    for number in (5, 9):
        kept.look(
            number, ["normal", cell], identifiers=["a-4711"], names=["Müller-Lüdenscheidt, Hanna", "A."]
        )
    warnings = kept.warnings()
    assert len(warnings) == 1
    assert '"comment"' in warnings[0]
    assert says in warnings[0]
    assert "2 rows (the first is row 5)" in warnings[0]
    assert cell not in warnings[0]


def test_plain_terms_raise_no_alarm() -> None:
    """Nor do numbers that happen to be as short as somebody's id."""
    kept = KeptColumns(("a", "b", "c", "d"))
    kept.look(2, ["pneumonia", "1", "12.5", ""], identifiers=["1", "12", ""], names=["Jo"])
    assert kept.warnings() == []


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        *((name, True) for name in ("Name", "PatientName", "patient_name", "NACHNAME", "Last Name", "First")),
        *((name, False) for name in ("dose", "finding", "firstline", "id")),
    ],
)
def test_columns_of_names_are_known_by_their_own(name: str, holds: bool) -> None:
    """In several languages."""
    assert is_column_of_names(name) is holds


def test_numbers_of_a_spreadsheet_are_told_by_column() -> None:
    """Their keys would fit no picture."""
    assert [is_spreadsheet_number(text) for text in ("4711.0", "1,5E+10", "4711", "A.0")] == [
        True,
        True,
        False,
        False,
    ]
    assert warn_of_spreadsheet_numbers({"PatID": 0}) == []
    assert '"PatID" holds 1,200 ids' in warn_of_spreadsheet_numbers({"PatID": 1200})[0]
