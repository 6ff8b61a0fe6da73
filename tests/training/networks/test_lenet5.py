"""LeNet-5 at the paper's size and at others."""

from __future__ import annotations

import pytest

from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def build_lenet5():
    """The function under test, imported after TensorFlow's set-up."""
    import_tensorflow()
    from training.networks import lenet5

    return lenet5.build_lenet5


def test_digits_of_28_pixels_give_the_classic_parameter_count(build_lenet5):
    """6 x 5 x 5, 16 x 6 x 5 x 5, 400-120-84-10 with biases: 61,706."""
    model = build_lenet5(height=28, width=28, channels=1, num_classes=10, weight_decay=0.0)
    assert model.count_params() == 61_706


@pytest.mark.parametrize("side", [29, 63, 64, 100, 224, 512])
def test_the_dense_layers_stay_small_at_any_size(build_lenet5, side):
    """At most 14 x 14 x 16 values are flattened."""
    model = build_lenet5(height=side, width=side + 7, channels=3, num_classes=7, weight_decay=0.0)
    assert model.get_layer("flatten").output.shape[1] <= 14 * 14 * 16
    assert model.output.shape == (None, 7)


def test_the_input_treatment_is_0_to_1(build_lenet5):
    """White becomes 1."""
    model = build_lenet5(height=28, width=28, channels=1, num_classes=2, weight_decay=0.0)
    assert float(model.get_layer("input_treatment")(255.0)) == pytest.approx(1.0)
