"""The loop: what a step does, when it stops, and that replicas change nothing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from foundation.errors import TrainingError
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def loop():
    """The module under test, imported after TensorFlow's set-up."""
    import_tensorflow()
    import training.loop

    return training.loop


def _linear_model(*, weight_decay=0.0):
    """Return two logits, w * x, from pictures of one pixel; w starts at 0."""
    import keras

    pictures = keras.Input((1, 1, 1))
    x = keras.layers.Flatten()(pictures)
    x = keras.layers.Dense(
        2,
        use_bias=False,
        kernel_initializer="zeros",
        kernel_regularizer=keras.regularizers.L2(weight_decay / 2) if weight_decay else None,
    )(x)
    return keras.Model(pictures, x)


def _batches(rows, *, batch_size):
    """Return batches of (picture value, class, weight)."""
    tf = import_tensorflow()
    values, classes, weights = (np.array(column) for column in zip(*rows, strict=True))
    return tf.data.Dataset.from_tensor_slices(
        {
            "pictures": values.reshape(-1, 1, 1, 1).astype(np.float32),
            "targets": np.eye(2, dtype=np.float32)[classes],
            "mask": np.ones((len(rows), 2), np.float32),
            "weights": weights.astype(np.float32),
        }
    ).batch(batch_size)


def _make_loop(loop, model, *, learning_rate=1.0, batch_size=2, **more):
    import keras

    from training.losses import count_top_class, softmax_cross_entropy

    return loop.TrainingLoop(
        model,
        optimizer=keras.optimizers.SGD(learning_rate),
        loss=softmax_cross_entropy,
        count_correct=count_top_class,
        batch_size=batch_size,
        **more,
    )


def test_a_step_equals_hand_calculation(loop):
    """At w = 0 the gradient is mean((p - y) x): class 0 at x 1, class 1 at x 3 give (0.5, -0.5)."""
    model = _linear_model()
    rows = [(1.0, 0, 1.0), (3.0, 1, 1.0)]
    history = _make_loop(loop, model).run(epochs=1, train_batches=lambda _: _batches(rows, batch_size=2))
    assert model.get_weights()[0].tolist() == [[-0.5, 0.5]]
    assert history.best.train_loss == pytest.approx(np.log(2))
    assert history.best.validation_loss is None
    assert history.best_epoch == 1


def test_a_record_of_weight_0_moves_nothing(loop):
    """Whatever fills up the last batch, weights and figures are those of the real records."""
    model = _linear_model()
    rows = [(1.0, 0, 1.0), (1000.0, 1, 0.0)]
    history = _make_loop(loop, model).run(epochs=1, train_batches=lambda _: _batches(rows, batch_size=2))
    assert model.get_weights()[0].tolist() == [[0.25, -0.25]]
    assert history.best.train_loss == pytest.approx(np.log(2))
    assert history.best.train_accuracy == 1.0


def test_weight_decay_moves_weights_but_not_the_told_loss(loop):
    """With l / 2 * w^2 and rate 1 a weight loses l times itself; the figures stay the records' own."""
    model = _linear_model(weight_decay=0.5)
    model.set_weights([np.array([[2.0, 2.0]], np.float32)])
    rows = [(0.0, 0, 1.0), (0.0, 1, 1.0)]
    history = _make_loop(loop, model).run(epochs=1, train_batches=lambda _: _batches(rows, batch_size=2))
    assert model.get_weights()[0].tolist() == [[1.0, 1.0]]
    assert history.best.train_loss == pytest.approx(np.log(2))


def test_auxiliary_logits_add_their_share_of_the_loss(loop):
    """Two heads on one input: at weight 0.4 the auxiliary one moves 0.4 as far; the told loss is the main."""
    import keras

    pictures = keras.Input((1, 1, 1))
    x = keras.layers.Flatten()(pictures)
    heads = [keras.layers.Dense(2, use_bias=False, kernel_initializer="zeros")(x) for _ in range(2)]
    model = keras.Model(pictures, heads)
    training = _make_loop(loop, model, auxiliary_weight=0.4)
    rows = [(1.0, 0, 1.0), (3.0, 1, 1.0)]
    history = training.run(
        epochs=1,
        train_batches=lambda _: _batches(rows, batch_size=2),
        validation_batches=_batches(rows, batch_size=2),
    )
    main, auxiliary = model.get_weights()
    assert main == pytest.approx(np.array([[-0.5, 0.5]]))
    assert auxiliary == pytest.approx(0.4 * np.array([[-0.5, 0.5]]))
    assert history.best.train_loss == pytest.approx(np.log(2))
    assert history.best.validation_accuracy == 0.5


