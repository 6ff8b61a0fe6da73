"""From a checkpoint to a model."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from foundation.errors import CheckpointError, ConfigError
from tests.training.checkpoints.conftest import original_values
from tests.training.networks.conftest import generator_of
from training.networks.registry import MODELS

pytestmark = pytest.mark.tensorflow

NATIVE = "resnet_v1_18_native"
# Rows of the reference's golden logits.
GOLDEN = {
    "resnet_v2_50": [0.407592, 0.399450, 0.142123, 0.481971, -0.121742, -0.160969, 0.128440],
    "resnet_v2_50_native": [-0.065846, 0.154948, -0.278277, -0.278220, 0.420454, -0.234827, -0.037056],
}


def _weight(model, path):
    return next(np.asarray(weight) for weight in model.weights if weight.path == path)


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("resnet_v2_50", "slim_resnet_v2_50_7cls"),
        pytest.param("resnet_v2_50_native", "native_resnet50_v2_7cls", marks=pytest.mark.contract),
    ],
)
def test_an_original_checkpoint_gives_the_original_logits(load, write_with_saver, tmp_path, name, manifest):
    """Weights and input by formula, within 1e-5 of the reference."""
    import keras

    write_with_saver(tmp_path / "model.ckpt", original_values(manifest, 0.7))
    model = load(tmp_path, name, size=224, num_classes=7).model
    values = generator_of("input").uniform(-1, 1, (2, 224, 224, 3)).astype(np.float32)
    network = keras.Model(model.get_layer("input_treatment").output, model.outputs)
    assert np.ravel(network(values, training=False))[:7] == pytest.approx(GOLDEN[name], abs=1e-5)


def test_every_variable_arrives_bit_by_bit(load, native18_checkpoint, native18):
    """Slots, counters and the number of classes beside."""
    loaded = load(native18_checkpoint, NATIVE)
    names = MODELS[NATIVE].checkpoint_names(loaded.model)
    assert (loaded.num_loaded, loaded.notes) == (107, ())
    for weight in loaded.model.weights:
        assert (np.asarray(weight) == native18[names[weight.path]]).all()


def test_one_build_is_enough(load, native18_checkpoint, monkeypatch):
    """The number of classes is read off before; a deep network takes many seconds to build."""
    from training.checkpoints import loading

    builds = []
    build = loading.build_model
    monkeypatch.setattr(
        loading, "build_model", lambda *of, **more: builds.append(more["num_classes"]) or build(*of, **more)
    )
    load(native18_checkpoint, NATIVE)
    assert builds == [7]


def test_moving_averages_are_taken_when_asked(load, native18, write_with_saver, tmp_path):
    """A trained variable without one is told; statistics of batch norm need none."""
    averages = {
        f"{name}/ExponentialMovingAverage": value + 1
        for name, value in native18.items()
        if not name.endswith(("moving_mean", "moving_variance", "dense/bias"))
    }
    write_with_saver(tmp_path / "model.ckpt", {**native18, **averages})
    loaded = load(tmp_path, NATIVE, num_classes=7, averages=True)
    kernel = native18["resnet_model/conv2d/kernel"]
    assert (_weight(loaded.model, "conv2d/kernel") == kernel + 1).all()
    bias = native18["resnet_model/dense/bias"]
    assert (_weight(loaded.model, "dense/bias") == bias).all()
    assert [note.split(":")[0] for note in loaded.notes] == [
        "1 variables have no moving average, and were taken themselves"
    ]
    assert "resnet_model/dense/bias" in loaded.notes[0]
    assert (_weight(load(tmp_path, NATIVE, num_classes=7).model, "conv2d/kernel") == kernel).all()


def test_moving_averages_that_are_not_there_are_refused(load, native18_checkpoint):
    """The variables are not taken in their place without a word."""
    with pytest.raises(CheckpointError, match="no moving averages"):
        load(native18_checkpoint, NATIVE, num_classes=7, averages=True)


def test_a_head_of_another_size_is_replaced_only_when_asked(load, native18_checkpoint, native18):
    """The rest arrives, and the note says that the head is fresh."""
    with pytest.raises(ConfigError, match="tells 7 classes apart, and 3 were asked for"):
        load(native18_checkpoint, NATIVE, num_classes=3)
    loaded = load(native18_checkpoint, NATIVE, num_classes=3, replaces_head=True)
    assert loaded.num_loaded == 105
    assert "fresh" in loaded.notes[0]
    assert _weight(loaded.model, "dense/kernel").shape == (512, 3)
    kernel = native18["resnet_model/conv2d_19/kernel"]
    assert (_weight(loaded.model, "conv2d_19/kernel") == kernel).all()


def test_a_first_kernel_on_colours_is_summed_when_one_channel_is_asked_for(
    load, native18_checkpoint, native18
):
    """So that a grey picture gives what it gave in three channels."""
    loaded = load(native18_checkpoint, NATIVE, num_classes=7, channels=1)
    kernel = native18["resnet_model/conv2d/kernel"].sum(axis=2, keepdims=True)
    assert (_weight(loaded.model, "conv2d/kernel") == kernel).all()
    assert "summed" in loaded.notes[0]


def test_what_does_not_fit_is_listed_and_nothing_is_loaded(load, native18, write_with_saver, tmp_path):
    """A missing variable, one too many, one of another shape."""
    changed = dict(native18)
    del changed["resnet_model/batch_normalization_3/beta"]
    changed["resnet_model/stranger/kernel"] = np.zeros(2, np.float32)
    changed["resnet_model/conv2d_2/kernel"] = np.zeros((1, 1, 64, 64), np.float32)
    write_with_saver(tmp_path / "model.ckpt", changed)
    with pytest.raises(CheckpointError) as refusal:
        load(tmp_path, NATIVE, num_classes=7)
    told = str(refusal.value)
    assert "Missing, of 107 (1): resnet_model/batch_normalization_3/beta" in told
    assert "Left over (1): resnet_model/stranger/kernel" in told
    assert "resnet_model/conv2d_2/kernel is 1x1x64x64 and should be 3x3x64x64" in told


def test_a_checkpoint_of_another_network_is_named(load, native18_checkpoint):
    """And the network that takes it."""
    with pytest.raises(CheckpointError, match="This looks like the official ResNet-18 v1") as refusal:
        load(native18_checkpoint, "resnet_v2_18_native", num_classes=7)
    assert f"--model {NATIVE}" in str(refusal.value)


@pytest.mark.parametrize("name", ["lenet5", "resnet_18_torchvision"])
def test_it_is_named_to_a_network_that_has_no_such_checkpoints_at_all(load, native18_checkpoint, name):
    """Before anything is compared."""
    with pytest.raises(
        CheckpointError, match=f"fits {name}: .* looks like the official ResNet-18 v1"
    ) as refusal:
        load(native18_checkpoint, name, size=64)
    assert f"--model {NATIVE}" in str(refusal.value)


def test_values_that_are_no_numbers_are_refused(load, native18, write_with_saver, tmp_path):
    """The training diverged: predictions would be NaN without a word."""
    diverged = {**native18, "resnet_model/dense/bias": np.full(7, np.nan, np.float32)}
    write_with_saver(tmp_path / "model.ckpt", diverged)
    with pytest.raises(CheckpointError, match=r"NaN or infinite.*Names \(1\): resnet_model/dense/bias"):
        load(tmp_path, NATIVE, num_classes=7)
    assert load(tmp_path, NATIVE, num_classes=7, replaces_head=True).num_loaded == 105


@pytest.mark.contract
def test_an_auxiliary_head_of_another_size_stays_fresh(load, write_with_saver, tmp_path):
    """Or is left out where the network has none; the rest arrives."""
    values = original_values("slim_inception_v4_aux_7cls", 2.0)
    write_with_saver(tmp_path / "model.ckpt", values)
    other = load(tmp_path, "inception_v4_aux", size=150, num_classes=7)
    assert other.num_loaded == 598
    assert any("another input size" in note for note in other.notes)
    without = load(tmp_path, "inception_v4", size=150, num_classes=7)
    assert any("inception_v4 has none" in note for note in without.notes)
    assert load(tmp_path, "inception_v4_aux", size=299, num_classes=7).num_loaded == 608


@pytest.fixture(scope="module")
def inception_state(build_inception):
    """A state dict as timm's inception_v4 has it, its gammas other than one."""
    from training.networks.timm_names import inception_v4_names

    rng = np.random.default_rng(0)
    state = {}
    for path, name in inception_v4_names(build_inception).items():
        shape = next(tuple(weight.shape) for weight in build_inception.weights if weight.path == path)
        values = rng.normal(1 if "variance" in path else 0, 0.1, shape).astype(np.float32)
        state[name] = values.transpose(3, 2, 0, 1) if len(shape) == 4 else values.T
        if name.endswith("running_mean"):
            state[name.replace("running_mean", "weight")] = rng.normal(1, 0.1, shape).astype(np.float32)
            state[name.replace("running_mean", "num_batches_tracked")] = np.int64(9)
    return {name: np.ascontiguousarray(values) for name, values in state.items()}


