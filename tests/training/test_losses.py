"""Losses against hand calculation."""

from __future__ import annotations

import numpy as np
import pytest

from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def losses():
    """The module under test, imported after TensorFlow's set-up."""
    import_tensorflow()
    import training.losses

    return training.losses


def _tensor(values):
    return np.array(values, np.float32)


def test_softmax_cross_entropy_is_minus_the_log_of_the_probability(losses):
    """Two equal logits give log 2, whatever the class."""
    loss = losses.softmax_cross_entropy(_tensor([[0, 0], [0, np.log(3)]]), _tensor([[1, 0], [0, 1]]), None)
    assert np.asarray(loss) == pytest.approx([np.log(2), -np.log(0.75)], abs=1e-6)


def test_sigmoid_cross_entropy_equals_the_known_value(losses):
    """The mean binary cross-entropy of the worked case is 0.386884."""
    targets = _tensor([[1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]])
    p = _tensor([[0.9, 0.2, 0.05, 0.4], [0.1, 0.6, 0.3, 0.02], [0.3, 0.01, 0.5, 0.04]])
    loss = losses.sigmoid_cross_entropy(np.log(p / (1 - p)), targets, np.ones_like(targets))
    assert np.asarray(loss).mean() == pytest.approx(0.386884, abs=1e-6)


def test_unknown_labels_do_not_count(losses):
    """A masked class changes neither loss nor accuracy; a record without labels gives 0."""
    logits, targets = _tensor([[0, 50], [9, 9]]), _tensor([[1, 0], [0, 0]])
    mask = _tensor([[1, 0], [0, 0]])
    loss = losses.sigmoid_cross_entropy(logits, targets, mask)
    assert np.asarray(loss) == pytest.approx([np.log(2), 0.0], abs=1e-6)
    assert np.asarray(losses.count_right_classes(logits, targets, mask)).tolist() == [0.0, 0.0]


def test_extreme_logits_give_finite_losses(losses):
    """Neither loss overflows at logits of a thousand."""
    logits, targets = _tensor([[1000, -1000]]), _tensor([[0, 1]])
    for loss in losses.LOSSES.values():
        assert np.isfinite(np.asarray(loss(logits, targets, np.ones_like(targets)))).all()


def test_answers_are_counted_by_kind(losses):
    """The top class for one label; each class by itself for several."""
    logits = _tensor([[2, 1, -1], [0.5, 1, -1]])
    targets = _tensor([[1, 0, 0], [1, 0, 0]])
    mask = np.ones_like(targets)
    assert np.asarray(losses.count_top_class(logits, targets, mask)).tolist() == [1.0, 0.0]
    right = np.asarray(losses.count_right_classes(logits, targets, mask))
    assert right == pytest.approx([2 / 3, 2 / 3])
