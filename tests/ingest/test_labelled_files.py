"""The files of a run with their table."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from imaging.settings import ReadSettings
from ingest.label_tables import LabelTable
from ingest.labelled_files import open_labelled_files, rows_file_beside

SETTINGS = ReadSettings(key=bytes(32))


def test_without_a_table_files_are_as_they_are(
    tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """Counted and walked; nothing to report."""
    write_picture(tmp_path / "set" / "1.png", 1)
    found = open_labelled_files([tmp_path / "set"], None, settings=SETTINGS, source_name="set")
    assert found.count() == 1
    assert [file.facts for file in found] == [None]
    assert found.report(tmp_path / "rows.tsv") is None


def test_with_a_table_they_carry_what_it_says(
    tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """Rows without a file go to the operator's file, by number."""
    write_picture(tmp_path / "set" / "1.png", 1)
    (tmp_path / "labels.csv").write_text("file,finding\n1.png,Mass\nMiller.png,Mass\n")
    table = LabelTable(path=tmp_path / "labels.csv")
    found = open_labelled_files([tmp_path / "set"], table, settings=SETTINGS, source_name="set")
    assert found.count() == 1
    assert [file.facts.readings[0].class_name for file in found if file.facts] == ["Mass"]
    report = found.report(tmp_path / "rows.tsv")
    assert report is not None
    assert (report.num_rows, report.num_rows_with_file) == (2, 1)
    assert (tmp_path / "rows.tsv").read_text() == "row\treason_code\n3\tsubject_not_found\n"
    assert stat.S_IMODE((tmp_path / "rows.tsv").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("operator_file", "rows_file"),
    [
        ("study.paths.tsv", "study.rows.tsv"),
        ("dicomill-paths.tsv", "dicomill.rows.tsv"),
        ("paths.tsv", "rows.tsv"),
    ],
)
def test_the_rows_file_lies_beside_that_of_paths(operator_file: str, rows_file: str) -> None:
    """Named after it."""
    assert rows_file_beside(Path("in") / operator_file) == Path("in") / rows_file
