"""A table held against files."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from imaging.settings import ReadSettings
from ingest.label_tables import LabelTable
from ingest.picture_tables import PictureTable, open_picture_table, plain_name
from ingest.source_files import Member, SourceFile

SETTINGS = ReadSettings(key=bytes(32))
NIH = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"


def opened(path: Path, text: str, *, settings: ReadSettings = SETTINGS, **fields: object) -> PictureTable:
    """Write a table and open it."""
    (path / "labels.csv").write_text(text)
    table = LabelTable.checked({"path": path / "labels.csv", **fields})
    return open_picture_table(table, settings=settings, source_name="set")


def files(*names: str) -> list[SourceFile]:
    """Return files below a folder that a user named."""
    return [SourceFile(Path("in") / name, name) for name in names]


def labelled(table: PictureTable, *names: str) -> list[str]:
    """Count the files, then return the names of those that a row labels."""
    assert table.count(files(*names)) == len(names)
    return [file.relative_path for file in table.attach(files(*names)) if file.facts]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.png", "a.png"),
        ("a.png", "deep/er/a.png"),
        ("yes/a.png", "yes/a.png"),
        ("yes/a.png", "set/yes/a.png"),
        (r".\yes\a.png", "yes/a.png"),
        ("in/yes/a.png", "yes/a.png"),
        ("a", "a.dcm"),
        ("ROCO_1", "images/ROCO_1.jpg"),
        ("1.2.840.1", "1.2.840.1.dcm"),
    ],
)
def test_a_row_finds_its_file(tmp_path: Path, name: str, path: str) -> None:
    """By the last parts of its path, with or without its suffix."""
    assert labelled(opened(tmp_path, f"file,finding\n{name},x\n"), path) == [path]


@pytest.mark.parametrize(
    ("name", "path"), [("no/a.png", "yes/a.png"), ("a.png", "b.png"), ("a.png", "ba.png")]
)
def test_another_file_is_not_taken_for_it(tmp_path: Path, name: str, path: str) -> None:
    """Folders that a row names have to be there."""
    table = opened(tmp_path, f"file,finding\n{name},x\n")
    assert labelled(table, path) == []
    report = table.report(None)
    assert (report.num_rows_with_file, report.num_files_without_row) == (0, 1)
    assert report.reasons == {"subject_not_found": 1}


def test_a_name_that_fits_several_files_labels_none(tmp_path: Path) -> None:
    """Unless one of them has exactly that path; the order of files decides nothing."""
    text = "file,finding\n1.png,x\n2.png,x\n"
    table = opened(tmp_path, text)
    assert labelled(table, "a/1.png", "b/1.png", "a/2.png") == ["a/2.png"]
    assert table.report(None).reasons == {"several_files": 1}
    assert labelled(opened(tmp_path, text), "a/1.png", "1.png", "b/1.png") == ["1.png"]


def test_capitals_count_only_where_a_file_has_them(tmp_path: Path) -> None:
    """A table from a system that does not tell them apart; two files that it could mean get nothing."""
    assert labelled(opened(tmp_path, "file,finding\nYes/A.png,x\n"), "yes/a.PNG") == ["yes/a.PNG"]
    assert labelled(opened(tmp_path, "file,finding\na.png,x\n"), "a.PNG", "a.png") == ["a.png"]
    table = opened(tmp_path, "file,finding\na.png,x\n")
    assert labelled(table, "A.png", "a.PNG") == []
    assert table.report(None).reasons == {"several_files": 1}
    assert labelled(opened(tmp_path, "file,finding\na.png,x\nA.png,y\n"), "a.PNG") == []


def test_every_row_of_a_picture_is_counted(tmp_path: Path) -> None:
    """Readers, boxes: a picture may have many rows, and each has its file or has none."""
    text = "file,finding,who\na.png,x,1\na.png,y,2\nb.png,x,1\nb.png,x,2\n"
    table = opened(tmp_path, text, reader_column="who")
    assert labelled(table, "a.png") == ["a.png"]
    report = table.report(None)
    assert (report.num_rows, report.num_rows_with_file) == (4, 2)
    assert report.reasons == {"subject_not_found": 2}


def test_files_that_come_only_once_are_labelled_as_they_come(tmp_path: Path) -> None:
    """From stdin, say: the first file of a name is taken, a second one is not."""
    table = opened(tmp_path, "file,finding\n1.png,x\n")
    assert [file.facts is not None for file in table.attach(files("a/1.png", "b/1.png"))] == [True, False]


def test_members_of_archives_are_found(tmp_path: Path) -> None:
    """By their names inside."""
    member = Member("zip", "images/1.png", offset=0, num_bytes=1, archive_stamp=(0, 0))
    file = SourceFile(Path("in/set.zip"), "set.zip!images/1.png", member)
    table = opened(tmp_path, "file,finding\nimages/1.png,x\n")
    assert table.count([file]) == 1
    assert [one.facts is not None for one in table.attach([file])] == [True]


def test_nih_rows_tell_person_view_and_findings(tmp_path: Path) -> None:
    """The patient is hashed at once, in both ways to write its number; an age of 411 is none."""
    text = NIH + "1.png,Mass|Edema,5,00000013,060Y,M,AP\n2.png,No Finding,6,13,411,f,pa\n"
    (tmp_path / "test_list.txt").write_text("2.png\n")
    table = opened(tmp_path, text)
    first, second = (file.facts for file in table.attach(files("1.png", "2.png")))
    assert first is not None
    assert second is not None
    assert first.patient_key == second.patient_key
    assert "13" not in (first.patient_key, second.patient_key)
    assert (first.patient_age_years, first.patient_sex, first.view_position) == (60.0, "M", "AP")
    assert (second.patient_age_years, second.patient_sex, second.view_position) == (None, "F", "PA")
    assert (first.body_part, first.attributes) == ("CHEST", {"follow_up_number": 5})
    assert len(first.readings) == 16
    assert [(one.task, one.class_name) for one in second.readings[-2:]] == [
        ("no_finding_vs_any", "no_finding"),
        ("official_split", "test"),
    ]
    report = table.report(None)
    assert (report.form, report.num_patients, report.labels) == (
        "nih",
        1,
        {"Edema": 1, "Mass": 1, "No Finding": 1},
    )


def test_the_strict_profile_keeps_no_person(tmp_path: Path) -> None:
    """Neither sex nor age; the pseudonymous patient stays."""
    strict = SETTINGS.model_copy(update={"profile": "strict"})
    table = opened(tmp_path, NIH + "1.png,Mass,0,1,57,M,PA\n", settings=strict)
    (file,) = table.attach(files("1.png"))
    assert file.facts is not None
    assert (file.facts.patient_sex, file.facts.patient_age_years) == (None, None)
    assert file.facts.patient_key is not None


def test_two_readers_of_one_picture_both_count(tmp_path: Path) -> None:
    """But rows that give one picture two patients contradict each other."""
    text = "file,finding,who,patient\n1.png,x,ana,7\n1.png,y,ben,7\n2.png,x,ana,7\n2.png,x,ben,8\n"
    table = opened(tmp_path, text, reader_column="who")
    facts = [file.facts for file in table.attach(files("1.png", "2.png"))]
    assert facts[0] is not None
    assert [(one.class_name, one.reader) for one in facts[0].readings] == [("x", "ana"), ("y", "ben")]
    assert facts[1] is None
    assert table.report(None).reasons == {"contradicting_rows": 2}


def test_the_table_itself_is_no_file_without_a_row(tmp_path: Path) -> None:
    """It often lies among its pictures."""
    table = opened(tmp_path, "file,finding\n1.png,x\n")
    list(table.attach([SourceFile(tmp_path / "labels.csv", "labels.csv"), *files("1.png")]))
    assert table.report(None).num_files_without_row == 0


def test_prefixes_and_ways_to_write_are_taken_off() -> None:
    """What the table has before the names, and the disk has not."""
    assert plain_name("CheXpert-v1.0-small/train/a.jpg", "CheXpert-v1.0-small/") == "train/a.jpg"
    assert plain_name("./a//b.png") == "a/b.png"
    assert plain_name(r"C:\set\train\a.png", "C:\\set\\") == "train/a.png"
    assert plain_name("./set/a.png", "set/") == "a.png"
    assert plain_name("/abs/a.png") == "abs/a.png"


@pytest.mark.corpus
def test_the_whole_nih_table_is_matched_in_seconds(corpus: Path) -> None:
    """112,120 rows of 30,805 patients; the counts are the published ones."""
    import csv

    path = corpus / "tables" / "Data_Entry_2017_v2020.csv.gz"
    started = time.perf_counter()
    table = open_picture_table(LabelTable(path=path), settings=SETTINGS, source_name="nih")
    with gzip.open(path, "rt") as stream:
        names = [row[0] for row in csv.reader(stream)][1:]
    assert table.count(files(*names)) == 112_120
    assert sum(file.facts is not None for file in table.attach(files(*names))) == 112_120
    report = table.report(None)
    assert (report.num_patients, report.labels["No Finding"], report.labels["Hernia"]) == (
        30_805,
        60_361,
        227,
    )
    assert report.reasons == {}
    assert time.perf_counter() - started < 60  # a bound for busy machines; it takes about four
