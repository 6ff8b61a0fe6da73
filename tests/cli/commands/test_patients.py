"""`dicomill patients`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]

LIST = "Old;New;From\nPHANTOM-00001;PHANTOM-00002;SYNTHETIC\n;x;\n"
COLUMNS = ("--old", "Old", "--new", "New", "--old-issuer", "From", "--new-issuer", "From")


def test_a_list_is_merged_counted_and_taken_back(works: Call, rows: Path, tmp_path: Path) -> None:
    """The number of patients follows."""
    (tmp_path / "merged.csv").write_text(LIST)
    before = works("patients", "list", "--json").json["num_patients"]
    outcome = works("patients", "merge", "merged.csv", *COLUMNS)
    assert "1 patients merged" in outcome.out
    assert "1  blank (row 3)" in outcome.out
    assert f"{before - 1} patients with" in works("patients", "list").out
    assert works("patients", "merge", "merged.csv", *COLUMNS, "--json").json["num_unchanged"] == 1
    assert "1 patients parted" in works("patients", "merge", "merged.csv", *COLUMNS, "--undo").out
    assert works("patients", "list", "--json").json["num_patients"] == before


def test_a_list_that_is_none_is_one_clear_line(refuses: Call, rows: Path, tmp_path: Path) -> None:
    """A column that is missing, a circle, a file that is not there."""
    (tmp_path / "merged.csv").write_text(LIST)
    (tmp_path / "circle.csv").write_text("old,new\nA,B\nB,A\n")
    refuses(
        "patients", "merge", "merged.csv", "--old", "Old Id", says='no column "Old Id". Did you mean "Old"'
    )
    refuses("patients", "merge", "circle.csv", says="circle")
    refuses("patients", "merge", "nothing.csv", says="missing")
