"""Counts of right and wrong."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from evaluation.metrics import (
    accuracy_of,
    count_binary_confusions,
    count_confusions,
    macro_average,
    metrics_by_class,
)
from foundation.errors import EvaluationError

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


@given(PAIRS)
def test_counts_and_class_metrics_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """The confusion matrix, precision, recall, F1 and support are scikit-learn's."""
    true, predicted = np.array(pairs).T
    confusions = count_confusions(true, predicted, 4)
    assert (confusions == confusion_matrix(true, predicted, labels=range(4))).all()
    theirs = precision_recall_fscore_support(true, predicted, labels=range(4), zero_division=np.nan)
    ours = metrics_by_class(confusions, list("abcd"))
    np.testing.assert_allclose([each.precision.value for each in ours], theirs[0])
    np.testing.assert_allclose([each.recall.value for each in ours], theirs[1])
    np.testing.assert_allclose([each.f1 for each in ours], theirs[2])
    assert [each.support for each in ours] == theirs[3].tolist()


def test_accuracy_is_the_share_of_the_diagonal() -> None:
    """24 of 26 right."""
    found = accuracy_of(np.array([[9, 1], [1, 15]]))
    assert (found.successes, found.trials) == (24, 26)


def test_a_class_that_was_never_predicted_has_no_precision() -> None:
    """Its precision is NaN, its recall 0, its F1 0."""
    found = metrics_by_class(np.array([[0, 2], [0, 3]]), ["a", "b"])[0]
    assert isnan(found.precision.value)
    assert (found.recall.value, found.f1) == (0.0, 0.0)


def test_a_class_without_records_has_no_recall_and_leaves_the_macro_mean() -> None:
    """The mean says over how many classes it was taken."""
    found = metrics_by_class(np.array([[2, 0], [0, 0]]), ["a", "b"])
    assert isnan(found[1].recall.value)
    assert isnan(found[1].f1)
    assert macro_average([each.recall.value for each in found]).num_classes == 1
    assert isnan(macro_average([float("nan")]).value)


def test_binary_counts_stand_in_the_order_tn_fp_fn_tp() -> None:
    """One of each kind is told apart."""
    true, predicted = np.array([0, 0, 0, 1, 1, 1, 1]) > 0, np.array([0, 0, 1, 0, 1, 1, 1]) > 0
    assert count_binary_confusions(true, predicted).tolist() == [2, 1, 1, 3]


@pytest.mark.parametrize("predicted", [[0, 2], [0, -1]])
def test_an_index_that_is_no_class_is_refused(predicted: list[int]) -> None:
    """Bad indices never land in another cell."""
    with pytest.raises(EvaluationError, match=r"within 0\.\.1"):
        count_confusions(np.array([0, 1]), np.array(predicted), 2)


def test_lists_of_two_lengths_are_refused() -> None:
    """Records and predictions must pair up."""
    with pytest.raises(EvaluationError, match="one length"):
        count_confusions(np.array([0, 1]), np.array([0]), 2)
