"""Rows of one subject."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.label_tables import LabelTable
from ingest.table_labels import read_label_rows
from ingest.table_rows import settle_rows

HEADER = "file,label,who,when\n"


@pytest.mark.parametrize(
    ("lines", "add_up", "kept", "problems"),
    [
        ("a,x,,\nb,y,,\n", False, [2, 3], []),
        ("a,x,,\na,x,,\n", False, [2], []),
        ("a,x,,\na,,,\n", False, [2], []),
        ("a,x,,\na,y,,\n", False, [], [2, 3]),
        ("a,x,,\na,y,,\n", True, [2], []),
        ("a,x,ana,\na,y,ben,\n", False, [2, 3], []),
        ("a,x,ana,2024-01-01\na,y,ana,2024-01-02\n", False, [2, 3], []),
    ],
)
def test_rows_repeat_add_up_or_contradict(
    tmp_path: Path, lines: str, add_up: bool, kept: list[int], problems: list[int]
) -> None:
    """Other readers and later readings are readings of their own; contradictions label nothing."""
    path = tmp_path / "labels.csv"
    path.write_text(HEADER + lines)
    table = LabelTable(path=path, task="t", columns=("label",), reader_column="who", read_at_column="when")
    rows = read_label_rows(table)
    settled, told = settle_rows(rows, lambda row: row.subject, add_up=add_up)
    assert [row.number for row in settled] == kept
    assert [problem.row for problem in told] == problems


def test_values_never_add_up_to_both(tmp_path: Path) -> None:
    """Present in one row and absent in another: a contradiction however rows are joined."""
    path = tmp_path / "labels.csv"
    path.write_text("file,mass\na,1\na,0\n")
    rows = read_label_rows(LabelTable(path=path))
    assert settle_rows(rows, lambda row: row.subject, add_up=True)[0] == []
