"""One network as a report."""

from __future__ import annotations

import pytest

from foundation.errors import ConfigError, UnknownNameError
from training.networks.showing import show_model


@pytest.mark.tensorflow
def test_a_shown_network_adds_up():
    """Layers, weights and operations are those of the model."""
    shown = show_model("resnet_v2_18_native", size=64, channels=1, num_classes=7, batch_size=2)
    assert (shown.height, shown.width, shown.channels, shown.num_classes) == (64, 64, 1, 7)
    assert shown.parameters == sum(layer.parameters for layer in shown.layers)
    # The reference's count for three channels, less two of the first kernel's.
    assert shown.parameters == 11_190_215 - 2 * 7 * 7 * 64
    assert shown.parameters - shown.trainable_parameters == 7_808
    assert shown.flops == 2 * shown.multiply_adds == 2 * sum(layer.multiply_adds for layer in shown.layers)
    assert shown.feature_map_shape == (2, 2, 512)
    assert shown.training_bytes > shown.inference_bytes > 4 * shown.parameters
    assert [layer.name for layer in shown.layers][:2] == ["pictures", "input_treatment"]


@pytest.mark.tensorflow
def test_the_default_size_is_the_networks():
    """Where none is named."""
    assert show_model("lenet5").height == 64


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ({"name": "lenet"}, UnknownNameError, 'Did you mean "lenet5"'),
        ({"name": "lenet5", "size": 27}, ConfigError, "at least 28 x 28"),
        ({"name": "lenet5", "channels": 2}, ConfigError, "1 channel"),
    ],
)
def test_what_cannot_be_shown_is_told(words, error, says):
    """In one line."""
    with pytest.raises(error, match=says):
        show_model(**words)
