"""ResNet in torchvision's form: 18, 34, 50, 101 and 152 layers.

It differs from its look-alikes: no convolution has a bias, batch norm and ReLU follow the stem's
convolution, stride 2 stands on the 3x3 convolution of the first unit of layers 2 to 4 (the paper has
it on the 1x1; this is also called v1.5), everything pads alike on both sides, and a shortcut is
projected, with batch norm, only where the shape changes: 18 and 34 have no projection in layer 1.

A layer's name is its module's: `layer1.0.downsample.1`.

Source: He et al. 2015 (arXiv 1512.03385), in the form of torchvision.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from foundation.errors import ConfigError
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
from training.networks.torch_names import module_names

# Number of units in each of the four layers.
UNITS: dict[int, tuple[int, int, int, int]] = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
_SMALLEST_BOTTLENECK_SIZE = 50
_FILTERS = (64, 128, 256, 512)
# PyTorch's momentum is the share of the new value, Keras' that of the old one.
_BATCH_NORM_MOMENTUM = 0.9
_BATCH_NORM_EPSILON = 1e-5

# Which modules train in each stage of unfreezing. Source: NIH multi-label classification, stages 1 to 4.
STAGES: dict[int, tuple[str, ...]] = {
    1: ("layer2", "layer3", "layer4", "fc"),
    2: ("layer3", "layer4", "fc"),
    3: ("layer4", "fc"),
    4: ("fc",),
}

Tensor = Any


def build_resnet_torchvision(plan: ModelPlan, *, size: int) -> keras.Model:
    """Build the network.

    Args:
        plan: of the model; sides of at least 32 pixels.
        size: a key of UNITS.
    """
    pictures, x = begin(plan)
    x = _convolution(plan, x, 64, kernel=7, stride=2, name="conv1")
    x = layers.ReLU(name="relu")(_norm(x, "bn1"))
    # After ReLU a padding of zeros and one of minus infinity have the same maximum.
    x = layers.ZeroPadding2D(1, name="maxpool.pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="maxpool")(x)
    for layer, (num_units, filters) in enumerate(zip(UNITS[size], _FILTERS, strict=True), start=1):
        for unit in range(num_units):
            stride = 2 if unit == 0 and layer > 1 else 1
            name = f"layer{layer}.{unit}"
            is_last = layer == len(_FILTERS) and unit == num_units - 1
            x = _unit(plan, x, _shape_of_unit(size, filters, stride), name=name)
            x = layers.ReLU(name=FEATURE_MAP if is_last else f"{name}.relu")(x)
    return make_model(plan, pictures, classify(plan, pool(plan, x), layer=LogitsLayer("fc")))


def checkpoint_names(model: keras.Model) -> dict[str, str]:
    """Return the name of each variable in torchvision's state dict, by its path in the model.

    Kernels of convolutions are HWIO here and OIHW there, those of dense layers transposed.

    Example:
        >>> checkpoint_names(model)["bn1/moving_mean"]  # doctest: +SKIP
        'bn1.running_mean'
    """
    return module_names(model)


def freeze_to_stage(model: keras.Model, stage: int) -> None:
    """Let only the modules of a stage train; batch norm of the others keeps its statistics, too.

    Args:
        model: of this family.
        stage: a key of STAGES.

    Raises:
        ConfigError: no such stage.
    """
    if stage not in STAGES:
        raise ConfigError(f"A stage of unfreezing is one of {', '.join(map(str, STAGES))}. Received: {stage}")
    for layer in model.layers:
        # The head stands in the place of `fc`.
        module = "fc" if layer.name.startswith("head_") else layer.name.split(".")[0]
        layer.trainable = module in STAGES[stage]


def _shape_of_unit(size: int, filters: int, stride: int) -> list[tuple[int, int, int]]:
    """Return (filters, kernel, stride) of a unit's convolutions, in order."""
    if size >= _SMALLEST_BOTTLENECK_SIZE:
        return [(filters, 1, 1), (filters, 3, stride), (4 * filters, 1, 1)]
    return [(filters, 3, stride), (filters, 3, 1)]


def _unit(plan: ModelPlan, x: Tensor, convolutions: list[tuple[int, int, int]], *, name: str) -> Tensor:
    """Add one residual unit without its last ReLU."""
    shortcut = x
    filters_out = convolutions[-1][0]
    stride = max(step for _, _, step in convolutions)
    if stride > 1 or x.shape[-1] != filters_out:
        shortcut = _convolution(plan, x, filters_out, kernel=1, stride=stride, name=f"{name}.downsample.0")
        shortcut = _norm(shortcut, f"{name}.downsample.1")
    for number, (filters, kernel, step) in enumerate(convolutions, start=1):
        x = _convolution(plan, x, filters, kernel=kernel, stride=step, name=f"{name}.conv{number}")
        x = _norm(x, f"{name}.bn{number}")
        if number < len(convolutions):
            x = layers.ReLU(name=f"{name}.relu{number}")(x)
    return layers.Add(name=f"{name}.add")([x, shortcut])


def _convolution(plan: ModelPlan, x: Tensor, filters: int, *, kernel: int, stride: int, name: str) -> Tensor:
    """Convolve with (kernel - 1) / 2 zeros on each side, whatever the stride."""
    if stride > 1 and kernel > 1:
        x = layers.ZeroPadding2D((kernel - 1) // 2, name=f"{name}.pad")(x)
    return layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="valid" if stride > 1 else "same",
        use_bias=False,
        kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
        kernel_regularizer=regularizer(plan),
        name=name,
    )(x)


def _norm(x: Tensor, name: str) -> Tensor:
    """Normalise over the batch."""
    return layers.BatchNormalization(momentum=_BATCH_NORM_MOMENTUM, epsilon=_BATCH_NORM_EPSILON, name=name)(x)
