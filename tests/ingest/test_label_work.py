"""What shall be read of which subject."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from database.session import Database
from imaging.pseudonyms import Pseudonymiser
from ingest.ingest import IngestConfig, ingest
from ingest.label_subjects import SubjectFinder
from ingest.label_tables import LabelTable
from ingest.label_work import Selection, work_of_selection, work_of_table


@pytest.fixture
def finder(
    sqlite_database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> SubjectFinder:
    """Give a finder by file names over a/1.png, b/1.png and a/2.png."""
    for seed, place in enumerate(("a/1.png", "b/1.png", "a/2.png")):
        write_picture(tmp_path / "set" / place, seed)
    ingest(IngestConfig(paths=(tmp_path / "set",), workers=1), database=sqlite_database)
    return SubjectFinder(sqlite_database, Pseudonymiser(sqlite_database.key or b""), "file_name")


def test_a_row_labels_its_subject_alone(finder: SubjectFinder, tmp_path: Path) -> None:
    """A name that fits several is a problem; two readers of one picture make one group."""
    path = tmp_path / "labels.csv"
    path.write_text("file,finding,who\n1.png,x,ana\n2.png,x,ana\n2.png,y,ben\n")
    work = work_of_table(LabelTable(path=path, reader_column="who"), finder)
    assert [tuple(problem) for problem in work.problems] == [(2, "several_subjects")]
    (group,) = work.groups
    readings = [reading for told in group for reading in work.readings_of(told)]
    assert [(one.class_name, one.reader) for one in readings] == [("x", "ana"), ("y", "ben")]
    assert {one.subject_key for one in readings} == {group[0].subject}
    assert (work.num_rows, work.num_rows_used, work.is_single_label) == (3, 2, True)


def test_rows_that_name_one_picture_differently_are_one_subjects(
    finder: SubjectFinder, tmp_path: Path
) -> None:
    """By what they were found to be, not by how they write it."""
    path = tmp_path / "labels.csv"
    path.write_text("file,finding\na/2.png,x\nset/a/2.png,y\n")
    work = work_of_table(LabelTable(path=path), finder)
    assert [problem.reason_code for problem in work.problems] == ["contradicting_rows"] * 2
    assert work.groups == []


def test_a_selection_is_what_fits_all_of_it(finder: SubjectFinder, tmp_path: Path) -> None:
    """A folder's files are found by their places."""
    chosen = Selection(where="height = 12", folder=tmp_path / "set" / "a", source="default", seconds=9)
    work = work_of_selection(chosen, finder, class_name="Head", task=None, reader=None)
    assert [problem.reason_code for problem in work.problems] == ["several_subjects"]
    ((told,),) = work.groups
    (reading,) = work.readings_of(told)
    assert (reading.task, reading.class_name, reading.reader) == ("body_part", "Head", "constant")


def test_numbers_of_chest_xray14_are_known_in_both_ways(
    sqlite_database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """The sample's 00000013 is the whole table's 13."""
    write_picture(tmp_path / "set" / "1.png", 1)
    header = "Image Index,Finding Labels,Patient ID\n"
    (tmp_path / "whole.csv").write_text(f"{header}1.png,Mass,13\n")
    (tmp_path / "sample.csv").write_text(f"{header}1.png,Mass,00000013\n")
    config = {"paths": tmp_path / "set", "workers": 1, "labels": tmp_path / "whole.csv"}
    ingest(IngestConfig.checked(config), database=sqlite_database)
    finder = SubjectFinder(sqlite_database, Pseudonymiser(sqlite_database.key or b""), "patient_id")
    table = LabelTable(path=tmp_path / "sample.csv", subject_column="Patient ID")
    assert len(work_of_table(table, finder).groups) == 1
