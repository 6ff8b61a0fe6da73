"""Batch norm by one fused operation."""

from __future__ import annotations

import numpy as np
import pytest

from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


def _model(**options):
    """Return a convolution and a batch norm whose weights are not those of the beginning."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((5, 6, 3)),
            keras.layers.Conv2D(4, 3),
            keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3, **options),
        ]
    )
    rng = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape).astype(np.float32))
    return model


def _pictures(number=3):
    return np.random.default_rng(2).normal(2, 3, (number, 5, 6, 3)).astype(np.float32)


def _pass(model, pictures, *, training):
    """Return outputs, gradients and all weights after one pass in a graph."""
    tf = import_tensorflow()

    @tf.function
    def run():
        with tf.GradientTape() as tape:
            outputs = model(pictures, training=training)
            loss = tf.reduce_sum(tf.sin(tf.cast(outputs, tf.float32)))
        return outputs, tape.gradient(loss, [weight.value for weight in model.trainable_variables])

    outputs, gradients = run()
    return [np.asarray(each, np.float32) for each in (outputs, *gradients, *model.get_weights())]


def _see_equal(ours, theirs):
    """Hold the difference against the largest number: sums of large terms may come out small."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * max(1.0, float(np.abs(theirs).max())))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "options", [{}, {"scale": False}, {"center": False}, {"scale": False, "center": False}]
)
def test_numbers_are_those_of_keras(training, options):
    """Outputs, gradients, and where the moving mean and variance went."""
    from training.fused_norms import fuse_batch_norms

    plain, fused = _model(**options), _model(**options)
    assert fuse_batch_norms(fused) == 1
    for ours, theirs in zip(
        _pass(fused, _pictures(), training=training),
        _pass(plain, _pictures(), training=training),
        strict=True,
    ):
        _see_equal(ours, theirs)


def test_one_value_a_channel_has_no_variance():
    """A map of one pixel, a batch of one picture: nothing becomes NaN."""
    import keras

    from training.fused_norms import fuse_batch_norms

    model = keras.Sequential([keras.Input((1, 1, 2)), keras.layers.BatchNormalization(momentum=0.5)])
    fuse_batch_norms(model)
    outputs = model(np.ones((1, 1, 1, 2), np.float32), training=True)
    assert np.asarray(outputs).tolist() == [[[[0.0, 0.0]]]]
    assert [weight.numpy().tolist() for weight in model.weights[2:]] == [[0.5, 0.5], [0.5, 0.5]]


def test_frozen_layers_keep_their_statistics():
    """In a training step too, and gradients go through them."""
    from training.fused_norms import fuse_batch_norms

    plain, fused = _model(), _model()
    fuse_batch_norms(fused)
    for model in (plain, fused):
        model.layers[-1].trainable = False
    before = fused.layers[-1].get_weights()
    results = [_pass(model, _pictures(), training=True) for model in (fused, plain)]
    for ours, theirs in zip(*results, strict=True):
        _see_equal(ours, theirs)
    assert all((a == b).all() for a, b in zip(before, fused.layers[-1].get_weights(), strict=True))


def test_others_are_left_alone():
    """Synchronised ones, other axes; and maps of another rank compute as before."""
    import keras

    from training.fused_norms import fuse_batch_norms

    norms = [keras.layers.BatchNormalization(synchronized=True), keras.layers.BatchNormalization(axis=1)]
    assert fuse_batch_norms(keras.Sequential([keras.Input((4, 4, 3)), *norms])) == 0
    rows = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])
    values = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    before = np.asarray(rows(values))
    fuse_batch_norms(rows)
    assert (np.asarray(rows(values)) == before).all()


def test_it_runs_in_bfloat16():
    """Under Keras' mixed precision: statistics stay float32."""
    import keras

    from training.fused_norms import fuse_batch_norms

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        plain, fused = _model(), _model()
    finally:
        keras.config.set_dtype_policy("float32")
    fuse_batch_norms(fused)
    for ours, theirs in zip(
        _pass(fused, _pictures(), training=True), _pass(plain, _pictures(), training=True), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0.05, atol=0.3)
    assert fused.layers[-1].moving_mean.dtype == "float32"


def test_what_is_saved_is_keras_own(tmp_path):
    """It opens without us, and gives the same numbers."""
    import keras

    from training.fused_norms import fuse_batch_norms

    model = _model()
    fuse_batch_norms(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert type(loaded.layers[-1]) is keras.layers.BatchNormalization
    assert "call" not in vars(loaded.layers[-1])
    np.testing.assert_allclose(loaded(_pictures()), model(_pictures()), rtol=1e-5, atol=1e-5)
