"""ResNet v2 in timm's form with batch norm (`resnetv2_50`, `_101`, `_152`).

It is the official ResNet v2 but for two things: the stem's pooling pads on both sides, and the last layer
is a 1x1 convolution. As nothing rectifies what that pooling sees, it must not pad with zeros (Keras' own
ResNetV2 does). The BiT variants of the same names have group norm and standardised weights and
are other networks; so are those with a letter after the size.

A layer's name is its module's: `stages.0.blocks.0.downsample.conv`.

Source: He et al. 2016 (arXiv 1603.05027), in the form of timm.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from training.networks.heads import (
    FEATURE_MAP,
    LogitsLayer,
    begin,
    classify,
    make_model,
    pool,
    regularizer,
)
from training.networks.plan import ModelPlan
from training.networks.torch_names import module_names

# Number of units in each of the four stages.
UNITS: dict[int, tuple[int, int, int, int]] = {
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
_FILTERS = (64, 128, 256, 512)
# PyTorch's momentum is the share of the new value, Keras' that of the old one.
_BATCH_NORM_MOMENTUM = 0.9
_BATCH_NORM_EPSILON = 1e-5
# Below whatever a convolution gives, and finite in every precision's exponent.
_LOWEST = -1e30

Tensor = Any


def build_resnet_timm(plan: ModelPlan, *, size: int) -> keras.Model:
    """Build the network.

    Args:
        plan: of the model; sides of at least 32 pixels.
        size: a key of UNITS.
    """
    pictures, x = begin(plan)
    x = _convolution(plan, x, 64, kernel=7, stride=2, name="stem.conv")
    x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=_LOWEST)
    x = layers.MaxPooling2D(3, strides=2, name="stem.pool")(x)
    for stage, (num_units, filters) in enumerate(zip(UNITS[size], _FILTERS, strict=True)):
        for block in range(num_units):
            stride = 2 if block == 0 and stage > 0 else 1
            x = _unit(plan, x, filters, stride=stride, name=f"stages.{stage}.blocks.{block}")
    x = layers.ReLU(name=FEATURE_MAP)(_norm(x, "norm"))
    layer = LogitsLayer("head.fc", as_convolution=True)
    return make_model(plan, pictures, classify(plan, pool(plan, x), layer=layer))


def checkpoint_names(model: keras.Model) -> dict[str, str]:
    """Return the name of each variable in timm's state dict, by its path in the model.

    Kernels are HWIO here and OIHW there.

    Example:
        >>> checkpoint_names(model)["stem.conv/kernel"]  # doctest: +SKIP
        'stem.conv.weight'
    """
    return module_names(model)


def _unit(plan: ModelPlan, x: Tensor, filters: int, *, stride: int, name: str) -> Tensor:
    """Add one bottleneck, normalised before each convolution; the projection sees that too."""
    shortcut = x
    changes = stride > 1 or x.shape[-1] != 4 * filters
    for number, (width, kernel, step) in enumerate(
        ((filters, 1, 1), (filters, 3, stride), (4 * filters, 1, 1)), start=1
    ):
        x = layers.ReLU(name=f"{name}.relu{number}")(_norm(x, f"{name}.norm{number}"))
        if number == 1 and changes:
            projection = f"{name}.downsample.conv"
            shortcut = _convolution(plan, x, 4 * filters, kernel=1, stride=stride, name=projection)
        x = _convolution(plan, x, width, kernel=kernel, stride=step, name=f"{name}.conv{number}")
    return layers.Add(name=f"{name}.add")([x, shortcut])


def _convolution(plan: ModelPlan, x: Tensor, filters: int, *, kernel: int, stride: int, name: str) -> Tensor:
    """Convolve with (kernel - 1) / 2 zeros on each side, whatever the stride."""
    if stride > 1 and kernel > 1:
        x = layers.ZeroPadding2D((kernel - 1) // 2, name=f"{name}.pad")(x)
    return layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="valid" if stride > 1 else "same",
        use_bias=False,
        kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
        kernel_regularizer=regularizer(plan),
        name=name,
    )(x)


def _norm(x: Tensor, name: str) -> Tensor:
    """Normalise over the batch."""
    return layers.BatchNormalization(momentum=_BATCH_NORM_MOMENTUM, epsilon=_BATCH_NORM_EPSILON, name=name)(x)
