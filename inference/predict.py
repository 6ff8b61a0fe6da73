"""The door of prediction: an artifact and pictures to a file of predictions, and rows where asked.

Two names for one picture: the file that the user asked for calls it as the user does, by the base
name of their own file; the database gets pseudonyms only.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from foundation.contracts import Config, Report
from foundation.errors import InferenceError
from foundation.execution import batched, map_batches
from foundation.keys import KEY_BYTES
from foundation.lineage import Lineage
from foundation.progress import Progress, SilentProgress
from imaging.rendering import parse_rendering
from imaging.settings import ReadSettings
from inference.inputs import InputPart, input_tasks, open_inputs
from inference.missing_steps import DEFAULT_RENDERING, Treatment
from inference.outputs import (
    FormatName,
    PredictionWriter,
    Probabilities,
    check_out,
    new_predictions,
    write_prediction_lineage,
    write_rejected,
)
from inference.reading import InputPicture, Picture, ReadingSettings, read_tasks
from preprocessing.recipe import Recipe
from training.artifact import Artifact, open_artifact

if TYPE_CHECKING:
    from database.session import Database

_TASKS_A_BATCH = 4
"""Read in one go: small, so that multi-frame files do not pile up in memory."""


class PredictConfig(Config):
    """What to predict, and where to.

    Attributes:
        artifact: folder of a trained model.
        inputs: picture files, DICOM files, folders, exports, record sets, or lists of files (`.txt`,
            `.lst`; a path in a list is meant from the folder of the list).
        out: the predictions file; its rejected inputs and its lineage go beside it.
        format: "tsv" as the original's, "csv" or "jsonl".
        split: of record sets, the split to read; all records when not given.
        list_files: take every file given as a list of files, whatever its name.
        batch_size: pictures the model sees at once; it changes no number.
        limit: stop after that many pictures, rejected ones included.
        overwrite: replace an older predictions file.
    """

    artifact: Path
    inputs: tuple[Path, ...]
    out: Path
    format: FormatName = "tsv"
    split: str | None = None
    list_files: bool = False
    batch_size: int = Field(default=32, ge=1, le=4096)
    limit: int | None = Field(default=None, ge=1)
    overwrite: bool = False


class PredictReport(Report):
    """What was predicted.

    Attributes:
        out: the predictions file.
        rejected: the list of rejected inputs; None when there are none.
        product_uuid: of the predictions.
        artifact_uuid: of the model that made them.
        num_predicted: rows written.
        num_rejected: inputs without a row.
        num_stored: rows in the database.
        reasons: reason code to number of rejected inputs.
        predicted_names: class name to number of pictures for which it is the most probable.
        seconds: loading the model included.
        images_per_second: predicted pictures a second once the model was loaded.
    """

    out: Path
    rejected: Path | None
    product_uuid: str
    artifact_uuid: str
    num_predicted: int
    num_rejected: int
    num_stored: int
    reasons: dict[str, int]
    predicted_names: dict[str, int]
    seconds: float
    images_per_second: float


@dataclass
class _Tally:
    """What has been predicted and rejected so far.

    Attributes:
        keeps_rows: there is a database to store them in; without one memory stays flat.
    """

    keeps_rows: bool
    kept: list[tuple[InputPicture, Probabilities]] = field(default_factory=list)
    predicted: Counter[int] = field(default_factory=Counter)
    rejected: list[tuple[str, str, str]] = field(default_factory=list)
    model_seconds: float = 0.0

    def reject(self, picture: InputPicture) -> None:
        """Note an input without a picture."""
        self.rejected.append((picture.name, picture.reason_code or "", picture.detail or ""))

    def reasons(self) -> dict[str, int]:
        """Return reason codes, in alphabetical order, with their counts."""
        return dict(sorted(Counter(reason_code for _, reason_code, _ in self.rejected).items()))


def predict(
    config: PredictConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> PredictReport:
    """Predict every picture that the inputs hold; one that cannot be read is listed with a reason.

    Args:
        config: what to predict.
        database: predictions are stored there as well, under pseudonyms; for DICOM and picture files
            it must be open with its key.
        executor: reads the pictures; by default one thread beside the model.
        progress: told of each picture.

    Raises:
        ConfigError: the target cannot be written.
        KeyFileError: the database was opened without its key, and files are to be stored.
        TargetExistsError: the target is there and `overwrite` is off.
        ArtifactError: the artifact folder is none.
        UnknownNameError: the artifact's rendering, or the split, is not known.
        InferenceError: there is nothing to predict, the pictures do not suit the artifact, or none
            could be read (the list of the rejected ones is written then, too).
    """
    started = time.perf_counter()
    check_out(config.out, overwrite=config.overwrite, inputs=config.inputs)
    artifact = open_artifact(config.artifact)
    wanted = Treatment(artifact.rendering, Recipe.parse(artifact.recipe))
    parts = open_inputs(config.inputs, wanted, split=config.split, list_files=config.list_files)
    settings = ReadingSettings(ReadSettings(key=_reading_key(database, parts)), _rendering(artifact))
    tally = _Tally(keeps_rows=database is not None)
    with new_predictions(config.out, class_names=artifact.classes, format_name=config.format) as writer:
        with _read_pictures(config, parts, settings, executor) as pictures:
            _predict_all(config, pictures, writer, tally, progress or SilentProgress())
        _refuse_nothing_read(config.out, tally)
        lineage = _lineage(config, artifact, parts, writer.sha256)
        num_stored = 0 if database is None else _store(database, lineage, artifact, tally)
        rejected = write_rejected(config.out, tally.rejected)
        write_prediction_lineage(config.out, lineage)
    num_predicted = tally.predicted.total()
    return PredictReport(
        out=config.out,
        rejected=rejected,
        product_uuid=lineage.product_uuid,
        artifact_uuid=artifact.product_uuid,
        num_predicted=num_predicted,
        num_rejected=len(tally.rejected),
        num_stored=num_stored,
        reasons=tally.reasons(),
        predicted_names={
            artifact.classes[index]: tally.predicted[index] for index in sorted(tally.predicted)
        },
        seconds=time.perf_counter() - started,
        images_per_second=num_predicted / max(tally.model_seconds, 1e-9),
    )


def _rendering(artifact: Artifact) -> str:
    """Return the rendering for DICOM, which this version must know."""
    return parse_rendering(artifact.rendering or DEFAULT_RENDERING).text


def _reading_key(database: Database | None, parts: Sequence[InputPart]) -> bytes:
    """Return the key for pseudonyms; where none is kept, nothing outlives the run, so any key does."""
    if database is None or not any(part.holds_files for part in parts):
        return secrets.token_bytes(KEY_BYTES)
    from database.opening import require_key  # noqa: PLC0415 - SQLAlchemy is slow

    return require_key(database)


@contextmanager
def _read_pictures(
    config: PredictConfig, parts: Sequence[InputPart], settings: ReadingSettings, executor: Executor | None
) -> Iterator[Iterator[InputPicture]]:
    """Give the pictures of all inputs in order, read a few batches ahead of the model."""
    # One thread beside the model's: decoders quieten process-wide warnings while they work.
    own = ThreadPoolExecutor(1)
    try:
        batches = batched(input_tasks(parts), _TASKS_A_BATCH)
        read = map_batches(executor or own, read_tasks, batches, settings)
        yield islice(chain.from_iterable(read), config.limit)
    finally:
        own.shutdown(cancel_futures=True)


def _predict_all(
    config: PredictConfig,
    pictures: Iterator[InputPicture],
    writer: PredictionWriter,
    tally: _Tally,
    progress: Progress,
) -> None:
    """Write a row for each picture, and note the rejected ones."""
    from inference.predictor import Predictor  # noqa: PLC0415 - brings TensorFlow

    predictor = Predictor(config.artifact, batch_size=config.batch_size)
    progress.begin("predict", config.limit)
    started = time.perf_counter()
    for batch in batched(_accepted(pictures, tally, progress), config.batch_size):
        probabilities = predictor.probabilities([picture for _, picture in batch])
        for (row, _), row_probabilities in zip(batch, probabilities, strict=True):
            writer.write(row.name, row_probabilities)
            tally.predicted[int(np.argmax(row_probabilities))] += 1
            if tally.keeps_rows:
                tally.kept.append((replace(row, picture=None), row_probabilities))
        progress.advance(len(batch))
    progress.end()
    tally.model_seconds = time.perf_counter() - started


def _accepted(
    pictures: Iterator[InputPicture], tally: _Tally, progress: Progress
) -> Iterator[tuple[InputPicture, Picture]]:
    """Yield those that have a picture, and note the others."""
    for row in pictures:
        if row.picture is None:
            tally.reject(row)
            progress.advance()
        else:
            yield row, row.picture


def _refuse_nothing_read(out: Path, tally: _Tally) -> None:
    """Fail when every input was rejected, the list of them being written nevertheless."""
    if tally.predicted:
        return
    path = write_rejected(out, tally.rejected)
    counts = ", ".join(f"{reason_code} {count}" for reason_code, count in tally.reasons().items())
    raise InferenceError(
        f"None of the {len(tally.rejected)} inputs could be read as a picture: see {path}. "
        f"Expected DICOM, PNG, JPEG, TIFF or BMP. Received: {counts}."
    )


def _lineage(
    config: PredictConfig, artifact: Artifact, parts: Sequence[InputPart], content_sha256: str
) -> Lineage:
    """Return what the predictions were made from."""
    products = [part.product_uuid for part in parts if part.product_uuid is not None]
    return Lineage(
        kind="predictions",
        parents=tuple(dict.fromkeys([artifact.product_uuid, *products])),
        config=config.model_dump(
            mode="json", include={"format", "split", "list_files", "batch_size", "limit"}
        ),
        fingerprint=content_sha256,
    )


def _store(database: Database, lineage: Lineage, artifact: Artifact, tally: _Tally) -> int:
    """Store the predictions; a file goes by its pseudonym there, never by its own name."""
    from database.predictions import PredictionRow, store_predictions  # noqa: PLC0415 - SQLAlchemy is slow

    rows = [
        PredictionRow(
            sop_instance_uid=row.sop_instance_uid,
            frame_number=row.frame_number,
            frame_sha256=row.frame_sha256,
            image_name=row.stored_name,
            class_names=tuple(artifact.classes),
            probabilities=tuple(float(probability) for probability in probabilities),
            predicted_class=int(np.argmax(probabilities)),
        )
        for row, probabilities in tally.kept
    ]
    return store_predictions(database, lineage=lineage, artifact_uuid=artifact.product_uuid, predictions=rows)
