"""The door of training: a record set in, an artifact and a report out."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from foundation.contracts import Report
from foundation.errors import ConfigError, TrainingError
from foundation.files import new_folder
from foundation.progress import Progress
from preprocessing.record_sets import RecordSet, open_record_set
from training.artifact import TrainedModel, open_artifact, write_artifact
from training.checkpoints.places import find_place
from training.config import TrainConfig
from training.networks.entries import ModelEntry
from training.networks.head_config import HeadConfig
from training.networks.registry import check_input, check_parents, model_entry, told_name
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
        CheckpointError: the weights to start from are none, or another network's.
        TrainingError: no training records, one class only, a loss that is not finite, or no TensorFlow.
    """
    del database, executor
    started = perf_counter()
    record_set = open_record_set(config.records)
    shape = input_shape(config, record_set)
    check_head(config, record_set)
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
    started_from, parents = start_of(config)
    with new_folder(config.artifact, overwrite=config.overwrite) as folder:
        import_tensorflow()
        from training.fitting import fit  # noqa: PLC0415 - a config is made without TensorFlow

        fitted = fit(config, record_set, shape, progress)
        artifact = write_artifact(
            folder,
            fitted.model,
            _describe(config, record_set, shape, fitted),
            config=config.model_dump(
                mode="json", exclude={"records", "artifact", "overwrite", "model", "weights"}
            )
            | {"model": told_name(config.model), "weights": started_from},
            parents=parents,
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


def start_of(config: TrainConfig) -> tuple[str | None, tuple[str, ...]]:
    """Return what the lineage says of the weights to start from, never a path, and whose they are.

    Raises:
        CheckpointError: there is nothing at their path.
        ArtifactError: it is a broken artifact.
    """
    if not isinstance(config.weights, Path):
        return config.weights, ()
    place = find_place(config.weights)
    parents = (open_artifact(place.path).product_uuid,) if place.form == "artifact" else ()
    return f"sha256:{place.sha256}", parents


def input_shape(config: TrainConfig, record_set: RecordSet) -> tuple[int, int, Literal[1, 3]]:
    """Return height, width and channels of the model's input.

    Raises:
        ConfigError: the model cannot take them.
    """
    entry = model_entry(config.model)
    channels: Literal[1, 3] = config.channels or (1 if record_set.channels == 1 else 3)
    height, width = _size(config, record_set, entry)
    check_input(config.model, height=height, width=width, channels=channels)
    return height, width, channels


def check_head(config: TrainConfig, record_set: RecordSet) -> None:
    """Refuse a head that does not fit the records, before anything is built.

    Raises:
        ConfigError: another activation than the records' labels ask for, or parents that are no classes.
    """
    wanted = HeadConfig().activation_for(record_set.kind)
    given = "sigmoid" if config.head.parents else config.head.activation
    if given not in (None, wanted):
        raise ConfigError(
            f"The head gives {given} probabilities, the records are {record_set.kind}: expected {wanted}. "
            "Leave head.activation and head.parents out, or pack the records with the other kind of labels."
        )
    check_parents(config.head, record_set.classes)


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
        model=told_name(config.model),
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
        feature_map=model_entry(config.model).feature_map,
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
        model=told_name(config.model),
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
