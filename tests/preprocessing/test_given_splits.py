"""Splits that were settled before."""

from __future__ import annotations

import pytest

from foundation.errors import SplitError
from preprocessing.given_splits import check_fold, order_splits, table_of_splits
from preprocessing.groups import GroupMember
from preprocessing.split_scheme import PlanScheme

MEMBERS = [GroupMember(f"a{n}", f"p{n // 2}", f"s{n}", ("A",)) for n in range(6)]


def test_given_splits_keep_whole_groups() -> None:
    """Only pictures with a split are in the table."""
    table = table_of_splits(MEMBERS, {"a0": "train", "a1": "train", "a2": "test"})
    assert table.splits == {"a0": "train", "a1": "train", "a2": "test"}
    assert set(table.groups.values()) == {"p0", "p1"}


def test_a_leak_is_refused() -> None:
    """A patient on both sides, or one picture under two names."""
    with pytest.raises(SplitError, match="1 group"):
        table_of_splits(MEMBERS, {"a0": "train", "a1": "test"})
    same = [GroupMember("x", None, "s", ()), GroupMember("y", None, "s", ())]
    with pytest.raises(SplitError, match="lie in two splits"):
        table_of_splits(same, {"x": "train", "y": "test"})


def test_no_split_at_all_is_refused() -> None:
    """The names are those of another folder."""
    with pytest.raises(SplitError, match="No picture of the folder"):
        table_of_splits(MEMBERS, {"other": "train"})


def test_unknown_patients_are_told() -> None:
    """They stand for themselves."""
    table = table_of_splits([GroupMember("x", None, "s", ())], {"x": "train"})
    assert table.patients_unknown == 1
    assert "unknown" in table.warnings[0]


def test_a_fold_is_named_where_there_are_folds() -> None:
    """And nowhere else."""
    folds = PlanScheme(folds=3, repeats=2)
    assert check_fold(folds, 2, 2)["fold-2"] == "test"
    assert check_fold(PlanScheme(), None, 1) == {}
    for scheme, fold, repeat in ((folds, None, 1), (folds, 4, 1), (folds, 1, 3), (PlanScheme(), 1, 1)):
        with pytest.raises(SplitError):
            check_fold(scheme, fold, repeat)


def test_splits_have_their_order() -> None:
    """Train first, others last."""
    assert order_splits({"b", "test", "validation", "train"}) == ("train", "validation", "test", "b")
