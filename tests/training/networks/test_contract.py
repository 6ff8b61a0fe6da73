"""The contract of every network: it builds at its smallest size, learns, saves, loads and runs in bfloat16.

One shallow member a family runs always; `make contract` goes through them all, and writes a line on
each into the file that DICOMILL_CONTRACT_TABLE names.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from foundation.errors import ConfigError
from training.networks.head_config import HeadConfig
from training.networks.registry import MODELS, check_input
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow

SHALLOW = {
    "lenet5",
    "mobilenet_v3_small",
    "resnet_18_torchvision",
    "resnet_v2_18_native",
    "resnet_v2_50",
    "resnet_v2_50_timm",
    "vit_tiny_16",
}
# Large even so: in every run without what makes them large or noisy, whole in the contract.
LIGHTENED = {"inception_v4": HeadConfig(dropout=0.0), "vgg11": HeadConfig(pooling="avg")}
# Built a second time, in bfloat16, only by the contract.
DEEP = {"inception_v4", "resnet_v2_50", "resnet_v2_50_timm", "vit_tiny_16"}
# What a step should take off the loss, as a share of it, were the loss a plane.
SHARES = (1e-2, 1e-3, 1e-4, 1e-5)
# Batch norm over four pictures makes the loss of some deep networks too rough at a map of 1 x 1.
NUM_PICTURES = (4, 16)


def _pictures(side, channels, number=4):
    return np.random.default_rng(0).uniform(0, 255, (number, side, side, channels)).astype(np.float32)


def _main(outputs):
    return outputs[0] if isinstance(outputs, list) else outputs


class _Objective:
    """The loss of one batch in training mode, with the same state and the same dropout each time."""

    def __init__(self, model, pictures):
        self._tf = import_tensorflow()
        self._model, self._pictures = model, pictures
        trained = {id(weight) for weight in model.trainable_variables}
        self._state = [
            (weight, weight.value.numpy()) for weight in model.variables if id(weight) not in trained
        ]

    def __call__(self):
        tf = self._tf
        for variable, value in self._state:
            variable.assign(value)
        outputs = self._model(self._pictures, training=True)
        labels = np.arange(len(self._pictures)) % 3
        losses = [
            weight
            * tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(each, "float32")))
            for each, weight in zip(
                outputs if isinstance(outputs, list) else [outputs], (1.0, 0.4), strict=False
            )
        ]
        return tf.add_n(losses + self._model.losses)


def _gradients(model, objective):
    """Return the loss and its gradients, each there and finite, and the square of their length."""
    tf = import_tensorflow()
    with tf.GradientTape() as tape:
        loss = objective()
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    assert all(gradient is not None for gradient in gradients)
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
    square = float(tf.add_n([tf.reduce_sum(tf.square(gradient)) for gradient in gradients]))
    assert np.isfinite(square)
    return float(loss), gradients, square


def _take_step(model, pictures):
    """Go down the gradient by the first of ever shorter steps that lowers the loss; return both losses."""
    objective = _Objective(model, pictures)
    before, gradients, square = _gradients(model, objective)
    after, taken = before, 0.0
    for share in SHARES:
        step = share * before / square
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
            variable.assign_add((taken - step) * gradient)
        taken = step
        after = float(objective())
        if after < before:
            break
    return before, after


def _explain(model, entry, pictures):
    """Return the logits, and how the largest of them depend on the named map: what Grad-CAM needs."""
    tf = import_tensorflow()
    import keras

    both = keras.Model(model.inputs[0], [model.get_layer(entry.feature_map).output, model.outputs[0]])
    with tf.GradientTape() as tape:
        maps, logits = both(pictures)
        top = tf.reduce_max(logits, axis=-1)
    gradient = np.asarray(tape.gradient(top, maps))
    assert gradient.ndim == 4
    return np.asarray(logits), gradient


def _run_in_bfloat16(build, name, side, *, channels, learns, **more):
    """See finite logits, and gradients if it learns; layers compute in bfloat16, weights stay float32."""
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build(name, side, channels=channels, num_classes=3, **more)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(weight.dtype == "float32" for weight in model.trainable_weights)
    assert "bfloat16" in {layer.compute_dtype for layer in model.layers}
    pictures = _pictures(side, channels)
    outputs = import_tensorflow().cast(_main(model(pictures)), "float32")
    assert np.isfinite(np.asarray(outputs)).all()
    if learns:
        loss, _, _ = _gradients(model, _Objective(model, pictures))
        assert np.isfinite(loss)


def _hold_to_contract(build, name, folder, *, whole, **more):
    """Go through the contract; return what the table tells."""
    import keras

    keras.utils.set_random_seed(1)
    entry = MODELS[name]
    side = entry.minimum_size
    with pytest.raises(ConfigError):
        check_input(name, height=side - 1, width=side, channels=3)
    model = build(name, side, num_classes=3, weight_decay=1e-4, **more)
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
    assert len(model.outputs) == 1 + entry.auxiliary
    for number in NUM_PICTURES:
        before, after = _take_step(model, _pictures(side, 3, number))
        if after < before:
            break
    assert after < before
    pictures = _pictures(side, 3)
    model.save(folder / "model.keras")
    expected, parameters = np.asarray(_main(model(pictures))), model.count_params()
    del model  # the largest have 350 million weights
    loaded = keras.saving.load_model(folder / "model.keras", compile=False)
    logits, gradient = _explain(loaded, entry, pictures)
    assert (logits == expected).all()
    assert np.isfinite(logits).all()
    assert np.isfinite(gradient).all()
    assert gradient.any()
    del loaded
    (folder / "model.keras").unlink()
    if whole or name not in DEEP:
        _run_in_bfloat16(build, name, side, channels=1 if whole else 3, learns=whole, **more)
    return side, parameters, f"{before:.6f}", f"{after:.6f}"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SHALLOW | set(LIGHTENED)))
def test_a_shallow_member_of_each_family_keeps_the_contract(build, name, tmp_path):
    """Its dense layers left out where they hold most of the weights."""
    _hold_to_contract(
        build, name, tmp_path, whole=False, **({"head": LIGHTENED[name]} if name in LIGHTENED else {})
    )


@pytest.mark.parametrize("name", ["lenet5", "resnet_18_torchvision", "resnet_v2_18_native", "vit_tiny_16"])
def test_one_channel_is_enough(build, name):
    """Grey pictures give logits, at the smallest size."""
    side = MODELS[name].minimum_size
    assert _main(build(name, side, channels=1)(_pictures(side, 1))).shape == (4, 7)


def test_every_family_has_a_member_here():
    """In every run; backbones of one's own have tests of theirs."""
    assert {MODELS[name].family for name in SHALLOW | set(LIGHTENED)} == {
        entry.family for entry in MODELS.values()
    }


@pytest.mark.contract
@pytest.mark.parametrize("name", MODELS)
def test_every_network_keeps_the_contract(build, name, tmp_path):
    """Whole: in float32 with three channels, in bfloat16 with one."""
    import keras

    keras.utils.clear_session()  # what the networks before have left in memory
    started = time.process_time()
    row = _hold_to_contract(build, name, tmp_path, whole=True)
    table = os.environ.get("DICOMILL_CONTRACT_TABLE")
    if table:
        cells = (name, *row, round(time.process_time() - started), f"{datetime.now(UTC):%Y-%m-%d}")
        with Path(table).open("a", encoding="utf-8") as stream:
            stream.write("\t".join(map(str, cells)) + "\n")
