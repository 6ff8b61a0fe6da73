"""The native ResNets against the original graphs: logits and names."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tensorflow

# First row of logits of the original graphs, weights by formula, 7 classes, 224 pixels.
GOLDEN = {
    "resnet_v2_18_native": [-0.325244, 0.165593, -0.232421, -0.088407, -0.030075, -0.097415, 0.278440],
    "resnet_v1_50_native": [0.048524, 0.229295, -0.893930, -0.077143, 0.178882, -0.193037, -0.097789],
    "resnet_v2_50_native": [-0.065846, 0.154948, -0.278277, -0.278220, 0.420454, -0.234827, -0.037056],
}
# At other sizes, with one channel and three: name, side, channels. Measured on the official functions under
# TensorFlow 2.14.1 (version 1 written out as the reference describes it).
DEEP = {
    ("resnet_v1_34_native", 97, 1): [-0.214251, 0.797802, -0.643344, 0.177083, 0.399448, 0.42801, -0.091206],
    ("resnet_v2_34_native", 299, 3): [-0.433209, 0.843322, -0.281207, 0.554874, 0.066168, 0.299628, 0.201229],
    ("resnet_v2_101_native", 75, 3): [
        -0.236582,
        -0.070688,
        -0.658397,
        -0.216775,
        0.383226,
        -0.450172,
        0.07572,
    ],
    ("resnet_v1_152_native", 64, 3): [
        -0.077002,
        -1.384418,
        -3.155896,
        0.069857,
        0.811652,
        0.019604,
        -1.084105,
    ],
    ("resnet_v2_200_native", 64, 3): [
        -0.244803,
        -0.057117,
        -0.411654,
        -0.480694,
        0.511784,
        0.681726,
        0.274635,
    ],
    ("resnet_v1_18_native", 111, 3): [
        -0.533466,
        0.30447,
        -0.032878,
        -0.090966,
        0.121562,
        -0.109065,
        0.083656,
    ],
}


@pytest.mark.parametrize("name", GOLDEN)
def test_logits_equal_those_of_the_original_graph(golden_logits, name):
    """Within 1e-5, the input fed after the input treatment."""
    assert golden_logits(name, 224)[0] == pytest.approx(GOLDEN[name], abs=1e-5)


@pytest.mark.contract
@pytest.mark.parametrize("case", DEEP)
def test_logits_of_other_nets_and_sizes_equal_those_of_the_original_graph(golden_logits, case):
    """Within 1e-5."""
    name, side, channels = case
    assert golden_logits(name, side, channels=channels)[0] == pytest.approx(DEEP[case], abs=1e-5)


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("resnet_v2_50_native", "native_resnet50_v2_7cls"),
        ("resnet_v1_18_native", "native_resnet18_v1_7cls"),
    ],
)
def test_variables_are_those_of_the_original_graph(held_against_manifest, name, manifest):
    """One to one: names, shapes and which of them train."""
    held_against_manifest(name, 224, manifest)


def test_no_convolution_has_a_bias(build):
    """Only the dense layer has one."""
    biases = [weight.path for weight in build("resnet_v1_18_native", 32).weights if "bias" in weight.path]
    assert biases == ["dense/bias"]


def test_a_head_of_ours_is_in_no_checkpoint(build):
    """Its variables have no name there; all others keep theirs."""
    from training.networks.head_config import HeadConfig
    from training.networks.resnet_native import checkpoint_names

    plain = checkpoint_names(build("resnet_v2_18_native", 32))
    headed = build("resnet_v2_18_native", 32, head=HeadConfig(pooling="gem", mlp_layers=(8,)))
    assert checkpoint_names(headed) == plain
    assert len(headed.weights) == len(plain) + 3
