"""LeNet-5, with ReLU and max pooling, adapted to any input size."""

from __future__ import annotations

import math

import keras
from keras import layers

# The dense layers see a map of at most this side; 28 and 32 pixels give the paper's 5 x 5.
_LARGEST_MAP_SIDE = 14


def build_lenet5(
    *, height: int, width: int, channels: int, num_classes: int, weight_decay: float
) -> keras.Model:
    """Build LeNet-5: conv 6, pool, conv 16, pool, dense 120, 84 and the classes.

    Args:
        height: of the input, at least 28 pixels.
        width: of the input, at least 28 pixels.
        channels: 1 or 3.
        num_classes: number of logits.
        weight_decay: L2 on kernels, as weight_decay * sum(w^2) / 2.

    The first convolution pads, as is usual for 28-pixel digits (the paper's pictures came padded
    to 32). Inputs larger than about 60 pixels are averaged down before the dense layers, which
    would otherwise hold millions of weights.

    Source: LeCun et al. 1998, section II.B.
    """
    regularizer = keras.regularizers.L2(weight_decay / 2) if weight_decay else None

    def dense(units: int, name: str, activation: str | None) -> layers.Layer:
        return layers.Dense(units, activation=activation, kernel_regularizer=regularizer, name=name)

    def convolution(filters: int, name: str, padding: str) -> layers.Layer:
        return layers.Conv2D(
            filters, 5, padding=padding, activation="relu", kernel_regularizer=regularizer, name=name
        )

    pictures = keras.Input((height, width, channels), name="pictures")
    x = layers.Rescaling(1 / 255, name="input_treatment")(pictures)
    x = convolution(6, "conv1", "same")(x)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = convolution(16, "feature_map", "valid")(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    window = tuple(math.ceil(side / _LARGEST_MAP_SIDE) for side in x.shape[1:3])
    if max(window) > 1:
        x = layers.AveragePooling2D(window, name="pool3")(x)
    x = layers.Flatten(name="flatten")(x)
    x = dense(120, "dense1", "relu")(x)
    x = dense(84, "dense2", "relu")(x)
    logits = dense(num_classes, "logits", None)(x)
    return keras.Model(pictures, logits, name="lenet5")
