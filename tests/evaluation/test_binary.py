"""Two-class tasks."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from evaluation.binary import binary_metrics, cohen_kappa
from evaluation.metrics import accuracy_of
from foundation.errors import EvaluationError, UnknownNameError

# TN 9, FP 1, FN 1, TP 15: the published brain-tumour result that had the two swapped.
TUMOURS = np.array([[9, 1], [1, 15]])


def test_sensitivity_belongs_to_the_positive_class() -> None:
    """Of 16 tumours 15 are found (.9375), of 10 healthy 9 are cleared (.9000)."""
    found = binary_metrics(TUMOURS, ["no", "yes"])
    assert found.positive_class == "yes"
    assert (found.sensitivity.value, found.specificity.value) == (0.9375, 0.9)
    assert round(accuracy_of(TUMOURS).value, 4) == 0.9231
    assert round(found.kappa, 4) == 0.8375
    counts = (found.true_negatives, found.false_positives, found.false_negatives, found.true_positives)
    assert counts == (9, 1, 1, 15)


def test_naming_the_other_class_positive_swaps_both() -> None:
    """The choice of the positive class is the user's and is said."""
    found = binary_metrics(TUMOURS, ["no", "yes"], positive_class="no")
    assert (found.positive_class, found.sensitivity.value, found.specificity.value) == ("no", 0.9, 0.9375)
    assert (found.true_positives, found.true_negatives) == (9, 15)


def test_an_unknown_positive_class_is_refused_with_the_known_ones() -> None:
    """A typing error names what is known."""
    with pytest.raises(UnknownNameError, match=r'Did you mean "yes"\? Known: no, yes'):
        binary_metrics(TUMOURS, ["no", "yes"], positive_class="yess")


def test_three_classes_have_no_sensitivity() -> None:
    """A task of three classes is refused."""
    with pytest.raises(EvaluationError, match="two classes"):
        binary_metrics(np.eye(3, dtype=np.int64), ["a", "b", "c"])


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4))
def test_kappa_equals_scikit_learn(counts: list[int]) -> None:
    """Cohen's kappa of any two-by-two table is scikit-learn's, NaN where chance explains all."""
    confusions = np.array(counts).reshape(2, 2)
    cells = np.repeat(np.arange(4), counts)
    if len(set(cells // 2) | set(cells % 2)) < 2:
        assert isnan(cohen_kappa(confusions))
    else:
        assert cohen_kappa(confusions) == pytest.approx(cohen_kappa_score(cells // 2, cells % 2))
