"""LeNet-5, with ReLU and max pooling, adapted to any input size."""

from __future__ import annotations

import math

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

# The dense layers see a map of at most this side; 28 and 32 pixels give the paper's 5 x 5.
_LARGEST_MAP_SIDE = 14


def build_lenet5(plan: ModelPlan) -> keras.Model:
    """Build LeNet-5: conv 6, pool, conv 16, pool, dense 120, 84 and the classes.

    The first convolution pads, as is usual for 28-pixel digits (the paper's pictures came padded
    to 32). Inputs larger than about 60 pixels are averaged down before the dense layers, which
    would otherwise hold millions of weights.

    Args:
        plan: of the model; sides of at least 28 pixels.

    Source: LeCun et al. 1998, section II.B.
    """

    def convolution(filters: int, name: str, padding: str) -> layers.Layer:
        return layers.Conv2D(
            filters, 5, padding=padding, activation="relu", kernel_regularizer=regularizer(plan), name=name
        )

    pictures, x = begin(plan)
    x = convolution(6, "conv1", "same")(x)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = convolution(16, FEATURE_MAP, "valid")(x)
    if not plan.head.keeps_own:
        return make_model(plan, pictures, classify(plan, pool(plan, x)))
    x = layers.MaxPooling2D(2, name="pool2")(x)
    window = tuple(math.ceil(side / _LARGEST_MAP_SIDE) for side in x.shape[1:3])
    if max(window) > 1:
        x = layers.AveragePooling2D(window, name="pool3")(x)
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate((120, 84), start=1):
        x = layers.Dense(
            units, activation="relu", kernel_regularizer=regularizer(plan), name=f"dense{number}"
        )(x)
        if plan.head.dropout:
            x = layers.Dropout(plan.head.dropout, name=f"head_dropout_{number}")(x)
    return make_model(plan, pictures, with_parents(plan, last_layer(plan, x, LogitsLayer())))
