"""Networks of keras.applications: the same numbers as Keras' own, laid out flat, under our heads."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import ConfigError, TrainingError
from training.networks.head_config import HeadConfig

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def pictures():
    """Two pictures of noise."""
    return np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "function", "treat"),
    [
        ("mobilenet_v3_small", "MobileNetV3Small", lambda x: x / 127.5 - 1),
        pytest.param("convnext_tiny", "ConvNeXtTiny", None, marks=pytest.mark.contract),
        pytest.param("densenet121", "DenseNet121", None, marks=pytest.mark.contract),
        pytest.param("efficientnet_b0", "EfficientNetB0", lambda x: x, marks=pytest.mark.contract),
    ],
)
def test_it_computes_what_keras_own_computes(build, pictures, name, function, treat):
    """With Keras' weights in it, layer by layer in Keras' order."""
    import keras

    more = {"include_preprocessing": False} if function.startswith(("Mobile", "ConvNeXt")) else {}
    original = getattr(keras.applications, function)(
        weights=None, classes=7, input_shape=(32, 32, 3), classifier_activation=None, **more
    )
    model = build(name, 32)
    assert model.count_params() == original.count_params()
    model.set_weights(original.get_weights())
    imagenet = (pictures / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    treated = imagenet.astype(np.float32) if treat is None else treat(pictures)
    assert np.asarray(model(pictures)) == pytest.approx(np.asarray(original(treated)), abs=1e-4)


def test_the_feature_map_is_what_the_last_pooling_reads(build):
    """Not what those inside the blocks read. Names begin anew, whatever was built before."""
    model = build("mobilenet_v3_small", 64, channels=1)
    assert model.get_layer("feature_map").output.shape[1:] == (2, 2, 576)
    numbered = [layer.name for layer in model.layers if layer.name.startswith("activation")]
    assert numbered == ["activation", *(f"activation_{number}" for number in range(1, len(numbered)))]
    assert "rescaling" not in {layer.name for layer in model.layers}


def test_another_head_takes_the_place_of_keras_top(build):
    """Pooled features lead to the logits; weight decay falls on every kernel."""
    model = build("mobilenet_v3_small", 32, head=HeadConfig(pooling="gem"), weight_decay=1e-4)
    assert model.get_layer("logits").kernel.shape == (576, 7)
    kernels = [weight for weight in model.weights if weight.path.endswith("/kernel")]
    assert len(model.losses) == len(kernels) - 1  # the exponents of GeM are no kernel in that sense


def test_imagenet_weights_are_asked_of_keras_and_kept(build, monkeypatch, pictures):
    """Grey pictures are repeated for its three channels, and the head is new."""
    import keras

    asked = {}
    original = keras.applications.MobileNetV3Small

    def fetched(*, weights, **settings):
        asked.update(settings, weights=weights)
        model = original(weights=None, **settings)
        model.set_weights([np.full(weight.shape, 0.01) for weight in model.weights])
        return model

    monkeypatch.setattr(keras.applications, "MobileNetV3Small", fetched)
    model = build("mobilenet_v3_small", 32, channels=1, weights="imagenet")
    assert asked["weights"] == "imagenet"
    assert asked["input_shape"] == (32, 32, 3)
    assert not asked["include_top"]
    assert (model.get_layer("conv").kernel.numpy() == np.float32(0.01)).all()
    assert model(pictures[..., :1]).shape == (2, 7)


def test_without_a_network_there_are_no_imagenet_weights(build, monkeypatch):
    """One line that says what to do; other errors stay what they are."""
    import keras

    def offline(**_):
        raise Exception("URL fetch failure on https://example.org/x.h5: None -- unreachable")  # noqa: TRY002

    def broken(**_):
        raise ValueError("something else")

    monkeypatch.setattr(keras.applications, "MobileNetV3Small", offline)
    with pytest.raises(TrainingError, match="cannot be fetched"):
        build("mobilenet_v3_small", 32, weights="imagenet")
    monkeypatch.setattr(keras.applications, "MobileNetV3Small", broken)
    with pytest.raises(ValueError, match="something else"):
        build("mobilenet_v3_small", 32, weights="imagenet")


def test_weights_that_keras_does_not_offer_are_refused(build):
    """With the names of networks that have them."""
    with pytest.raises(ConfigError, match="offers no ImageNet weights for resnet_v2_50"):
        build("resnet_v2_50", 32, weights="imagenet")
    with pytest.raises(ConfigError, match='"imagenet" or fresh'):
        build("mobilenet", 32, weights="noisy-student")
