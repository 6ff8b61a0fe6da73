"""Heads: from the last feature map to the logits, and the model around it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from training.networks.hierarchy import chain_to_parents
from training.networks.plan import ModelPlan
from training.networks.treatments import treat

Tensor = Any

FEATURE_MAP = "feature_map"
# Layers whose names begin so belong to no paper; checkpoints do not hold them.
HEAD_PREFIX = "head_"

_SMALLEST_FEATURE = 1e-6
_FIRST_EXPONENT = 3.0


@dataclass(frozen=True)
class LogitsLayer:
    """The last layer, as a family's checkpoints hold it.

    Attributes:
        name: of the layer.
        as_convolution: the kernel is that of a 1x1 convolution.
        initializer: of the kernel, by Keras' name or as an object.
    """

    name: str = "logits"
    as_convolution: bool = False
    initializer: Any = "glorot_uniform"


def begin(plan: ModelPlan) -> tuple[Tensor, Tensor]:
    """Return the input and the treated input of a model."""
    pictures = keras.Input((plan.height, plan.width, plan.channels), name="pictures")
    return pictures, treat(pictures, plan.treatment)


def regularizer(plan: ModelPlan) -> Any:
    """Return the L2 penalty of one kernel; Keras' L2 has no factor 1/2, ours has."""
    return keras.regularizers.L2(plan.weight_decay / 2) if plan.weight_decay else None


def pool(plan: ModelPlan, feature_map: Tensor) -> Tensor:
    """Reduce a feature map [batch, height, width, channels] to [batch, channels] as the head says."""
    pooling = plan.head.pooling
    if pooling == "gem":
        return generalised_mean(feature_map)
    kind = layers.GlobalMaxPooling2D if pooling == "max" else layers.GlobalAveragePooling2D
    return kind(name="head_pool")(feature_map)


def generalised_mean(feature_map: Tensor) -> Tensor:
    """Pool by (mean of x^p)^(1/p), with one trainable p a channel that starts at 3 and stays positive.

    Built of Keras' own layers, so that a saved model opens without this module: x^p is
    exp(p * log x), p being the kernel of a layer that multiplies each channel by its own weight; the
    same layer on ones gives p back for the root. In float32 always: powers need the digits.

    Args:
        feature_map: [batch, height, width, channels]; what lies below 1e-6 counts as 1e-6.

    Source: Radenovic et al., Fine-tuning CNN Image Retrieval with No Human Annotation, 2018, eq. 3.
    """
    height, width, channels = feature_map.shape[1:]
    exponent = layers.EinsumDense(
        "bnc,c->bnc",
        output_shape=(None, channels),
        kernel_initializer=keras.initializers.Constant(_FIRST_EXPONENT),
        kernel_constraint=keras.constraints.NonNeg(),
        dtype="float32",
        name="head_gem_exponent",
    )
    places = layers.Reshape((height * width, channels), name="head_gem_places")(feature_map)
    logarithms = ops.log(ops.maximum(ops.cast(places, "float32"), _SMALLEST_FEATURE))
    # logsumexp, since x^p itself overflows for features of some size
    sums = ops.logsumexp(exponent(logarithms), axis=1, keepdims=True)
    means = ops.subtract(sums, float(keras.ops.log(float(height * width))))
    root = ops.maximum(exponent(ops.ones_like(means)), _SMALLEST_FEATURE)
    return layers.Reshape((channels,), name="head_pool")(ops.exp(means / root))


def classify(
    plan: ModelPlan, vector: Tensor, *, layer: LogitsLayer | None = None, own_dropout: float = 0.0
) -> Tensor:
    """Return the logits of features [batch, features]: dropout, dense layers, the last layer, parents.

    Args:
        plan: its head says what stands in between.
        vector: pooled features.
        layer: the last one.
        own_dropout: the family's, used where the head names none.
    """
    layer = layer or LogitsLayer()
    head = plan.head
    dropout = own_dropout if head.dropout is None else head.dropout
    x = layers.Dropout(dropout, name="head_dropout")(vector) if dropout else vector
    for number, units in enumerate(head.mlp_layers, start=1):
        x = layers.Dense(
            units, activation="relu", kernel_regularizer=regularizer(plan), name=f"head_mlp_{number}"
        )(x)
        if head.mlp_dropout:
            x = layers.Dropout(head.mlp_dropout, name=f"head_mlp_dropout_{number}")(x)
    return with_parents(plan, last_layer(plan, x, layer))


def last_layer(plan: ModelPlan, vector: Tensor, layer: LogitsLayer) -> Tensor:
    """Return the logits of a vector by the last layer alone, in float32 whatever the precision."""
    settings: dict[str, Any] = {
        "kernel_initializer": layer.initializer,
        "kernel_regularizer": regularizer(plan),
        "dtype": "float32",
        "name": layer.name,
    }
    if not layer.as_convolution:
        return layers.Dense(plan.num_classes, **settings)(vector)
    place = layers.Reshape((1, 1, vector.shape[-1]), name="head_place")(vector)
    logits = layers.Conv2D(plan.num_classes, 1, **settings)(place)
    return layers.Reshape((plan.num_classes,), name="head_squeeze")(logits)


def with_parents(plan: ModelPlan, logits: Tensor) -> Tensor:
    """Hold each class below its parent, where the head names parents."""
    if not plan.head.parents:
        return logits
    return chain_to_parents(logits, plan.parent_indices)


def network_paths(model: keras.Model) -> list[str]:
    """Return the paths of a model's weights, without those of layers that only our heads have."""
    return [weight.path for weight in model.weights if not weight.path.startswith(HEAD_PREFIX)]


def make_model(plan: ModelPlan, pictures: Tensor, outputs: Tensor | Sequence[Tensor]) -> keras.Model:
    """Return the model, every operation of it named by its place, whatever was built before.

    Args:
        plan: gives the name.
        pictures: the input.
        outputs: logits, or logits and auxiliary logits.
    """
    model = keras.Model(pictures, outputs, name=plan.name)
    name_by_place(model, lambda operation: not isinstance(operation, layers.Layer))
    return model


def main_classifier(model: keras.Model) -> keras.Model:
    """Return a model that gives its main logits alone, with the same weights; most are so already."""
    if len(model.outputs) == 1:
        return model
    return keras.Model(model.inputs[0], model.outputs[0], name=model.name)


def name_by_place(model: keras.Model, wanted: Any) -> None:
    """Number operations by their place in a model; Keras numbers them by what the process built before.

    Args:
        model: of Keras.
        wanted: which operations to name, a predicate.
    """
    taken = {operation.name for operation in model.operations if not wanted(operation)}
    counts: dict[str, int] = {}
    for operation in model.operations:
        if wanted(operation):
            kind = type(operation).__name__.lower()
            name = kind
            while name in taken:
                counts[kind] = counts.get(kind, 0) + 1
                name = f"{kind}_{counts[kind]}"
            taken.add(name)
            operation.name = name
