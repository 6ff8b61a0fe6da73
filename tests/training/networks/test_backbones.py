"""Backbones of one's own: from a file, from a function, channels first."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from foundation.errors import ConfigError
from training.networks.head_config import HeadConfig
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow

MODULE = """
import keras
from keras import layers

def last(input_shape):
    inputs = keras.Input(input_shape)
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(inputs)
    return keras.Model(inputs, layers.Conv2D(5, 3)(x))

def first(input_shape):
    assert input_shape[0] in (1, 3)
    inputs = keras.Input(input_shape)
    x = layers.Permute((2, 3, 1))(inputs)
    x = layers.Conv2D(5, 3, strides=2)(x)
    return keras.Model(inputs, layers.Permute((3, 1, 2))(x))

def headed(input_shape):
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(2)])

def nothing(input_shape):
    return None

def other(height, width):
    return None

number = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The name of a module with backbones."""
    (tmp_path / "own_backbones.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "own_backbones"
    sys.modules.pop("own_backbones", None)


def _step_lowers_loss(model, side, channels):
    """Take one step on noise; tell whether the loss fell."""
    tf = import_tensorflow()
    pictures = np.random.default_rng(0).uniform(0, 1, (4, side, side, channels)).astype(np.float32)
    targets = np.eye(7, dtype=np.float32)[:4]

    def loss():
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, model(pictures)))

    with tf.GradientTape() as tape:
        before = loss()
    variables = model.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(before, variables), strict=True):
        variable.assign(variable - 0.01 * gradient)
    return float(loss()) < float(before)


@pytest.mark.parametrize(("function", "order"), [("last", "channels_last"), ("first", "channels_first")])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_function_gives_a_backbone_that_trains(build, module, function, order, channels):
    """Whatever the order of its channels, the feature map has them last."""
    model = build(
        f"{module}:{function}", 20, channels=channels, channel_order=order, head=HeadConfig(pooling="gem")
    )
    assert model.get_layer("feature_map").output.shape[-1] == 5
    assert _step_lowers_loss(model, 20, channels)


def test_a_file_gives_its_weights_and_its_layers(build, tmp_path):
    """Flat, with the same numbers; a grey picture is repeated for its three channels."""
    import keras

    backbone = keras.Sequential(
        [keras.Input((24, 24, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()]
    )
    backbone.save(tmp_path / "own.keras")
    model = build(str(tmp_path / "own.keras"), 24, channels=1)
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
    grey = np.random.default_rng(0).uniform(0, 255, (2, 24, 24, 1)).astype(np.float32)
    maps = keras.Model(model.inputs[0], model.get_layer("feature_map").output)
    assert np.allclose(maps(grey), backbone(np.repeat(grey, 3, axis=-1)), rtol=1e-5)


def test_what_is_no_backbone_is_refused_in_one_line(build, module, tmp_path):
    """With what was expected."""
    import keras

    (tmp_path / "cut.keras").write_bytes(b"PK")
    keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(4, 3)]).save(tmp_path / "own.keras")
    for name, says in {
        str(tmp_path / "none.keras"): "no backbone at",
        str(tmp_path / "cut.keras"): "cannot be loaded",
        str(tmp_path / "own.keras"): "wants 32 x 32 x 3",
        "no_such_module:build": "that Python can import",
        f"{module}:no_such_function": "that Python can import",
        f"{module}:headed": "gives no feature map",
        f"{module}:nothing": "gives no Keras model",
        f"{module}:number": "cannot be called with input_shape",
        f"{module}:other": "cannot be called with input_shape",
    }.items():
        with pytest.raises(ConfigError, match=says) as caught:
            build(name, 20)
        assert "\n" not in str(caught.value)
