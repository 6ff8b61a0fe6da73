"""Hierarchical labels: a child is never likelier than its parent."""

from __future__ import annotations

import numpy as np
import pytest

from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow

# 0 is the parent of 1 and 4, 1 of 2; 3 stands alone.
PARENTS = (None, 0, 1, None, 0)


def _chained(logits):
    import_tensorflow()
    from training.networks.hierarchy import chain_to_parents

    return np.asarray(chain_to_parents(np.asarray(logits, np.float32), PARENTS))


def _sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def test_probabilities_are_products_along_the_path():
    """Each class's sigmoid times those of all above it."""
    logits = np.random.default_rng(0).normal(0, 2, (6, 5))
    own = _sigmoid(logits)
    wanted = own.copy()
    wanted[:, 1] = own[:, 0] * own[:, 1]
    wanted[:, 2] = own[:, 0] * own[:, 1] * own[:, 2]
    wanted[:, 4] = own[:, 0] * own[:, 4]
    assert _sigmoid(_chained(logits)) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("scale", [1.0, 30.0, 1000.0])
def test_no_child_exceeds_its_parent_and_roots_stay(scale):
    """However large the logits are, to the last bit."""
    logits = np.random.default_rng(1).normal(0, scale, (500, 5)).astype(np.float32)
    chained = _chained(logits)
    assert np.isfinite(chained).all()
    for child, parent in enumerate(PARENTS):
        if parent is None:
            assert (chained[:, child] == logits[:, child]).all()
        else:
            assert (chained[:, child] <= chained[:, parent]).all()


def test_gradients_reach_the_ancestors():
    """What a leaf is wrong about moves every class on its path, and no other."""
    tf = import_tensorflow()
    from training.networks.hierarchy import chain_to_parents

    logits = tf.zeros((1, 5))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        leaf = chain_to_parents(logits, PARENTS)[0, 2]
    assert [bool(value > 0) for value in tape.gradient(leaf, logits)[0]] == [True, True, True, False, False]
