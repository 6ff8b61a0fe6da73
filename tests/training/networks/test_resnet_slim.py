"""TF-slim's ResNets against the original graphs: logits, names and sizes."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tensorflow

# First row of logits with weights by formula and 7 classes: name, side, channels. That at 224 is the
# reference's; the others were measured on tf_slim 1.1.0 under TensorFlow 2.14.1.
GOLDEN = {
    ("resnet_v2_50", 111, 1): [0.380839, 0.372903, 0.119656, 0.418871, -0.087373, -0.140004, 0.150077],
    ("resnet_v2_50", 224, 3): [0.407592, 0.399450, 0.142123, 0.481971, -0.121742, -0.160969, 0.128440],
}
DEEP = {
    ("resnet_v2_50", 299, 3): [0.428768, 0.41032, 0.126008, 0.488101, -0.116679, -0.171462, 0.135696],
    ("resnet_v2_101", 224, 3): [-0.271513, 0.750737, -0.479772, -0.183147, 0.449101, -0.162589, 0.253374],
    ("resnet_v2_152", 97, 3): [-0.550461, -0.312338, 0.436285, 0.593355, 1.086554, 0.465446, 1.038457],
    ("resnet_v2_200", 64, 3): [-0.437344, 0.803872, -0.41098, -1.16512, 1.626109, -1.091267, 0.357018],
}


@pytest.mark.parametrize("case", GOLDEN)
def test_logits_equal_those_of_the_original_graph(golden_logits, case):
    """Within 1e-5, at an odd size with one channel, and at the usual one."""
    name, side, channels = case
    assert golden_logits(name, side, channels=channels)[0] == pytest.approx(GOLDEN[case], abs=1e-5)


@pytest.mark.contract
@pytest.mark.parametrize("case", DEEP)
def test_logits_of_deeper_nets_equal_those_of_the_original_graph(golden_logits, case):
    """Within 1e-5."""
    name, side, channels = case
    assert golden_logits(name, side, channels=channels)[0] == pytest.approx(DEEP[case], abs=1e-5)


def test_variables_are_those_of_the_original_graph(held_against_manifest):
    """One to one: names, shapes and which of them train."""
    held_against_manifest("resnet_v2_50", 224, "slim_resnet_v2_50_7cls")


@pytest.fixture(scope="module")
def resnet50(build):
    """ResNet-50 at an odd size, with weight decay."""
    return build("resnet_v2_50", 299, weight_decay=1e-4)


def test_the_maps_shrink_in_the_last_unit_of_each_block(resnet50):
    """299 pixels give 75 after the stem, then 38, 19, 10 and 10."""
    blocks = {1: 3, 2: 4, 3: 6, 4: 3}
    sides = [
        resnet50.get_layer(f"block{block}.unit_{unit}.bottleneck_v2.add").output.shape[1]
        for block, last in blocks.items()
        for unit in (last - 1, last)
    ]
    assert sides == [75, 38, 38, 19, 19, 10, 10, 10]


def test_weight_decay_falls_on_kernels_only(resnet50):
    """54 convolutions, the logits among them; no bias and no batch norm."""
    assert len(resnet50.losses) == 54
