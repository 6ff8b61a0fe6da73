"""The official ("native") TensorFlow ResNet: 18 to 200 layers, versions 1 and 2.

It differs from its look-alikes: no convolution has a bias, the stem has no batch norm, stride 2
stands in the first unit of layers 2 to 4 (on the 3x3 convolution), the first unit of every layer
projects its shortcut, and strided convolutions pad by hand. Weights of TF-slim's ResNets do not fit.

Layers are named by creation order (`conv2d`, `conv2d_1`, `batch_normalization`, ..., `dense`), so
that `resnet_model/` + a variable's path is its name in a checkpoint of TensorFlow 1.

Source: He et al. 2015 (v1) and 2016 (v2), in the form of TensorFlow's official models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
from keras import layers

from training.networks.heads import (
    FEATURE_MAP,
    LogitsLayer,
    begin,
    classify,
    make_model,
    network_paths,
    pool,
    regularizer,
)
from training.networks.plan import ModelPlan

# Number of units in each of the four layers of blocks.
UNITS: dict[int, tuple[int, int, int, int]] = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
_SMALLEST_BOTTLENECK_SIZE = 50
_FILTERS = (64, 128, 256, 512)
_BATCH_NORM_MOMENTUM = 0.997
_BATCH_NORM_EPSILON = 1e-5

Tensor = Any


def build_resnet_native(plan: ModelPlan, *, size: int, version: int) -> keras.Model:
    """Build the network.

    Args:
        plan: of the model; sides of at least 32 pixels.
        size: a key of UNITS.
        version: 1 (convolution, batch norm, ReLU) or 2 (batch norm and ReLU first).
    """
    parts = _Parts(plan)
    bottleneck = size >= _SMALLEST_BOTTLENECK_SIZE
    pictures, x = begin(plan)
    x = parts.convolution(x, 64, kernel=7, stride=2)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d")(x)
    unit = _unit_v2 if version == 2 else _unit_v1
    for layer, (num_units, filters) in enumerate(zip(UNITS[size], _FILTERS, strict=True)):
        for index in range(num_units):
            stride = 2 if index == 0 and layer > 0 else 1
            x = unit(parts, x, filters, stride=stride, project=index == 0, bottleneck=bottleneck)
    # v1 keeps this batch norm too, although its last unit ends in ReLU (so did the official code then).
    x = parts.norm_relu(x, name=FEATURE_MAP)
    return make_model(plan, pictures, classify(plan, pool(plan, x), layer=LogitsLayer("dense")))


def checkpoint_names(model: keras.Model) -> dict[str, str]:
    """Return the name of each variable in a checkpoint of TensorFlow 1, by its path in the model.

    Layers of a head that the paper does not have are left out.

    Example:
        >>> checkpoint_names(model)["conv2d/kernel"]  # doctest: +SKIP
        'resnet_model/conv2d/kernel'
    """
    return {path: f"resnet_model/{path}" for path in network_paths(model)}


@dataclass
class _Parts:
    """The three kinds of layer, numbered in the order they are made."""

    plan: ModelPlan
    counts: dict[str, int] = field(default_factory=dict)

    def name(self, kind: str) -> str:
        """Return the next name of a kind: `conv2d`, then `conv2d_1`, ..."""
        count = self.counts.get(kind, 0)
        self.counts[kind] = count + 1
        return f"{kind}_{count}" if count else kind

    def convolution(self, x: Tensor, filters: int, *, kernel: int, stride: int = 1) -> Tensor:
        """Convolve; with a stride, pad (kernel - 1) // 2 before and the rest after, whatever the size."""
        if stride > 1 and kernel > 1:
            before = (kernel - 1) // 2
            after = kernel - 1 - before
            x = layers.ZeroPadding2D(((before, after), (before, after)), name=self.name("zero_padding2d"))(x)
        return layers.Conv2D(
            filters,
            kernel,
            strides=stride,
            padding="valid" if stride > 1 else "same",
            use_bias=False,
            kernel_initializer=keras.initializers.VarianceScaling(1.0, "fan_in", "truncated_normal"),
            kernel_regularizer=regularizer(self.plan),
            name=self.name("conv2d"),
        )(x)

    def norm(self, x: Tensor) -> Tensor:
        """Normalise over the batch."""
        return layers.BatchNormalization(
            momentum=_BATCH_NORM_MOMENTUM,
            epsilon=_BATCH_NORM_EPSILON,
            name=self.name("batch_normalization"),
        )(x)

    def relu(self, x: Tensor, *, name: str | None = None) -> Tensor:
        """Apply ReLU."""
        return layers.ReLU(name=name or self.name("re_lu"))(x)

    def norm_relu(self, x: Tensor, *, name: str | None = None) -> Tensor:
        """Normalise over the batch, then apply ReLU."""
        return self.relu(self.norm(x), name=name)

    def add(self, x: Tensor, shortcut: Tensor) -> Tensor:
        """Sum the residual and its shortcut."""
        return layers.Add(name=self.name("add"))([x, shortcut])


def _shape_of_unit(filters: int, stride: int, *, bottleneck: bool) -> list[tuple[int, int, int]]:
    """Return (filters, kernel, stride) of a unit's convolutions, in order."""
    if bottleneck:
        return [(filters, 1, 1), (filters, 3, stride), (4 * filters, 1, 1)]
    return [(filters, 3, stride), (filters, 3, 1)]


def _unit_v2(
    parts: _Parts, x: Tensor, filters: int, *, stride: int, project: bool, bottleneck: bool
) -> Tensor:
    """Add one residual unit, normalised before each convolution; the projection sees that too."""
    convolutions = _shape_of_unit(filters, stride, bottleneck=bottleneck)
    shortcut = x
    x = parts.norm_relu(x)
    if project:
        shortcut = parts.convolution(x, convolutions[-1][0], kernel=1, stride=stride)
    for index, (width, kernel, step) in enumerate(convolutions):
        if index:
            x = parts.norm_relu(x)
        x = parts.convolution(x, width, kernel=kernel, stride=step)
    return parts.add(x, shortcut)


def _unit_v1(
    parts: _Parts, x: Tensor, filters: int, *, stride: int, project: bool, bottleneck: bool
) -> Tensor:
    """Add one residual unit, normalised after each convolution and the projection; ReLU after the sum."""
    convolutions = _shape_of_unit(filters, stride, bottleneck=bottleneck)
    shortcut = x
    if project:
        shortcut = parts.norm(parts.convolution(x, convolutions[-1][0], kernel=1, stride=stride))
    for index, (width, kernel, step) in enumerate(convolutions):
        x = parts.norm(parts.convolution(x, width, kernel=kernel, stride=step))
        if index < len(convolutions) - 1:
            x = parts.relu(x)
    return parts.relu(parts.add(x, shortcut))