@pytest.fixture(scope="module")
def build_inception():
    """Inception v4 at its smallest."""
    from training.tensorflow_setup import import_tensorflow

    import_tensorflow()
    from training.networks.registry import build_model

    return build_model("inception_v4", height=75, width=75, channels=3, num_classes=2)


def test_timms_gammas_are_multiplied_into_the_kernels(load, inception_state, tmp_path):
    """Ours has none; gamma (w x - m) / d is (gamma w x - gamma m) / d."""
    save_file(inception_state, tmp_path / "net.safetensors")
    loaded = load(tmp_path, "inception_v4", size=75, num_classes=2)
    gamma = inception_state["features.0.bn.weight"]
    kernel = inception_state["features.0.conv.weight"].transpose(2, 3, 1, 0)
    assert (_weight(loaded.model, "Conv2d_1a_3x3/kernel") == kernel * gamma).all()
    mean = inception_state["features.0.bn.running_mean"]
    assert (_weight(loaded.model, "Conv2d_1a_3x3.BatchNorm/moving_mean") == mean * gamma).all()
    assert "149 batch norms have gammas" in loaded.notes[0]


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_a_network_of_keras_applications_is_loaded_by_name(load, tmp_path, ending):
    """Saved by Keras alone, after other models; predictions are the same."""
    import keras

    keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3), alpha=0.35)
    theirs = keras.applications.MobileNetV2(
        weights=None, input_shape=(32, 32, 3), classes=3, classifier_activation=None
    )
    theirs.save(tmp_path / "a.keras") if ending == ".keras" else theirs.save_weights(
        tmp_path / "a.weights.h5"
    )
    loaded = load(tmp_path, "mobilenet_v2")
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    expected = theirs(pictures / 127.5 - 1, training=False)
    assert np.asarray(loaded.model(pictures, training=False)) == pytest.approx(np.asarray(expected), abs=1e-5)


def test_a_model_with_another_input_treatment_is_refused(load, tmp_path):
    """Its numbers would be wrong without a word; named, it is taken."""
    from training.networks.registry import build_model

    build_model("lenet5", height=32, width=32, channels=1, num_classes=2, treatment="inception").save(
        tmp_path / "net.keras"
    )
    with pytest.raises(ConfigError, match="another input treatment"):
        load(tmp_path, "lenet5")
    assert load(tmp_path, "lenet5", treatment="inception").num_loaded == 10


def test_classes_of_a_file_without_a_head_must_be_given(load, native18, write_with_saver, tmp_path):
    """There is nothing to count them by."""
    body = {name: value for name, value in native18.items() if "dense" not in name}
    write_with_saver(tmp_path / "model.ckpt", body)
    with pytest.raises(ConfigError, match="give --classes"):
        load(tmp_path, NATIVE, replaces_head=True)
    assert load(tmp_path, NATIVE, replaces_head=True, num_classes=2).num_loaded == 105
