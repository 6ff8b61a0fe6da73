"""The predictor: an artifact's model, loaded once, from pictures to probabilities.

The only module of this room that brings TensorFlow, and only once a predictor is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foundation.errors import ArtifactError, InferenceError, RecordError
from foundation.execution import batched
from foundation.fingerprints import sha256_of_bytes
from foundation.keys import KEY_BYTES
from foundation.registries import look_up
from imaging.settings import ReadSettings
from inference.inputs import first_bytes, record_task
from inference.missing_steps import DEFAULT_RENDERING, Treatment, missing_steps
from inference.outputs import Probabilities
from inference.reading import Picture, ReadingSettings, read_task
from preprocessing.examples import Example
from preprocessing.recipe import Recipe
from preprocessing.record_sets import iterate_examples, open_record_set
from training.artifact import Artifact, Kind, load_model, open_artifact, to_probabilities
from training.tensorflow_setup import import_tensorflow


class Predictor:
    """An artifact's model, ready to be asked.

    A picture's probabilities depend on that picture alone: neither on the batch it comes in nor on
    its neighbours there (to 1e-5, the order of additions being the library's). Batches of any
    size run through one traced function.

    Args:
        artifact_path: the artifact's folder.
        batch_size: pictures the model sees at once.

    Attributes:
        artifact: what the artifact says of itself.

    Raises:
        ArtifactError: the folder is no artifact, or its model does not fit its description.
    """

    def __init__(self, artifact_path: Path, *, batch_size: int = 32) -> None:
        self.artifact: Artifact = open_artifact(artifact_path)
        self._batch_size = batch_size
        model = load_model(artifact_path)
        _check_model(model, self.artifact)
        tensorflow = import_tensorflow()
        from training.fused_norms import fuse_batch_norms  # noqa: PLC0415 - brings TensorFlow

        fuse_batch_norms(model)
        # One signature with a free batch axis: traced once, and no picture is padded with others.
        signature = [tensorflow.TensorSpec([None, *_input_shape(self.artifact)], tensorflow.float32)]
        self._logits = tensorflow.function(
            lambda batch: model(batch, training=False), input_signature=signature
        )

    def probabilities(self, pictures: Sequence[Picture]) -> Probabilities:
        """Return the probabilities of each picture, float32, shape [pictures, classes].

        Args:
            pictures: rendered and through the recipe; height x width or height x width x 3, uint8,
                each of its own size.
        """
        if not pictures:
            return np.zeros((0, len(self.artifact.classes)), np.float32)
        batches = [self._batch_probabilities(batch) for batch in batched(pictures, self._batch_size)]
        return np.concatenate(batches)

    def _batch_probabilities(self, pictures: Sequence[Picture]) -> Probabilities:
        """Return the probabilities of at most one batch."""
        from training.inputs import prepare_picture  # noqa: PLC0415 - brings TensorFlow

        height, width, channels = _input_shape(self.artifact)
        prepared = [
            np.asarray(prepare_picture(picture, height=height, width=width, channels=channels))
            for picture in pictures
        ]
        logits = np.asarray(self._logits(np.stack(prepared)), np.float32)
        if not np.isfinite(logits).all():
            raise InferenceError(
                "The model gives numbers that are not finite: its training went astray. "
                "Train again, with a lower learning rate."
            )
        return to_probabilities(logits, self.artifact.kind).astype(np.float32)


def _input_shape(artifact: Artifact) -> tuple[int, int, int]:
    return artifact.height, artifact.width, artifact.channels


def _check_model(model: Any, artifact: Artifact) -> None:
    """Refuse a model that is not the one that the artifact describes."""
    expected = ((None, *_input_shape(artifact)), (None, len(artifact.classes)))
    received = (tuple(model.input_shape), tuple(model.output_shape))
    if received != expected:
        raise ArtifactError(
            "The artifact's model does not fit its description: expected pictures of "
            f"{expected[0][1:]} and {expected[1][1]} classes. Train again, or restore the artifact "
            f"from a copy. Received: pictures of {received[0][1:]} and {received[1][1:]} logits."
        )


@dataclass(frozen=True)
class RecordPredictions:
    """A split of a record set with what a model says of it; one entry a record, in file order.

    Attributes:
        names: `image/filename` of each record.
        patient_keys: None where the patient is unknown.
        true_labels: int64; the class index [n] in a single-label task, -1 where it is unknown; 0 or 1
            for each class [n, K] in a multi-label task.
        mask: bool, [n, K], true where the label is known.
        probabilities: float32, [n, K].
        frame_sha256: of each record's source frame; of its encoded picture in records without it.
    """

    names: list[str]
    patient_keys: list[str | None]
    true_labels: NDArray[np.int64]
    mask: NDArray[np.bool_]
    probabilities: Probabilities
    frame_sha256: list[str]


@dataclass(frozen=True)
class _Labels:
    """What one record says beside its picture."""

    name: str
    patient_key: str | None
    values: NDArray[np.float32]
    mask: NDArray[np.bool_]
    frame_sha256: str


def predict_records(
    artifact_path: Path, records_path: Path, split: str, batch_size: int = 32
) -> RecordPredictions:
    """Predict every record of a split, each once, beside its labels.

    Args:
        artifact_path: the artifact's folder.
        records_path: the record set's folder.
        split: its split to read.
        batch_size: records the model sees at once; it changes no number.

    Raises:
        ArtifactError: the artifact folder is none.
        UnknownNameError: the record set has no such split.
        InferenceError: artifact and records do not fit.
        RecordError: the record set is none, is broken, or holds a picture that cannot be read.
    """
    artifact, records = open_artifact(artifact_path), open_record_set(records_path)
    num_expected = look_up(records.splits, split, kind="split")
    wanted = Treatment(artifact.rendering, Recipe.parse(artifact.recipe))
    done = Treatment(records.rendering, Recipe.parse(records.recipe))
    rest = missing_steps(done, wanted, source=str(records_path))
    _check_classes(artifact.classes, records.classes)
    predictor = Predictor(artifact_path, batch_size=batch_size)
    labels: list[_Labels] = []
    probabilities = [predictor.probabilities([])]
    for examples in batched(iterate_examples(records_path, split), batch_size):
        probabilities.append(predictor.probabilities([_read_picture(example, rest) for example in examples]))
        labels.extend(_read_labels(example, len(artifact.classes)) for example in examples)
    if len(labels) != num_expected:
        raise RecordError(
            f'The split "{split}" is cut: expected {num_expected} records. '
            f"Run `dicomill pack` again. Received: {len(labels)}."
        )
    return _in_arrays(labels, np.concatenate(probabilities), artifact.kind)


def _check_classes(trained: Sequence[str], recorded: Sequence[str]) -> None:
    """Refuse records whose class indices mean something else."""
    if tuple(trained) != tuple(recorded):
        raise InferenceError(
            "The records have other classes than the artifact. "
            f"Expected, in this order: {', '.join(trained)}. "
            f"Pack again with these (--classes FILE). Received: {', '.join(recorded)}."
        )


def _read_picture(example: Example, recipe: Recipe) -> Picture:
    """Return the picture of one record; one that cannot be read spoils the whole split."""
    # A record holds a finished picture: neither a pseudonym nor a rendering is made of it.
    settings = ReadingSettings(ReadSettings(key=bytes(KEY_BYTES)), DEFAULT_RENDERING)
    row = read_task(record_task(example, recipe), settings)[0]
    if row.picture is None:
        raise RecordError(
            f"The picture of the record {row.name} cannot be read ({row.reason_code}): {row.detail} "
            "Run `dicomill pack` again."
        )
    return row.picture


def _read_labels(example: Example, num_classes: int) -> _Labels:
    """Return the labels of one record.

    Raises:
        RecordError: it has no value for each class.
    """
    values = np.asarray(example.get("image/class/values", []), np.float32)
    mask = np.asarray(example.get("image/class/mask", []), np.float32) > 0
    if values.shape != (num_classes,) or mask.shape != (num_classes,):
        raise RecordError(
            f"A record does not hold {num_classes} class values and their mask. Run `dicomill pack` again. "
            f"Received: {len(values)} values, {len(mask)} in the mask."
        )
    task = record_task(example, Recipe())
    return _Labels(
        task.name,
        first_bytes(example, "image/patient_key").decode() or None,
        values,
        mask,
        task.frame_sha256 or sha256_of_bytes(task.content or b""),
    )


def _in_arrays(labels: Sequence[_Labels], probabilities: Probabilities, kind: Kind) -> RecordPredictions:
    """Return the records side by side."""
    values = np.stack([record.values for record in labels]) if labels else np.zeros_like(probabilities)
    mask = np.stack([record.mask for record in labels]) if labels else np.zeros(probabilities.shape, bool)
    known = (values > 0.5) & mask
    single = np.where(known.any(axis=1), known.argmax(axis=1), -1)
    return RecordPredictions(
        names=[record.name for record in labels],
        patient_keys=[record.patient_key for record in labels],
        true_labels=(single if kind == "single_label" else known).astype(np.int64),
        mask=mask,
        probabilities=probabilities,
        frame_sha256=[record.frame_sha256 for record in labels],
    )
