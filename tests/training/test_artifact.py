"""The artifact: written whole, opened without TensorFlow, loaded by plain Keras."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foundation.errors import ArtifactError
from foundation.lineage import read_lineage
from training.artifact import TrainedModel, load_model, open_artifact, to_probabilities, write_artifact
from training.networks.registry import build_model
from training.tensorflow_setup import import_tensorflow

TRAINED = TrainedModel(
    model="lenet5",
    classes=("chest", "hand"),
    task="body_part",
    kind="single_label",
    height=28,
    width=28,
    channels=1,
    rendering="window",
    recipe=("contrast_enhancing:4",),
    precision="float32",
    metrics={"validation_accuracy": 0.75},
    records="5d4f3c4e-0000-4000-8000-000000000000",
    trained_epochs=3,
    best_epoch=2,
    seed=0,
    parameters=100,
    feature_map="feature_map",
)


@pytest.fixture(scope="module")
def model():
    """A fresh LeNet-5 of two classes."""
    import_tensorflow()
    return build_model("lenet5", height=28, width=28, channels=1, num_classes=2)


@pytest.fixture
def artifact_folder(model, tmp_path):
    """A whole artifact."""
    folder = tmp_path / "artifact"
    folder.mkdir()
    write_artifact(folder, model, TRAINED, config={"epochs": 3})
    return folder


@pytest.mark.tensorflow
def test_an_artifact_says_what_it_was_written_with(artifact_folder):
    """Every field comes back; the lineage has the same identity and names the records."""
    artifact = open_artifact(artifact_folder)
    assert artifact.model_dump(include=set(TrainedModel.model_fields)) == TRAINED.model_dump()
    lineage = read_lineage(artifact_folder)
    assert lineage.product_uuid == artifact.product_uuid
    assert lineage.kind == "artifact"
    assert lineage.parents == (TRAINED.records,)
    assert lineage.config == {"epochs": 3}


@pytest.mark.tensorflow
def test_a_loaded_model_gives_the_same_logits(artifact_folder, model):
    """Bit for bit."""
    pictures = np.random.default_rng(0).uniform(0, 255, (3, 28, 28, 1)).astype(np.float32)
    assert (load_model(artifact_folder)(pictures).numpy() == model(pictures).numpy()).all()


@pytest.mark.tensorflow
def test_equal_models_are_equal_bytes(model, tmp_path):
    """No date gets into model.keras, and the fingerprints agree."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_artifact(tmp_path / name, model, TRAINED)
    first, second = tmp_path / "first", tmp_path / "second"
    assert (first / "model.keras").read_bytes() == (second / "model.keras").read_bytes()
    assert read_lineage(first).fingerprint == read_lineage(second).fingerprint
    assert read_lineage(first).product_uuid != read_lineage(second).product_uuid


@pytest.mark.tensorflow
@pytest.mark.slow
def test_plain_keras_opens_the_model_without_dicomill(artifact_folder, tmp_path):
    """In another process that imports none of our rooms."""
    code = (
        "import os, sys; os.environ.update(KERAS_BACKEND='tensorflow', TF_CPP_MIN_LOG_LEVEL='3')\n"
        "import keras, numpy\n"
        f"model = keras.models.load_model({str(artifact_folder / 'model.keras')!r})\n"
        "assert model(numpy.zeros((1, 28, 28, 1), 'float32')).shape == (1, 2)\n"
        "assert not {'training', 'foundation', 'imaging'} & set(sys.modules)\n"
    )
    completed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, capture_output=True)
    assert completed.returncode == 0, completed.stderr.decode()


def _cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def _set(folder, **values):
    path = folder / "artifact.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


BREAKS = {
    "artifact.json is missing": (lambda folder: (folder / "artifact.json").unlink(), "is not an artifact"),
    "artifact.json is cut": (lambda folder: _cut(folder / "artifact.json"), "cannot be read"),
    "a later version": (lambda folder: _set(folder, format_version=2), "another version"),
    "an unknown field": (lambda folder: _set(folder, surprise=1), "cannot be read"),
    "no classes": (lambda folder: _set(folder, classes=[]), "cannot be read"),
    "model.keras is missing": (lambda folder: (folder / "model.keras").unlink(), "holds no model.keras"),
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("break_it", BREAKS)
def test_a_broken_artifact_is_refused_with_one_sentence(artifact_folder, break_it):
    """What is wrong is told without loading the model."""
    break_artifact, told = BREAKS[break_it]
    break_artifact(artifact_folder)
    with pytest.raises(ArtifactError, match=told):
        open_artifact(artifact_folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    """With what was expected."""
    with pytest.raises(ArtifactError, match="There is no artifact"):
        open_artifact(tmp_path / "nowhere")


@pytest.mark.tensorflow
def test_a_changed_model_is_refused(artifact_folder):
    """A cut or exchanged model.keras does not predict."""
    _cut(artifact_folder / "model.keras")
    with pytest.raises(ArtifactError, match="not the file it was written with"):
        load_model(artifact_folder)


@pytest.mark.tensorflow
def test_a_model_that_keras_cannot_read_is_told_with_its_version(artifact_folder):
    """The version that saved it is named."""
    from foundation.fingerprints import sha256_of_file

    (artifact_folder / "model.keras").write_bytes(b"no archive")
    _set(
        artifact_folder,
        model_sha256=sha256_of_file(artifact_folder / "model.keras"),
        versions={"keras": "3.99"},
    )
    with pytest.raises(ArtifactError, match=r"3\.99"):
        load_model(artifact_folder)


@given(arrays(np.float32, (2, 3), elements=st.floats(-1000, 1000, width=32)))
def test_probabilities_are_probabilities(logits):
    """Between 0 and 1 for any logits; rows of a single label sum to 1; the order of classes stays."""
    for kind in ("single_label", "multi_label"):
        probabilities = to_probabilities(logits, kind)
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert to_probabilities(logits, "single_label").sum(axis=1) == pytest.approx(1.0)
