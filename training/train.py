"""The door of training: a record set in, an artifact and a report out."""

from __future__ import annotations

from concurrent.futures import Executor
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from foundation.contracts import Report
from foundation.errors import TrainingError
from foundation.files import new_folder
from foundation.progress import Progress
from preprocessing.record_sets import RecordSet, open_record_set
from training.artifact import TrainedModel, write_artifact
from training.config import TrainConfig
from training.networks.registry import MODELS, ModelEntry, check_input
from training.optimizers import default_learning_rate
from training.tensorflow_setup import import_tensorflow

if TYPE_CHECKING:
    from training.fitting import Fitted

__all__ = ["TrainConfig", "TrainReport", "input_shape", "train"]

TRAIN_SPLIT = "train"


class TrainReport(Report):
    """What a training came to.

    Attributes:
        product_uuid: of the artifact.
        model: its name.
        height: of its input, in pixels.
        width: of its input, in pixels.
        channels: of its input.
        classes: class names in index order.
        parameters: number of weights, trainable or not.
        train_records: records trained on.
        validation_records: records the weights were chosen by; 0 without a validation split.
        trained_epochs: how many ran.
        best_epoch: whose weights are kept, counted from 1.
        stopped_early: the validation loss ended the training.
        train_loss: of the best epoch, without weight decay.
        train_accuracy: of the best epoch.
        validation_loss: of the best epoch; None without a validation split.
        validation_accuracy: likewise.
        learning_rate: that was used.
        seconds: from the door's opening to the artifact.
        images_per_second: training records a second, reading and validation left out.
        notes: what the user should know.
    """

    product_uuid: str
    model: str
    height: int
    width: int
    channels: int
    classes: tuple[str, ...]
    parameters: int
    train_records: int
    validation_records: int
    trained_epochs: int
    best_epoch: int
    stopped_early: bool
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float
    notes: tuple[str, ...] = ()


def train(
    config: TrainConfig,
    *,
    database: object | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> TrainReport:
    """Train a model on the records' train split and write its artifact.

    The validation split, where there is one, chooses the epoch whose weights are kept. The test split
    is never read. Nothing stands under the artifact's name before it is whole.

    Args:
        config: what to do.
        database: not used; a product is registered by the caller.
        executor: not used; training scales by tf.distribute.
        progress: told of records and steps.

    Raises:
        ConfigError: the input size does not fit the model, or the target cannot be written.
        RecordError: the records are none, or are broken.
        TrainingError: no training records, one class only, a loss that is not finite, or no TensorFlow.
    """
    del database, executor
    started = perf_counter()
    record_set = open_record_set(config.records)
    shape = input_shape(config, record_set)
    if not record_set.splits.get(TRAIN_SPLIT):
        raise TrainingError(
            "The record set has no training records: expected a split named train that is not empty. "
            f"Pack with --split tvt_split. Received: {_told_splits(record_set)}"
        )
    if record_set.kind == "single_label" and len(record_set.classes) == 1:
        raise TrainingError(
            "The record set has one class only, so there is nothing to tell apart: expected two or more. "
            f'Freeze a cohort with more classes. Received: "{record_set.classes[0]}".'
        )
    with new_folder(config.artifact, overwrite=config.overwrite) as folder:
        import_tensorflow()
        from training.fitting import fit  # noqa: PLC0415 - a config is made without TensorFlow

        fitted = fit(config, record_set, shape, progress)
        artifact = write_artifact(
            folder,
            fitted.model,
            _describe(config, record_set, shape, fitted),
            config=config.model_dump(mode="json", exclude={"records", "artifact", "overwrite"}),
        )
        fitted.write_figures(folder)
    return _report(
        config,
        product_uuid=artifact.product_uuid,
        record_set=record_set,
        shape=shape,
        fitted=fitted,
        seconds=perf_counter() - started,
    )


def input_shape(config: TrainConfig, record_set: RecordSet) -> tuple[int, int, Literal[1, 3]]:
    """Return height, width and channels of the model's input.

    Raises:
        ConfigError: the model cannot take them.
    """
    entry = MODELS[config.model]
    channels: Literal[1, 3] = config.channels or (1 if record_set.channels == 1 else 3)
    height, width = _size(config, record_set, entry)
    check_input(config.model, height=height, width=width, channels=channels)
    return height, width, channels


def _size(config: TrainConfig, record_set: RecordSet, entry: ModelEntry) -> tuple[int, int]:
    if config.image_size is not None:
        return config.image_size, config.image_size
    height, width = record_set.height, record_set.width
    if (
        height
        and width
        and entry.minimum_size <= min(height, width)
        and max(height, width) <= entry.default_size
    ):
        return height, width
    return entry.default_size, entry.default_size


def _told_splits(record_set: RecordSet) -> str:
    return ", ".join(f"{name} ({count})" for name, count in record_set.splits.items()) or "no split"


def _describe(
    config: TrainConfig, record_set: RecordSet, shape: tuple[int, int, Literal[1, 3]], fitted: Fitted
) -> TrainedModel:
    """Return what the artifact says of the model."""
    height, width, channels = shape
    best = fitted.history.best
    metrics = {
        "train_loss": best.train_loss,
        "train_accuracy": best.train_accuracy,
        "validation_loss": best.validation_loss,
        "validation_accuracy": best.validation_accuracy,
    }
    return TrainedModel(
        model=config.model,
        classes=record_set.classes,
        task=record_set.task,
        kind=record_set.kind,
        height=height,
        width=width,
        channels=channels,
        rendering=record_set.rendering,
        recipe=record_set.recipe,
        precision=config.precision,
        metrics={name: value for name, value in metrics.items() if value is not None},
        records=record_set.product_uuid,
        trained_epochs=len(fitted.history.epochs),
        best_epoch=fitted.history.best_epoch,
        seed=config.seed,
        parameters=fitted.model.count_params(),
        feature_map=MODELS[config.model].feature_map,
    )


def _report(
    config: TrainConfig,
    *,
    product_uuid: str,
    record_set: RecordSet,
    shape: tuple[int, int, Literal[1, 3]],
    fitted: Fitted,
    seconds: float,
) -> TrainReport:
    """Return what the door tells."""
    history = fitted.history
    best = history.best
    return TrainReport(
        product_uuid=product_uuid,
        model=config.model,
        height=shape[0],
        width=shape[1],
        channels=shape[2],
        classes=record_set.classes,
        parameters=fitted.model.count_params(),
        train_records=fitted.train_records,
        validation_records=fitted.validation_records,
        trained_epochs=len(history.epochs),
        best_epoch=history.best_epoch,
        stopped_early=history.stopped_early,
        train_loss=best.train_loss,
        train_accuracy=best.train_accuracy,
        validation_loss=best.validation_loss,
        validation_accuracy=best.validation_accuracy,
        learning_rate=config.learning_rate or default_learning_rate(config.optimizer),
        seconds=seconds,
        images_per_second=fitted.images_per_second,
        notes=fitted.notes,
    )
