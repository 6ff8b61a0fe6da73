"""Operations and memory against the papers' and the libraries' own figures."""

from __future__ import annotations

import numpy as np
import pytest

from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


# Billions of multiply-adds as published: torchvision's table of weights, timm's results, VGG's arithmetic.
PUBLISHED = {
    ("resnet_18_torchvision", 224): 1.814,
    ("resnet_50_torchvision", 224): 4.089,
    ("vit_tiny_16", 224): 1.25,
}
PUBLISHED_DEEP = {
    ("densenet121", 224): 2.834,
    ("inception_v4", 299): 12.28,
    ("mobilenet_v2", 224): 0.301,
    ("efficientnet_b0", 224): 0.386,
    ("vgg16", 224): 15.47,
    ("xception", 299): 8.4,
}


def _giga(build, case):
    from training.networks.costs import multiply_adds

    return sum(multiply_adds(layer) for layer in build(*case, num_classes=1000).layers) / 1e9


@pytest.mark.parametrize("case", PUBLISHED)
def test_multiply_adds_are_the_published_ones(build, case):
    """Within 1 %."""
    assert _giga(build, case) == pytest.approx(PUBLISHED[case], rel=0.01)


@pytest.mark.contract
@pytest.mark.parametrize("case", PUBLISHED_DEEP)
def test_multiply_adds_of_larger_nets_are_the_published_ones(build, case):
    """Within 2 %, by how many digits were published."""
    assert _giga(build, case) == pytest.approx(PUBLISHED_DEEP[case], rel=0.02)


@pytest.fixture(scope="module")
def small():
    """A model that can be counted by hand: 2 x 2 x 3 to 2 x 2 x 5 to 20 to 7."""
    import_tensorflow()
    import keras

    inputs = keras.Input((2, 2, 3))
    x = keras.layers.Conv2D(5, 1, use_bias=False)(inputs)
    x = keras.layers.Dense(7, use_bias=False)(keras.layers.Flatten()(x))
    return keras.Model(inputs, x)


def test_memory_is_counted_by_hand(small):
    """15 + 140 weights; results of 12, 20, 20 and 7 numbers a picture; four bytes each."""
    from training.networks.costs import inference_bytes, training_bytes

    assert training_bytes(small, batch_size=10) == 4 * (4 * 155 + 10 * (12 + 20 + 20 + 7))
    assert inference_bytes(small, batch_size=10) == 4 * (155 + 10 * (20 + 20))


def test_multiply_adds_are_counted_by_hand(small):
    """Four places of 3 x 5, then 20 x 7; flattening costs nothing."""
    from training.networks.costs import multiply_adds

    assert [multiply_adds(layer) for layer in small.layers] == [0, 60, 0, 140]


def test_depthwise_separable_and_einsum_layers_are_counted(small):
    """By hand, at 2 x 2 x 3."""
    import keras

    from training.networks.costs import multiply_adds

    values = np.zeros((1, 2, 2, 3), np.float32)
    inputs = keras.Input(values.shape[1:])
    for layer, count in (
        (keras.layers.DepthwiseConv2D(3, padding="same"), 4 * 9 * 3),
        (keras.layers.SeparableConv2D(5, 3, padding="same"), 4 * (9 * 3 + 3 * 5)),
        (keras.layers.Conv2D(6, 1, groups=3), 4 * 6 * 1),
        (keras.layers.EinsumDense("bhwc,cd->bhwd", output_shape=(2, 2, 5)), 4 * 3 * 5),
    ):
        layer(inputs)
        assert multiply_adds(layer) == count
