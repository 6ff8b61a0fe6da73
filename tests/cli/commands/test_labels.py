"""`dicomill labels`, and the labels of `dicomill ingest`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def pictures(works, tmp_path: Path) -> Path:
    """Three pictures in the default database, with a table beside them."""
    folder = tmp_path / "set"
    folder.mkdir()
    for number in range(1, 4):
        values = np.full((8, 8), 40 * number, np.uint8)
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", values)[1].tobytes())
    (tmp_path / "labels.csv").write_text("file,finding\n1.png,Mass\n2.png,Edema\n4.png,Mass\n")
    return folder


def test_ingest_takes_a_table(works, pictures: Path) -> None:
    """And tells how rows and files found each other, by counts alone."""
    told = works("ingest", "set", "--labels", "labels.csv", "--workers", 1).out
    assert "2 of 3 rows have their file; 1 files have no row" in told
    assert "1  subject_not_found" in told
    assert "dicomill.rows.tsv (readable by you alone)" in told
    assert "4.png" not in told
    labels = works("cohort", "create", "c", "--task", "finding", "--json").json["label_counts"]
    assert labels == {"Edema": 1, "Mass": 1}


def test_fields_of_the_table_can_be_set(works, refuses, pictures: Path, tmp_path: Path) -> None:
    """By a dot; the options keep what they said."""
    (tmp_path / "own.txt").write_text("1.png#a+b\n2.png#b\n")
    words = ("ingest", "set", "--labels", "own.txt", "--task", "tag", "--workers", 1)
    report = works(*words, "--set", "labels.separator='#'", "--set", "labels.splitter=+", "--json").json
    assert report["labels"]["labels"] == {"a": 1, "b": 2}
    refuses(*words, "--set", "labels.spliter=+", says='Did you mean "splitter"')


def test_a_wrong_table_opens_no_run(refuses, works, pictures: Path) -> None:
    """The columns are named, and nothing is stored."""
    works("ingest", "labels.csv", "--workers", 1)
    words = ("ingest", "set", "--labels", "labels.csv", "--workers", 1)
    refuses(*words, "--set", "labels.columns=findng", says='Did you mean "finding"')
    refuses("ingest", "set", "--labels", "none.csv", says="There is no label table none.csv")


def test_readings_are_added_listed_and_shown(works, refuses, pictures: Path) -> None:
    """A second reader disagrees; a policy decides."""
    works("ingest", "set", "--labels", "labels.csv", "--workers", 1)
    Path("second.csv").write_text("file,finding\n1,Edema\n3,Mass\n")
    told = works("labels", "add", "second.csv", "--by", "file_name", "--reader", "ben").out
    assert told.startswith("2 of 2 rows label 2 subjects (level instance, task finding)\n  2 readings added")
    assert "1 subjects that another reader reads otherwise" in told
    listed = works("labels", "list", "--json").json["classes"]
    assert [(one["class_name"], one["readers"]) for one in listed] == [
        ("Edema", ["ben", "table"]),
        ("Mass", ["ben", "table"]),
    ]
    assert works("labels", "list", "--task", "finding").out.startswith("task")
    shown = works("labels", "show", "finding", "--label-policy", "source_order:ben,table", "--json").json
    assert (shown["num_labelled"], shown["num_disagree"]) == (3, 0)
    assert "1 on which readers disagree" in works("labels", "show", "finding").out
    cohort = ("cohort", "create", "c", "--task", "finding", "--json")
    assert works(*cohort).json["left_out"]["readers_disagree"] == 1
    report = works(*cohort, "--label-policy", "source_order:ben,table").json
    assert report["label_counts"] == {"Edema": 2, "Mass": 1}
    refuses("labels", "show", "finding", "--label-policy", "mayority", says='Did you mean "majority"')


def test_one_class_for_a_query(works, refuses, pictures: Path) -> None:
    """A correction of it is told as that."""
    works("ingest", "set", "--workers", 1)
    told = works("labels", "add", "--constant", "HEAD", "--where", "height = 8").out
    assert "3 of 3 rows label 3 subjects (level instance, task body_part)" in told
    assert (
        works("labels", "add", "--constant", "HEAD", "--source", "default", "--json").json["num_added"] == 0
    )
    refuses("labels", "add", "--constant", "HEAD", says="Say which pictures")
    refuses("labels", "add", "labels.csv", says="--by file_name")


def test_corrections_are_counted(works, pictures: Path) -> None:
    """The same reader says something else of the same class."""
    works("ingest", "set", "--workers", 1)
    for value, count in ((1, None), (0, "1 of them correct")):
        Path("mass.csv").write_text(f"file,Mass\n1.png,{value}\n")
        told = works("labels", "add", "mass.csv", "--by", "file_name").out
        assert count is None or count in told
