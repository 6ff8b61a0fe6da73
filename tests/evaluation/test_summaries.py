"""All numbers of a split."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evaluation.summaries import summarise_multi_label, summarise_single_label, without_nan
from foundation.errors import EvaluationError
from inference.predictor import RecordPredictions


def test_a_single_label_split_is_counted_once_a_record(single_label: RecordPredictions) -> None:
    """Three of four right, with the interval, the matrix and the two-class numbers."""
    found = summarise_single_label(single_label, ["no", "yes"])
    assert (found["accuracy"]["successes"], found["accuracy"]["trials"]) == (3, 4)
    assert found["accuracy"]["interval"] == "Wilson score, per image"
    assert found["confusion_matrix"]["counts"] == [[2, 0], [1, 1]]
    assert found["binary"]["positive_class"] == "yes"
    assert found["binary"]["sensitivity"]["value"] == 0.5
    # Both positives (.6, .3) lie above both negatives (.1, .2).
    assert found["macro"]["roc_auc"] == {"value": 1.0, "num_classes": 2}


def test_records_that_share_a_patient_are_said(single_label: RecordPredictions) -> None:
    """The number of patients is given, and that the interval is per image."""
    found = summarise_single_label(single_label, ["no", "yes"])
    assert (found["num_patients"], found["num_records_without_patient"]) == (2, 1)
    assert "2 of 4 records come from a patient with more than one record" in found["notes"][0]
    assert "per image" in found["notes"][0]


def test_one_record_a_patient_needs_no_note(single_label: RecordPredictions) -> None:
    """Nothing is said where nothing is shared."""
    found = summarise_single_label(replace(single_label, patient_keys=["1", "2", "3", "4"]), ["no", "yes"])
    assert (found["num_patients"], found["notes"]) == (4, [])


def test_records_without_a_label_enter_no_number(single_label: RecordPredictions) -> None:
    """A label below 0 is unknown: the record is counted apart."""
    found = summarise_single_label(replace(single_label, true_labels=np.array([0, 1, -1, 0])), ["no", "yes"])
    assert (found["num_records"], found["num_labelled"], found["accuracy"]["value"]) == (4, 3, 1.0)
    assert found["notes"][-1].startswith("1 records have no known label")


def test_three_classes_have_no_binary_numbers(single_label: RecordPredictions) -> None:
    """Sensitivity is for two classes only."""
    predictions = replace(
        single_label, mask=np.ones((4, 3), bool), probabilities=np.eye(4, 3, dtype=np.float32)
    )
    assert summarise_single_label(predictions, ["a", "b", "c"])["binary"] is None


def test_a_multi_label_split_has_subset_accuracy_by_its_name(multi_label: RecordPredictions) -> None:
    """Every known label right: the first record; the unknown label of the second is left out."""
    found = summarise_multi_label(multi_label, ["x", "y", "z"])
    assert "accuracy" not in found
    assert (found["subset_accuracy"]["successes"], found["subset_accuracy"]["trials"]) == (2, 3)
    assert found["confusion_counts"]["counts"] == [[1, 0, 0, 2], [1, 0, 1, 0], [2, 1, 0, 0]]


def test_a_probability_of_one_half_counts_as_predicted(multi_label: RecordPredictions) -> None:
    """The threshold belongs to the positive side."""
    assert summarise_multi_label(multi_label, ["x", "y", "z"])["by_class"][2]["num_predicted"] == 1


def test_a_class_without_positives_is_nan_and_becomes_null(multi_label: RecordPredictions) -> None:
    """Its area is undefined with a reason; the JSON holds null, never NaN."""
    found = summarise_multi_label(multi_label, ["x", "y", "z"])
    assert np.isnan(found["by_class"][2]["roc_auc"])
    text = json.dumps(without_nan(found), allow_nan=False)
    assert '"roc_auc": null, "roc_auc_undefined_because": "no record of the split has this class"' in text
    assert found["macro"]["roc_auc"]["num_classes"] == 2


def test_a_repeated_picture_is_said(multi_label: RecordPredictions) -> None:
    """Two records with one frame hash are one picture."""
    found = summarise_multi_label(multi_label, ["x", "y", "z"])
    assert found["num_distinct_pictures"] == 2
    assert found["num_patients"] is None
    assert found["notes"] == ["1 records repeat the picture of another record."]


def test_a_split_without_labels_is_refused(single_label: RecordPredictions) -> None:
    """There is nothing to compare with."""
    with pytest.raises(EvaluationError, match="nothing to compare with"):
        summarise_single_label(replace(single_label, mask=np.zeros((4, 2), bool)), ["no", "yes"])


def test_a_diverged_model_is_refused(single_label: RecordPredictions) -> None:
    """NaN never becomes the first class by argmax."""
    with pytest.raises(EvaluationError, match="diverged"):
        summarise_single_label(
            replace(single_label, probabilities=np.full((4, 2), np.nan, np.float32)), ["no", "yes"]
        )


def test_probabilities_of_another_shape_are_refused(single_label: RecordPredictions) -> None:
    """A column too few is seen before it is counted."""
    with pytest.raises(EvaluationError, match=r"shape \(4, 3\).*Received: \(4, 2\)"):
        summarise_single_label(single_label, ["a", "b", "c"])