def test_validation_leaves_the_weights_alone(loop):
    """And means over the records, not over the batches."""
    model = _linear_model()
    model.set_weights([np.array([[0.0, np.log(3)]], np.float32)])
    rows = [(1.0, 1, 1.0), (1.0, 1, 1.0), (1.0, 0, 1.0), (1.0, 0, 0.0)]
    totals = _make_loop(loop, model).validate(_batches(rows, batch_size=2))
    assert totals.num_records == 3
    assert totals.accuracy == pytest.approx(2 / 3)
    assert totals.loss == pytest.approx((2 * np.log(4 / 3) + np.log(4)) / 3)
    assert model.get_weights()[0].tolist() == [[0.0, pytest.approx(np.log(3))]]


def test_training_stops_after_patience_and_puts_the_best_weights_back(loop):
    """Trained towards the wrong class the validation loss only grows: epoch 1 is best, epoch 3 the last."""
    model = _linear_model()
    kept = []
    history = _make_loop(loop, model, learning_rate=0.5).run(
        epochs=10,
        train_batches=lambda _: _batches([(1.0, 0, 1.0), (1.0, 0, 1.0)], batch_size=2),
        validation_batches=_batches([(1.0, 1, 1.0)], batch_size=1),
        callbacks=[_each_epoch(lambda: kept.append(model.get_weights()[0])), loop.keep_best_weights(2)],
    )
    assert [figures.epoch for figures in history.epochs] == [1, 2, 3]
    assert history.stopped_early
    assert history.best_epoch == 1
    assert history.best is history.epochs[0]
    assert (model.get_weights()[0] == kept[0]).all()


def _each_epoch(action):
    import keras

    return keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: action())


def test_callbacks_see_the_logs_under_keras_names(loop):
    """So that any Keras callback works."""
    import keras

    seen = []
    _make_loop(loop, _linear_model()).run(
        epochs=2,
        train_batches=lambda _: _batches([(1.0, 0, 1.0)], batch_size=1),
        validation_batches=_batches([(1.0, 0, 1.0)], batch_size=1),
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, set(logs))))
        ],
    )
    assert seen == [(epoch, {"loss", "accuracy", "val_loss", "val_accuracy"}) for epoch in (0, 1)]


def test_progress_is_told_of_each_step(loop):
    """One stage an epoch, with its number of steps."""
    told = []

    class Listener:
        def begin(self, stage, total=None):
            told.append((stage, total))

        def advance(self, count=1):
            told.append(count)

        def end(self):
            told.append("end")

    rows = [(1.0, 0, 1.0)] * 4
    _make_loop(loop, _linear_model()).run(
        epochs=2, train_batches=lambda _: _batches(rows, batch_size=2), progress=Listener()
    )
    assert told == [("epoch 1 of 2", 2), 1, 1, "end", ("epoch 2 of 2", 2), 1, 1, "end"]


def test_a_loss_that_is_not_finite_ends_the_training(loop):
    """With the epoch and what to try."""
    rows = [(np.inf, 0, 1.0), (1.0, 1, 1.0)]
    with pytest.raises(TrainingError, match=r"training loss of epoch 1 .* smaller learning rate"):
        _make_loop(loop, _linear_model()).run(epochs=3, train_batches=lambda _: _batches(rows, batch_size=2))


TWO_REPLICAS = """
import numpy as np
from training.tensorflow_setup import import_tensorflow
tf = import_tensorflow()
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from training.losses import count_top_class, softmax_cross_entropy
from training.loop import TrainingLoop
from training.networks.registry import build_model

generator = np.random.default_rng(0)
batches = tf.data.Dataset.from_tensor_slices({
    "pictures": generator.uniform(0, 255, (12, 28, 28, 1)).astype(np.float32),
    "targets": np.eye(3, dtype=np.float32)[np.arange(12) % 3],
    "mask": np.ones((12, 3), np.float32),
    "weights": np.array([1.0] * 11 + [0.0], np.float32),
}).batch(4)

def train(strategy):
    keras.utils.set_random_seed(3)
    with strategy.scope():
        model = build_model("lenet5", height=28, width=28, channels=1, num_classes=3, weight_decay=1e-3)
        optimizer = keras.optimizers.Adam(0.001)
    loop = TrainingLoop(model, optimizer=optimizer, loss=softmax_cross_entropy,
                        count_correct=count_top_class, batch_size=4, strategy=strategy)
    history = loop.run(epochs=3, train_batches=lambda epoch: batches, validation_batches=batches)
    return history.epochs[-1], np.concatenate([weight.ravel() for weight in model.get_weights()])

one, one_weights = train(tf.distribute.OneDeviceStrategy("CPU:0"))
two, two_weights = train(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
print(np.abs(one_weights - two_weights).max(), abs(one.train_loss - two.train_loss),
      abs(one.validation_loss - two.validation_loss))
"""


@pytest.mark.slow
def test_two_replicas_train_as_one():
    """Weights and losses of a MirroredStrategy over two devices equal those of one device to 1e-6."""
    completed = subprocess.run(
        [sys.executable, "-c", TWO_REPLICAS], check=False, capture_output=True, text=True, timeout=120
    )
    assert completed.returncode == 0, completed.stderr
    assert max(float(number) for number in completed.stdout.split()) < 1e-6
