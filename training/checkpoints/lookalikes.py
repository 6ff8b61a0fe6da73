"""Telling from the names in a checkpoint which network it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from training.checkpoints.sources import Shape, Weights
from training.networks.registry import MODELS

# Number of variables of each official ResNet: size and version. Source: param_counts.csv of the reference.
_NATIVE = {
    91: (18, 2),
    107: (18, 1),
    171: (34, 2),
    187: (34, 1),
    251: (50, 2),
    267: (50, 1),
    506: (101, 2),
    522: (101, 1),
    761: (152, 2),
    777: (152, 1),
    1001: (200, 2),
    1017: (200, 1),
}
# Units in the third and in the second stage, and whether they are bottlenecks, to the size.
_RESNETS = {
    (2, 2, False): 18,
    (6, 4, False): 34,
    (6, 4, True): 50,
    (23, 4, True): 101,
    (36, 8, True): 152,
    (36, 24, True): 200,
}


@dataclass(frozen=True)
class Lookalike:
    """What a checkpoint looks like.

    Attributes:
        told: in words.
        model: its name here; None where no network here takes it.
    """

    told: str
    model: str | None = None

    @property
    def advice(self) -> str:
        """What to do with it."""
        return f"Import it with --model {self.model}." if self.model else "No network here takes it."


def look_at(weights: Weights, *, beside: set[str]) -> Lookalike | None:
    """Return what network weights look like; None where nothing is known of such names.

    Args:
        weights: of a checkpoint.
        beside: names that are no variables.
    """
    shapes = {name: shape for name, shape in weights.shapes.items() if name not in beside}
    if weights.naming == "tf1":
        return _of_tf1(shapes)
    if weights.naming == "torch":
        return _of_torch(shapes)
    if weights.network in MODELS:
        return Lookalike(f"{weights.network} as dicomill or Keras saves it", weights.network)
    return Lookalike(f"Keras' model {weights.network}") if weights.network else None


def _of_tf1(shapes: Mapping[str, Shape]) -> Lookalike | None:
    roots = Counter(name.split("/", 1)[0] for name in shapes if "/" in name)
    if not roots:
        return None
    root = roots.most_common(1)[0][0]
    if root == "resnet_model":
        return _of_native(shapes)
    if root == "InceptionV4":
        auxiliary = any(name.startswith("InceptionV4/AuxLogits/") for name in shapes)
        return Lookalike("inception_v4 of TF-slim", "inception_v4_aux" if auxiliary else "inception_v4")
    if re.fullmatch(r"resnet_v2_\d+", root) and root in MODELS:
        return Lookalike(f"{root} of TF-slim", root)
    if re.fullmatch(r"[A-Za-z]+(_?v\d)?(_\d+)?|[A-Z]\w*V\d", root):
        return Lookalike(f"{root} of TF-slim")
    return None


def _of_native(shapes: Mapping[str, Shape]) -> Lookalike:
    if len(shapes) not in _NATIVE:
        return Lookalike("a ResNet of TensorFlow's official models, of no size known here")
    size, version = _NATIVE[len(shapes)]
    first = shapes.get("resnet_model/batch_normalization/gamma")
    if version == 1 and size >= 50 and first == (64,):
        return Lookalike(
            f"the later official ResNet-{size} v1, with batch norm after the stem and none at the end"
        )
    return Lookalike(f"the official ResNet-{size} v{version}", f"resnet_v{version}_{size}_native")


def _of_torch(shapes: Mapping[str, Shape]) -> Lookalike | None:
    if "features.21.branch0.conv.weight" in shapes:
        return Lookalike("timm's inception_v4", "inception_v4")
    if any(name.startswith("stages.0.blocks.0.norm1.") for name in shapes):
        return _of_resnetv2(shapes)
    if "layer1.0.conv1.weight" in shapes:
        return _of_resnet(shapes)
    if "features.0.weight" in shapes and "classifier.6.weight" in shapes:
        norm = "features.1.running_mean" in shapes
        # Eight convolutions and three dense layers; each has a kernel, four numbers of batch norm beside.
        kernels = sum(len(shape) > 1 for shape in shapes.values())
        return Lookalike("torchvision's VGG", f"vgg11{'_bn' * norm}" if kernels == 11 else None)
    if any(".attn.qkv." in name for name in shapes):
        return Lookalike("a vision transformer of timm")
    return None


def _of_resnetv2(shapes: Mapping[str, Shape]) -> Lookalike:
    if not any(name.endswith(".running_mean") for name in shapes):
        return Lookalike(
            "a BiT or group norm variant of timm's resnetv2 (standardised convolutions, group norm)"
        )
    if "stem.conv.weight" not in shapes:
        return Lookalike('a "d" or "t" variant of timm\'s resnetv2, whose stem has three convolutions')
    size = _resnet_size(shapes, "stages.{}.blocks.", first=0)
    model = f"resnet_v2_{size}_timm"
    return Lookalike(f"timm's resnetv2_{size or ''}", model if model in MODELS else None)


def _of_resnet(shapes: Mapping[str, Shape]) -> Lookalike:
    if "conv1.weight" not in shapes:
        return Lookalike("a ResNet of timm whose stem has three convolutions")
    size = _resnet_size(shapes, "layer{}.", first=1)
    usual = shapes.get("layer1.0.conv2.weight") == (64, 64, 3, 3)
    model = f"resnet_{size}_torchvision"
    if not usual or model not in MODELS:
        return Lookalike("a wide or grouped ResNet of torchvision or timm")
    return Lookalike(f"resnet{size} of torchvision or timm", model)


def _resnet_size(shapes: Mapping[str, Shape], stage: str, *, first: int) -> int | None:
    """Return how many layers a ResNet has, from its stages."""

    def num_units(number: int) -> int:
        prefix = stage.format(first + number)
        return len({name.removeprefix(prefix).split(".")[0] for name in shapes if name.startswith(prefix)})

    bottleneck = f"{stage.format(first)}0.conv3.weight" in shapes
    return _RESNETS.get((num_units(2), num_units(1), bottleneck))
