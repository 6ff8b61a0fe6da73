"""One row a record."""

import csv
import io
import json
from dataclasses import replace

import numpy as np

from evaluation.cases import cases_table
from inference.predictor import RecordPredictions


def rows_of(text: str) -> list[dict[str, str]]:
    """Return the rows as a reader of the file gets them."""
    return list(csv.DictReader(io.StringIO(text)))


def test_each_record_has_one_row_in_order(single_label: RecordPredictions) -> None:
    """Names, class names and probabilities stand side by side."""
    rows = rows_of(cases_table(single_label, ["no", "yes"]))
    assert [row["name"] for row in rows] == single_label.names
    assert [row["correct"] for row in rows] == ["1", "1", "0", "1"]
    assert rows[2] == {
        "name": "c",
        "true": "yes",
        "predicted": "no",
        "correct": "0",
        "probability_no": "0.7",
        "probability_yes": "0.3",
    }


def test_a_record_without_a_label_is_neither_right_nor_wrong(single_label: RecordPredictions) -> None:
    """Unknown is blank."""
    row = rows_of(cases_table(replace(single_label, true_labels=np.array([-1, 1, 1, 0])), ["no", "yes"]))[0]
    assert (row["true"], row["predicted"], row["correct"]) == ("", "no", "")


def test_several_labels_are_lists_that_no_class_name_can_break(multi_label: RecordPredictions) -> None:
    """Class names with bars, commas and quotes come back whole."""
    classes = ["x|y", 'a,"b"', "Größe"]
    rows = rows_of(cases_table(multi_label, classes))
    assert json.loads(rows[2]["true"]) == classes[:2]
    assert json.loads(rows[2]["predicted"]) == ["x|y", "Größe"]
    assert json.loads(rows[1]["unknown"]) == ['a,"b"']
    assert [row["correct"] for row in rows] == ["1", "1", "0"]


def test_a_record_with_no_known_label_at_all_is_blank(multi_label: RecordPredictions) -> None:
    """Nothing known, nothing judged."""
    rows = rows_of(cases_table(replace(multi_label, mask=np.zeros((3, 3), bool)), ["x", "y", "z"]))
    assert {row["correct"] for row in rows} == {""}
