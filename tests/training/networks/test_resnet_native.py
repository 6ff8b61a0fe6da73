"""The native ResNets against the original graphs: logits, parameter counts and names."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow

# First row of logits of the original graphs, weights by formula, 7 classes, 224 pixels.
GOLDEN = {
    (18, 2): [-0.325244, 0.165593, -0.232421, -0.088407, -0.030075, -0.097415, 0.278440],
    (50, 1): [0.048524, 0.229295, -0.893930, -0.077143, 0.178882, -0.193037, -0.097789],
    (50, 2): [-0.065846, 0.154948, -0.278277, -0.278220, 0.420454, -0.234827, -0.037056],
}
# Size, version, classes: variables, trainable weights, all weights.
COUNTS = {
    (18, 2, 1000): (91, 11_691_816, 11_699_624),
    (18, 2, 15): (91, 11_186_511, 11_194_319),
    (18, 1, 7): (107, 11_185_223, 11_195_847),
    (34, 2, 7): (171, 21_290_567, 21_305_799),
    (34, 1, 1000): (187, 21_802_792, 21_820_840),
    (50, 2, 1001): (251, 25_551_401, 25_596_841),
    (50, 2, 15): (251, 23_531_087, 23_576_527),
    (50, 1, 1000): (267, 25_561_000, 25_618_088),
}


@pytest.fixture(scope="module")
def resnet():
    """The module under test, imported after TensorFlow's set-up."""
    import_tensorflow()
    import training.networks.resnet_native

    return training.networks.resnet_native


def _build(resnet, size, version, *, num_classes=7, side=224, channels=3):
    return resnet.build_resnet_native(
        size=size,
        version=version,
        height=side,
        width=side,
        channels=channels,
        num_classes=num_classes,
        weight_decay=0.0,
    )


def _formula_weights(name, shape):
    """Return the values that the golden recipe gives a variable of the original graph."""
    x = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).standard_normal(shape)
    leaf = name.rsplit("/", 1)[1]
    if leaf == "kernel":
        x = x * np.sqrt(0.7 / np.prod(shape[:-1]))
    elif leaf == "moving_variance":
        x = np.exp(0.1 * x)
    else:
        x = (leaf == "gamma") + 0.1 * x
    return x.astype(np.float32)


@pytest.mark.parametrize(("size", "version"), GOLDEN)
def test_logits_equal_those_of_the_original_graph(resnet, size, version):
    """Within 1e-5, the input fed after the input treatment."""
    import keras

    model = _build(resnet, size, version)
    for weight in model.weights:
        weight.assign(_formula_weights(f"resnet_model/{weight.path}", weight.shape))
    network = keras.Model(model.get_layer("input_treatment").output, model.output)
    generator = np.random.Generator(np.random.PCG64(zlib.crc32(b"input")))
    values = generator.uniform(-1, 1, (2, 224, 224, 3)).astype(np.float32)
    logits = network(values, training=False).numpy()
    assert logits[0] == pytest.approx(GOLDEN[size, version], abs=1e-5)


@pytest.mark.parametrize(("size", "version", "num_classes"), COUNTS)
def test_parameter_counts_equal_those_of_the_original_graph(resnet, size, version, num_classes):
    """Variables, trainable weights and all weights."""
    model = _build(resnet, size, version, num_classes=num_classes, side=32)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert (len(model.weights), trainable, model.count_params()) == COUNTS[size, version, num_classes]


def test_layers_are_named_in_the_order_of_the_original_graph(resnet):
    """The projection comes before the unit's own convolutions; the first index has no suffix."""
    shapes = {weight.path: tuple(weight.shape) for weight in _build(resnet, 50, 2, side=32).weights}
    assert shapes["conv2d/kernel"] == (7, 7, 3, 64)
    assert shapes["batch_normalization/gamma"] == (64,)
    assert shapes["conv2d_1/kernel"] == (1, 1, 64, 256)
    assert shapes["conv2d_2/kernel"] == (1, 1, 64, 64)
    assert shapes["conv2d_3/kernel"] == (3, 3, 64, 64)
    assert shapes["conv2d_4/kernel"] == (1, 1, 64, 256)
    assert shapes["conv2d_52/kernel"] == (1, 1, 512, 2048)
    assert shapes["batch_normalization_48/moving_variance"] == (2048,)
    assert shapes["dense/kernel"] == (2048, 7)


def test_a_mean_picture_becomes_zero(resnet):
    """The input treatment subtracts the means of ImageNet, or their luma for grey pictures."""
    colour = _build(resnet, 18, 2, side=32).get_layer("input_treatment")
    assert np.asarray(colour(np.array([[[[123.68, 116.78, 103.94]]]], np.float32))) == pytest.approx(0)
    grey = _build(resnet, 18, 2, side=32, channels=1).get_layer("input_treatment")
    mean = 0.299 * 123.68 + 0.587 * 116.78 + 0.114 * 103.94
    assert np.asarray(grey(np.full((1, 1, 1, 1), mean, np.float32))) == pytest.approx(0, abs=1e-5)


def test_no_convolution_has_a_bias(resnet):
    """Only the dense layer has one."""
    biases = [weight.path for weight in _build(resnet, 18, 1, side=32).weights if "bias" in weight.path]
    assert biases == ["dense/bias"]
