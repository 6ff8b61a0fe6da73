"""What the networks of TF-slim share: names in checkpoints, and how fresh kernels are drawn."""

from __future__ import annotations

from typing import Any

import keras

from training.networks.heads import network_paths

# The end of a variable's name: Keras' word to TF-slim's. Batch norm's words are the same in both.
_LEAVES = {"kernel": "weights", "bias": "biases"}

# Keras divides a truncated normal by the deviation that truncation leaves it; TF-slim widens the
# variance 2 / fan_in by 1.3 instead.
_TRUNCATED_DEVIATION = 0.87962566103423978
_SLIM_SCALE = 2.0 * 1.3 * _TRUNCATED_DEVIATION**2


def scope_names(model: keras.Model, scope: str) -> dict[str, str]:
    """Return the name of each variable in a checkpoint of TF-slim, by its path in the model.

    Args:
        model: whose layers are named by scopes, with dots for slashes.
        scope: of the whole network.
    """
    return {path: f"{scope}/{_name_of(path)}" for path in network_paths(model)}


def _name_of(path: str) -> str:
    """Return a path's name below the network's scope.

    Example:
        >>> _name_of("block1.unit_1.bottleneck_v2.conv1/kernel")
        'block1/unit_1/bottleneck_v2/conv1/weights'
    """
    layer, leaf = path.rsplit("/", 1)
    return f"{layer.replace('.', '/')}/{_LEAVES.get(leaf, leaf)}"


def slim_initializer() -> Any:
    """Return a truncated normal of deviation sqrt(1.3 * 2 / fan_in).

    Source: TF-slim's variance_scaling_initializer at its defaults.
    """
    return keras.initializers.VarianceScaling(_SLIM_SCALE, "fan_in", "truncated_normal")
