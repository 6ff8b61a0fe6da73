"""Checkpoints of TensorFlow 1."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import CheckpointError
from training.checkpoints.places import find_place
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow

VALUES = {
    "net/conv/weights": np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3),
    "net/conv/biases": np.ones(3, "f"),
}


@pytest.fixture(scope="module")
def tf1_files():
    """The module, once TensorFlow is there."""
    import_tensorflow()
    from training.checkpoints import tf1_files

    return tf1_files


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_are_read(tf1_files, write_with_saver, tmp_path, version):
    """Names, shapes and values."""
    weights = tf1_files.open_tf1(
        find_place(write_with_saver(tmp_path / "a" / "model.ckpt", VALUES, version=version))
    )
    assert weights.shapes == {name: value.shape for name, value in VALUES.items()}
    assert (weights.read("net/conv/weights") == VALUES["net/conv/weights"]).all()


def test_what_is_written_is_read_again_and_is_the_latest(tf1_files, tmp_path):
    """By us through the folder, and by TensorFlow's own search."""
    tf1_files.write_tf1(tmp_path, VALUES)
    weights = tf1_files.open_tf1(find_place(tmp_path))
    assert all((weights.read(name) == value).all() for name, value in VALUES.items())
    assert import_tensorflow().train.latest_checkpoint(tmp_path) == str(tmp_path / "model.ckpt")


def test_slots_averages_and_counters_are_no_variables(tf1_files):
    """Every optimizer of tf.train; a scope that is named after one is a variable's."""
    variables = ["net/conv/weights", "Adam/weights", "net/Momentum/biases"]
    slots = [
        "RMSProp",
        "RMSProp_1",
        "RMSProp_2",
        "Momentum",
        "Adam",
        "Adam_1",
        "Adadelta",
        "Adadelta_1",
        "Adagrad",
        "Ftrl",
        "Ftrl_1",
    ]
    beside = [f"net/conv/weights/{slot}" for slot in [*slots, "ExponentialMovingAverage"]]
    beside += ["net/bn/moving_mean/biased", "net/bn/moving_mean/local_step"]
    beside += ["global_step", "beta1_power", "beta2_power"]
    assert tf1_files.beside_variables(variables + beside) == set(beside)


def test_a_cut_index_or_value_file_is_one_line(tf1_files, tmp_path):
    """The values are noticed when they are read, by their length and by their sum."""
    tf1_files.write_tf1(tmp_path, VALUES)
    values = tmp_path / "model.ckpt.data-00000-of-00001"
    whole = values.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1])):
        values.write_bytes(broken)
        weights = tf1_files.open_tf1(find_place(tmp_path))
        with pytest.raises(CheckpointError, match="cut or damaged"):
            [weights.read(name) for name in VALUES]
    index = tmp_path / "model.ckpt.index"
    index.write_bytes(index.read_bytes()[:-20])
    with pytest.raises(CheckpointError, match="no checkpoint of TensorFlow"):
        tf1_files.open_tf1(find_place(tmp_path))


def test_objects_of_tensorflow_2_are_refused_by_name(tf1_files, tmp_path):
    """They hold no variables by name."""
    tf = import_tensorflow()
    prefix = tf.train.Checkpoint(weight=tf.Variable(1.0)).write(str(tmp_path / "objects"))
    with pytest.raises(CheckpointError, match="objects of TensorFlow 2"):
        tf1_files.open_tf1(find_place(tmp_path / prefix))
