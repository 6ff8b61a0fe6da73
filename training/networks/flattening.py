"""Laying a Keras model out flat inside another one, so that every layer of it can be found by name."""

from __future__ import annotations

import re
from typing import Any

import keras
from keras import layers

from training.networks.heads import FEATURE_MAP, regularizer
from training.networks.plan import ModelPlan

Tensor = Any

_REGULARIZED = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer")


def lay_out(
    model: keras.Model,
    plan: ModelPlan,
    pictures: Tensor,
    treated: Tensor,
    *,
    mark: layers.Layer | None = None,
    keep_weights: bool,
) -> Tensor:
    """Return what a model makes of `treated`, with layers of its kind and names of their own.

    Args:
        model: functional or sequential; models inside it that are sequential are laid out, too.
        plan: its weight decay is put on kernels that have none.
        pictures: the input of the whole.
        treated: what the first layers of the model get to see.
        mark: the layer before which an identity called `feature_map` is put.
        keep_weights: copy them; else they are drawn anew.
    """
    copies = _Copies(plan, keep_weights=keep_weights)
    if isinstance(model, keras.Sequential):
        return copies.in_a_row(model, treated)

    def call(layer: layers.Layer, *inputs: Any, **settings: Any) -> Tensor:
        inputs = keras.tree.map_structure(lambda x: treated if x is pictures else x, inputs)
        if mark is not None and layer is copies.of(mark):
            inputs = (layers.Identity(name=FEATURE_MAP)(inputs[0]), *inputs[1:])
        if isinstance(layer, keras.Sequential):
            return copies.in_a_row(layer, inputs[0])
        return layer(*inputs, **settings)

    flat = keras.models.clone_model(
        model, input_tensors=pictures, clone_function=copies.of, call_function=call
    )
    copies.fill()
    return flat.output


class _Copies:
    """Copies of layers: each is made once, under a name that does not depend on what was built before."""

    def __init__(self, plan: ModelPlan, *, keep_weights: bool) -> None:
        self._plan = plan
        self._keep_weights = keep_weights
        self._made: dict[int, tuple[layers.Layer, layers.Layer]] = {}
        self._counts: dict[str, int] = {}

    def of(self, layer: layers.Layer) -> layers.Layer:
        """Return the one copy of a layer; a model inside the model stands for itself."""
        if isinstance(layer, keras.Model):
            return layer
        if id(layer) not in self._made:
            config = layer.get_config()
            config["name"] = self._name_of(layer)
            for key in _REGULARIZED:
                if key in config and config[key] is None and self._plan.weight_decay:
                    config[key] = regularizer(self._plan)
            # Kept with its original, whose id must not be given to another layer meanwhile.
            self._made[id(layer)] = (layer, type(layer).from_config(config))
        return self._made[id(layer)][1]

    def in_a_row(self, model: keras.Sequential, x: Tensor) -> Tensor:
        """Return what the copies of a sequential model's layers make of a tensor."""
        for layer in model.layers:
            copy = self.of(layer)
            x = self.in_a_row(copy, x) if isinstance(copy, keras.Sequential) else copy(x)
        self.fill()
        return x

    def fill(self) -> None:
        """Give the copies their originals' weights, if they are kept."""
        if self._keep_weights:
            for original, copy in self._made.values():
                # Operations of keras.ops stand among the layers, and have no weights.
                if isinstance(original, layers.Layer):
                    copy.set_weights(original.get_weights())

    def _name_of(self, layer: layers.Layer) -> str:
        """Return a layer's own name, or where Keras numbered it, its kind numbered from the beginning."""
        kind = snake_case(type(layer).__name__)
        if not re.fullmatch(rf"{kind}(_\d+)?", layer.name):
            return str(layer.name)
        count = self._counts.get(kind, 0)
        self._counts[kind] = count + 1
        return f"{kind}_{count}" if count else kind


def snake_case(name: str) -> str:
    """Return a class's name as Keras names its layers.

    Example:
        >>> snake_case("GlobalAveragePooling2D"), snake_case("ReLU")
        ('global_average_pooling2d', 're_lu')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def last_layer_of(model: keras.Model, kind: type[layers.Layer]) -> layers.Layer | None:
    """Return the last layer of a kind in a model; None where there is none."""
    return next((layer for layer in reversed(model.layers) if isinstance(layer, kind)), None)
