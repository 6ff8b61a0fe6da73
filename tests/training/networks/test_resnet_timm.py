"""ResNet v2 in timm's form against timm."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tensorflow

# First row of logits of timm 1.0.31 under PyTorch 2.13.0, 7 classes, weights by formula over its own names.
GOLDEN = {
    ("resnet_v2_50_timm", 97): [0.024555, -0.11325, 0.283518, -0.090221, -0.28266, -0.067899, -0.143171],
    ("resnet_v2_50_timm", 224): [0.032403, -0.135706, 0.266795, -0.159714, -0.295031, -0.070621, -0.150841],
    ("resnet_v2_101_timm", 75): [-0.056521, 0.111393, 0.479373, 0.045281, -0.242648, -0.143569, -0.009668],
}


@pytest.mark.parametrize(
    "case", [case if case[1] == 97 else pytest.param(case, marks=pytest.mark.contract) for case in GOLDEN]
)
def test_logits_equal_timms(golden_logits, case):
    """Within 1e-5, at even and odd sizes."""
    assert golden_logits(*case)[0] == pytest.approx(GOLDEN[case], abs=1e-5)


def test_variables_are_timms(build_once):
    """23,514,695 weights that train, as timm counts them; every name is a module's tensor."""
    from training.networks.resnet_timm import checkpoint_names

    model = build_once("resnet_v2_50_timm", 97, 3)
    assert sum(weight.numpy().size for weight in model.trainable_weights) == 23_514_695
    names = checkpoint_names(model)
    assert len(set(names.values())) == len(model.weights)
    assert {"stem.conv.weight", "stages.0.blocks.0.downsample.conv.weight", "norm.running_var"} <= set(
        names.values()
    )
    assert names["head.fc/kernel"] == "head.fc.weight"
