"""What a network costs: multiply-adds, and the memory of a batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import keras
from keras import layers

_BYTES = 4
# Adam keeps two numbers for each weight, beside the weight and its gradient.
_COPIES_IN_TRAINING = 4


def multiply_adds(layer: layers.Layer) -> int:
    """Return the multiply-adds of a layer for one picture; one of them is two floating point operations.

    Convolutions, dense layers and attention count; norms, activations, pooling and sums do not, as is the
    custom of the papers.

    Args:
        layer: of a functional model; its shapes are known but for the batch.
    """
    for kind, count in _COUNTS.items():
        if isinstance(layer, kind):
            return count(layer)
    return 0


def training_bytes(model: keras.Model, *, batch_size: int) -> int:
    """Estimate the memory of a training step with Adam in float32: weights and every layer's result."""
    trainable = sum(_volume(weight.shape) for weight in model.trainable_weights)
    fixed = int(model.count_params()) - trainable
    results = sum(_size(operation.output) for operation in model.operations)
    return _BYTES * (_COPIES_IN_TRAINING * trainable + fixed + batch_size * results)


def inference_bytes(model: keras.Model, *, batch_size: int) -> int:
    """Estimate the memory of a prediction in float32: weights, and the largest layer with what it reads."""
    largest = max(
        _size(operation.output) + _size(operation.input)
        for operation in model.operations
        if not isinstance(operation, layers.InputLayer)
    )
    return _BYTES * (int(model.count_params()) + batch_size * largest)


def _size(tensors: Any) -> int:
    """Return the numbers in one or several tensors, for one picture."""
    return sum(_volume(tensor.shape[1:]) for tensor in keras.tree.flatten(tensors))


def _volume(shape: Iterable[int | None]) -> int:
    return math.prod(side or 1 for side in shape)


def _of_convolution(layer: Any) -> int:
    # The kernel's third axis is the input's channels, divided by the groups already.
    return _volume(layer.output.shape[1:]) * _volume(layer.kernel.shape[:3])


def _of_depthwise(layer: Any) -> int:
    return _volume(layer.output.shape[1:]) * _volume(layer.kernel.shape[:2])


def _of_separable(layer: Any) -> int:
    places = _volume(layer.output.shape[1:-1])
    return places * (_volume(layer.depthwise_kernel.shape) + _volume(layer.pointwise_kernel.shape))


def _of_dense(layer: Any) -> int:
    return _volume(layer.output.shape[1:]) * int(layer.kernel.shape[0])


def _of_einsum(layer: Any) -> int:
    left, right = layer.equation.split("->")[0].split(",")
    sides = dict(zip(left, layer.input.shape, strict=True)) | dict(
        zip(right, layer.kernel.shape, strict=True)
    )
    return _volume(side for label, side in sides.items() if label != left[0])


def _of_attention(layer: Any) -> int:
    tokens, width = layer.output.shape[1:]
    inner: int = layer.num_heads * layer.key_dim
    # Query, key, value and the way back; then who attends to whom, and the sums of values.
    return 4 * _volume((tokens, width, inner)) + 2 * _volume((tokens, tokens, inner))


_COUNTS: dict[type[layers.Layer], Callable[[Any], int]] = {
    # A depthwise convolution is not a kind of Conv2D for Keras, nor is a separable one.
    layers.Conv2D: _of_convolution,
    layers.Dense: _of_dense,
    layers.DepthwiseConv2D: _of_depthwise,
    layers.EinsumDense: _of_einsum,
    layers.MultiHeadAttention: _of_attention,
    layers.SeparableConv2D: _of_separable,
}
