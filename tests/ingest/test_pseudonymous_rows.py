"""Rows of a table to rows without patients."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pytest

from foundation.errors import ConfigError
from imaging.pseudonyms import Pseudonymiser
from ingest.pseudonymous_rows import MOST_ROW_NUMBERS, Role, RowPseudonymiser, output_name, plan_columns
from ingest.table_dates import DateForms

HEADER = ("PatID", "Mother", "AccNo", "StudyInstanceUID", "Exam date", "Born", "finding")
PLACES: Mapping[Role, Sequence[int]] = {
    "patient": [0, 1],
    "accession": [2],
    "uid": [3],
    "date": [4],
    "keep": [6],
}
MAKER = Pseudonymiser(bytes(32))


def rows_of(**options: object) -> RowPseudonymiser:
    """Return a mapper of the columns above."""
    chosen: dict[str, object] = {
        "columns": plan_columns(PLACES, HEADER, with_times=True, birth_place=5),
        "header": HEADER,
        "pseudonymiser": MAKER,
        "forms": DateForms(),
        "issuer_of": lambda _cells: "disk",
        "birth_place": 5,
    }
    return RowPseudonymiser(**{**chosen, **options})  # type: ignore[arg-type]


CELLS = ["P 1", "P2", "A-1", "1.2.3", "2020-02-01 07:30", "1950-02-02", "normal"]


def test_a_row_holds_keys_shifted_dates_and_what_is_kept() -> None:
    """The names are those of the view `image` where there is one; the first patient shifts the dates."""
    rows = rows_of()
    key = MAKER.patient_key("P 1", "disk")
    assert key is not None
    assert dict(zip([c.name for c in rows.columns], rows.row(2, CELLS) or [], strict=True)) == {
        "patient_key": key,
        "mother_patient_key": MAKER.patient_key("p2", "disk"),
        "accession_key": MAKER.accession_key("A-1"),
        "study_instance_uid": MAKER.uid("1.2.3"),
        "exam_date_shifted": (
            dt.date(2020, 2, 1) + dt.timedelta(days=MAKER.date_shift_days(key))
        ).isoformat(),
        "exam_date_time": "07:30:00",
        "age_years": "69",
        "finding": "normal",
    }
    assert rows.notes == {}


def test_the_patient_named_first_owns_the_row() -> None:
    """Whichever column stands first in the table."""
    places = {**PLACES, "patient": [1, 0]}
    rows = rows_of(columns=plan_columns(places, HEADER, with_times=False, birth_place=5))
    row = dict(zip([c.name for c in rows.columns], rows.row(2, CELLS) or [], strict=True))
    key = MAKER.patient_key("P2", "disk")
    assert key is not None
    assert row["patient_key"] == key
    assert row["pat_id_patient_key"] == MAKER.patient_key("P 1", "disk")
    shift = dt.timedelta(days=MAKER.date_shift_days(key))
    assert row["exam_date_shifted"] == (dt.date(2020, 2, 1) + shift).isoformat()


def test_unknown_stays_unknown() -> None:
    """A blank id gives no key; the study's own days shift its date then, as ingest does it."""
    rows = rows_of()
    row = rows.row(2, [" ", "anonymous", "", "1.2.3", "2020-02-01", "", ""]) or []
    shift = MAKER.date_shift_days(MAKER.uid("1.2.3"))
    assert row == [
        "",
        "",
        "",
        MAKER.uid("1.2.3"),
        (dt.date(2020, 2, 1) + dt.timedelta(days=shift)).isoformat(),
        "",
        "",
        "",
    ]
    assert rows.row(3, ["", "", "", "", "2020-02-01", "", ""]) == [""] * 8
    assert {name: note.first for name, note in rows.notes.items()} == {
        "no_patient": [2, 2, 3, 3],
        "date_without_patient": [3],
    }


def test_what_cannot_be_mapped_is_blank_and_counted_by_row() -> None:
    """Only a row whose cells cannot be told apart is left out."""
    rows = rows_of()
    assert rows.row(2, CELLS[:-1]) is None
    bad = ["P1", "P2", "A", "not a uid", "someday", "1850-01-01", "x"]
    assert (rows.row(3, bad) or [])[3:7] == ["", "", "", ""]
    assert (rows.row(4, [*CELLS[:5], "2021-01-01", "x"]) or [])[6] == ""
    assert {name: note.first for name, note in rows.notes.items()} == {
        "other_number_of_cells": [2],
        "no_uid": [3],
        "no_date": [3],
        "impossible_age": [4],
    }
    for number in range(100):
        rows.row(number, [])
    note = rows.notes["other_number_of_cells"]
    assert (note.count, len(note.first)) == (101, MOST_ROW_NUMBERS)


def test_merged_patients_have_one_key_and_one_calendar() -> None:
    """An alias is followed before the date is shifted."""
    old, new = MAKER.patient_key("P 1", "disk"), MAKER.patient_key("P9", "disk")
    assert old is not None
    assert new is not None
    row = rows_of(aliases={old: new}).row(2, CELLS) or []
    same = rows_of().row(2, ["P9", *CELLS[1:]])
    assert row == same


def test_all_ages_over_89_are_90() -> None:
    """As ingest keeps them."""
    assert (rows_of().row(2, [*CELLS[:5], "1920-01-01", ""]) or [])[6] == "90"


def test_a_column_has_one_role_and_one_name() -> None:
    """A column that is mapped is never kept, too."""
    with pytest.raises(ConfigError, match='"PatID" is named by --patient and --keep'):
        plan_columns({"patient": [0], "keep": [0]}, HEADER, with_times=False, birth_place=None)
    with pytest.raises(ConfigError, match='"Born" is named by --birth-date and --keep'):
        plan_columns({"patient": [0], "keep": [5]}, HEADER, with_times=False, birth_place=5)
    with pytest.raises(ConfigError, match='called "exam_shifted"'):
        plan_columns({"date": [0, 1]}, ("Exam", "exam"), with_times=False, birth_place=None)


@pytest.mark.parametrize(
    ("name", "written"),
    [("StudyInstanceUID", "study_instance_uid"), ("  Date of  exam ", "date_of_exam"), ("Größe", "größe")],
)
def test_names_are_written_as_sql_likes_them(name: str, written: str) -> None:
    """Keywords of DICOM become the columns of the views."""
    assert output_name(name) == written
