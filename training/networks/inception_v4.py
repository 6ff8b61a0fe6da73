"""Inception v4 of TF-slim, with or without the auxiliary classifier.

It differs from its look-alikes: every convolution is without bias and followed by batch norm without
gamma and ReLU; the mean of a padded pool leaves the padding out; no residual connections (those are
Inception-ResNet); the auxiliary classifier hangs at the last 17 x 17 map, and its second convolution is as
large as the map before it, so its weights fit one input size only.

A layer's name is its scope in the checkpoint with dots for slashes: `Mixed_5b.Branch_0.Conv2d_0a_1x1`.

Source: Szegedy et al. 2016 (arXiv 1602.07261), in the form of TF-slim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from training.networks.heads import (
    FEATURE_MAP,
    LogitsLayer,
    begin,
    classify,
    last_layer,
    make_model,
    pool,
    regularizer,
    with_parents,
)
from training.networks.plan import ModelPlan
from training.networks.slim_names import scope_names, slim_initializer

_BATCH_NORM_MOMENTUM = 0.9997
_BATCH_NORM_EPSILON = 1e-3
_DROPOUT = 0.2

Tensor = Any
# A branch: its steps in order, each a tag such as "0a_1x1" with filters, "/2" for stride 2, "V" for valid
# padding. "avg" is the mean of 3 x 3, "max/2" the maximum of 3 x 3.
Step = tuple[str, int] | str
Branch = tuple[Step, ...]

_A: tuple[Branch, ...] = (
    (("0a_1x1", 96),),
    (("0a_1x1", 64), ("0b_3x3", 96)),
    (("0a_1x1", 64), ("0b_3x3", 96), ("0c_3x3", 96)),
    ("avg", ("0b_1x1", 96)),
)
_B: tuple[Branch, ...] = (
    (("0a_1x1", 384),),
    (("0a_1x1", 192), ("0b_1x7", 224), ("0c_7x1", 256)),
    (("0a_1x1", 192), ("0b_7x1", 192), ("0c_1x7", 224), ("0d_7x1", 224), ("0e_1x7", 256)),
    ("avg", ("0b_1x1", 128)),
)
# The last branches of C split in two; they are written out in _block_c.
_BLOCKS: dict[str, tuple[Branch, ...]] = {
    "Mixed_3a": (("max/2",), (("0a_3x3/2V", 96),)),
    "Mixed_4a": (
        (("0a_1x1", 64), ("1a_3x3V", 96)),
        (("0a_1x1", 64), ("0b_1x7", 64), ("0c_7x1", 64), ("1a_3x3V", 96)),
    ),
    "Mixed_5a": ((("1a_3x3/2V", 192),), ("max/2",)),
    **{f"Mixed_5{letter}": _A for letter in "bcde"},
    "Mixed_6a": (
        (("1a_3x3/2V", 384),),
        (("0a_1x1", 192), ("0b_3x3", 224), ("1a_3x3/2V", 256)),
        ("max/2",),
    ),
    **{f"Mixed_6{letter}": _B for letter in "bcdefgh"},
    "Mixed_7a": (
        (("0a_1x1", 192), ("1a_3x3/2V", 192)),
        (("0a_1x1", 256), ("0b_1x7", 256), ("0c_7x1", 320), ("1a_3x3/2V", 320)),
        ("max/2",),
    ),
}
_AUXILIARY_FROM = "Mixed_6h"
_BLOCKS_C = ("Mixed_7b", "Mixed_7c", "Mixed_7d")


def build_inception_v4(plan: ModelPlan, *, auxiliary: bool) -> keras.Model:
    """Build the network.

    Args:
        plan: of the model; sides of at least 75 pixels, with the auxiliary classifier 107.
        auxiliary: give logits and auxiliary logits, in a list.
    """
    pictures, x = begin(plan)
    for tag, filters in (("1a_3x3/2V", 32), ("2a_3x3V", 32), ("2b_3x3", 64)):
        x = _convolution(plan, x, tag, filters, scope="")
    auxiliary_logits = None
    for scope, branches in _BLOCKS.items():
        ends = [_branch(plan, x, steps, f"{scope}.Branch_{number}.") for number, steps in enumerate(branches)]
        x = layers.Concatenate(name=scope)(ends)
        if auxiliary and scope == _AUXILIARY_FROM:
            auxiliary_logits = _auxiliary_logits(plan, x)
    for scope in _BLOCKS_C:
        x = _block_c(plan, x, scope, name=FEATURE_MAP if scope == _BLOCKS_C[-1] else scope)
    logits = classify(plan, pool(plan, x), layer=LogitsLayer("Logits.Logits"), own_dropout=_DROPOUT)
    return make_model(plan, pictures, [logits, auxiliary_logits] if auxiliary else logits)


def checkpoint_names(model: keras.Model) -> dict[str, str]:
    """Return the name of each variable in a checkpoint of TF-slim, by its path in the model.

    Layers of a head that the paper does not have are left out.

    Example:
        >>> checkpoint_names(model)["Conv2d_1a_3x3/kernel"]  # doctest: +SKIP
        'InceptionV4/Conv2d_1a_3x3/weights'
    """
    return scope_names(model, "InceptionV4")


def _auxiliary_logits(plan: ModelPlan, x: Tensor) -> Tensor:
    """Return the logits of the classifier in the middle: pool, two convolutions, a dense layer."""
    x = layers.AveragePooling2D(5, strides=3, padding="valid", name="AuxLogits.AvgPool_1a_5x5")(x)
    x = _convolution(plan, x, "1b_1x1", 128, scope="AuxLogits.")
    x = _normed(plan, x, 768, kernel=x.shape[1:3], name="AuxLogits.Conv2d_2a", stride=1, padding="valid")
    x = layers.Flatten(name="AuxLogits.Flatten")(x)
    return with_parents(plan, last_layer(plan, x, LogitsLayer("AuxLogits.Aux_logits")))


def _block_c(plan: ModelPlan, x: Tensor, scope: str, *, name: str) -> Tensor:
    """Add an Inception-C block, whose middle branches end in two convolutions side by side."""

    def split(x: Tensor, branch: int, first: str, second: str) -> Tensor:
        sides = [
            _convolution(plan, x, tag, 256, scope=f"{scope}.Branch_{branch}.") for tag in (first, second)
        ]
        return layers.Concatenate(name=f"{scope}.Branch_{branch}")(sides)

    def branch(number: int, *steps: Step) -> Tensor:
        return _branch(plan, x, steps, f"{scope}.Branch_{number}.")

    ends = [
        branch(0, ("0a_1x1", 256)),
        split(branch(1, ("0a_1x1", 384)), 1, "0b_1x3", "0c_3x1"),
        split(branch(2, ("0a_1x1", 384), ("0b_3x1", 448), ("0c_1x3", 512)), 2, "0d_1x3", "0e_3x1"),
        branch(3, "avg", ("0b_1x1", 256)),
    ]
    return layers.Concatenate(name=name)(ends)


def _branch(plan: ModelPlan, x: Tensor, steps: Branch, scope: str) -> Tensor:
    """Follow one branch of a block."""
    pools: dict[str, Callable[[], layers.Layer]] = {
        "avg": lambda: layers.AveragePooling2D(3, strides=1, padding="same", name=f"{scope}AvgPool_0a_3x3"),
        "max/2": lambda: layers.MaxPooling2D(3, strides=2, padding="valid", name=f"{scope}MaxPool_3x3"),
    }
    for step in steps:
        x = pools[step]()(x) if isinstance(step, str) else _convolution(plan, x, *step, scope=scope)
    return x


def _convolution(plan: ModelPlan, x: Tensor, tag: str, filters: int, *, scope: str) -> Tensor:
    """Convolve as a tag says: `1a_3x3/2V` is the kernel 3 x 3 with stride 2 and no padding."""
    name = tag.removesuffix("V").removesuffix("/2")
    kernel = tuple(int(side) for side in name.rsplit("_", 1)[1].split("x"))
    return _normed(
        plan,
        x,
        filters,
        kernel=kernel,
        name=f"{scope}Conv2d_{name}",
        stride=2 if "/2" in tag else 1,
        padding="valid" if tag.endswith("V") else "same",
    )


def _normed(
    plan: ModelPlan,
    x: Tensor,
    filters: int,
    *,
    kernel: tuple[int, ...],
    name: str,
    stride: int,
    padding: str,
) -> Tensor:
    """Convolve without bias, normalise over the batch without gamma, and apply ReLU."""
    x = layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding=padding,
        use_bias=False,
        kernel_initializer=slim_initializer(),
        kernel_regularizer=regularizer(plan),
        name=name,
    )(x)
    x = layers.BatchNormalization(
        momentum=_BATCH_NORM_MOMENTUM, epsilon=_BATCH_NORM_EPSILON, scale=False, name=f"{name}.BatchNorm"
    )(x)
    return layers.ReLU(name=f"{name}.Relu")(x)
