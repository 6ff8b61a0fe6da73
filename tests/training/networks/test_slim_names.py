"""Names and first weights of TF-slim."""

from __future__ import annotations

import numpy as np
import pytest

from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


def test_scopes_are_layers_with_slashes():
    """Kernels are weights and biases keep their plural; batch norm's words stay."""
    import_tensorflow()
    import keras

    from training.networks.slim_names import scope_names

    inputs = keras.Input((4, 4, 2))
    x = keras.layers.Conv2D(3, 1, name="block1.unit_1.conv1")(inputs)
    x = keras.layers.BatchNormalization(name="block1.unit_1.conv1.BatchNorm")(x)
    x = keras.layers.Dense(1, name="head_mlp_1")(x)
    assert scope_names(keras.Model(inputs, x), "net") == {
        "block1.unit_1.conv1/kernel": "net/block1/unit_1/conv1/weights",
        "block1.unit_1.conv1/bias": "net/block1/unit_1/conv1/biases",
        "block1.unit_1.conv1.BatchNorm/gamma": "net/block1/unit_1/conv1/BatchNorm/gamma",
        "block1.unit_1.conv1.BatchNorm/beta": "net/block1/unit_1/conv1/BatchNorm/beta",
        "block1.unit_1.conv1.BatchNorm/moving_mean": "net/block1/unit_1/conv1/BatchNorm/moving_mean",
        "block1.unit_1.conv1.BatchNorm/moving_variance": "net/block1/unit_1/conv1/BatchNorm/moving_variance",
    }


def test_fresh_kernels_are_cut_at_twice_slims_deviation():
    """sqrt(2.6 / fan_in) before the cut, which leaves 0.88 of it."""
    import_tensorflow()
    from training.networks.slim_names import slim_initializer

    values = np.asarray(slim_initializer()((3, 3, 64, 256)))
    deviation = np.sqrt(2.6 / (3 * 3 * 64))
    assert np.abs(values).max() <= 2 * deviation * 1.0001
    assert np.abs(values).max() > 1.99 * deviation
    assert values.std() == pytest.approx(0.8796 * deviation, rel=0.01)
