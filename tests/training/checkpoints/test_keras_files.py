"""What Keras has saved."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from foundation.errors import ArtifactError, CheckpointError
from training.checkpoints.places import find_place
from training.checkpoints.sources import Place
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def keras_files():
    """The module, once Keras is there."""
    import_tensorflow()
    from training.checkpoints import keras_files

    return keras_files


@pytest.fixture(scope="module")
def lenet():
    """A fresh LeNet-5."""
    import_tensorflow()
    from training.networks.registry import build_model

    return build_model("lenet5", height=28, width=28, channels=1, num_classes=2)


def test_a_model_of_ours_gives_weights_by_path_and_its_treatment(keras_files, lenet, tmp_path):
    """The same paths as it was built with."""
    lenet.save(tmp_path / "net.keras")
    weights = keras_files.open_keras(find_place(tmp_path))
    assert dict(weights.shapes) == {weight.path: tuple(weight.shape) for weight in lenet.weights}
    assert (weights.network, weights.treatment) == ("lenet5", ([1 / 255], [0.0]))
    assert (weights.read("conv1/kernel") == np.asarray(lenet.get_layer("conv1").kernel)).all()


def test_a_model_of_keras_is_numbered_as_ours(keras_files, tmp_path):
    """Keras numbers its layers by what the process made before."""
    import keras

    for _ in range(2):
        inputs = keras.Input((8, 8, 3))
        keras.Model(inputs, keras.layers.Conv2D(2, 1)(inputs), name="theirs").save(tmp_path / "net.keras")
    assert set(keras_files.open_keras(find_place(tmp_path)).shapes) == {"conv2d/kernel", "conv2d/bias"}


@pytest.mark.parametrize("name", ["resnet_v2_18_native", "vit_tiny_16"])
def test_places_are_where_keras_puts_the_weights(keras_files, tmp_path, name):
    """Each weight of a network, inside attention layers too."""
    from training.networks.registry import build_model

    model = build_model(name, height=32, width=32, channels=3, num_classes=2)
    model.save_weights(tmp_path / "net.weights.h5")
    weights = keras_files.open_h5(find_place(tmp_path))
    places = keras_files.places_of(model)
    assert set(places.values()) == set(weights.shapes)
    for weight in model.weights:
        assert (weights.read(places[weight.path]) == np.asarray(weight)).all()


def test_older_files_go_by_names_of_layers(keras_files, tmp_path):
    """As keras.applications publishes its weights."""
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.attrs["layer_names"] = [b"conv1", b"empty"]
        file.create_group("empty").attrs["weight_names"] = []
        group = file.create_group("conv1")
        group.attrs["weight_names"] = [b"conv1/kernel:0"]
        group["conv1/kernel:0"] = np.ones((1, 1, 3, 2), np.float32)
    weights = keras_files.open_h5(find_place(tmp_path))
    assert (weights.naming, dict(weights.shapes)) == ("keras", {"conv1/kernel": (1, 1, 3, 2)})
    assert weights.read("conv1/kernel").sum() == 6


@pytest.mark.parametrize(("ending", "opener"), [(".keras", "open_keras"), (".weights.h5", "open_h5")])
def test_a_cut_file_is_one_line(keras_files, lenet, tmp_path, ending, opener):
    """Half of it, and nothing of it."""
    path = tmp_path / f"net{ending}"
    lenet.save(path) if ending == ".keras" else lenet.save_weights(path)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b""):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="cut"):
            getattr(keras_files, opener)(find_place(path))


def test_a_folder_that_is_no_artifact_is_refused(keras_files, tmp_path):
    """By what artifacts themselves say."""
    with pytest.raises(ArtifactError):
        keras_files.open_artifact_model(Place("artifact", tmp_path, ()))
