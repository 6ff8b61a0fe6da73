"""ResNet v2 of TF-slim: 50, 101, 152 and 200 layers.

It differs from its look-alikes: stride 2 stands in the *last* unit of blocks 1 to 3, the stem's
convolution has a bias and neither batch norm nor ReLU, so have the third convolution of each unit
and the projections, the stem's pooling pads at the end only (Keras' own ResNetV2 pads on both sides),
and the last layer is a 1x1 convolution. Weights of the native ResNets do not fit.

A layer's name is its scope in the checkpoint with dots for slashes:
`block1.unit_1.bottleneck_v2.conv1.BatchNorm`.

Source: He et al. 2016 (arXiv 1603.05027), in the form of TF-slim.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

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
from training.networks.slim_names import scope_names, slim_initializer

# Number of units in each of the four blocks.
UNITS: dict[int, tuple[int, int, int, int]] = {
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
_DEPTHS = (64, 128, 256, 512)
_BATCH_NORM_MOMENTUM = 0.997
_BATCH_NORM_EPSILON = 1e-5

Tensor = Any


def build_resnet_slim(plan: ModelPlan, *, size: int) -> keras.Model:
    """Build the network.

    Args:
        plan: of the model; sides of at least 32 pixels.
        size: a key of UNITS.
    """
    pictures, x = begin(plan)
    x = _convolution(plan, x, 64, kernel=7, stride=2, bias=True, name="conv1")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    for block, (num_units, depth) in enumerate(zip(UNITS[size], _DEPTHS, strict=True), start=1):
        for unit in range(1, num_units + 1):
            stride = 2 if unit == num_units and block < len(_DEPTHS) else 1
            name = f"block{block}.unit_{unit}.bottleneck_v2"
            x = _unit(plan, x, depth, stride=stride, name=name)
    x = _norm_relu(x, "postnorm", relu=FEATURE_MAP)
    layer = LogitsLayer("logits", as_convolution=True, initializer=slim_initializer())
    return make_model(plan, pictures, classify(plan, pool(plan, x), layer=layer))


def checkpoint_names(model: keras.Model, *, size: int) -> dict[str, str]:
    """Return the name of each variable in a checkpoint of TF-slim, by its path in the model.

    Layers of a head that the paper does not have are left out.

    Example:
        >>> checkpoint_names(model, size=50)["conv1/kernel"]  # doctest: +SKIP
        'resnet_v2_50/conv1/weights'
    """
    return scope_names(model, f"resnet_v2_{size}")


def _unit(plan: ModelPlan, x: Tensor, depth: int, *, stride: int, name: str) -> Tensor:
    """Add one bottleneck; where the number of channels changes the projection sees the pre-activation."""
    preact = _norm_relu(x, f"{name}.preact", relu=f"{name}.preact.Relu")
    if x.shape[-1] == 4 * depth:
        # The identity is x itself, every stride-th pixel of it.
        shortcut = layers.MaxPooling2D(1, strides=stride, name=f"{name}.shortcut")(x) if stride > 1 else x
    else:
        shortcut = _convolution(
            plan, preact, 4 * depth, kernel=1, stride=stride, bias=True, name=f"{name}.shortcut"
        )
    x = preact
    for number, (kernel, step) in enumerate(((1, 1), (3, stride)), start=1):
        conv = f"{name}.conv{number}"
        x = _convolution(plan, x, depth, kernel=kernel, stride=step, bias=False, name=conv)
        x = _norm_relu(x, f"{conv}.BatchNorm", relu=f"{conv}.Relu")
    x = _convolution(plan, x, 4 * depth, kernel=1, stride=1, bias=True, name=f"{name}.conv3")
    return layers.Add(name=f"{name}.add")([shortcut, x])


def _convolution(
    plan: ModelPlan, x: Tensor, filters: int, *, kernel: int, stride: int, bias: bool, name: str
) -> Tensor:
    """Convolve; with a stride, pad (kernel - 1) // 2 before and the rest after, whatever the size."""
    if stride > 1 and kernel > 1:
        before = (kernel - 1) // 2
        padding = (before, kernel - 1 - before)
        x = layers.ZeroPadding2D((padding, padding), name=f"{name}.pad")(x)
    return layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="valid" if stride > 1 else "same",
        use_bias=bias,
        kernel_initializer=slim_initializer(),
        kernel_regularizer=regularizer(plan),
        name=name,
    )(x)


def _norm_relu(x: Tensor, name: str, *, relu: str) -> Tensor:
    """Normalise over the batch, then apply ReLU."""
    x = layers.BatchNormalization(momentum=_BATCH_NORM_MOMENTUM, epsilon=_BATCH_NORM_EPSILON, name=name)(x)
    return layers.ReLU(name=relu)(x)
