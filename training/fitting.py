"""From a config and a record set to a trained model: what the door does once TensorFlow is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from foundation.progress import Progress
from preprocessing.record_sets import RecordSet
from training.checkpoints.warm_start import warm_start
from training.config import TrainConfig
from training.curves import write_curves, write_log
from training.inputs import PICTURE_MEMORY_BYTES, Pictures, open_pictures, shuffled_batches, split_batches
from training.loop import History, TrainingLoop, keep_best_weights
from training.losses import BY_KIND
from training.networks.heads import main_classifier
from training.networks.registry import build_model
from training.optimizers import build_optimizer
from training.record_index import RecordIndex, index_records

_NO_VALIDATION = (
    "There is no validation split: all epochs ran and the last weights are kept. Pack with --split "
    "tvt_split to choose the best epoch."
)


@dataclass(frozen=True)
class Split:
    """One split, ready to be read: its labels and its pictures."""

    index: RecordIndex
    pictures: Pictures

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True)
class Fitted:
    """A trained model and how it came about.

    Attributes:
        model: with the weights of the best epoch.
        history: of the epochs.
        train_records: records trained on.
        validation_records: records the best epoch was chosen by.
        started: what the weights were before, where they were not fresh.
    """

    model: keras.Model
    history: History
    train_records: int
    validation_records: int
    started: tuple[str, ...] = ()

    @property
    def images_per_second(self) -> float:
        """Training records a second, reading and validation left out."""
        return self.train_records * len(self.history.epochs) / max(self.history.training_seconds, 1e-9)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return self.started if self.validation_records else (*self.started, _NO_VALIDATION)

    def write_figures(self, folder: Path) -> None:
        """Write the log and the curves."""
        write_log(folder, self.history.epochs)
        write_curves(folder, self.history.epochs, best_epoch=self.history.best_epoch)


def fit(
    config: TrainConfig,
    record_set: RecordSet,
    shape: tuple[int, int, int],
    progress: Progress | None = None,
) -> Fitted:
    """Train a fresh model; from here on, the whole process computes the same numbers each time.

    TensorFlow has no way back from that. It costs nothing to speak of on processors, where it changes
    no byte of the models measured; on GPUs equal seeds give equal weights by nothing else.

    Args:
        config: of the door.
        record_set: its train split is not empty.
        shape: height, width and channels of the model's input.
        progress: told of records and steps.

    Raises:
        RecordError: a record is broken.
        TrainingError: the loss is not finite.
    """
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    train = _open_split(record_set, "train", shape, PICTURE_MEMORY_BYTES, progress)
    validation = None
    if record_set.splits.get("validation"):
        validation = _open_split(
            record_set, "validation", shape, PICTURE_MEMORY_BYTES - train.pictures.num_bytes, progress
        )
    strategy = tf.distribute.get_strategy()
    with strategy.scope():
        model = build_model(
            config.model,
            height=shape[0],
            width=shape[1],
            channels=shape[2],
            num_classes=len(record_set.classes),
            weight_decay=config.weight_decay,
            head=config.head,
            treatment=config.treatment,
            weights=config.weights if isinstance(config.weights, str) else None,
            classes=record_set.classes,
            channel_order=config.channel_order,
        )
        started = (warm_start(model, config.weights),) if isinstance(config.weights, Path) else ()
        optimizer = build_optimizer(config.optimizer, config.learning_rate)
    loss, count_correct = BY_KIND[record_set.kind]
    # A split smaller than a batch is one batch: filling it up would only cost time.
    batch_size = min(config.batch_size, len(train))
    loop = TrainingLoop(
        model,
        optimizer=optimizer,
        loss=loss,
        count_correct=count_correct,
        batch_size=batch_size,
        strategy=strategy,
        auxiliary_weight=config.head.auxiliary_weight,
    )
    history = _run(loop, config, train, validation, batch_size=batch_size, progress=progress)
    counts = (len(train), len(validation) if validation else 0)
    return Fitted(main_classifier(model), history, *counts, started=started)


def _run(
    loop: TrainingLoop,
    config: TrainConfig,
    train: Split,
    validation: Split | None,
    *,
    batch_size: int,
    progress: Progress | None,
) -> History:
    """Run the loop over both splits."""
    callbacks = [_check_reading(*(split.pictures for split in (train, validation) if split))]
    validation_batches = None
    if validation:
        callbacks.append(keep_best_weights(config.patience))
        validation_batches = split_batches(
            validation.index, validation.pictures, batch_size=min(config.batch_size, len(validation))
        )
    return loop.run(
        epochs=config.epochs,
        train_batches=lambda epoch: shuffled_batches(
            train.index, train.pictures, batch_size=batch_size, seed=config.seed, epoch=epoch
        ),
        validation_batches=validation_batches,
        callbacks=callbacks,
        progress=progress,
    )


def _check_reading(*sources: Pictures) -> keras.callbacks.Callback:
    """Return the callback that ends the training when a record could not be read."""

    def check(*_: object, **__: object) -> None:
        for source in sources:
            source.check()

    return keras.callbacks.LambdaCallback(on_train_batch_end=check, on_epoch_end=check)


def _open_split(
    record_set: RecordSet,
    split: str,
    shape: tuple[int, int, int],
    memory_bytes: int,
    progress: Progress | None,
) -> Split:
    """Index a split and make its pictures ready."""
    index = index_records(
        record_set.shard_paths(split),
        num_classes=len(record_set.classes),
        kind=record_set.kind,
        progress=progress,
    )
    height, width, channels = shape
    pictures = open_pictures(
        index,
        height=height,
        width=width,
        channels=channels,
        memory_bytes=memory_bytes,
        progress=progress,
    )
    return Split(index, pictures)
