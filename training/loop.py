"""The one training loop, under every tf.distribute strategy, driving Keras callbacks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import keras
import tensorflow as tf

from foundation.errors import TrainingError
from foundation.progress import Progress, SilentProgress
from training.curves import EpochFigures
from training.fused_norms import fuse_batch_norms
from training.losses import RecordFunction

Batches = Any
Tensor = Any


@dataclass(frozen=True)
class Totals:
    """Sums over the records of one pass."""

    loss: float
    accuracy: float
    num_records: float


@dataclass
class History:
    """What the epochs came to.

    Attributes:
        epochs: one entry an epoch.
        training_seconds: spent in training steps, validation left out.
        stopped_early: a callback ended the training before the last epoch.
    """

    epochs: list[EpochFigures] = field(default_factory=list)
    training_seconds: float = 0.0
    stopped_early: bool = False

    @property
    def best_epoch(self) -> int:
        """The first epoch with the lowest validation loss; without validation the last one."""
        measured = [figures for figures in self.epochs if figures.validation_loss is not None]
        if not measured:
            return self.epochs[-1].epoch
        return min(measured, key=lambda figures: figures.validation_loss or 0.0).epoch

    @property
    def best(self) -> EpochFigures:
        """The figures of the best epoch."""
        return self.epochs[self.best_epoch - 1]


class TrainingLoop:
    """Trains one model.

    A step runs on every replica: its loss is the sum over its records divided by the *global*
    batch size, so the gradients summed over the replicas are those of one replica with the
    whole batch.

    Args:
        model: of Keras, from pictures to logits, made under the strategy's scope.
        optimizer: of Keras, made under the strategy's scope.
        loss: one number a record.
        count_correct: share of right answers of a record.
        batch_size: over all replicas.
        strategy: of tf.distribute; None for one device.
        auxiliary_weight: of the loss of auxiliary logits, in models that give a list of logits.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        optimizer: Any,
        loss: RecordFunction,
        count_correct: RecordFunction,
        batch_size: int,
        strategy: Any = None,
        auxiliary_weight: float = 0.0,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.strategy = strategy or tf.distribute.get_strategy()
        self._loss = loss
        self._count_correct = count_correct
        self._batch_size = batch_size
        self._auxiliary_weight = auxiliary_weight
        fuse_batch_norms(model)
        with self.strategy.scope():
            optimizer.build(model.trainable_variables)
        # XLA gave nothing on CPUs, and compiles anew for every shape.
        self._train_step = tf.function(self._distributed(self._train_replica), jit_compile=False)
        self._validation_step = tf.function(self._distributed(self._validate_replica), jit_compile=False)

    def run(
        self,
        *,
        epochs: int,
        train_batches: Callable[[int], Batches],
        validation_batches: Batches | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        progress: Progress | None = None,
    ) -> History:
        """Train until the epochs are done or a callback sets `model.stop_training`.

        Callbacks see the logs of an epoch under Keras' own names (`loss`, `accuracy`, `val_loss`,
        `val_accuracy`); the end of a batch carries no logs, so that no step waits for a number.

        Args:
            epochs: at most.
            train_batches: of an epoch, counted from 1, as `inputs.split_batches` gives them.
            validation_batches: read after each epoch; None leaves validation out.
            callbacks: of Keras.
            progress: told of each step, one stage an epoch.

        Raises:
            TrainingError: the loss is not finite.
        """
        progress = progress or SilentProgress()
        history = History()
        listeners = keras.callbacks.CallbackList(list(callbacks), model=self.model, epochs=epochs)
        self.model.stop_training = False
        listeners.on_train_begin()
        for epoch in range(1, epochs + 1):
            listeners.on_epoch_begin(epoch - 1)
            batches = train_batches(epoch)
            progress.begin(f"epoch {epoch} of {epochs}", int(batches.cardinality()))
            started = perf_counter()
            train = self._train_pass(batches, listeners, progress)
            history.training_seconds += perf_counter() - started
            progress.end()
            validation = self._validation_pass(validation_batches, listeners)
            history.epochs.append(_epoch_figures(epoch, train, validation))
            listeners.on_epoch_end(epoch - 1, _keras_logs(history.epochs[-1]))
            if self.model.stop_training:
                history.stopped_early = epoch < epochs
                break
        listeners.on_train_end()
        return history

    def validate(self, batches: Batches) -> Totals:
        """Return mean loss and accuracy over one pass, weights unchanged, each record once."""
        totals: Tensor = tf.zeros(3, tf.float64)
        for batch in self.strategy.experimental_distribute_dataset(batches):
            totals += tf.cast(self._validation_step(batch), tf.float64)
        return _means(totals)

    def _train_pass(
        self, batches: Batches, listeners: keras.callbacks.CallbackList, progress: Progress
    ) -> Totals:
        """Take one step a batch."""
        totals: Tensor = tf.zeros(3, tf.float64)
        for step, batch in enumerate(self.strategy.experimental_distribute_dataset(batches)):
            listeners.on_train_batch_begin(step)
            totals += tf.cast(self._train_step(batch), tf.float64)
            listeners.on_train_batch_end(step)
            progress.advance()
        return _means(totals)

    def _validation_pass(
        self, batches: Batches | None, listeners: keras.callbacks.CallbackList
    ) -> Totals | None:
        """Validate, if there is anything to validate on."""
        if batches is None:
            return None
        listeners.on_test_begin()
        totals = self.validate(batches)
        listeners.on_test_end()
        return totals

    def _distributed(self, replica_step: Callable[[dict[str, Tensor]], Tensor]) -> Callable[..., Tensor]:
        """Return the step of all replicas: its sums are those of the global batch."""

        def step(batch: dict[str, Tensor]) -> Tensor:
            sums = self.strategy.run(replica_step, args=(batch,))
            return self.strategy.reduce(tf.distribute.ReduceOp.SUM, sums, axis=None)

        return step

    def _train_replica(self, batch: dict[str, Tensor]) -> Tensor:
        """Move the weights by one batch; return the sums of loss, right answers and records."""
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            logits, *auxiliary = _as_list(self.model(batch["pictures"], training=True))
            sums = self._sums(logits, batch)
            loss = sums[0]
            for each in auxiliary:
                loss += self._auxiliary_weight * self._sums(each, batch)[0]
            penalty = tf.add_n(self.model.losses) if self.model.losses else 0.0
            objective = loss / self._batch_size + penalty / self.strategy.num_replicas_in_sync
        self.optimizer.apply(tape.gradient(objective, variables), variables)
        return sums

    def _validate_replica(self, batch: dict[str, Tensor]) -> Tensor:
        """Return the sums of loss, right answers and records, in inference mode."""
        return self._sums(_as_list(self.model(batch["pictures"], training=False))[0], batch)

    def _sums(self, logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
        logits = tf.cast(logits, tf.float32)
        targets, mask, weights = batch["targets"], batch["mask"], batch["weights"]
        return tf.stack(
            [
                tf.reduce_sum(self._loss(logits, targets, mask) * weights),
                tf.reduce_sum(self._count_correct(logits, targets, mask) * weights),
                tf.reduce_sum(weights),
            ]
        )


def keep_best_weights(patience: int) -> keras.callbacks.Callback:
    """Return the callback that stops after `patience` epochs without a lower validation loss.

    Whether it stops or not, the weights of the best epoch are put back at the end.
    """
    return keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", patience=patience, restore_best_weights=True
    )


