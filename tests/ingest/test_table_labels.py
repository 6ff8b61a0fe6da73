"""What rows say."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from foundation.errors import ConfigError
from ingest.label_tables import LabelTable
from ingest.table_labels import LabelRows, read_label_rows

TagForms = dict[str, set[str]]
TAGS: TagForms = {"a.jpg": {"C1", "C2"}, "b.jpg": {"C2"}, "c.jpg": {"C3"}}


def rows_of(path: Path, text: str, **fields: object) -> LabelRows:
    """Write a table and read it."""
    path = path / "labels.csv"
    path.write_text(text)
    return read_label_rows(LabelTable.checked({"path": path, "task": "tag", **fields}))


def matrix(rows: LabelRows) -> TagForms:
    """Return the classes of each subject, after a look at the zeros of the others."""
    found = {row.subject: {name: value for _, name, value in rows.answers(row)} for row in rows.rows}
    assert all(set(values) == set(rows.classes) for values in found.values())
    return {
        subject: {name for name, value in values.items() if value == "1"} for subject, values in found.items()
    }


@pytest.mark.parametrize(
    ("name", "content", "fields"),
    [
        ("no_head.tsv", "a.jpg\tC1;C2\nb.jpg\tC2\nc.jpg\tC3\n", {}),
        ("head.csv", "ID\tCUIs\na.jpg\tC1;C2\nb.jpg\tC2\nc.jpg\tC3\n", {"has_header": True}),
        ("comma.csv", "image,tags\na.jpg,C1;C2\nb.jpg,C2\nc.jpg,C3\n", {}),
        ("roco.txt", "a.jpg\t\tC1\tC2\nb.jpg\t\tC2\nc.jpg\t\tC3\n", {"columns": "3-", "has_header": False}),
        ("text.json", json.dumps({"a.jpg": "C1;C2", "b.jpg": "C2", "c.jpg": "C3"}), {}),
        ("list.json", json.dumps({name: sorted(tags) for name, tags in TAGS.items()}), {}),
        ("long.csv", "image,tag\na.jpg,C1\na.jpg,C2\nb.jpg,C2\nc.jpg,C3\n", {"rows_add_up": True}),
    ],
)
def test_each_form_of_tags_gives_one_matrix(
    tmp_path: Path, name: str, content: str, fields: dict[str, object]
) -> None:
    """TagCXN's forms and ROCO's: separator, header or none, lists, one row a tag."""
    (tmp_path / name).write_text(content)
    rows = read_label_rows(LabelTable.checked({"path": tmp_path / name, "task": "tag", **fields}))
    assert (rows.multi_label, rows.classes, rows.form) == (True, ("C1", "C2", "C3"), "classes")
    if "rows_add_up" in fields:
        from ingest.table_rows import settle_rows

        kept, problems = settle_rows(rows, lambda row: row.subject, add_up=True)
        assert not problems
        rows = LabelRows(**{**vars(rows), "rows": tuple(kept)})
    assert matrix(rows) == TAGS


def test_what_a_row_does_not_list_is_what_the_user_says(tmp_path: Path) -> None:
    """0 where the list is whole, else not mentioned, or nothing at all."""
    text = "file,tags\na.png,x|y\nb.png,x\n"
    for word, expected in (("0", "0"), ("not_mentioned", "not_mentioned"), ("none", None)):
        rows = rows_of(tmp_path, text, unlisted=word)
        assert {name: value for _, name, value in rows.answers(rows.rows[1])}.get("y") == expected


def test_a_single_label_table_denies_nothing(tmp_path: Path) -> None:
    """As with class folders: one reading a picture."""
    rows = rows_of(tmp_path, "file,label\na.png,yes\nb.png,no\n")
    assert [rows.answers(row) for row in rows.rows] == [(("tag", "yes", "1"),), (("tag", "no", "1"),)]
    rows = rows_of(tmp_path, "file,label\na.png,yes|no\nb.png,no\n", multi_label=False, splitter="|")
    assert [problem.reason_code for problem in rows.problems] == ["several_classes"]


@pytest.mark.parametrize(
    ("text", "fields", "form", "task"),
    [
        ("file,contrast\na,1\nb,0\n", {}, "wide", "contrast"),
        ("file,label\na,1\nb,0\n", {"task": "digit"}, "classes", "digit"),
        ("file,Mass,Edema\na,1,-1\nb,0,\n", {"columns": "2-3", "task": "finding"}, "wide", "finding"),
        ("file,finding\na,Mass\n", {}, "classes", "finding"),
        ("file,contrast\na,1\nb,0\n", {"form": "classes"}, "classes", "contrast"),
        ("file,Mass,Edema\na,1,-1\nb,0,\n", {"columns": "2-", "task": "finding"}, "wide", "finding"),
        ("file,Mass,Edema\na,1.00,nan\nb,-1.0,0.0\n", {"columns": "2,3", "task": "t"}, "wide", "t"),
        ("file,Mass,Edema\na,True,False\nb,False,\n", {"columns": "Mass,Edema", "task": "t"}, "wide", "t"),
        ("file,Mass,Edema\na,yes,no\nb,no,\n", {"columns": "2-3", "task": "t"}, "wide", "t"),
        ("file,contrast\na,True\nb,False\n", {}, "wide", "contrast"),
        ("file,tumour\na,yes\nb,no\n", {}, "classes", "tumour"),
        ("a.png,1,x\nb.png,0\n", {"columns": "2-", "task": "t"}, "classes", "t"),
    ],
)
def test_the_form_is_told_by_the_cells(
    tmp_path: Path, text: str, fields: dict[str, object], form: str, task: str
) -> None:
    """Values below a column that names a class; class names below a column called label."""
    rows = rows_of(tmp_path, text, **{"task": None, **fields})
    assert (rows.form, rows.task) == (form, task)


def test_a_span_to_the_end_of_the_row_reads_values_column_by_column(tmp_path: Path) -> None:
    """With a header, `2-` is the same as `2-3`; a row that is too short or too long has no values."""
    text = "file,Mass,Edema\na,1,0\nb,1\nc,1,0,1\nd,,-1\n"
    rows = rows_of(tmp_path, text, columns="2-")
    assert (rows.form, rows.num_rows) == ("wide", 4)
    assert [row.said for row in rows.rows] == [
        (("Mass", "1"), ("Edema", "0")),
        (),
        (),
        (("Mass", "not_mentioned"), ("Edema", "uncertain")),
    ]
    reasons = [(problem.row, problem.reason_code) for problem in rows.problems]
    assert reasons == [(3, "too_few_cells"), (4, "too_many_cells")]


def test_a_view_may_be_told_in_two_columns(tmp_path: Path) -> None:
    """CheXpert's: whichever says something, AP and PA first."""
    text = "Path,Frontal/Lateral,AP/PA,Edema\na,Frontal,AP,1\nb,Lateral,,0\nc,,,0\n"
    rows = rows_of(tmp_path, text, columns="Edema")
    assert [row.person.view for row in rows.rows] == ["AP", "Lateral", ""]


