"""All numbers of one evaluated split as plain values, ready for `metrics.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from evaluation.binary import binary_metrics
from evaluation.intervals import Proportion, wilson_interval
from evaluation.metrics import (
    ClassMetrics,
    Counts,
    accuracy_of,
    count_binary_confusions,
    count_confusions,
    macro_average,
    metrics_by_class,
    metrics_of_counts,
)
from evaluation.ranking import Ranking, rank_classes
from foundation.errors import EvaluationError

if TYPE_CHECKING:
    from inference.predictor import RecordPredictions

# Of the probability from which a class of a multi-label task counts as predicted.
THRESHOLD = 0.5

Flags = npt.NDArray[np.bool_]


def summarise_single_label(
    predictions: RecordPredictions, classes: Sequence[str], *, positive_class: str | None = None
) -> dict[str, Any]:
    """Return the numbers of a task where a record has one class.

    Args:
        predictions: of every record of a split; a true label below 0 means that none is known.
        classes: K names in index order.
        positive_class: for two-class tasks; the second class when not given.

    Raises:
        EvaluationError: no record has a label, or a probability is no number.
    """
    probabilities = _checked_probabilities(predictions, classes)
    labelled = labelled_records(predictions)
    true = np.asarray(predictions.true_labels)[labelled].astype(np.int64)
    confusions = count_confusions(true, probabilities[labelled].argmax(axis=1), len(classes))
    multi_hot = np.eye(len(classes), dtype=bool)[true]
    binary = binary_metrics(confusions, classes, positive_class=positive_class) if len(classes) == 2 else None
    return {
        "accuracy": _interval_entry(accuracy_of(confusions)),
        **_shared_entries(
            metrics_by_class(confusions, classes),
            rank_classes(multi_hot, probabilities[labelled], classes),
        ),
        "binary": asdict(binary) if binary else None,
        "confusion_matrix": {"rows": "true", "columns": "predicted", "counts": confusions.tolist()},
        **count_records(predictions),
    }


def summarise_multi_label(predictions: RecordPredictions, classes: Sequence[str]) -> dict[str, Any]:
    """Return the numbers of a task where a record has any number of classes.

    A class counts as predicted from a probability of 0.5. A label that is not known enters no count of its
    class. A record counts for the subset accuracy when each of its known labels is predicted right.

    Raises:
        EvaluationError: no record has a label, or a probability is no number.
    """
    probabilities = _checked_probabilities(predictions, classes)
    known = np.asarray(predictions.mask).astype(bool)
    true = np.asarray(predictions.true_labels).astype(bool)
    predicted = probabilities >= THRESHOLD
    labelled = labelled_records(predictions)
    right = ((predicted == true) | ~known).all(axis=1) & labelled
    counts = [count_binary_confusions(true[k, i], predicted[k, i]) for i, k in enumerate(known.T)]
    return {
        "subset_accuracy": {
            **_interval_entry(wilson_interval(int(right.sum()), int(labelled.sum()))),
            "meaning": "share of records with every known label predicted right",
        },
        "threshold": THRESHOLD,
        **_shared_entries(
            _metrics_of_each(classes, counts), rank_classes(true, probabilities, classes, known=known)
        ),
        "binary": None,
        "confusion_counts": {
            "columns": ["true negative", "false positive", "false negative", "true positive"],
            "counts": [each.tolist() for each in counts],
        },
        **count_records(predictions),
    }


def labelled_records(predictions: RecordPredictions) -> Flags:
    """Return which records have at least one known label, shape [n].

    Raises:
        EvaluationError: none has.
    """
    true = np.asarray(predictions.true_labels)
    labelled: Flags = np.any(np.asarray(predictions.mask).astype(bool), axis=1)
    if true.ndim == 1:
        labelled = labelled & (true >= 0)
    if not labelled.any():
        raise EvaluationError(
            "No record of the split has a label, so there is nothing to compare with. "
            "Pack a folder with labels, or run `dicomill predict` instead."
        )
    return labelled


def count_records(predictions: RecordPredictions) -> dict[str, Any]:
    """Return what the split consists of, and what that means for the interval, in words."""
    labelled = labelled_records(predictions)
    patients = Counter(key for key in predictions.patient_keys if key)
    pictures = Counter(predictions.frame_sha256)
    num_records = len(predictions.names)
    shared = sum(count for count in patients.values() if count > 1)
    notes = []
    if shared:
        notes.append(
            f"{shared} of {num_records} records come from a patient with more than one record "
            f"({len(patients)} patients known). The intervals are per image and take images as independent, "
            "so they are narrower than intervals per patient would be."
        )
    if num_records > len(pictures):
        notes.append(f"{num_records - len(pictures)} records repeat the picture of another record.")
    if not labelled.all():
        notes.append(f"{num_records - int(labelled.sum())} records have no known label and enter no number.")
    return {
        "num_records": num_records,
        "num_labelled": int(labelled.sum()),
        "num_patients": len(patients) if patients else None,
        "num_records_without_patient": num_records - sum(patients.values()),
        "num_distinct_pictures": len(pictures),
        "notes": notes,
    }


def without_nan(value: Any) -> Any:
    """Return plain values with None where a number is not finite, as JSON has no NaN.

    Example:
        >>> without_nan({"roc_auc": float("nan"), "counts": (1, 2)})
        {'roc_auc': None, 'counts': [1, 2]}
    """
    if isinstance(value, dict):
        return {key: without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _checked_probabilities(predictions: RecordPredictions, classes: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the probabilities as float64 [n, K], or say what is wrong with them."""
    probabilities = np.asarray(predictions.probabilities, dtype=np.float64)
    expected = (len(predictions.names), len(classes))
    if probabilities.shape != expected:
        raise EvaluationError(
            f"Expected probabilities of shape {expected}, one row a record and one column a class. "
            f"Received: {probabilities.shape}."
        )
    if not np.isfinite(probabilities).all():
        raise EvaluationError(
            "The model gave probabilities that are no numbers: its training has diverged. "
            "Train again with a smaller learning rate."
        )
    return probabilities


def _metrics_of_each(classes: Sequence[str], counts: Sequence[Counts]) -> tuple[ClassMetrics, ...]:
    """Return each class's numbers from its own [TN, FP, FN, TP]."""
    return tuple(
        metrics_of_counts(
            name,
            true_positives=int(each[3]),
            false_positives=int(each[1]),
            false_negatives=int(each[2]),
        )
        for name, each in zip(classes, counts, strict=True)
    )


def _shared_entries(by_class: Sequence[ClassMetrics], ranking: Ranking) -> dict[str, Any]:
    """Return the entries that single-label and multi-label tasks have in common."""
    return {
        "by_class": [
            {
                **asdict(found),
                "roc_auc": ranked.roc_auc,
                "roc_auc_undefined_because": ranked.reason,
                "num_negative": ranked.num_negative,
            }
            for found, ranked in zip(by_class, ranking.by_class, strict=True)
        ],
        "macro": {
            "meaning": "plain mean over the classes where the number is defined",
            "precision": asdict(macro_average([found.precision.value for found in by_class])),
            "recall": asdict(macro_average([found.recall.value for found in by_class])),
            "f1": asdict(macro_average([found.f1 for found in by_class])),
            "roc_auc": asdict(ranking.macro),
        },
    }


def _interval_entry(share: Proportion) -> dict[str, Any]:
    """Return a proportion with what its interval is."""
    return {**asdict(share), "interval": "Wilson score, per image"}
