"""Names of Inception v4's variables in timm's state dict, whose modules are numbered and not named."""

from __future__ import annotations

import keras

from training.networks.heads import network_paths
from training.networks.torch_names import LEAVES

# Blocks in the order in which timm numbers them.
_BLOCKS = (
    *("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Mixed_3a", "Mixed_4a", "Mixed_5a"),
    *(f"Mixed_5{letter}" for letter in "bcde"),
    *(f"Mixed_6{letter}" for letter in "abcdefgh"),
    *(f"Mixed_7{letter}" for letter in "abcd"),
)
# The only convolution of these blocks beside their pooling.
_SINGLE = ("Mixed_3a", "Mixed_5a")
_BLOCKS_C = ("Mixed_7b", "Mixed_7c", "Mixed_7d")
# What stands for the number of a convolution in a branch that splits, by its tag.
_SPLIT = {
    "Branch_1": {"0a": "_0", "0b": "_1a", "0c": "_1b"},
    "Branch_2": {"0a": "_0", "0b": "_1", "0c": "_2", "0d": "_3a", "0e": "_3b"},
}
_POOLING_BRANCH = "Branch_3"


def inception_v4_names(model: keras.Model) -> dict[str, str]:
    """Return the name of each variable in timm's `inception_v4`, by its path in our `inception_v4`.

    timm's batch norm has gammas, all ones, which ours has not: the tensors `*.bn.weight` stand for
    nothing here and may be left only while they are ones. There is no auxiliary classifier; its
    variables are left out, and so are those of a head of ours.
    """
    paths = [path for path in network_paths(model) if not path.startswith("AuxLogits.")]
    branches: dict[str, list[str]] = {}
    for path in paths:
        layer, leaf = path.rsplit("/", 1)
        if leaf == "kernel" and ".Conv2d_" in layer:
            branch, _, convolution = layer.rpartition(".")
            branches.setdefault(branch, []).append(convolution)
    # Tags in a branch run 0a, 0b, ..., 1a in the order of the computation.
    orders = {branch: sorted(convolutions) for branch, convolutions in branches.items()}
    return {path: _name_of(path, orders) for path in paths}


def _name_of(path: str, orders: dict[str, list[str]]) -> str:
    layer, leaf = path.rsplit("/", 1)
    if layer == "Logits.Logits":
        return f"last_linear.{LEAVES[leaf]}"
    convolution = layer.removesuffix(".BatchNorm")
    kind = "conv" if convolution == layer else "bn"
    block = convolution.split(".")[0]
    module = f"features.{_BLOCKS.index(block)}{_place_of(convolution, block, orders)}"
    return f"{module}.{kind}.{LEAVES[leaf]}"


def _place_of(convolution: str, block: str, orders: dict[str, list[str]]) -> str:
    """Return where in its block a convolution stands."""
    if convolution == block:
        return ""
    if block in _SINGLE:
        return ".conv"
    branch, _, name = convolution.rpartition(".")
    side = branch.split(".")[1]
    place = ".branch" + side.removeprefix("Branch_")
    if block in _BLOCKS_C and side in _SPLIT:
        return place + _SPLIT[side][name.split("_")[1]]
    order = orders[branch]
    if len(order) == 1 and side != _POOLING_BRANCH:
        return place
    # The pooling is number 0 of its branch.
    return f"{place}.{order.index(name) + (side == _POOLING_BRANCH)}"
