"""The door: records in, an artifact and a report out, and nothing half-written."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import ValidationError

from foundation.errors import (
    ConfigError,
    RecordError,
    TargetExistsError,
    TrainingError,
    UnknownNameError,
)
from foundation.lineage import read_lineage
from training.artifact import load_model, open_artifact
from training.train import TrainConfig, input_shape, train


@pytest.fixture
def config(make_record_set, tmp_path):
    """Six quick epochs on three easy classes."""
    make_record_set(train=24, validation=9, test=3)
    return TrainConfig(
        records=tmp_path / "records",
        artifact=tmp_path / "artifact",
        epochs=6,
        batch_size=8,
        learning_rate=0.002,
        seed=1,
    )


def _leftovers(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.tensorflow
def test_training_learns_and_writes_a_whole_artifact(config, tmp_path):
    """Easy classes are learnt; the folder holds five files and nothing else lies about."""
    report = train(config)
    assert report.validation_accuracy == 1.0
    assert (report.train_records, report.validation_records) == (24, 9)
    assert (report.height, report.width, report.channels) == (28, 28, 1)
    assert report.notes == ()
    assert report.images_per_second > 0
    assert _leftovers(tmp_path) == ["artifact", "records"]
    assert _leftovers(config.artifact) == [
        "artifact.json",
        "curves.png",
        "lineage.json",
        "model.keras",
        "training_log.csv",
    ]
    log = (config.artifact / "training_log.csv").read_text().splitlines()
    assert len(log) == 1 + report.trained_epochs


@pytest.mark.tensorflow
def test_the_artifact_carries_what_the_pictures_went_through(config):
    """Rendering, recipe, classes, task and kind come from records.json; the records are its parent."""
    report = train(config.model_copy(update={"epochs": 1}))
    artifact = open_artifact(config.artifact)
    assert artifact.product_uuid == report.product_uuid
    assert artifact.classes == ("abdomen", "chest", "hand")
    assert (artifact.rendering, artifact.recipe) == ("window", ("contrast_enhancing:4",))
    assert (artifact.task, artifact.kind) == ("body_part", "single_label")
    assert artifact.metrics["validation_loss"] == report.validation_loss
    lineage = json.loads((config.artifact / "lineage.json").read_text())
    assert lineage["parents"] == ["5d4f3c4e-0000-4000-8000-000000000000"]
    assert lineage["config"]["model"] == "lenet5"
    assert not {"records", "artifact"} & set(lineage["config"])


@pytest.mark.tensorflow
def test_the_same_seed_gives_the_same_bytes(config, tmp_path):
    """Two runs agree in weights and log; another seed does not."""
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        train(config.model_copy(update={"artifact": tmp_path / name, "seed": seed, "epochs": 2}))
    one, two, three = ((tmp_path / name / "model.keras").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three
    assert (tmp_path / "one" / "training_log.csv").read_text() == (
        tmp_path / "two" / "training_log.csv"
    ).read_text()


@pytest.mark.tensorflow
def test_the_kept_weights_are_those_of_the_best_epoch(config, make_record_set):
    """The saved model reaches the best validation accuracy that the log tells."""
    from training.inputs import open_pictures
    from training.record_index import index_records

    report = train(config)
    paths = make_record_set(train=24, validation=9, test=3).shard_paths("validation")
    index = index_records(paths, num_classes=3, kind="single_label")
    pictures = open_pictures(index, height=28, width=28, channels=1)
    logits = np.concatenate(
        [load_model(config.artifact)(batch).numpy() for batch in pictures.batches(np.arange(9), 9)]
    )
    accuracy = (logits.argmax(axis=1) == index.targets.argmax(axis=1)).mean()
    assert accuracy == report.validation_accuracy


@pytest.mark.tensorflow
def test_without_a_validation_split_all_epochs_run_and_the_report_says_so(make_record_set, tmp_path):
    """The test split is no substitute: damage in it is not even noticed."""
    record_set = make_record_set(train=6, test=3)
    path = record_set.shard_paths("test")[0]
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    report = train(
        TrainConfig(records=tmp_path / "records", artifact=tmp_path / "artifact", epochs=2, patience=1)
    )
    assert (report.trained_epochs, report.best_epoch, report.stopped_early) == (2, 2, False)
    assert report.validation_loss is None
    assert "no validation split" in report.notes[0]
    assert "validation_loss" not in open_artifact(tmp_path / "artifact").metrics


@pytest.mark.tensorflow
def test_several_labels_train_with_a_sigmoid_each(make_record_set, tmp_path):
    """Unknown labels are left out; the artifact says multi_label."""
    make_record_set(kind="multi_label", train=6)
    report = train(TrainConfig(records=tmp_path / "records", artifact=tmp_path / "artifact", epochs=1))
    assert 0 < report.train_loss < 2
    assert open_artifact(tmp_path / "artifact").kind == "multi_label"


@pytest.mark.tensorflow
def test_a_head_of_ones_own_gets_into_the_artifact(make_record_set, tmp_path):
    """GeM, a dense layer and parents; it opens in plain Keras and honours the parents."""
    record_set = make_record_set(kind="multi_label", train=6)
    child, parent = record_set.classes[:2]
    head = {"pooling": "gem", "mlp_layers": [8], "parents": {child: parent}}
    train(
        TrainConfig.checked(
            {"records": tmp_path / "records", "artifact": tmp_path / "artifact", "epochs": 1, "head": head}
        )
    )
    model = load_model(tmp_path / "artifact")
    assert model.get_layer("head_gem_exponent").kernel.shape == (16,)
    logits = np.asarray(model(np.random.default_rng(0).uniform(0, 255, (9, 28, 28, 1)).astype(np.float32)))
    assert (logits[:, 0] < logits[:, 1]).all()


@pytest.mark.parametrize(
    ("kind", "head", "says"),
    [
        ("single_label", {"activation": "sigmoid"}, "expected softmax"),
        ("multi_label", {"activation": "softmax"}, "expected sigmoid"),
        ("single_label", {"parents": {"chest": "hand"}}, "expected softmax"),
        ("multi_label", {"parents": {"chest": "foot"}}, '"foot" in the parents'),
    ],
)
def test_a_head_that_does_not_fit_the_records_is_refused(make_record_set, tmp_path, kind, head, says):
    """Before TensorFlow is loaded."""
    make_record_set(kind=kind, train=3)
    with pytest.raises(ConfigError, match=says):
        train(TrainConfig(records=tmp_path / "records", artifact=tmp_path / "artifact", head=head))
    assert _leftovers(tmp_path) == ["records"]


@pytest.mark.tensorflow
def test_a_backbone_of_ones_own_is_told_by_its_name_alone(make_record_set, tmp_path):
    """Neither the artifact nor its lineage says in which folder it lay."""
    import keras

    make_record_set(train=6)
    (tmp_path / "private").mkdir()
    place = tmp_path / "private" / "own.keras"
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(4, 3)]).save(place)
    artifact = tmp_path / "artifact"
    report = train(
        TrainConfig(
            records=tmp_path / "records", artifact=artifact, epochs=1, model=str(place), treatment="unit"
        )
    )
    assert report.model == open_artifact(artifact).model == "own.keras"
    assert "private" not in (artifact / "artifact.json").read_text() + (artifact / "lineage.json").read_text()


@pytest.mark.tensorflow
def test_an_interrupted_training_leaves_nothing(config, tmp_path):
    """Ctrl-C in the middle of an epoch: neither the final name nor a partial folder stays."""

    class Interrupting:
        def begin(self, stage, total=None):
            self.stage = stage

        def advance(self, count=1):
            if self.stage.startswith("epoch 2"):
                raise KeyboardInterrupt

        def end(self):
            pass

    with pytest.raises(KeyboardInterrupt):
        train(config, progress=Interrupting())
    assert _leftovers(tmp_path) == ["records"]


@pytest.mark.tensorflow
def test_a_training_that_diverges_leaves_nothing(config, tmp_path):
    """A rate beyond reason ends with our error."""
    with pytest.raises(TrainingError, match="smaller learning rate"):
        train(config.model_copy(update={"optimizer": "sgd", "learning_rate": 1e30}))
    assert _leftovers(tmp_path) == ["records"]


@pytest.mark.tensorflow
def test_a_broken_record_leaves_nothing(config, make_record_set, tmp_path):
    """Damage is found before the first step."""
    path = make_record_set(train=24, validation=9, test=3).shard_paths("validation")[0]
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(RecordError, match="checksum"):
        train(config)
    assert _leftovers(tmp_path) == ["records"]


@pytest.mark.parametrize("splits", [{"train": 0, "test": 2}, {"all": 4}])
def test_no_training_records_are_told(make_record_set, tmp_path, splits):
    """An empty train split, or none at all, with what is there."""
    make_record_set(**splits)
    with pytest.raises(TrainingError, match=r"no training records.*Received: (train \(0\), test|all \(4)"):
        train(TrainConfig(records=tmp_path / "records", artifact=tmp_path / "artifact"))


def test_an_existing_artifact_is_not_replaced_unasked(config):
    """Nothing is trained before that is known."""
    config.artifact.mkdir()
    (config.artifact / "artifact.json").write_text("{}")
    with pytest.raises(TargetExistsError, match="--overwrite"):
        train(config)


def test_a_folder_without_records_is_refused(tmp_path):
    """With what was expected."""
    with pytest.raises(RecordError, match=r"records\.json"):
        train(TrainConfig(records=tmp_path, artifact=tmp_path / "artifact"))


@pytest.mark.parametrize(("field", "name"), [("model", "lenet"), ("optimizer", "adm")])
def test_an_unknown_name_is_refused_when_the_config_is_made(tmp_path, field, name):
    """With the nearest that is known."""
    with pytest.raises(UnknownNameError, match="Did you mean"):
        TrainConfig(records=tmp_path, artifact=tmp_path, **{field: name})


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0},
        {"channels": 2},
        {"precision": "half"},
        {"x": 1},
    ],
)
def test_impossible_values_are_refused_when_the_config_is_made(tmp_path, values):
    """The config checks itself."""
    with pytest.raises(ValidationError):
        TrainConfig(records=tmp_path, artifact=tmp_path, **values)


@pytest.mark.parametrize(
    ("records", "asked", "expected"),
    [
        ({"size": 28, "channels": 1}, {}, (28, 28, 1)),
        ({"size": 28, "channels": 3}, {}, (28, 28, 3)),
        ({"size": 28, "channels": 3}, {"channels": 1}, (28, 28, 1)),
        ({"size": 200, "channels": 1}, {}, (64, 64, 1)),
        ({"size": 20, "channels": 1}, {}, (64, 64, 1)),
        ({"size": 200, "channels": 1}, {"model": "resnet_v2_18_native"}, (200, 200, 1)),
        ({"size": 28, "channels": 1}, {"image_size": 96}, (96, 96, 1)),
    ],
)
def test_the_input_follows_the_records_where_nobody_chooses(
    make_record_set, tmp_path, records, asked, expected
):
    """Their own size up to the model's default, which also stands in for sizes that differ."""
    record_set = make_record_set(train=1, **records)
    config = TrainConfig(records=tmp_path, artifact=tmp_path, **asked)
    assert input_shape(config, record_set) == expected


