"""The table of what was left out."""

from __future__ import annotations

from pathlib import Path

from preprocessing.left_out import LeftOut, count_reasons, write_left_out


def test_rows_are_sorted_and_counted(tmp_path: Path) -> None:
    """Equal sets of rows give equal files."""
    rows = [LeftOut("images/b.png", "no_label"), LeftOut("images/a,1.png", "not_a_picture")]
    write_left_out(tmp_path, rows)
    text = (tmp_path / "left_out.csv").read_text(encoding="utf-8")
    assert text == 'name,reason\n"images/a,1.png",not_a_picture\nimages/b.png,no_label\n'
    assert count_reasons(rows) == {"no_label": 1, "not_a_picture": 1}


def test_nothing_left_out_leaves_the_header(tmp_path: Path) -> None:
    """The file is there in any case."""
    write_left_out(tmp_path, [])
    assert (tmp_path / "left_out.csv").read_text(encoding="utf-8") == "name,reason\n"
