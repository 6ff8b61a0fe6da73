"""One network as a report to read: its layers, weights, operations and memory."""

from __future__ import annotations

import math
from typing import Any

from foundation.contracts import Report
from training.networks.head_config import HeadConfig
from training.networks.registry import build_model, model_entry
from training.tensorflow_setup import import_tensorflow


class ShownLayer(Report):
    """One layer: name, class, the shape of what it gives without the batch, weights and multiply-adds."""

    name: str
    kind: str
    shape: tuple[int | None, ...]
    parameters: int
    multiply_adds: int


class ShownModel(Report):
    """One network at one size.

    Attributes:
        name: as given.
        summary: one line.
        source: the paper, with the form that is built.
        treatment: of the input.
        height: of the input, in pixels.
        width: of the input, in pixels.
        channels: of the input.
        num_classes: number of logits.
        parameters: number of weights.
        trainable_parameters: those that training moves.
        multiply_adds: for one picture.
        flops: twice that.
        batch_size: that the memory is for.
        training_bytes: an estimate: weights, gradients, Adam's two slots and every layer's result, float32.
        inference_bytes: an estimate: weights and the largest layer, float32.
        feature_map: name of the layer that gives the last spatial feature map.
        feature_map_shape: height, width and channels of it.
        layers: in the order of the computation.
    """

    name: str
    summary: str
    source: str
    treatment: str
    height: int
    width: int
    channels: int
    num_classes: int
    parameters: int
    trainable_parameters: int
    multiply_adds: int
    flops: int
    batch_size: int
    training_bytes: int
    inference_bytes: int
    feature_map: str
    feature_map_shape: tuple[int | None, ...]
    layers: tuple[ShownLayer, ...]


def show_model(
    name: str,
    *,
    size: int | None = None,
    channels: int = 3,
    num_classes: int = 2,
    batch_size: int = 32,
    head: HeadConfig | None = None,
) -> ShownModel:
    """Build a network and tell what it consists of.

    Args:
        name: as `registry.build_model` takes it.
        size: side of the square input, in pixels; None for the network's default.
        channels: 1 or 3.
        num_classes: number of logits.
        batch_size: that the memory is estimated for.
        head: None for the paper's.

    Raises:
        UnknownNameError: no such network.
        ConfigError: it cannot be built so.
        TrainingError: TensorFlow is not installed.
    """
    entry = model_entry(name)
    side = size or entry.default_size
    import_tensorflow()
    from training.networks import costs  # noqa: PLC0415 - names are checked before Keras is loaded

    model = build_model(name, height=side, width=side, channels=channels, num_classes=num_classes, head=head)
    rows = tuple(
        ShownLayer(
            name=layer.name,
            kind=type(layer).__name__,
            shape=_shape(layer.output),
            parameters=layer.count_params(),
            multiply_adds=costs.multiply_adds(layer),
        )
        for layer in model.layers
    )
    total = sum(row.multiply_adds for row in rows)
    return ShownModel(
        name=name,
        summary=entry.summary,
        source=entry.source,
        treatment=entry.treatment,
        height=side,
        width=side,
        channels=channels,
        num_classes=num_classes,
        parameters=model.count_params(),
        trainable_parameters=sum(math.prod(weight.shape) for weight in model.trainable_weights),
        multiply_adds=total,
        flops=2 * total,
        batch_size=batch_size,
        training_bytes=costs.training_bytes(model, batch_size=batch_size),
        inference_bytes=costs.inference_bytes(model, batch_size=batch_size),
        feature_map=entry.feature_map,
        feature_map_shape=_shape(model.get_layer(entry.feature_map).output),
        layers=rows,
    )


def _shape(tensors: Any) -> tuple[int | None, ...]:
    """Return the shape of a layer's result without the batch; of several results the first one's."""
    tensor = tensors[0] if isinstance(tensors, (list, tuple)) else tensors
    return tuple(tensor.shape[1:])
