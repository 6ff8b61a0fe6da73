"""Laying models out flat."""

from __future__ import annotations

import numpy as np
import pytest

from training.networks.plan import ModelPlan
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow

PLAN = ModelPlan("m", height=8, width=8, channels=3, num_classes=2)


@pytest.fixture(scope="module")
def keras():
    """Keras, after TensorFlow's set-up."""
    import_tensorflow()
    import keras

    return keras


def test_sequential_models_inside_are_laid_out_with_their_weights(keras):
    """What the whole computes stays the same; what comes before it is seen by its first layer."""
    from training.networks.flattening import lay_out

    inner = keras.Sequential([keras.layers.Conv2D(3, 3, name="deep"), keras.layers.ReLU()])
    inputs = keras.Input((8, 8, 3))
    x = inner(inputs)
    model = keras.Model(inputs, keras.layers.Add()([x, keras.layers.Conv2D(3, 3)(inputs)]))
    pictures = keras.Input((8, 8, 3))
    doubled = keras.layers.Rescaling(2.0)(pictures)
    flat = keras.Model(pictures, lay_out(model, PLAN, pictures, doubled, keep_weights=True))
    assert not any(isinstance(layer, keras.Model) for layer in flat.layers)
    values = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype(np.float32)
    assert np.allclose(flat(values), model(2 * values), atol=1e-5)
    assert flat.get_layer("deep").kernel.path == "deep/kernel"


def test_a_mark_is_put_before_its_layer(keras):
    """So that the map before a pooling has a name."""
    from training.networks.flattening import last_layer_of, lay_out

    inputs = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(inputs))
    model = keras.Model(inputs, x)
    pictures = keras.Input((8, 8, 3))
    mark = last_layer_of(model, keras.layers.GlobalAveragePooling2D)
    flat = keras.Model(pictures, lay_out(model, PLAN, pictures, pictures, mark=mark, keep_weights=False))
    assert [layer.name for layer in flat.layers][-2:] == ["feature_map", "global_average_pooling2d"]
    assert last_layer_of(model, keras.layers.Dense) is None