def test_a_task_that_no_column_tells_is_asked_for(tmp_path: Path) -> None:
    """Not made up out of `label`."""
    with pytest.raises(ConfigError, match="--task NAME"):
        rows_of(tmp_path, "file,label\na.png,yes\n", task=None)


def test_a_column_that_names_no_classes_is_refused(tmp_path: Path) -> None:
    """It may hold names of people; and thousands of classes are not filled up with zeros."""
    text = "file,label\n" + "".join(f"{number}.png,word {number}\n" for number in range(1200))
    with pytest.raises(ConfigError, match="1200 classes in 1200 rows") as error:
        rows_of(tmp_path, text)
    assert "word" not in str(error.value)
    with pytest.raises(ConfigError, match=r"labels\.unlisted=none"):
        rows_of(tmp_path, text, most_classes=1200, multi_label=True)
    assert len(rows_of(tmp_path, text, most_classes=1200).classes) == 1200


def test_rows_that_say_nothing_are_told_by_number(tmp_path: Path) -> None:
    """Too short, too long, without a name, without a class; the others are kept."""
    rows = rows_of(tmp_path, "file,label\na.png,x\n,x\nb.png\nc.png,x,too,long\nd.png,\n")
    assert [tuple(problem) for problem in rows.problems] == [
        (3, "no_subject"),
        (4, "too_few_cells"),
        (5, "too_many_cells"),
        (6, "no_label"),
    ]
    assert rows.num_rows == 5
    assert [row.subject for row in rows.rows] == ["a.png", "d.png"]


