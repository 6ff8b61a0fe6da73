"""VGG-11 in torchvision's form, with or without batch norm.

It differs from its look-alikes: its biggest part is three dense layers on a map of 7 x 7, to which
any other size is averaged (Keras' VGG-16 and 19 flatten whatever the size gives); its
convolutions have biases also before batch norm.

A layer's name is its module's: `features.0`, `classifier.6`.

Source: Simonyan and Zisserman 2014 (arXiv 1409.1556), configuration A, in the form of torchvision.
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
    last_layer,
    make_model,
    pool,
    regularizer,
    with_parents,
)
from training.networks.plan import ModelPlan
from training.networks.torch_names import module_names

# Filters of the convolutions; None is a maximum over 2 x 2.
_FEATURES = (64, None, 128, None, 256, 256, None, 512, 512, None, 512, 512, None)
_MAP_SIDE = 7
_DENSE_UNITS = 4096
_DROPOUT = 0.5
_BATCH_NORM_MOMENTUM = 0.9
_BATCH_NORM_EPSILON = 1e-5

Tensor = Any


def build_vgg11(plan: ModelPlan, *, batch_norm: bool) -> keras.Model:
    """Build the network.

    Args:
        plan: of the model; sides of at least 32 pixels.
        batch_norm: after each convolution.
    """
    pictures, x = begin(plan)
    x = _features(plan, x, batch_norm=batch_norm)
    if not plan.head.keeps_own:
        return make_model(plan, pictures, classify(plan, pool(plan, x)))
    x = layers.AdaptiveAveragePooling2D(_MAP_SIDE, name="avgpool")(x)
    # PyTorch flattens channels first.
    x = layers.Permute((3, 1, 2), name="channels_first")(x)
    x = layers.Flatten(name="flatten")(x)
    dropout = _DROPOUT if plan.head.dropout is None else plan.head.dropout
    for module in (0, 3):
        x = layers.Dense(
            _DENSE_UNITS,
            activation="relu",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            kernel_regularizer=regularizer(plan),
            name=f"classifier.{module}",
        )(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"classifier.{module + 2}")(x)
    layer = LogitsLayer("classifier.6", initializer=keras.initializers.RandomNormal(stddev=0.01))
    return make_model(plan, pictures, with_parents(plan, last_layer(plan, x, layer)))


def checkpoint_names(model: keras.Model) -> dict[str, str]:
    """Return the name of each variable in torchvision's state dict, by its path in the model.

    Kernels of convolutions are HWIO here and OIHW there, those of dense layers transposed.

    Example:
        >>> checkpoint_names(model)["features.0/kernel"]  # doctest: +SKIP
        'features.0.weight'
    """
    return module_names(model)


def _features(plan: ModelPlan, x: Tensor, *, batch_norm: bool) -> Tensor:
    """Return the last feature map; modules are numbered as torchvision numbers them."""
    module = 0
    for place, filters in enumerate(_FEATURES):
        if filters is None:
            name = FEATURE_MAP if place == len(_FEATURES) - 1 else f"features.{module}"
            x = layers.MaxPooling2D(2, name=name)(x)
            module += 1
            continue
        x = layers.Conv2D(
            filters,
            3,
            padding="same",
            kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
            kernel_regularizer=regularizer(plan),
            name=f"features.{module}",
        )(x)
        if batch_norm:
            module += 1
            x = layers.BatchNormalization(
                momentum=_BATCH_NORM_MOMENTUM, epsilon=_BATCH_NORM_EPSILON, name=f"features.{module}"
            )(x)
        x = layers.ReLU(name=f"features.{module + 1}")(x)
        module += 2
    return x
