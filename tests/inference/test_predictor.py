"""The predictor, and predictions of a record set's split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from foundation.errors import ArtifactError, InferenceError, RecordError, UnknownNameError
from inference.predictor import Predictor, predict_records

pytestmark = pytest.mark.tensorflow


def _pictures(count: int) -> list[NDArray[np.uint8]]:
    """Pictures of several sizes, grey and colour."""
    rng = np.random.default_rng(7)
    shapes = [(8, 8), (31, 17), (12, 9, 3), (5, 40)]
    return [rng.integers(0, 256, shapes[index % len(shapes)], dtype=np.uint8) for index in range(count)]


def test_probabilities_of_a_single_label_artifact_sum_to_one(artifact_path: Path) -> None:
    """One float32 row a picture, whatever its size and channels."""
    probabilities = Predictor(artifact_path).probabilities(_pictures(5))
    assert (probabilities.shape, probabilities.dtype) == ((5, 3), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_the_most_probable_class_is_the_right_one(artifact_path: Path) -> None:
    """The model tells brightness apart, and the class order is the artifact's."""
    predictor = Predictor(artifact_path)
    pictures = [np.full((8, 8), level, np.uint8) for level in (250, 10, 128)]
    predicted = predictor.probabilities(pictures).argmax(axis=1)
    assert [predictor.artifact.classes[index] for index in predicted] == ["bright", "dark", "grey"]


def test_classes_of_a_multi_label_artifact_stand_by_themselves(multi_label_path: Path) -> None:
    """A sigmoid each: at brightness 1/2 the logits are -10, -10 and 0."""
    (row,) = Predictor(multi_label_path).probabilities([np.full((8, 8), 127.5, np.float32)])  # type: ignore[list-item]
    np.testing.assert_allclose(row, [1 / (1 + np.exp(10))] * 2 + [0.5], atol=1e-3)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 7, 32])
def test_rows_do_not_depend_on_the_batch(artifact_path: Path, batch_size: int) -> None:
    """Neither on its size nor on the neighbours in it."""
    pictures = _pictures(7)
    predictor = Predictor(artifact_path, batch_size=batch_size)
    alone = np.concatenate([predictor.probabilities([picture]) for picture in pictures])
    np.testing.assert_allclose(predictor.probabilities(pictures), alone, atol=1e-5)
    backwards = predictor.probabilities(pictures[::-1])[::-1]
    np.testing.assert_allclose(backwards, alone, atol=1e-5)


def test_the_model_is_traced_once(artifact_path: Path) -> None:
    """A last, smaller batch costs no new tracing."""
    predictor = Predictor(artifact_path, batch_size=3)
    predictor.probabilities(_pictures(7))
    assert predictor._logits.experimental_get_tracing_count() == 1


def test_no_pictures_give_no_rows(artifact_path: Path) -> None:
    """The shape still says how many classes there are."""
    assert Predictor(artifact_path).probabilities([]).shape == (0, 3)


def test_an_artifact_whose_classes_do_not_fit_its_model_is_refused(
    tmp_path: Path, make_artifact: Callable[..., Path]
) -> None:
    """Two names for three logits would call pictures by a wrong name."""
    path = make_artifact(tmp_path / "artifact", classes=("one", "two"))
    with pytest.raises(ArtifactError, match="does not fit its description"):
        Predictor(path)


def test_each_record_of_a_split_is_predicted_once(
    artifact_path: Path, make_records: Callable[..., Path]
) -> None:
    """Names, patients, labels, mask and hashes stand beside the probabilities, in file order."""
    found = predict_records(artifact_path, make_records(), "test", batch_size=2)
    assert found.names == ["images/a.png", "images/b.png", "images/n.png"]
    assert found.patient_keys == ["patient", "patient", None]
    assert found.true_labels.tolist() == [0, 1, -1]
    assert found.mask.tolist() == [[True] * 3, [True] * 3, [False] * 3]
    assert found.probabilities.argmax(axis=1).tolist() == [0, 1, 2]
    assert len(set(found.frame_sha256)) == 3


def test_true_labels_of_a_multi_label_split_are_a_table(
    multi_label_path: Path, make_records: Callable[..., Path]
) -> None:
    """One column a class."""
    found = predict_records(multi_label_path, make_records(kind="multi_label"), "test")
    assert found.true_labels.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_missing_steps_of_the_recipe_are_applied_to_records(
    quantising_path: Path, make_records: Callable[..., Path]
) -> None:
    """At one bit 250 becomes 128, which is grey."""
    found = predict_records(quantising_path, make_records(), "test")
    assert found.probabilities.argmax(axis=1).tolist() == [2, 1, 2]


def test_records_with_other_classes_are_refused(
    artifact_path: Path, make_records: Callable[..., Path]
) -> None:
    """Even the same names in another order."""
    with pytest.raises(InferenceError, match="other classes"):
        predict_records(artifact_path, make_records(classes=("dark", "bright", "grey")), "test")


def test_an_unknown_split_is_refused(artifact_path: Path, make_records: Callable[..., Path]) -> None:
    """The message lists the known ones."""
    with pytest.raises(UnknownNameError, match="test, train"):
        predict_records(artifact_path, make_records(), "validation")


def test_a_split_with_fewer_records_than_said_is_refused(
    artifact_path: Path, make_records: Callable[..., Path]
) -> None:
    """Numbers over a part of a split would pass for numbers over the whole."""
    with pytest.raises(RecordError, match="expected 4"):
        predict_records(artifact_path, make_records(splits={"train": 1, "test": 4}), "test")


def test_records_without_class_values_are_refused(
    artifact_path: Path, make_records: Callable[..., Path]
) -> None:
    """Labels are never guessed."""
    with pytest.raises(RecordError, match="Received: 0 values"):
        predict_records(artifact_path, make_records(without=("image/class/values",)), "test")


def test_a_record_whose_picture_cannot_be_read_is_refused(
    artifact_path: Path, make_records: Callable[..., Path]
) -> None:
    """The message names the record and the reason."""
    with pytest.raises(RecordError, match=r"images/a\.png cannot be read"):
        predict_records(artifact_path, make_records(content=b"<html>"), "test")
