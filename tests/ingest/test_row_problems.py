"""Rows that came to nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from foundation.errors import IngestError
from ingest.row_problems import REASONS, RowProblem, count_reasons, write_problems


def test_the_operators_file_is_private_and_sorted(tmp_path: Path) -> None:
    """Numbers and reasons, each once; readable by its owner alone."""
    path = tmp_path / "study.rows.tsv"
    problems = [RowProblem(10, "no_label"), RowProblem(9, "no_subject"), RowProblem(10, "no_label")]
    assert write_problems(path, problems) == path
    assert path.read_text() == "row\treason_code\n9\tno_subject\n10\tno_label\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_to_tell_leaves_no_file(tmp_path: Path) -> None:
    """Not even that of an older run."""
    path = tmp_path / "study.rows.tsv"
    path.write_text("old")
    assert write_problems(path, []) is None
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(IngestError, match="rows_file=FILE"):
        write_problems(tmp_path / "none" / "x.tsv", [RowProblem(1, "no_label")])


def test_every_reason_says_what_it_means() -> None:
    """In alphabetical order; counts are sorted alike."""
    assert list(REASONS) == sorted(REASONS)
    assert count_reasons([RowProblem(2, "b"), RowProblem(1, "a"), RowProblem(3, "b")]) == {"a": 1, "b": 2}
