"""VGG-11 against torchvision's."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tensorflow

# First row of logits of torchvision 0.29.2 under PyTorch 2.13.0, 7 classes, weights by formula over its
# own names.
GOLDEN = {
    ("vgg11", 64): [3.601895, -1.34487, 1.615267, 3.025666, 0.541697, -1.153738, 0.53604],
    ("vgg11_bn", 100): [2.595389, -2.866131, -1.988996, 3.839193, 0.010286, -3.973308, -0.001339],
}


@pytest.mark.contract
@pytest.mark.parametrize("case", GOLDEN)
def test_logits_equal_torchvisions(golden_logits, case):
    """Within 1e-4 (sums of 25,088 products), also where the map of 7 x 7 is made of a smaller one."""
    assert golden_logits(*case, gain=2.0)[0] == pytest.approx(GOLDEN[case], abs=1e-4)


def test_a_pooled_head_leaves_the_dense_layers_out(build):
    """Nine million weights instead of 129."""
    from training.networks.head_config import HeadConfig
    from training.networks.vgg11 import checkpoint_names

    model = build("vgg11_bn", 32, head=HeadConfig(pooling="max"))
    assert model.count_params() == 9_235_079
    assert checkpoint_names(model)["features.25/kernel"] == "features.25.weight"
