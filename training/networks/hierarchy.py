"""Hierarchical labels: logits whose probabilities never exceed those of their parents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

Tensor = Any


def chain_to_parents(logits: Tensor, parents: Sequence[int | None]) -> Tensor:
    """Turn each class's own logit, given its parent, into the logit of class and parent together.

    A child's probability is p = sigmoid(its logit) * (its parent's p). In logits, with a of the child
    and b of the parent: -log(exp(-a) + exp(-b) + exp(-a-b)), which neither overflows nor cancels.

    Args:
        logits: [batch, classes].
        parents: index of each class's parent, or None; without cycles.

    Returns:
        Logits of the same shape; a root's are unchanged.

    Source: Chen et al., Deep Hierarchical Multi-label Classification of Chest X-ray Images, 2019,
    section 3.1 (the probability of a path is the product along it).
    """
    depths = [_depth(index, parents) for index in range(len(parents))]
    for depth in range(1, max(depths, default=0) + 1):
        # Every class beside those of this depth is its own parent here, and stays as it is.
        here = [this == depth for this in depths]
        above = [
            parent if changes and parent is not None else index
            for index, (parent, changes) in enumerate(zip(parents, here, strict=True))
        ]
        parent_logits = ops.take(logits, above, axis=-1)
        both = ops.stack([-logits, -parent_logits, -logits - parent_logits], axis=-1)
        # The minimum keeps the last bit of rounding from lifting a child above its parent.
        chained = ops.minimum(-ops.logsumexp(both, axis=-1), parent_logits)
        logits = ops.where([here], chained, logits)
    return logits


def _depth(index: int, parents: Sequence[int | None]) -> int:
    """Return how many ancestors a class has."""
    parent = parents[index]
    return 0 if parent is None else 1 + _depth(parent, parents)