def test_a_size_too_small_for_the_model_is_refused(make_record_set, tmp_path):
    """Before TensorFlow is loaded."""
    make_record_set(train=1)
    with pytest.raises(ConfigError, match="at least 28 x 28"):
        train(TrainConfig(records=tmp_path / "records", artifact=tmp_path / "artifact", image_size=20))


def test_one_class_is_refused_before_any_work(make_record_set, tmp_path):
    """A loss of zero and an accuracy of one would say nothing."""
    make_record_set(train=3)
    description = tmp_path / "records" / "records.json"
    content = json.loads(description.read_text())
    description.write_text(json.dumps({**content, "classes": content["classes"][:1]}))
    config = TrainConfig(records=tmp_path / "records", artifact=tmp_path / "artifact")
    with pytest.raises(TrainingError, match=r"one class only.*two or more"):
        train(config)
    assert _leftovers(tmp_path) == ["records"]


@pytest.mark.tensorflow
def test_a_training_starts_from_an_artifact_and_says_so(make_record_set, tmp_path):
    """The artifact is a parent beside the records; the lineage holds its hash and no path."""
    records = make_record_set()
    words = {"records": records.folder, "epochs": 1, "image_size": 28}
    first = train(TrainConfig(artifact=tmp_path / "first", **words))
    report = train(TrainConfig(artifact=tmp_path / "second", weights=tmp_path / "first", **words))
    assert report.notes[0].startswith("10 of 10 variables were taken from the weights to start from.")
    lineage = read_lineage(tmp_path / "second")
    assert lineage.parents == (records.product_uuid, first.product_uuid)
    assert lineage.config["weights"].startswith("sha256:")
    assert str(tmp_path) not in (tmp_path / "second" / "lineage.json").read_text()
