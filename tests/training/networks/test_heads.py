"""Heads on a small network: poolings against their formulas, layers between, and plain reopening."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.networks.head_config import HeadConfig
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow

ROOMS = ["foundation", "imaging", "database", "preprocessing", "training", "inference", "pipeline", "cli"]
MAP = np.random.default_rng(3).uniform(0, 4, (2, 5, 4, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def keras():
    """Keras, after TensorFlow's set-up."""
    import_tensorflow()
    import keras

    return keras


def _pooled(keras, pooling):
    from training.networks.heads import pool
    from training.networks.plan import ModelPlan

    plan = ModelPlan("m", height=5, width=4, channels=3, num_classes=2, head=HeadConfig(pooling=pooling))
    inputs = keras.Input(MAP.shape[1:])
    return keras.Model(inputs, pool(plan, inputs))


@pytest.mark.parametrize(
    ("pooling", "formula"),
    [
        ("own", lambda x: x.mean((1, 2))),
        ("avg", lambda x: x.mean((1, 2))),
        ("max", lambda x: x.max((1, 2))),
        ("gem", lambda x: (x.astype(np.float64) ** 3).mean((1, 2)) ** (1 / 3)),
    ],
)
def test_a_pooling_is_its_formula(keras, pooling, formula):
    """GeM starts with the exponent 3."""
    assert np.asarray(_pooled(keras, pooling)(MAP)) == pytest.approx(formula(MAP), rel=1e-5)


def test_gem_has_one_exponent_a_channel_that_trains_and_stays_positive(keras):
    """Each channel follows its own; a step that would make it negative ends at zero."""
    tf = import_tensorflow()
    model = _pooled(keras, "gem")
    (exponent,) = model.trainable_weights
    assert exponent.shape == (3,)
    exponent.assign([1.0, 2.0, 8.0])
    wanted = np.stack([(MAP[..., i] ** p).mean((1, 2)) ** (1 / p) for i, p in enumerate((1, 2, 8))], axis=-1)
    assert np.asarray(model(MAP)) == pytest.approx(wanted, rel=1e-5)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(MAP))
    gradient = tape.gradient(total, exponent.value)
    assert (np.asarray(gradient) > 0).all()
    keras.optimizers.SGD(1e4).apply([gradient], [exponent])
    assert (exponent.numpy() == 0).all()
    assert np.isfinite(np.asarray(model(MAP))).all()


def test_gem_counts_what_is_not_positive_as_a_millionth_and_never_overflows(keras):
    """Zeros, negatives and large features give finite numbers, and finite gradients."""
    tf = import_tensorflow()
    model = _pooled(keras, "gem")
    edges = tf.Variable(np.array([0.0, -5.0, 1e30], np.float32).reshape(1, 1, 1, 3) * np.ones((1, 5, 4, 1)))
    with tf.GradientTape() as tape:
        pooled = model(edges)
    assert np.asarray(pooled)[0] == pytest.approx([1e-6, 1e-6, 1e30], rel=1e-4)
    assert np.isfinite(tape.gradient(pooled, edges)).all()


def test_dropout_and_mlp_stand_between_pooling_and_logits(build):
    """In the order dropout, dense, dropout, dense, dropout, logits."""
    head = HeadConfig(pooling="max", dropout=0.1, mlp_layers=(9, 8), mlp_dropout=0.2)
    names = [layer.name for layer in build("resnet_v2_18_native", 32, head=head).layers]
    assert names[names.index("feature_map") + 1 :] == [
        "head_pool",
        "head_dropout",
        "head_mlp_1",
        "head_mlp_dropout_1",
        "head_mlp_2",
        "head_mlp_dropout_2",
        "dense",
    ]


def test_parents_hold_in_a_whole_model(build):
    """A child's logit lies below its parent's, whatever the picture."""
    head = HeadConfig(parents={"edema": "lung"})
    model = build("lenet5", 28, num_classes=3, classes=("edema", "lung", "mass"), head=head)
    pictures = np.random.default_rng(0).uniform(0, 255, (20, 28, 28, 3)).astype(np.float32)
    logits = np.asarray(model(pictures))
    assert (logits[:, 0] < logits[:, 1]).all()


def test_names_do_not_depend_on_what_was_built_before(build):
    """Keras counts operations by process; ours are counted by model."""
    head = HeadConfig(pooling="gem")
    first, second = (build("lenet5", 28, treatment="caffe", head=head) for _ in range(2))
    assert [op.name for op in first.operations] == [op.name for op in second.operations]
    assert len({op.name for op in first.operations}) == len(first.operations)


def test_the_main_classifier_alone_gives_one_tensor(keras):
    """With the weights of the whole; a model of one output is given back."""
    from training.networks.heads import main_classifier

    inputs = keras.Input((2,))
    main, extra = keras.layers.Dense(3)(inputs), keras.layers.Dense(4)(inputs)
    model = keras.Model(inputs, [main, extra])
    alone = main_classifier(model)
    assert np.array_equal(alone(np.ones((1, 2))), model(np.ones((1, 2)))[0])
    assert main_classifier(alone) is alone


def test_plain_keras_opens_every_kind_of_head_without_dicomill(build, tmp_path):
    """In a process in which none of our rooms can be imported, to 1e-6."""
    parents = {"head": HeadConfig(parents={"a": "b", "b": "c"}), "classes": tuple("abcdefg")}
    models = {
        "gem": build("lenet5", 28, treatment="caffe", head=HeadConfig(pooling="gem", mlp_layers=(5,))),
        "parents": build("lenet5", 28, treatment="imagenet", **parents),
    }
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 28, 28, 3)).astype(np.float32)
    for name, model in models.items():
        model.save(tmp_path / f"{name}.keras")
        np.savez(tmp_path / f"{name}.npz", pictures=pictures, logits=model(pictures))
    assert _reopened(tmp_path) == sorted(models)


def _reopened(folder: Path) -> list[str]:
    """Return the names of models that give the same logits in plain Keras; raise where it cannot load one."""
    code = (
        "import os, sys, pathlib\n"
        "os.environ.update(KERAS_BACKEND='tensorflow', TF_CPP_MIN_LOG_LEVEL='3')\n"
        f"sys.modules.update(dict.fromkeys({ROOMS!r}))\n"
        "import keras, numpy\n"
        "for path in sorted(pathlib.Path('.').glob('*.keras')):\n"
        "    case = numpy.load(path.with_suffix('.npz'))\n"
        "    logits = keras.saving.load_model(path, compile=False)(case['pictures'])\n"
        "    assert abs(numpy.asarray(logits) - case['logits']).max() <= 1e-6, path\n"
        "    print(path.stem)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
