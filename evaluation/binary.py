"""Two-class tasks: sensitivity, specificity and kappa, with the positive class said by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from evaluation.intervals import Proportion, wilson_interval
from evaluation.metrics import Counts
from foundation.errors import EvaluationError, UnknownNameError
from foundation.registries import unknown_name_message


@dataclass(frozen=True)
class BinaryMetrics:
    """What a reader of a two-class test asks for.

    Attributes:
        positive_class: the class whose finding counts as positive.
        sensitivity: of the positive records, the share predicted positive.
        specificity: of the negative records, the share predicted negative.
        kappa: agreement beyond chance; NaN when chance alone explains all.
        true_negatives: count.
        false_positives: count.
        false_negatives: count.
        true_positives: count.
    """

    positive_class: str
    sensitivity: Proportion
    specificity: Proportion
    kappa: float
    true_negatives: int
    false_positives: int
    false_negatives: int
    true_positives: int


def binary_metrics(
    confusions: Counts, classes: Sequence[str], *, positive_class: str | None = None
) -> BinaryMetrics:
    """Return the numbers of a two-class task.

    Args:
        confusions: shape [2, 2], rows true and columns predicted.
        classes: the two names in index order.
        positive_class: one of them; the second when not given, as 1 is "yes" in most label tables.

    Raises:
        EvaluationError: the task does not have two classes.
        UnknownNameError: `positive_class` is neither of them.

    Example:
        >>> found = binary_metrics(np.array([[9, 1], [1, 15]]), ["no", "yes"])
        >>> found.positive_class, found.sensitivity.value, found.specificity.value
        ('yes', 0.9375, 0.9)
    """
    if confusions.shape != (2, 2) or len(classes) != 2:
        raise EvaluationError(f"Sensitivity needs a task of two classes. Received: {len(classes)} classes.")
    positive_name = classes[1] if positive_class is None else positive_class
    if positive_name not in classes:
        raise UnknownNameError(unknown_name_message(classes, positive_name, kind="class"))
    positive = list(classes).index(positive_name)
    negative = 1 - positive
    true_negatives, false_positives = int(confusions[negative, negative]), int(confusions[negative, positive])
    false_negatives, true_positives = int(confusions[positive, negative]), int(confusions[positive, positive])
    return BinaryMetrics(
        positive_class=positive_name,
        sensitivity=wilson_interval(true_positives, true_positives + false_negatives),
        specificity=wilson_interval(true_negatives, true_negatives + false_positives),
        kappa=cohen_kappa(confusions),
        true_negatives=true_negatives,
        false_positives=false_positives,
        false_negatives=false_negatives,
        true_positives=true_positives,
    )


def cohen_kappa(confusions: Counts) -> float:
    """Return Cohen's kappa of a square confusion matrix: (observed - chance) / (1 - chance).

    Source: J. Cohen, A Coefficient of Agreement for Nominal Scales, Educational and Psychological Measurement
    20 (1960) 37-46.

    Example:
        >>> round(cohen_kappa(np.array([[9, 1], [1, 15]])), 4)
        0.8375
    """
    total = int(confusions.sum())
    if total == 0:
        return nan
    observed = np.trace(confusions) / total
    chance = float(confusions.sum(axis=0) @ confusions.sum(axis=1)) / total**2
    return float((observed - chance) / (1 - chance)) if chance < 1 else nan
