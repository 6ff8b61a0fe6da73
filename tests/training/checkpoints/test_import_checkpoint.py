"""The door of import."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from foundation.errors import CheckpointError, ConfigError, TargetExistsError, UnknownNameError
from foundation.lineage import read_lineage
from inference.predict import PredictConfig, predict
from training.artifact import load_model, open_artifact
from training.checkpoints.import_checkpoint import ImportCheckpointConfig, import_checkpoint, network_of

NATIVE = "resnet_v1_18_native"


def _import(checkpoint, **values):
    config = {"checkpoint": checkpoint, "model": NATIVE, "size": 32, "num_classes": 7, **values}
    return import_checkpoint(ImportCheckpointConfig.checked(config))


@pytest.mark.tensorflow
def test_an_import_is_an_artifact_that_predicts(native18_checkpoint, tmp_path):
    """With names for its classes, and where it comes from by its hash alone."""
    target = tmp_path / "artifact"
    report = _import(native18_checkpoint, target=target, rendering="window:40,400", num_classes=None)
    artifact = open_artifact(target)
    assert artifact.classes == tuple(f"class-{index}" for index in range(7))
    assert (artifact.rendering, artifact.records, artifact.trained_epochs) == ("window:40,400", None, 0)
    assert (artifact.source_sha256, artifact.product_uuid) == (report.source_sha256, report.product_uuid)
    lineage = read_lineage(target)
    assert (lineage.parents, lineage.config["source_sha256"]) == ((), report.source_sha256)
    written = [file.read_text() for file in target.glob("*.json")]
    assert not any(str(tmp_path) in text or str(native18_checkpoint) in text for text in written)
    picture = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    predicted = predict(
        PredictConfig(artifact=target, inputs=(tmp_path / "a.png",), out=tmp_path / "predictions.tsv")
    )
    assert predicted.num_predicted == 1


@pytest.mark.tensorflow
def test_the_hash_does_not_depend_on_where_the_checkpoint_stands(native18_checkpoint, tmp_path):
    """Nor on what stands beside it."""
    copies = [file for file in native18_checkpoint.iterdir() if file.name.startswith("model.ckpt-8400")]
    for file in copies:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    first = _import(native18_checkpoint).source_sha256
    assert _import(tmp_path / "model.ckpt-8400.index").source_sha256 == first


@pytest.mark.tensorflow
def test_without_a_target_nothing_is_written(native18_checkpoint):
    """The checkpoint is only held against the network."""
    before = sorted(native18_checkpoint.iterdir())
    report = _import(native18_checkpoint)
    assert (report.product_uuid, report.num_loaded, report.num_variables) == (None, 107, 107)
    assert sorted(native18_checkpoint.iterdir()) == before


@pytest.mark.tensorflow
def test_a_keras_file_or_an_artifact_can_be_imported_again(native18_checkpoint, tmp_path):
    """Bit by bit."""
    file, artifact = tmp_path / "net.keras", tmp_path / "artifact"
    _import(native18_checkpoint, target=file)
    _import(file, target=artifact, classes=[f"c{index}" for index in range(7)])
    _import(artifact, target=tmp_path / "again")
    first, last = load_model(artifact), load_model(tmp_path / "again")
    pairs = zip(first.weights, last.weights, strict=True)
    assert all((np.asarray(one) == np.asarray(other)).all() for one, other in pairs)


@pytest.mark.tensorflow
def test_a_refused_checkpoint_leaves_no_target(native18_checkpoint, tmp_path):
    """Not even an empty folder."""
    target = tmp_path / "artifact"
    with pytest.raises(CheckpointError):
        _import(native18_checkpoint, model="resnet_v2_18_native", target=target)
    assert list(tmp_path.iterdir()) == []
    target.mkdir()
    (target / "mine").touch()
    with pytest.raises(TargetExistsError):
        _import(native18_checkpoint, target=target)


def test_names_of_timm_and_torchvision_stand_for_ours():
    """Those of variants are refused by name, unknown ones with the nearest."""
    assert network_of("resnetv2_101") == "resnet_v2_101_timm"
    assert network_of("resnet34") == "resnet_34_torchvision"
    for name in ("resnetv2_50x1_bit", "resnetv2_50d", "resnetv2_50d_gn"):
        with pytest.raises(ConfigError, match="BiT variants"):
            network_of(name)
    with pytest.raises(UnknownNameError, match='Did you mean "inception_v4"'):
        network_of("inceptionv4")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"size": 31}, "at least 32 x 32"),
        ({"classes": ["a", "b"], "num_classes": 3}, "2 names of classes were given for 3"),
        ({"treatment": "sepia"}, "sepia"),
        ({"rendering": "sepia"}, "sepia"),
        ({"recipe": ["sepia"]}, "sepia"),
    ],
)
def test_what_cannot_go_well_is_refused_before_anything_is_read(tmp_path, values, told):
    """The checkpoint is not even looked for."""
    with pytest.raises(ConfigError, match=told):
        _import(tmp_path / "none", **values)