def _as_list(outputs: Any) -> list[Tensor]:
    """Return a model's logits, the main ones first."""
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _means(totals: Tensor) -> Totals:
    loss, correct, count = (float(value) for value in totals)
    count = count or math.nan
    return Totals(loss / count, correct / count, count)


def _epoch_figures(epoch: int, train: Totals, validation: Totals | None) -> EpochFigures:
    """Return an epoch's figures; a loss that is not finite ends the training."""
    for what, totals in (("training", train), ("validation", validation)):
        if totals is not None and not math.isfinite(totals.loss):
            raise TrainingError(
                f"The {what} loss of epoch {epoch} is not a finite number: the training diverged. "
                f"Expected a finite loss. Try a smaller learning rate. Received: {totals.loss}"
            )
    if validation is None:
        return EpochFigures(epoch, train.loss, train.accuracy)
    return EpochFigures(epoch, train.loss, train.accuracy, validation.loss, validation.accuracy)


def _keras_logs(figures: EpochFigures) -> dict[str, float]:
    """Return the figures under the names that Keras callbacks look for."""
    logs = {"loss": figures.train_loss, "accuracy": figures.train_accuracy}
    if figures.validation_loss is not None and figures.validation_accuracy is not None:
        logs |= {"val_loss": figures.validation_loss, "val_accuracy": figures.validation_accuracy}
    return logs
