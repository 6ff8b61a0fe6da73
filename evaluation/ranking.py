"""How well probabilities order the records: areas under the ROC curve, one class against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from evaluation.metrics import MacroAverage, macro_average


@dataclass(frozen=True)
class ClassRanking:
    """One class's area under the ROC curve.

    Attributes:
        name: the class.
        roc_auc: 0..1; NaN when it is not defined.
        reason: why it is not defined, in words; None when it is.
        num_positive: records that have the class.
        num_negative: records that do not.
    """

    name: str
    roc_auc: float
    reason: str | None
    num_positive: int
    num_negative: int


@dataclass(frozen=True)
class Ranking:
    """The areas of all classes and their mean over those where one is defined."""

    by_class: tuple[ClassRanking, ...]
    macro: MacroAverage


def rank_classes(
    true: npt.NDArray[np.bool_],
    probabilities: npt.NDArray[np.float64],
    classes: Sequence[str],
    *,
    known: npt.NDArray[np.bool_] | None = None,
) -> Ranking:
    """Return each class's ROC-AUC against the rest, and the macro mean over the classes that have one.

    Args:
        true: multi-hot labels, shape [n, K].
        probabilities: shape [n, K].
        classes: K names in index order.
        known: where a label is known, shape [n, K]; everywhere when not given.

    Example:
        >>> found = rank_classes(np.array([[True], [False]]), np.array([[0.9], [0.2]]), ["Mass"])
        >>> found.by_class[0].roc_auc
        1.0
    """
    known = np.ones(true.shape, dtype=bool) if known is None else known
    by_class = tuple(
        rank_class(name, true[known[:, index], index], probabilities[known[:, index], index])
        for index, name in enumerate(classes)
    )
    return Ranking(by_class, macro_average([found.roc_auc for found in by_class]))


def rank_class(
    name: str, true: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float64]
) -> ClassRanking:
    """Return one class's ROC-AUC; NaN with a reason when all its labels are alike.

    Example:
        >>> rank_class("Mass", np.array([False]), np.array([0.2])).reason
        'no record of the split has this class'
    """
    num_positive = int(true.sum())
    num_negative = int(true.size) - num_positive
    reason = _why_undefined(num_positive, num_negative)
    area = nan if reason else float(roc_auc_score(true, probabilities))
    return ClassRanking(name, area, reason, num_positive, num_negative)


def _why_undefined(num_positive: int, num_negative: int) -> str | None:
    """Say why an order cannot be judged, or None when it can."""
    if num_positive and num_negative:
        return None
    if num_positive:
        return "every record of the split has this class"
    return "no record of the split has this class" if num_negative else "no label of this class is known"
