"""Telling from names which network a checkpoint holds."""

from __future__ import annotations

import pytest

from tests.training.networks.conftest import read_manifest
from training.checkpoints.lookalikes import Lookalike, look_at
from training.checkpoints.sources import Weights


def _looks_like(naming, shapes, network=None, beside=()):
    return look_at(Weights(naming, shapes, lambda name: None, network=network), beside=set(beside))


@pytest.mark.parametrize(
    ("manifest", "model"),
    [
        ("native_resnet18_v1_7cls", "resnet_v1_18_native"),
        ("native_resnet50_v2_7cls", "resnet_v2_50_native"),
        ("slim_inception_v4_aux_7cls", "inception_v4_aux"),
        ("slim_resnet_v2_50_7cls", "resnet_v2_50"),
    ],
)
def test_the_original_checkpoints_are_known(manifest, model):
    """With or without what a run keeps beside the variables."""
    shapes = {name: shape for name, (shape, _) in read_manifest(manifest).items()}
    assert _looks_like("tf1", {**shapes, "global_step": ()}, beside=["global_step"]).model == model


def test_networks_of_slim_that_are_not_here_are_named():
    """So that the user knows what the file is."""
    found = _looks_like("tf1", {"resnet_v1_50/conv1/weights": (7, 7, 3, 64)})
    assert found == Lookalike("resnet_v1_50 of TF-slim")


def test_the_later_official_resnet_is_told_apart():
    """Its batch norm after the stem has the stem's 64 channels."""
    names = [f"resnet_model/v{index}" for index in range(266)]
    shapes = dict.fromkeys([*names, "resnet_model/batch_normalization/gamma"], (64,))
    assert "after the stem" in _looks_like("tf1", shapes).told


def _resnet(stages, block, *convolutions):
    return {
        f"{block.format(stage, unit)}.{name}": (64, 64, 3, 3)
        for stage, count in enumerate(stages)
        for unit in range(count)
        for name in convolutions
    }


def test_state_dicts_are_known_by_their_modules():
    """ResNets by the units of their stages."""
    deep = {}
    for stage, count in enumerate((3, 4, 23, 3), start=1):
        for unit in range(count):
            for number in (1, 2, 3):
                deep[f"layer{stage}.{unit}.conv{number}.weight"] = (64, 64, 3, 3)
    assert _looks_like("torch", {**deep, "conv1.weight": (64, 3, 7, 7)}).model == "resnet_101_torchvision"
    assert "stem has three" in _looks_like("torch", deep).told
    wide = {**deep, "conv1.weight": (64, 3, 7, 7), "layer1.0.conv2.weight": (128, 128, 3, 3)}
    assert _looks_like("torch", wide).model is None
    assert _looks_like("torch", {"features.21.branch0.conv.weight": ()}).model == "inception_v4"
    assert "transformer" in _looks_like("torch", {"blocks.0.attn.qkv.weight": ()}).told
    assert _looks_like("torch", {"something.else": ()}) is None


def test_variants_of_timms_resnetv2_are_told_apart():
    """Group norm has no statistics; the deep stem has three convolutions."""
    units = _resnet((3, 4, 6, 3), "stages.{}.blocks.{}", "norm1.weight", "norm1.running_mean", "conv3.weight")
    assert _looks_like("torch", {**units, "stem.conv.weight": ()}).model == "resnet_v2_50_timm"
    assert '"d" or "t"' in _looks_like("torch", {**units, "stem.conv1.weight": ()}).told
    bit = {name: shape for name, shape in units.items() if "running" not in name}
    assert "BiT" in _looks_like("torch", bit).told


def test_vgg_is_told_by_its_layers():
    """Configuration A has eight convolutions and three dense layers."""
    kernels = {f"features.{index}.weight": (1, 1, 3, 3) for index in range(8)}
    kernels |= {f"classifier.{index}.weight": (1, 1) for index in (0, 3, 6)}
    assert _looks_like("torch", kernels).model == "vgg11"
    assert _looks_like("torch", {**kernels, "features.1.running_mean": (1,)}).model == "vgg11_bn"
    assert _looks_like("torch", {**kernels, "features.9.weight": (1, 1, 3, 3)}).model is None


def test_keras_files_say_what_they_are():
    """Of ours the model's name is the network's."""
    assert _looks_like("keras", {}, network="lenet5").model == "lenet5"
    assert _looks_like("keras", {}, network="somebody").told == "Keras' model somebody"
    assert _looks_like("keras", {}) is None
