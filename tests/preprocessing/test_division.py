"""How a record set gets its splits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from foundation.errors import SplitError
from preprocessing.division import NOT_IN_TABLE, OVER_CLASS_CAP, DivisionSettings, divide
from preprocessing.groups import GroupMember

MEMBERS = [
    GroupMember(f"a{n:02d}", f"p{n // 2}", f"s{n}", ("Rare" if n % 10 == 0 else "Common",)) for n in range(60)
]
HALVES = {"train": 0.5, "test": 0.5}


def test_drawn_splits_have_their_shares() -> None:
    """As before plans were made."""
    division = divide(MEMBERS, DivisionSettings(HALVES, seed=0), None)
    assert (division.origin, division.splits) == ("drawn", ("train", "test"))
    assert Counter(division.table.splits.values()) == {"train": 30, "test": 30}


def test_a_table_decides_and_the_rest_is_left_out(tmp_path: Path) -> None:
    """With a reason for each, and a word."""
    (tmp_path / "s.csv").write_text("name,split\na00,train\na01,train\na02,test\n")
    division = divide(MEMBERS, DivisionSettings({}, 0, splits_file=tmp_path / "s.csv"), None)
    assert division.table.splits == {"a00": "train", "a01": "train", "a02": "test"}
    assert {left.reason for left in division.left_out} == {NOT_IN_TABLE}
    assert len(division.left_out) == 57
    assert "57 of 60" in division.table.warnings[-1]


def test_a_table_of_folds_wants_a_fold(tmp_path: Path) -> None:
    """Its test set; the next one validates."""
    rows = "".join(
        f"{member.name},fold-{1 + int(member.patient_key[1:]) % 3}\n"
        for member in MEMBERS
        if member.patient_key
    )
    (tmp_path / "s.csv").write_text(f"name,split\n{rows}")
    with pytest.raises(SplitError, match="3 folds"):
        divide(MEMBERS, DivisionSettings({}, 0, splits_file=tmp_path / "s.csv"), None)
    division = divide(MEMBERS, DivisionSettings({}, 0, splits_file=tmp_path / "s.csv", fold=3), None)
    assert division.splits == ("train", "validation", "test")
    assert division.table.splits["a04"] == "test"
    assert division.table.splits["a00"] == "validation"


def test_a_cap_holds_for_training_only() -> None:
    """Rare classes keep all; test keeps everything."""
    division = divide(MEMBERS, DivisionSettings(HALVES, seed=0, class_cap=5), None)
    labels = {member.name: member.labels[0] for member in MEMBERS}
    counts = Counter((split, labels[name]) for name, split in division.table.splits.items())
    uncapped = divide(MEMBERS, DivisionSettings(HALVES, seed=0), None).table.splits
    before = Counter((split, labels[name]) for name, split in uncapped.items())
    assert counts["train", "Common"] == 5
    assert counts["train", "Rare"] == before["train", "Rare"]
    assert counts["test", "Common"] == before["test", "Common"]
    assert {left.reason for left in division.left_out} == {OVER_CLASS_CAP}
    assert division.table.groups.keys() == division.table.splits.keys()


def test_what_is_missing_is_told() -> None:
    """A plan without a database, a fold without a plan."""
    with pytest.raises(SplitError, match="Name it: --database"):
        divide(MEMBERS, DivisionSettings({}, 0, plan="main"), None)
    with pytest.raises(SplitError, match="Name the plan or the table"):
        divide(MEMBERS, DivisionSettings(HALVES, 0, fold=1), None)
