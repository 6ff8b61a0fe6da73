"""Every network that can be trained by name.

Nothing here imports Keras before a model is built, so names and sizes can be read and checked
without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from foundation.errors import ConfigError
from foundation.registries import look_up

KerasModel = Any
NetworkBuilder = Callable[..., KerasModel]


@dataclass(frozen=True)
class ModelEntry:
    """One network.

    Attributes:
        build: gives the model; takes height, width, channels, num_classes and weight_decay.
        default_size: side of the square input when nobody names one, in pixels.
        minimum_size: smallest legal side, in pixels.
        feature_map: name of the layer that gives the last spatial feature map.
        summary: one line for lists.
        source: the paper, with the form that is built.
    """

    build: NetworkBuilder
    default_size: int
    minimum_size: int
    feature_map: str
    summary: str
    source: str


def _built_by(module: str, function: str, **variant: Any) -> NetworkBuilder:
    """Return a builder that imports its family only when it is called."""

    def build(**shape: Any) -> KerasModel:
        return getattr(importlib.import_module(module), function)(**variant, **shape)

    return build


def _resnet_native(size: int, *, version: int) -> ModelEntry:
    return ModelEntry(
        build=_built_by("training.networks.resnet_native", "build_resnet_native", size=size, version=version),
        default_size=224,
        minimum_size=32,
        feature_map="feature_map",
        summary=f"ResNet-{size} v{version}, official TensorFlow form (stride in the first unit, no biases)",
        source="He et al., Identity Mappings in Deep Residual Networks, 2016 (arXiv 1603.05027)"
        if version == 2
        else "He et al., Deep Residual Learning for Image Recognition, 2015 (arXiv 1512.03385)",
    )


MODELS: dict[str, ModelEntry] = {
    "lenet5": ModelEntry(
        build=_built_by("training.networks.lenet5", "build_lenet5"),
        default_size=64,
        minimum_size=28,
        feature_map="feature_map",
        summary="LeNet-5 with ReLU, for any size: small, quick, a good first look at the records",
        source="LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, II.B",
    ),
    "resnet_v2_18_native": _resnet_native(18, version=2),
    "resnet_v2_50_native": _resnet_native(50, version=2),
}


def build_model(
    name: str,
    *,
    height: int,
    width: int,
    channels: int,
    num_classes: int,
    weight_decay: float = 0.0,
) -> KerasModel:
    """Build a network with fresh weights.

    Args:
        name: a key of MODELS.
        height: of the input, in pixels.
        width: of the input, in pixels.
        channels: 1 (grey) or 3 (RGB).
        num_classes: number of logits.
        weight_decay: the loss gains weight_decay * sum(w^2) / 2 over kernels.

    Returns:
        A model from float32 pictures [batch, height, width, channels] of 0..255 to logits
        [batch, num_classes].

    Raises:
        UnknownNameError: no such network.
        ConfigError: the size, channels or number of classes does not fit it.
    """
    entry = look_up(MODELS, name, kind="model")
    check_input(name, height=height, width=width, channels=channels)
    if num_classes < 1:
        raise ConfigError(f"A model needs at least one class. Received: {num_classes}")
    return entry.build(
        height=height,
        width=width,
        channels=channels,
        num_classes=num_classes,
        weight_decay=weight_decay,
    )


def check_input(name: str, *, height: int, width: int, channels: int) -> None:
    """Refuse an input that the network cannot take, before anything is built.

    Raises:
        UnknownNameError: no such network.
        ConfigError: too small, or neither 1 nor 3 channels.

    Example:
        >>> check_input("lenet5", height=64, width=64, channels=1)
    """
    smallest = look_up(MODELS, name, kind="model").minimum_size
    if min(height, width) < smallest:
        raise ConfigError(
            f"{name} takes pictures of at least {smallest} x {smallest} pixels. "
            f"Choose a larger image size. Received: {height} x {width}"
        )
    if channels not in (1, 3):
        raise ConfigError(f"{name} takes 1 channel (grey) or 3 (RGB). Received: {channels}")
