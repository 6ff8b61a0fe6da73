"""Counts of right and wrong, and what follows from them, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import numpy.typing as npt

from evaluation.intervals import Proportion, wilson_interval
from foundation.errors import EvaluationError

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClassMetrics:
    """How one class fared.

    Attributes:
        name: the class.
        precision: of the records predicted as it, the share that is; NaN when none was predicted.
        recall: of the records that are it, the share predicted so; NaN when there is none.
        f1: harmonic mean of both; NaN when the class neither occurs nor was predicted.
        support: number of records that are of the class.
        num_predicted: number of records predicted as it.
    """

    name: str
    precision: Proportion
    recall: Proportion
    f1: float
    support: int
    num_predicted: int


@dataclass(frozen=True)
class MacroAverage:
    """A plain mean over the classes where a number is defined.

    Attributes:
        value: the mean; NaN when it is defined for no class.
        num_classes: how many classes entered the mean.
    """

    value: float
    num_classes: int


def count_confusions(true_indices: Counts, predicted_indices: Counts, num_classes: int) -> Counts:
    """Return the confusion matrix, rows true and columns predicted.

    Args:
        true_indices: class indices, shape [n].
        predicted_indices: class indices, shape [n].
        num_classes: size of the square matrix.

    Raises:
        EvaluationError: the lengths differ or an index is no class.

    Example:
        >>> count_confusions(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
        [[1, 0], [1, 1]]
    """
    true_indices, predicted_indices = np.asarray(true_indices), np.asarray(predicted_indices)
    if true_indices.shape != predicted_indices.shape or true_indices.ndim != 1:
        raise EvaluationError(
            "True and predicted classes must be two lists of one length. "
            f"Received: shapes {true_indices.shape} and {predicted_indices.shape}."
        )
    both = np.concatenate([true_indices, predicted_indices])
    if both.size and (both.min() < 0 or both.max() >= num_classes):
        raise EvaluationError(
            f"Class indices must lie within 0..{num_classes - 1}. Received: {both.min()}..{both.max()}."
        )
    cells = true_indices.astype(np.int64) * num_classes + predicted_indices
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes).astype(np.int64)


def count_binary_confusions(true: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> Counts:
    """Return one class's counts as [true negatives, false positives, false negatives, true positives].

    Example:
        >>> count_binary_confusions(np.array([True, False]), np.array([True, True])).tolist()
        [0, 1, 0, 1]
    """
    return count_confusions(true.astype(np.int64), predicted.astype(np.int64), 2).ravel()


def accuracy_of(confusions: Counts) -> Proportion:
    """Return the share of the matrix that lies on its diagonal, with its interval.

    Example:
        >>> accuracy_of(np.array([[9, 1], [1, 15]])).successes
        24
    """
    return wilson_interval(int(np.trace(confusions)), int(confusions.sum()))


def metrics_of_counts(
    name: str, *, true_positives: int, false_positives: int, false_negatives: int
) -> ClassMetrics:
    """Return precision, recall and F1 of one class from its counts.

    Example:
        >>> round(metrics_of_counts("Chest", true_positives=3, false_positives=1, false_negatives=0).f1, 4)
        0.8571
    """
    support, num_predicted = true_positives + false_negatives, true_positives + false_positives
    total = support + num_predicted
    return ClassMetrics(
        name=name,
        precision=wilson_interval(true_positives, num_predicted),
        recall=wilson_interval(true_positives, support),
        f1=2 * true_positives / total if total else nan,
        support=support,
        num_predicted=num_predicted,
    )


def metrics_by_class(confusions: Counts, classes: Sequence[str]) -> tuple[ClassMetrics, ...]:
    """Return each class's numbers from a confusion matrix, in class order.

    Example:
        >>> [found.support for found in metrics_by_class(np.array([[9, 1], [1, 15]]), ["no", "yes"])]
        [10, 16]
    """
    hits = np.diag(confusions)
    missed, extra = confusions.sum(axis=1) - hits, confusions.sum(axis=0) - hits
    return tuple(
        metrics_of_counts(
            name,
            true_positives=int(hits[index]),
            false_positives=int(extra[index]),
            false_negatives=int(missed[index]),
        )
        for index, name in enumerate(classes)
    )


def macro_average(values: Sequence[float]) -> MacroAverage:
    """Return the mean of the values that are numbers, and how many those were.

    Example:
        >>> macro_average([1.0, 0.5, float("nan")])
        MacroAverage(value=0.75, num_classes=2)
    """
    defined = [value for value in values if not isnan(value)]
    return MacroAverage(sum(defined) / len(defined) if defined else nan, len(defined))
