"""The contract of every network: it builds at its smallest size, learns, saves and loads."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from foundation.errors import ConfigError, UnknownNameError
from training.networks.registry import MODELS, build_model, check_input
from training.tensorflow_setup import import_tensorflow

SHALLOW = ["lenet5", "resnet_v2_18_native"]


def test_the_registry_is_alphabetical():
    """So that a reader finds a name."""
    assert list(MODELS) == sorted(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_every_entry_tells_what_it_is(name):
    """A summary, a source with a year, and a default that is legal."""
    entry = MODELS[name]
    assert entry.summary
    assert "19" in entry.source or "20" in entry.source
    check_input(name, height=entry.default_size, width=entry.default_size, channels=3)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ({"height": 27, "width": 64, "channels": 1}, "at least 28 x 28"),
        ({"height": 64, "width": 64, "channels": 4}, "1 channel"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(shape, told):
    """Before anything is built."""
    with pytest.raises(ConfigError, match=told):
        check_input("lenet5", **shape)


def test_an_unknown_network_is_told_with_the_nearest():
    """The message suggests."""
    with pytest.raises(UnknownNameError, match='Did you mean "lenet5"'):
        build_model("lenet", height=28, width=28, channels=1, num_classes=2)


def test_no_classes_are_refused():
    """A model without logits is none."""
    with pytest.raises(ConfigError, match="at least one class"):
        build_model("lenet5", height=28, width=28, channels=1, num_classes=0)


def test_names_are_read_without_keras():
    """The registry and the door's config load neither Keras nor TensorFlow."""
    code = (
        "import sys, training.train, training.artifact, training.networks.registry, training.optimizers; "
        "sys.exit(bool({'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", SHALLOW)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_learns_saves_and_loads(name, channels, tmp_path):
    """At its smallest size a step lowers the loss, and the saved model gives the same logits."""
    tf = import_tensorflow()
    import keras

    keras.utils.set_random_seed(1)
    entry = MODELS[name]
    side = entry.minimum_size
    model = build_model(name, height=side, width=side, channels=channels, num_classes=3, weight_decay=1e-4)
    assert model.get_layer(entry.feature_map).output.shape[1] >= 1
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
    pictures = np.random.default_rng(0).uniform(0, 255, (6, side, side, channels)).astype(np.float32)
    labels = np.array([0, 1, 2, 0, 1, 2])
    optimizer = keras.optimizers.SGD(0.01)

    def measure():
        logits = model(pictures, training=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)) + tf.add_n(
            model.losses
        )

    with tf.GradientTape() as tape:
        before = measure()
    optimizer.apply(tape.gradient(before, model.trainable_variables), model.trainable_variables)
    assert float(measure()) < float(before)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded(pictures).numpy() == model(pictures).numpy()).all()