def test_readers_times_and_circumstances_are_read(tmp_path: Path) -> None:
    """A time without a zone is UTC; what cannot be read is a problem, never a guess."""
    text = (
        "file,label,who,when,blind,ai\n"
        "a,x,ana,2024-05-31T14:30+02:00,yes,0\n"
        "b,x,,2024-05-31,,\n"
        "c,x,ana,yesterday,,\n"
        "d,x,ana,,maybe,\n"
    )
    rows = rows_of(
        tmp_path,
        text,
        reader="ben",
        reader_column="who",
        read_at_column="when",
        blinded_column="blind",
        ai_shown_column="ai",
    )
    first, second = rows.rows
    assert (first.reader, first.read_at) == ("ana", datetime.fromisoformat("2024-05-31T12:30"))
    assert (first.blinded, first.ai_shown) == (True, False)
    assert (second.reader, second.read_at, second.blinded) == (
        "ben",
        datetime.fromisoformat("2024-05-31"),
        None,
    )
    assert [problem.reason_code for problem in rows.problems] == ["unreadable_time", "unreadable_flag"]


def test_the_patient_may_stand_in_the_name(tmp_path: Path) -> None:
    """As in CheXpert, where no column holds it."""
    text = "Path,Mass\ntrain/patient00007/study1/view1.jpg,1\nodd.jpg,0\n"
    rows = rows_of(tmp_path, text, patient_pattern=r"patient(\d+)")
    assert [row.person.patient for row in rows.rows] == ["00007", ""]


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    """It would label nothing, silently."""
    with pytest.raises(ConfigError, match="no rows"):
        rows_of(tmp_path, "file,label\n")


def test_other_columns_of_the_nih_table_are_plain_ones(tmp_path: Path) -> None:
    """Only its findings have the form `nih`; numbers of patients are its own either way."""
    text = "Image Index,Finding Labels,Patient ID,Patient Gender\n1.png,Mass,13,M\n"
    rows = rows_of(tmp_path, text, columns="Patient Gender")
    assert (rows.form, rows.classes, rows.has_nih_numbers) == ("classes", ("M",), True)
    assert rows_of(tmp_path, text).form == "nih"


def test_nih_adds_the_binary_task(tmp_path: Path) -> None:
    """All 15 classes have a reading; `No Finding` beside others is a contradiction, and labels nothing."""
    header = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"
    text = (
        header
        + "1.png,Mass|Edema,0,1,57,M,PA\n2.png,No Finding,1,1,58,M,PA\n3.png,No Finding|Mass,2,1,59,M,PA\n"
    )
    rows = rows_of(tmp_path, text, task=None)
    assert (rows.form, rows.task, len(rows.classes)) == ("nih", "finding", 15)
    first = {(task, name): value for task, name, value in rows.answers(rows.rows[0])}
    assert first.pop(("no_finding_vs_any", "any_finding")) == "1"
    assert {name for (_, name), value in first.items() if value == "1"} == {"Edema", "Mass"}
    assert len(first) == 15
    assert ("no_finding_vs_any", "no_finding", "1") in rows.answers(rows.rows[1])
    assert [tuple(problem) for problem in rows.problems] == [(4, "exclusive_beside_others")]
    assert rows.answers(rows.rows[2]) == ()
