"""Which tensor of a checkpoint each weight is."""

from __future__ import annotations

import pytest

from foundation.errors import CheckpointError
from training.networks.registry import MODELS
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def names():
    """The module, once Keras is there."""
    import_tensorflow()
    from training.checkpoints import names

    return names


@pytest.fixture(scope="module")
def lenet():
    """A fresh LeNet-5."""
    import_tensorflow()
    from training.networks.registry import build_model

    return build_model("lenet5", height=28, width=28, channels=1, num_classes=2)


@pytest.fixture(scope="module")
def two_heads():
    """A model that ends in two classifiers, one of them through a reshape."""
    import_tensorflow()
    from keras import Input, Model, layers

    inputs = Input((1, 1, 4))
    x = layers.Conv2D(3, 1, name="stem")(inputs)
    main = layers.Reshape((2,))(layers.Conv2D(2, 1, name="logits")(x))
    return Model(inputs, [main, layers.Dense(2, name="AuxLogits.Aux_logits")(layers.Flatten()(x))])


def test_the_head_is_the_last_layer_before_each_output(names, two_heads):
    """Reshapes have no weights."""
    assert names.head_paths(two_heads) == {
        *("logits/kernel", "logits/bias"),
        *("AuxLogits.Aux_logits/kernel", "AuxLogits.Aux_logits/bias"),
    }
    assert names.kernel_of_head(two_heads) == "logits/kernel"
    assert names.auxiliary_paths(two_heads) == {"AuxLogits.Aux_logits/kernel", "AuxLogits.Aux_logits/bias"}


def test_keras_names_weights_by_path_and_by_place(names, lenet):
    """Every network can be saved by Keras."""
    by_path = names.names_in("keras", "lenet5", MODELS["lenet5"], lenet)
    assert by_path["conv1/kernel"] == "conv1/kernel"
    by_place = names.names_in("keras_places", "lenet5", MODELS["lenet5"], lenet)
    assert by_place["feature_map/bias"] == "layers/conv2d_1/vars/1"


@pytest.mark.parametrize("naming", ["tf1", "torch"])
def test_a_network_without_such_checkpoints_is_refused(names, lenet, naming):
    """Before its names are looked for."""
    with pytest.raises(CheckpointError, match="fits lenet5: its weights come from Keras alone"):
        names.names_in(naming, "lenet5", MODELS["lenet5"], lenet)
