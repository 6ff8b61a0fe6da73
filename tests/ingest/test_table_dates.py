"""Dates in the forms of tables."""

from __future__ import annotations

import datetime as dt

import pytest

from foundation.errors import ConfigError
from ingest.table_dates import DateForms

FIFTH_OF_MARCH = dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2024-03-05", None),
        (" 2024-3-5 ", None),
        ("2024/03/05", None),
        ("2024.03.05", None),
        ("20240305", None),
        ("2024-03-05T07:08:09+01:00", dt.time(7, 8, 9)),
        ("2024-03-05 07:08", dt.time(7, 8)),
        ("2024-03-05 00:00:00.000", dt.time(0)),
        ("20240305070809.123456+0100", dt.time(7, 8, 9)),
    ],
)
def test_iso_and_dicom_are_understood(cell: str, time: dt.time | None) -> None:
    """With or without a time and a zone."""
    found = DateForms().read(cell)
    assert (found.outcome, found.date, found.time) == ("read", FIFTH_OF_MARCH, time)


@pytest.mark.parametrize("cell", ["05.03.2024", "5/3/2024", "03-05-24", "5 Mar 2024", "05-MAR-2024 10:00"])
def test_other_forms_have_to_be_told(cell: str) -> None:
    """Nothing is guessed: in one country it is March, in the next it is May."""
    assert DateForms().read(cell).outcome == "ambiguous"


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("%d.%m.%Y", "05.03.2024"),
        ("%d.%m.%Y", "5.3.2024 10:11"),
        ("%d.%m.%Y %H:%M", "05.03.2024 10:11"),
        ("%m/%d/%Y", "3/5/2024"),
        ("%d-%b-%Y", "05-MAR-2024"),
        ("%d.%m.%Y", "2024-03-05"),
        ("%d%m%Y", "05032024"),
    ],
)
def test_told_forms_are_read(form: str, cell: str) -> None:
    """Besides ISO and DICOM, and with a time after the date."""
    assert DateForms((form,)).read(cell).date == FIFTH_OF_MARCH


def test_two_answers_are_none() -> None:
    """A cell that two of the told forms read differently is left to the user."""
    forms = DateForms(("%d/%m/%Y", "%m/%d/%Y"))
    assert forms.read("05/03/2024").outcome == "ambiguous"
    assert forms.read("25/03/2024").date == dt.date(2024, 3, 25)
    assert forms.read("05/05/2024").date == dt.date(2024, 5, 5)


@pytest.mark.parametrize("cell", ["20241305", "2024-02-30", "unknown", "45012", "0", "31.02.2024"])
def test_what_is_no_date_is_said_to_be_none(cell: str) -> None:
    """Also days that no month has."""
    assert DateForms(("%d.%m.%Y",)).read(cell).outcome == "no_date"


def test_blank_is_blank() -> None:
    """Padding and NULs included."""
    assert [DateForms().read(cell).outcome for cell in ("", "  ", " \x00")] == ["blank"] * 3


@pytest.mark.parametrize("form", ["%d.%m", "DD.MM.YYYY", "%Q", ""])
def test_a_form_names_day_month_and_year(form: str) -> None:
    """Anything else is refused before a row is read."""
    with pytest.raises(ConfigError, match="day, month and year"):
        DateForms((form,))
