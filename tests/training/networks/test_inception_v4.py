"""Inception v4 against the original graph: logits, names and sizes."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tensorflow

# First rows of logits and auxiliary logits, weights by formula, 7 classes: side and channels. The first is
# the reference's; all others were measured on TF-slim's own layers (tf_slim 1.1.0 under TensorFlow 2.14.1).
GOLDEN = {
    (299, 3): (
        [-0.032716, -1.189636, 0.525505, -2.863319, -0.865604, -0.983135, 0.093576],
        [1.507731, -0.538872, -0.409049, 2.631668, 0.180855, -1.290553, 0.675415],
    ),
    (224, 3): (
        [-0.135165, -0.835135, 0.426877, -2.175879, -0.596151, -0.680944, 0.255007],
        [1.481173, 1.293409, -0.443324, 2.437156, -0.926335, -1.036079, -0.672082],
    ),
    (150, 1): (
        [0.034244, -0.455566, 0.225322, -1.281996, -0.297343, -0.344909, 0.37556],
        [0.037256, -0.018868, 0.525733, 1.27653, -0.268984, 0.090241, -0.402044],
    ),
}


@pytest.mark.parametrize(
    "case", [case if case == (299, 3) else pytest.param(case, marks=pytest.mark.contract) for case in GOLDEN]
)
def test_logits_equal_those_of_the_original_graph(golden_logits, case):
    """Within 1e-5, by both heads; the auxiliary logits come second."""
    side, channels = case
    logits, auxiliary = golden_logits("inception_v4_aux", side, channels=channels, gain=2.0)
    assert logits == pytest.approx(GOLDEN[case][0], abs=1e-5)
    assert auxiliary == pytest.approx(GOLDEN[case][1], abs=1e-5)


def test_variables_are_those_of_the_original_graph(held_against_manifest):
    """One to one: names, shapes and which of them train."""
    held_against_manifest("inception_v4_aux", 299, "slim_inception_v4_aux_7cls")


@pytest.mark.contract
@pytest.mark.parametrize(("side", "kernel"), [(107, 1), (134, 1), (224, 3), (299, 5)])
def test_the_auxiliary_kernel_is_as_large_as_its_map(build, side, kernel):
    """So it follows the size of the input."""
    model = build("inception_v4_aux", side)
    assert tuple(model.get_layer("AuxLogits.Conv2d_2a").kernel.shape) == (kernel, kernel, 128, 768)


def test_without_the_auxiliary_classifier_its_variables_are_the_others(build, build_once):
    """The same names but for ten; weight decay falls on 150 of them."""
    from training.networks.inception_v4 import checkpoint_names

    model = build("inception_v4", 75, weight_decay=4e-5)
    names = set(checkpoint_names(model).values())
    both = set(checkpoint_names(build_once("inception_v4_aux", 299, 3)).values())
    assert {name.split("/")[1] for name in both - names} == {"AuxLogits"}
    assert len(both) - len(names) == 10
    # 149 convolutions and the dense layer, not its bias, not batch norm.
    assert len(model.losses) == 150


@pytest.mark.contract
def test_weight_decay_falls_on_the_auxiliary_kernels_too(build):
    """153 kernels, as in the original."""
    assert len(build("inception_v4_aux", 107, weight_decay=4e-5).losses) == 153


@pytest.mark.parametrize(("name", "side"), [("inception_v4", 74), ("inception_v4_aux", 106)])
def test_a_smaller_picture_is_refused(build, name, side):
    """With the smallest legal size."""
    from foundation.errors import ConfigError

    with pytest.raises(ConfigError, match=f"at least {side + 1} x {side + 1}"):
        build(name, side)
