"""`splits.csv`."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import SplitError
from preprocessing.plan_assignment import PlanPicture, assign_pictures
from preprocessing.split_files import held_by_file, read_splits_file, splits_text

PICTURES = [PlanPicture(f"a{n}", f"p{n // 2}", None, (f"s{n}",), ("A",)) for n in range(12)]
RATIOS = {"train": 0.5, "test": 0.5}


def test_a_table_is_read_back(tmp_path: Path) -> None:
    """One column a repeat."""
    outcomes = [assign_pictures(PICTURES, ratios=RATIOS, seed=seed) for seed in (0, 1)]
    (tmp_path / "splits.csv").write_text(splits_text(outcomes))
    assert read_splits_file(tmp_path / "splits.csv") == outcomes[0].splits
    assert read_splits_file(tmp_path / "splits.csv", repeat_number=2) == outcomes[1].splits


def test_what_it_settled_holds_for_its_patients(tmp_path: Path) -> None:
    """And a table of other splits is refused."""
    outcome = assign_pictures(PICTURES, ratios=RATIOS, seed=0)
    path = tmp_path / "splits.csv"
    path.write_text(splits_text([outcome]))
    held = held_by_file(path, PICTURES, repeat_number=1, splits=("train", "test"))
    assert held["picture", "a3"] == held["patient", "p1"] == outcome.splits["a3"]
    with pytest.raises(SplitError, match="Remove it to begin anew"):
        held_by_file(path, PICTURES, repeat_number=1, splits=("fold-1", "fold-2"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column name and split"),
        ("name,part\na,train\n", "no column split. Expected .* Received: name, part"),
        ("name,split\na,train\na,test\n", "names 1 picture"),
    ],
)
def test_another_table_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """With what was expected."""
    (tmp_path / "splits.csv").write_text(text)
    with pytest.raises(SplitError, match=says):
        read_splits_file(tmp_path / "splits.csv")


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Or is missing."""
    (tmp_path / "splits.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("splits.csv", "missing.csv"):
        with pytest.raises(SplitError, match="cannot be read"):
            read_splits_file(tmp_path / name)
