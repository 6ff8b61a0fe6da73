"""A small vision transformer, averaging its patches at the end.

It differs from its look-alikes: there is no class token (the mean of the patches stands for the
picture), and the embedding of positions is the bias of the patch projection, one a patch and channel,
so that every layer is Keras' own. Pictures whose side is no multiple of the patch are padded with zeros
after the input treatment. Published ViT weights do not fit.

Source: Dosovitskiy et al. 2020 (arXiv 2010.11929), with the pooled head of its appendix D.3; sizes
"small" and "tiny" from Touvron et al. 2020 (arXiv 2012.12877).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from training.networks.heads import FEATURE_MAP, begin, classify, make_model, pool, regularizer
from training.networks.plan import ModelPlan

_PATCH = 16
_DEPTH = 12
_HEAD_WIDTH = 64
_MLP_RATIO = 4
_EPSILON = 1e-6
_DEVIATION = 0.02

Tensor = Any


@dataclass(frozen=True)
class _Blocks:
    """Layers of one width."""

    plan: ModelPlan
    width: int

    def dense(self, units: int, name: str, activation: str | None = None) -> layers.Layer:
        """Return a dense layer over the last axis."""
        return layers.Dense(
            units,
            activation=activation,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=_DEVIATION),
            kernel_regularizer=regularizer(self.plan),
            name=name,
        )

    def encoder(self, x: Tensor, name: str) -> Tensor:
        """Add one encoder block: attention, then two dense layers, each after a norm and around a sum."""
        attended = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}.norm1")(x)
        attended = layers.MultiHeadAttention(
            self.width // _HEAD_WIDTH,
            _HEAD_WIDTH,
            kernel_regularizer=regularizer(self.plan),
            name=f"{name}.attention",
        )(attended, attended)
        x = layers.Add(name=f"{name}.add1")([x, attended])
        mixed = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}.norm2")(x)
        mixed = self.dense(_MLP_RATIO * self.width, f"{name}.mlp1", "gelu")(mixed)
        mixed = self.dense(self.width, f"{name}.mlp2")(mixed)
        return layers.Add(name=f"{name}.add2")([x, mixed])


def build_vit(plan: ModelPlan, *, width: int) -> keras.Model:
    """Build the network: patches of 16 pixels, 12 blocks, heads of 64.

    Args:
        plan: of the model; sides of at least 32 pixels.
        width: of a token, a multiple of 64.
    """
    blocks = _Blocks(plan, width)
    pictures, x = begin(plan)
    tokens, grid = _tokens(x)
    x = layers.EinsumDense(
        "bnp,pd->bnd",
        output_shape=(grid[0] * grid[1], width),
        # A bias for each patch and channel: the bias of the projection and the position in one.
        bias_axes="nd",
        kernel_initializer=keras.initializers.VarianceScaling(1.0, "fan_in", "truncated_normal"),
        bias_initializer=keras.initializers.RandomNormal(stddev=_DEVIATION),
        kernel_regularizer=regularizer(plan),
        name="patches.embedding",
    )(tokens)
    for number in range(1, _DEPTH + 1):
        x = blocks.encoder(x, f"block{number}")
    x = layers.LayerNormalization(epsilon=_EPSILON, name="norm")(x)
    x = layers.Reshape((*grid, width), name=FEATURE_MAP)(x)
    return make_model(plan, pictures, classify(plan, pool(plan, x)))


def _tokens(x: Tensor) -> tuple[Tensor, tuple[int, int]]:
    """Return the patches as vectors [batch, patches, 16 * 16 * channels], and their rows and columns."""
    height, width, channels = x.shape[1:]
    missing = (-height % _PATCH, -width % _PATCH)
    if any(missing):
        x = layers.ZeroPadding2D(((0, missing[0]), (0, missing[1])), name="patches.pad")(x)
    grid = (-(-height // _PATCH), -(-width // _PATCH))
    x = layers.Reshape((grid[0], _PATCH, grid[1], _PATCH * channels), name="patches.cut")(x)
    x = layers.Permute((1, 3, 2, 4), name="patches.sort")(x)
    tokens = layers.Reshape((grid[0] * grid[1], _PATCH * _PATCH * channels), name="patches.flat")(x)
    return tokens, grid
