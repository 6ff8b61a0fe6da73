"""ResNet in torchvision's form against torchvision, and its stages of unfreezing."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import ConfigError

pytestmark = pytest.mark.tensorflow

# First row of logits of torchvision 0.29.2 under PyTorch 2.13.0, 7 classes, weights by formula over its
# own names.
GOLDEN = {
    ("resnet_18_torchvision", 97): [-0.168912, 0.431915, -0.13888, -0.236512, -0.236833, 0.515925, -0.003405],
    ("resnet_34_torchvision", 64): [-0.367821, 0.488493, -0.074609, -0.721328, -0.329769, 0.387596, 0.033237],
    ("resnet_50_torchvision", 224): [0.104034, 0.134102, 0.160033, -0.272066, 0.188403, 0.259234, -0.193622],
}
# Trainable weights of ResNet-50 with 15 classes by stage. Source: torchvision's arithmetic.
TRAINABLE = {1: 23_313_423, 2: 22_093_839, 3: 14_995_471, 4: 30_735}


@pytest.mark.parametrize("case", GOLDEN)
def test_logits_equal_torchvisions(golden_logits, case):
    """Within 1e-5, at even and odd sizes."""
    assert golden_logits(*case)[0] == pytest.approx(GOLDEN[case], abs=1e-5)


@pytest.fixture(scope="module")
def resnet50(build):
    """ResNet-50 with 15 classes."""
    return build("resnet_50_torchvision", 64, num_classes=15)


def _trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_15_classes_give_torchvisions_count(resnet50):
    """Statistics of batch norm are buffers there, and not counted."""
    assert _trainable(resnet50) == 23_538_767


def test_a_stage_trains_its_modules_only(resnet50):
    """And forward again: a later stage freezes what an earlier one trained."""
    from training.networks.resnet_torchvision import freeze_to_stage

    for stage in (1, 2, 3, 4, 1):
        freeze_to_stage(resnet50, stage)
        assert _trainable(resnet50) == TRAINABLE[stage]
    with pytest.raises(ConfigError, match="one of 1, 2, 3, 4"):
        freeze_to_stage(resnet50, 5)


def test_frozen_batch_norm_keeps_its_statistics(resnet50):
    """A pass in training mode moves those of layer 4 alone."""
    from training.networks.resnet_torchvision import freeze_to_stage

    freeze_to_stage(resnet50, 3)
    before = {weight.path: weight.numpy().copy() for weight in resnet50.non_trainable_weights}
    resnet50(np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)), training=True)
    moved = {
        weight.path.split(".")[0]
        for weight in resnet50.non_trainable_weights
        if not np.array_equal(before[weight.path], weight.numpy())
    }
    assert moved == {"layer4"}
