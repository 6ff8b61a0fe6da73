"""Areas under the ROC curve."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.ranking import rank_class, rank_classes


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_the_area_is_the_share_of_pairs_in_order(records: list[tuple[bool, int]]) -> None:
    """ROC-AUC counts the pairs (positive, negative) ranked right, ties as half."""
    true = np.array([label for label, _ in records])
    scores = np.array([score / 5 for _, score in records])
    pairs = [(p > n) + 0.5 * (p == n) for p in scores[true] for n in scores[~true]]
    found = rank_class("Mass", true, scores)
    if pairs:
        assert found.roc_auc == pytest.approx(sum(pairs) / len(pairs))
    else:
        assert isnan(found.roc_auc)
        assert found.reason


def test_a_class_with_one_label_value_is_nan_with_its_reason() -> None:
    """The run goes on, and the macro mean says how many classes it holds."""
    true = np.array([[1, 1, 0], [0, 1, 0]]) > 0
    found = rank_classes(true, np.array([[0.9, 0.5, 0.1], [0.1, 0.4, 0.1]]), ["a", "b", "c"])
    assert [each.reason for each in found.by_class] == [
        None,
        "every record of the split has this class",
        "no record of the split has this class",
    ]
    assert (found.macro.value, found.macro.num_classes) == (1.0, 1)


def test_unknown_labels_enter_no_pair() -> None:
    """A masked label changes nothing, however wrong its probability would be."""
    true, known = np.array([[1], [0], [1]]) > 0, np.array([[1], [1], [0]]) > 0
    found = rank_classes(true, np.array([[0.9], [0.2], [0.0]]), ["a"], known=known).by_class[0]
    assert (found.roc_auc, found.num_positive, found.num_negative) == (1.0, 1, 1)


def test_a_class_without_any_known_label_says_so() -> None:
    """No label is neither positive nor negative."""
    found = rank_classes(np.zeros((2, 1), bool), np.zeros((2, 1)), ["a"], known=np.zeros((2, 1), bool))
    assert found.by_class[0].reason == "no label of this class is known"
