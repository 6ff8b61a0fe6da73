"""Losses and the count of right answers: one number a record, summed and divided by the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

Tensor = Any
# From logits, targets and mask, each [batch, classes], to one number a record [batch].
RecordFunction = Callable[[Tensor, Tensor, Tensor], Tensor]


def softmax_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Return -sum(targets * log softmax(logits)) of each record; the mask plays no part.

    Args:
        logits: [batch, classes].
        targets: one-hot, or any distribution over the classes.
        mask: taken so that all losses are called alike.
    """
    del mask
    return -ops.sum(targets * ops.log_softmax(logits, axis=-1), axis=-1)


def sigmoid_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Return the binary cross-entropy of each record, averaged over its known classes.

    Args:
        logits: [batch, classes].
        targets: 0 or 1 for each class.
        mask: 1 where the label is known; a record without any known label gives 0.
    """
    # max(x, 0) - x t + log(1 + e^-|x|): no logarithm of a rounded zero
    each = ops.relu(logits) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(each * mask, axis=-1) / ops.maximum(ops.sum(mask, axis=-1), 1.0)


def count_top_class(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Return 1 for each record whose largest logit is its class, else 0."""
    del mask
    return ops.cast(ops.equal(ops.argmax(logits, axis=-1), ops.argmax(targets, axis=-1)), "float32")


def count_right_classes(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Return the share of each record's known classes that lie on the right side of probability 0.5."""
    right = ops.cast(ops.equal(logits > 0.0, targets > 0.5), "float32")
    return ops.sum(right * mask, axis=-1) / ops.maximum(ops.sum(mask, axis=-1), 1.0)


LOSSES: dict[str, RecordFunction] = {
    "sigmoid_cross_entropy": sigmoid_cross_entropy,
    "softmax_cross_entropy": softmax_cross_entropy,
}

# By kind of record set: the loss, and what its accuracy counts.
BY_KIND: dict[str, tuple[RecordFunction, RecordFunction]] = {
    "multi_label": (sigmoid_cross_entropy, count_right_classes),
    "single_label": (softmax_cross_entropy, count_top_class),
}
