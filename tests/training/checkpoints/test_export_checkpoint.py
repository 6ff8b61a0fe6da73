"""The door of export."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import CheckpointError, TargetExistsError
from training.checkpoints.export_checkpoint import ExportCheckpointConfig, export_checkpoint
from training.checkpoints.import_checkpoint import ImportCheckpointConfig, import_checkpoint
from training.networks.head_config import HeadConfig
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


def _import(checkpoint, target):
    import_checkpoint(
        ImportCheckpointConfig(
            checkpoint=checkpoint, model="resnet_v1_18_native", size=32, num_classes=7, target=target
        )
    )


def _export(model, target, **more):
    return export_checkpoint(ExportCheckpointConfig(model=model, target=target, **more))


@pytest.mark.parametrize("ending", ["", ".keras"])
def test_what_came_in_goes_out_bit_by_bit(native18_checkpoint, native18, tmp_path, ending):
    """The same names and the same values as the original, of an artifact and of a .keras file."""
    _import(native18_checkpoint, tmp_path / f"model{ending}")
    report = _export(tmp_path / f"model{ending}", tmp_path / "tf1")
    assert (report.model, report.num_variables, report.prefix) == ("resnet_v1_18_native", 107, "model.ckpt")
    reader = import_tensorflow().train.load_checkpoint(str(tmp_path / "tf1"))
    assert set(reader.get_variable_to_shape_map()) == set(native18)
    assert all((reader.get_tensor(name) == value).all() for name, value in native18.items())


def test_a_session_of_tensorflow_1_restores_it(native18_checkpoint, native18, tmp_path):
    """By its Saver and the names of the variables."""
    v1 = import_tensorflow().compat.v1
    _import(native18_checkpoint, tmp_path / "model")
    _export(tmp_path / "model", tmp_path / "tf1")
    name = "resnet_model/dense/kernel"
    with v1.Graph().as_default(), v1.Session() as session:
        # Zeros: under determinism, which another test may have asked for, drawing wants a seed.
        variable = v1.get_variable(name, (512, 7), initializer=v1.zeros_initializer())
        v1.train.Saver([variable]).restore(session, str(tmp_path / "tf1" / "model.ckpt"))
        assert (session.run(variable) == native18[name]).all()


@pytest.mark.parametrize(
    ("name", "head", "told"),
    [
        ("lenet5", HeadConfig(), "has no names in TensorFlow 1"),
        ("resnet_v2_18_native", HeadConfig(mlp_layers=(4,)), "head_mlp_1/kernel"),
    ],
)
def test_weights_without_such_names_are_refused(tmp_path, name, head, told):
    """A network of another origin, and layers of a head that no paper has."""
    import_tensorflow()
    from training.networks.registry import build_model

    build_model(name, height=32, width=32, channels=1, num_classes=2, head=head).save(tmp_path / "a.keras")
    with pytest.raises(CheckpointError, match=told):
        _export(tmp_path / "a.keras", tmp_path / "tf1")
    assert not (tmp_path / "tf1").exists()


def test_targets_and_models_are_checked(tmp_path):
    """Before anything is loaded."""
    with pytest.raises(CheckpointError, match="There is no model"):
        _export(tmp_path / "none.keras", tmp_path / "tf1")
    (tmp_path / "full").mkdir()
    np.save(tmp_path / "full" / "a.npy", np.zeros(1))
    with pytest.raises(TargetExistsError):
        _export(tmp_path / "none.keras", tmp_path / "full")
