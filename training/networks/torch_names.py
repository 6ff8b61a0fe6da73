"""Names of variables in state dicts of PyTorch, for networks whose layers are named as its modules."""

from __future__ import annotations

import keras

from training.networks.heads import network_paths

# The end of a variable's name: Keras' word to PyTorch's.
LEAVES = {
    "beta": "bias",
    "bias": "bias",
    "gamma": "weight",
    "kernel": "weight",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def module_names(model: keras.Model) -> dict[str, str]:
    """Return the name of each variable in a state dict, by its path in the model."""
    return {path: _name_of(path) for path in network_paths(model)}


def _name_of(path: str) -> str:
    """Return a path's name in a state dict.

    Example:
        >>> _name_of("layer1.0.bn1/moving_variance")
        'layer1.0.bn1.running_var'
    """
    layer, leaf = path.rsplit("/", 1)
    return f"{layer}.{LEAVES[leaf]}"
