"""Every optimizer can be made by name and lowers a loss."""

from __future__ import annotations

import pytest

from foundation.errors import UnknownNameError
from training.optimizers import OPTIMIZERS, build_optimizer, default_learning_rate
from training.tensorflow_setup import import_tensorflow


def test_the_registry_is_alphabetical():
    """So that a reader finds a name."""
    assert list(OPTIMIZERS) == sorted(OPTIMIZERS)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_lowers_a_square(name):
    """Three steps on x^2 at the default rate bring x nearer to 0."""
    tf = import_tensorflow()
    import keras

    x = keras.Variable(3.0)
    optimizer = build_optimizer(name)
    for _ in range(3):
        optimizer.apply([tf.constant(2.0 * float(x.value))], [x])
    assert abs(float(x.value)) < 3.0
    assert float(optimizer.learning_rate) == pytest.approx(default_learning_rate(name))


@pytest.mark.tensorflow
def test_a_given_learning_rate_is_used():
    """The user's rate stands over the default."""
    assert float(build_optimizer("momentum", 0.25).learning_rate) == 0.25


def test_an_unknown_optimizer_is_told_with_the_nearest():
    """The message suggests."""
    with pytest.raises(UnknownNameError, match='Did you mean "adam"'):
        default_learning_rate("adm")
