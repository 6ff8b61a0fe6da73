"""Starting a training from other weights."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import CheckpointError
from training.networks.head_config import HeadConfig
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def lenet():
    """Build a LeNet-5 of some classes."""
    import_tensorflow()
    from training.networks.registry import build_model

    def build(num_classes, **more):
        return build_model("lenet5", height=28, width=28, channels=1, num_classes=num_classes, **more)

    return build


@pytest.fixture(scope="module")
def warm_start():
    """The function, once Keras is there."""
    import_tensorflow()
    from training.checkpoints.warm_start import warm_start

    return warm_start


def test_all_but_a_head_of_another_size_is_taken(lenet, warm_start, tmp_path):
    """And what stays fresh is told."""
    before, model, same = lenet(3), lenet(2), lenet(3)
    before.save(tmp_path / "net.keras")
    told = warm_start(model, tmp_path / "net.keras")
    assert (
        told
        == "8 of 10 variables were taken from the weights to start from. Fresh: logits/bias, logits/kernel."
    )
    kernels = [np.asarray(each.get_layer("conv1").kernel) for each in (before, model)]
    assert (kernels[0] == kernels[1]).all()
    assert warm_start(same, tmp_path / "net.keras").endswith("The head was taken, too.")
    assert all(
        (np.asarray(a) == np.asarray(b)).all() for a, b in zip(same.weights, before.weights, strict=True)
    )


def test_another_network_is_refused_and_nothing_is_changed(lenet, warm_start, tmp_path):
    """The body must be whole; a head of pooling leaves LeNet's dense layers over."""
    lenet(2, head=HeadConfig(pooling="avg")).save(tmp_path / "net.keras")
    model = lenet(2)
    before = [np.asarray(weight) for weight in model.weights]
    with pytest.raises(CheckpointError, match="Missing, of 8"):
        warm_start(model, tmp_path / "net.keras")
    assert all((np.asarray(weight) == kept).all() for weight, kept in zip(model.weights, before, strict=True))


def test_checkpoints_of_other_programs_are_imported_first(lenet, warm_start, native18_checkpoint):
    """Their names are another door's matter."""
    with pytest.raises(CheckpointError, match="models import"):
        warm_start(lenet(2), native18_checkpoint)
