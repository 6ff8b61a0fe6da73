"""`cases.csv`: one row a record, so that every number can be walked back to its pictures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evaluation.summaries import THRESHOLD

if TYPE_CHECKING:
    from inference.predictor import RecordPredictions


def cases_table(predictions: RecordPredictions, classes: Sequence[str]) -> str:
    """Return the text of `cases.csv`.

    Columns: `name` (the export-relative name, a pseudonym), `true`, `predicted`, `correct` (1, 0, or blank
    without a known label), then `probability_<class>` in class order. In a multi-label task `true` and
    `predicted` are JSON lists of class names, and a column `unknown` lists the classes without a known label.

    Args:
        predictions: of every record of a split.
        classes: K names in index order.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    multi_label = np.asarray(predictions.true_labels).ndim == 2
    head = ["name", "true", "predicted", "correct", *(["unknown"] if multi_label else [])]
    writer.writerow(head + [f"probability_{name}" for name in classes])
    row_of = _multi_label_cells if multi_label else _single_label_cells
    for index, name in enumerate(predictions.names):
        probabilities = np.asarray(predictions.probabilities[index], dtype=np.float64)
        known = np.asarray(predictions.mask[index]).astype(bool)
        cells = row_of(np.asarray(predictions.true_labels[index]), known, probabilities, classes)
        writer.writerow([name, *cells, *(format(float(each), ".6g") for each in probabilities)])
    return stream.getvalue()


def _single_label_cells(
    true: npt.NDArray[np.int64],
    known: npt.NDArray[np.bool_],
    probabilities: npt.NDArray[np.float64],
    classes: Sequence[str],
) -> list[str]:
    """Return true, predicted and correct of one record."""
    predicted = int(probabilities.argmax())
    if int(true) < 0 or not known.any():
        return ["", classes[predicted], ""]
    return [classes[int(true)], classes[predicted], str(int(int(true) == predicted))]


def _multi_label_cells(
    true: npt.NDArray[np.int64],
    known: npt.NDArray[np.bool_],
    probabilities: npt.NDArray[np.float64],
    classes: Sequence[str],
) -> list[str]:
    """Return true, predicted, correct and unknown of one record."""
    predicted = probabilities >= THRESHOLD
    correct = str(int((predicted == true.astype(bool))[known].all())) if known.any() else ""
    return [
        _names_where(true.astype(bool) & known, classes),
        _names_where(predicted, classes),
        correct,
        _names_where(~known, classes),
    ]


def _names_where(chosen: npt.NDArray[np.bool_], classes: Sequence[str]) -> str:
    """Return the chosen classes as a JSON list."""
    names = [name for name, wanted in zip(classes, chosen, strict=True) if wanted]
    return json.dumps(names, ensure_ascii=False)
