"""LeNet-5 at the paper's size and at others."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tensorflow


def test_digits_of_28_pixels_give_the_classic_parameter_count(build):
    """6 x 5 x 5, 16 x 6 x 5 x 5, 400-120-84-10 with biases: 61,706."""
    assert build("lenet5", 28, channels=1, num_classes=10).count_params() == 61_706


@pytest.mark.parametrize("side", [29, 63, 64, 100, 224, 512])
def test_the_dense_layers_stay_small_at_any_size(build, side):
    """At most 14 x 14 x 16 values are flattened."""
    model = build("lenet5", side, width=side + 7)
    assert model.get_layer("flatten").output.shape[1] <= 14 * 14 * 16
    assert model.output.shape == (None, 7)


def test_the_input_treatment_is_0_to_1(build):
    """White becomes 1."""
    model = build("lenet5", 28, channels=1)
    assert float(model.get_layer("input_treatment")(255.0)) == pytest.approx(1.0)


def test_another_pooling_replaces_the_dense_layers(build):
    """Sixteen channels are all that is left."""
    from training.networks.head_config import HeadConfig

    model = build("lenet5", 28, head=HeadConfig(pooling="avg"))
    assert model.get_layer("logits").kernel.shape == (16, 7)


def test_dropout_follows_both_dense_layers(build):
    """At the rate that the head names."""
    from training.networks.head_config import HeadConfig

    model = build("lenet5", 28, head=HeadConfig(dropout=0.3))
    assert [model.get_layer(f"head_dropout_{number}").rate for number in (1, 2)] == [0.3, 0.3]
