"""Which column is which."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import ConfigError
from ingest.label_tables import LabelTable
from ingest.table_columns import SUBJECTS_BY, ColumnPlan, find_column, fold, open_records


def opened(path: Path, text: str, **fields: object) -> tuple[ColumnPlan, list[tuple[int, list[str]]]]:
    """Write a table and return its columns and rows."""
    path = path / "labels.csv"
    path.write_text(text)
    plan, rows = open_records(LabelTable.checked({"path": path, **fields}))
    return plan, [(number, list(row)) for number, row in rows]


def test_usual_names_are_found(tmp_path: Path) -> None:
    """Whatever their case; the person's columns, too."""
    plan, rows = opened(tmp_path, "Patient ID,File,Label,AGE,gender,View Position\n1,a.png,x,57,M,PA\n")
    assert (plan.subject, plan.labels) == (1, (2,))
    assert plan.person_columns() == {
        "patient": "Patient ID",
        "age": "AGE",
        "sex": "gender",
        "view": "View Position",
    }
    assert [number for number, _ in rows] == [2]


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    """Blank lines count, but are no rows; without a header the first row is 1."""
    _, rows = opened(tmp_path, "file,label\na.png,x\n\nb.png,y\n")
    assert [number for number, _ in rows] == [2, 4]
    plan, rows = opened(tmp_path, "a.png;x\nb.png;y\n")
    assert (plan.header, [number for number, _ in rows]) == (("1", "2"), [1, 2])


@pytest.mark.parametrize(
    ("first", "has_header"),
    [
        ("ROCO_1,T046,Pathologic Function,Finding,Substance", False),
        ("a.png,finding", False),
        ("slice,label", True),
        ("image,T046,x,y,z", True),
        ("1,2,3", False),
    ],
)
def test_a_header_is_told_by_its_names(tmp_path: Path, first: str, has_header: bool) -> None:
    """A class may be called like a column; a picture's name beside it decides."""
    plan, _ = opened(tmp_path, f"{first}\n", columns="2-")
    assert (plan.header[0] != "1") is has_header


def test_what_the_user_says_overrules(tmp_path: Path) -> None:
    """Whether there is a header, which column, by name or by number."""
    plan, rows = opened(tmp_path, "file,label\na.png,x\n", has_header=False)
    assert (plan.header, len(rows)) == (("1", "2"), 2)
    plan, _ = opened(tmp_path, "name,other,file\nx,y,z\n", subject_column="3", columns="other")
    assert (plan.subject, plan.labels) == (2, (1,))


@pytest.mark.parametrize(
    ("columns", "labels", "goes_on"),
    [
        ("2-3", (1, 2), False),
        ("2-", (1, 2, 3), True),
        ("b..d", (1, 2, 3), False),
        (["d", "b"], (3, 1), False),
    ],
)
def test_columns_may_be_spans(
    tmp_path: Path, columns: object, labels: tuple[int, ...], goes_on: bool
) -> None:
    """By numbers or names; an open one goes on however long a row is."""
    plan, _ = opened(tmp_path, "file,b,c,d\nx,1,0,1\n", columns=columns)
    assert (plan.labels, plan.goes_on) == (labels, goes_on)


@pytest.mark.parametrize("columns", ["5", "0-2", "3-9", "c..b", "labl"])
def test_columns_that_are_not_there_are_told(tmp_path: Path, columns: str) -> None:
    """With the near name, or the range of numbers."""
    with pytest.raises(ConfigError, match=r"There is no column|columns 1 to 4|left to right"):
        opened(tmp_path, "file,b,c,label\nx,1,0,1\n", columns=columns)


def test_labels_that_nobody_named_are_asked_for(tmp_path: Path) -> None:
    """Unless there are but two columns."""
    with pytest.raises(ConfigError, match="Which columns hold the labels"):
        opened(tmp_path, "file,b,c\nx,1,0\n")
    plan, _ = opened(tmp_path, "file,b\nx,1\n")
    assert plan.labels == (1,)


def test_a_name_that_two_columns_have_is_refused(tmp_path: Path) -> None:
    """Whichever were taken, the other one could be meant."""
    (tmp_path / "a.csv").write_text("file,label,Label\na.png,x,y\n")
    with pytest.raises(ConfigError, match="several columns"):
        open_records(LabelTable(path=tmp_path / "a.csv"))
    plan, _ = open_records(LabelTable.checked({"path": tmp_path / "a.csv", "columns": "3"}))
    assert plan.labels == (2,)


def test_a_column_that_holds_what_was_asked_for_goes_before_others(tmp_path: Path) -> None:
    """A table of files and patients may label the patients."""
    (tmp_path / "a.csv").write_text("file,PatientID,finding\na.png,1,x\n")
    table = LabelTable(path=tmp_path / "a.csv")
    assert open_records(table)[0].subject == 0
    assert open_records(table, subjects=SUBJECTS_BY["patient_id"])[0].subject == 1
    assert open_records(table, subjects=SUBJECTS_BY["accession_number"])[0].subject == 0


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    """It would label nothing, silently."""
    with pytest.raises(ConfigError, match="is empty"):
        opened(tmp_path, "")


def test_a_label_is_no_attribute_of_the_person(tmp_path: Path) -> None:
    """A column that is learnt from is not also what is told of the person, unless it was named."""
    plan, _ = opened(tmp_path, "file,sex\na.png,M\n", columns="sex")
    assert plan.sex is None
    plan, _ = opened(tmp_path, "file,sex\na.png,M\n", columns="sex", sex_column="sex")
    assert plan.sex == 1


def test_names_are_compared_without_case_and_blanks() -> None:
    """First the very name, then the folded one, then a number."""
    assert fold(" Image Index ") == "image index"
    assert find_column(["A", "a"], "a", ()) == 1
    assert find_column(["2", "x"], "2", ()) == 0
    assert find_column(["x"], None, ("y",)) is None
