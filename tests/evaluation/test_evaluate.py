"""The door: a report folder, whole or not at all."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evaluation.evaluate
from evaluation.evaluate import EvaluateConfig, EvaluateReport, evaluate
from foundation.errors import ArtifactError, EvaluationError, TargetExistsError, UnknownNameError
from foundation.lineage import read_lineage
from inference.predictor import RecordPredictions
from preprocessing.record_sets import RecordSet, SplitPlan
from training.artifact import Artifact

PLAN = SplitPlan(
    scheme="tvt_split",
    ratios={"train": 0.7, "validation": 0.1, "test": 0.2},
    seed=7,
    grouped_by="patient",
    patients_unknown=1,
)


def a_record_set(**changes: Any) -> RecordSet:
    """Return what `records.json` of a small two-class set says."""
    values: dict[str, Any] = {
        "product_uuid": "records-uuid",
        "name": "dicom",
        "task": "tumour",
        "kind": "single_label",
        "classes": ("no", "yes"),
        "splits": {"train": 9, "validation": 0, "test": 4},
        "shards": (),
        "split_plan": PLAN,
        "rendering": "window",
        "recipe": (),
        "encoding": "png",
        "cohort": None,
        "height": 8,
        "width": 8,
        "channels": 1,
    }
    return RecordSet(**{**values, **changes})


def an_artifact(**changes: Any) -> Artifact:
    """Return what `artifact.json` of a model for that set says."""
    values: dict[str, Any] = {
        "product_uuid": "artifact-uuid",
        "model": "lenet5",
        "classes": ("no", "yes"),
        "task": "tumour",
        "kind": "single_label",
        "height": 8,
        "width": 8,
        "channels": 1,
        "rendering": "window",
        "recipe": (),
        "precision": "float32",
        "metrics": {},
        "records": "records-uuid",
        "trained_epochs": 1,
        "best_epoch": 1,
        "seed": 3,
        "parameters": 10,
        "feature_map": "conv",
        "versions": {},
        "model_sha256": "0" * 64,
    }
    return Artifact(**{**values, **changes})


class Stage:
    """The rooms below, answering by hand, and the config that asks them."""

    def __init__(self, tmp_path: Path, predictions: RecordPredictions) -> None:
        self.artifact, self.records, self.predictions = an_artifact(), a_record_set(), predictions
        self.target = tmp_path / "report"
        self.num_calls = 0

    def predict(self, artifact: Path, records: Path, split: str, batch_size: int) -> RecordPredictions:
        """Return the predictions and count the calls."""
        self.num_calls += 1
        return self.predictions

    def evaluate(self, **options: Any) -> EvaluateReport:
        """Call the door."""
        config = EvaluateConfig(artifact=Path("a"), records=Path("r"), target=self.target, **options)
        return evaluate(config)


@pytest.fixture
def stage(tmp_path: Path, single_label: RecordPredictions, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Put hand-written answers in place of the rooms below."""
    made = Stage(tmp_path, single_label)
    monkeypatch.setattr(evaluation.evaluate, "open_artifact", lambda path: made.artifact)
    monkeypatch.setattr(evaluation.evaluate, "open_record_set", lambda path: made.records)
    monkeypatch.setattr(evaluation.evaluate, "predict_records", made.predict)
    return made


def test_a_report_folder_holds_numbers_cases_picture_and_lineage(stage: Stage) -> None:
    """Four files under the final name, and the headline in the report."""
    report = stage.evaluate()
    names = {path.name for path in stage.target.iterdir()}
    assert names == {"metrics.json", "cases.csv", "confusion_matrix.png", "lineage.json"}
    assert (report.accuracy_kind, report.accuracy, report.num_records, report.num_patients) == (
        "accuracy",
        0.75,
        4,
        2,
    )
    assert report.accuracy_low < 0.75 < report.accuracy_high
    assert "2 of 4 records come from a patient" in report.notes[0]
    assert stage.num_calls == 1


def test_the_numbers_name_what_they_are_about(stage: Stage) -> None:
    """Split, classes, seeds, and which artifact and records."""
    stage.evaluate()
    metrics = json.loads((stage.target / "metrics.json").read_text())
    assert metrics["artifact"] == {"product_uuid": "artifact-uuid", "model": "lenet5", "seed": 3}
    assert metrics["records"] == {"product_uuid": "records-uuid", "name": "dicom", "split_seed": 7}
    assert (metrics["split"], metrics["classes"], metrics["num_records"]) == ("test", ["no", "yes"], 4)
    assert metrics["accuracy"]["interval"] == "Wilson score, per image"


def test_cases_and_lineage_lead_back(stage: Stage) -> None:
    """One row a record; parents are artifact and records; no path is kept."""
    report = stage.evaluate()
    with (stage.target / "cases.csv").open(newline="") as stream:
        assert [row["name"] for row in csv.DictReader(stream)] == ["a", "b", "c", "d"]
    lineage = read_lineage(stage.target)
    assert lineage is not None
    assert (lineage.kind, lineage.parents) == ("report", ("artifact-uuid", "records-uuid"))
    assert lineage.product_uuid == report.product_uuid
    assert lineage.config == {"split": "test", "batch_size": 64, "positive_class": None}


def test_the_same_predictions_give_the_same_fingerprint(stage: Stage, tmp_path: Path) -> None:
    """Equal reports are equal, whatever their uuid."""
    stage.evaluate()
    first = read_lineage(stage.target)
    stage.target = tmp_path / "second"
    stage.evaluate()
    second = read_lineage(stage.target)
    assert first is not None
    assert second is not None
    assert first.fingerprint == second.fingerprint
    assert first.product_uuid != second.product_uuid


def test_a_multi_label_report_has_its_own_counts(stage: Stage, multi_label: RecordPredictions) -> None:
    """Subset accuracy by its name, nulls in the JSON, a picture of four counts a class."""
    classes = ("x", "y", "z")
    stage.records = a_record_set(kind="multi_label", classes=classes, splits={"test": 3})
    stage.artifact = an_artifact(kind="multi_label", classes=classes)
    stage.predictions = multi_label
    report = stage.evaluate()
    assert report.accuracy_kind == "subset_accuracy"
    assert report.accuracy == pytest.approx(2 / 3)
    text = (stage.target / "metrics.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["by_class"][2]["roc_auc"] is None
    assert (stage.target / "confusion_matrix.png").read_bytes()[1:4] == b"PNG"


def test_an_undefined_macro_number_is_none(stage: Stage) -> None:
    """A split with one class has no area at all."""
    stage.predictions = replace(stage.predictions, true_labels=np.zeros(4, np.int64))
    report = stage.evaluate()
    assert report.macro_roc_auc is None
    assert report.macro_recall == 0.75


def test_the_positive_class_is_the_users_choice(stage: Stage) -> None:
    """And a wrong one leaves nothing behind."""
    stage.evaluate(positive_class="no")
    metrics = json.loads((stage.target / "metrics.json").read_text())
    assert metrics["binary"]["positive_class"] == "no"
    with pytest.raises(UnknownNameError, match="maybe"):
        stage.evaluate(positive_class="maybe", overwrite=True)
    assert json.loads((stage.target / "metrics.json").read_text()) == metrics


def test_an_older_report_is_kept_unless_it_may_be_replaced(stage: Stage) -> None:
    """The refusal comes before any picture is read."""
    stage.evaluate()
    with pytest.raises(TargetExistsError, match="--overwrite"):
        stage.evaluate()
    assert stage.num_calls == 1
    stage.evaluate(overwrite=True)
    assert stage.num_calls == 2


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"split": "tset"}, UnknownNameError, r'Did you mean "test"\?'),
        ({"split": "validation"}, EvaluationError, 'split "validation" is empty'),
        ({"kind": "multi_label"}, EvaluationError, "trained for a multi_label task"),
        ({"classes": ("yes", "no")}, EvaluationError, "same classes in the same order"),
        ({"splits": {"test": 5}}, EvaluationError, r"hold 5 records, each once.*Received: 4 records"),
    ],
)
def test_what_cannot_give_true_numbers_is_refused(
    stage: Stage, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    """One clear line, and nothing under the final name."""
    stage.artifact = an_artifact(**{key: changes[key] for key in ("kind", "classes") if key in changes})
    stage.records = a_record_set(**{key: changes[key] for key in ("splits",) if key in changes})
    with pytest.raises(error, match=message):
        stage.evaluate(split=changes.get("split", "test"))
    assert list(stage.target.parent.iterdir()) == []


def test_a_record_that_comes_twice_is_refused(stage: Stage) -> None:
    """Counting one picture twice would move every number."""
    stage.predictions = replace(stage.predictions, names=["a", "a", "b", "c"])
    with pytest.raises(EvaluationError, match="3 names"):
        stage.evaluate()


def test_a_folder_that_is_no_artifact_is_one_clear_line(tmp_path: Path) -> None:
    """The real room below says what it expected."""
    config = EvaluateConfig(artifact=tmp_path / "none", records=tmp_path, target=tmp_path / "report")
    with pytest.raises(ArtifactError, match="There is no artifact"):
        evaluate(config)
    assert list(tmp_path.iterdir()) == []


class CountingProgress:
    """A listener that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def begin(self, stage: str, total: int | None = None) -> None:
        """Note the stage and its total."""
        self.told.append((stage, total))

    def advance(self, count: int = 1) -> None:
        """Note the count."""
        self.told.append(count)

    def end(self) -> None:
        """Note the end."""
        self.told.append("end")


def test_progress_is_told(stage: Stage) -> None:
    """The stage, its size, and that it ended."""
    listener = CountingProgress()
    config = EvaluateConfig(artifact=Path("a"), records=Path("r"), target=stage.target)
    evaluate(config, progress=listener)
    assert listener.told == [("evaluate", 4), 4, "end"]


def test_a_database_keeps_the_report_and_counts_the_reads(
    stage: Stage, tmp_path: Path, sqlite_url: str
) -> None:
    """The second look at the same test split is the second, whatever artifact it was for."""
    from database.products import parents_of
    from database.session import open_database

    with open_database(sqlite_url) as database:
        counts = []
        for number in range(2):
            stage.artifact = an_artifact(product_uuid=f"artifact-{number}")
            config = EvaluateConfig(
                artifact=Path("a"), records=Path("r"), target=tmp_path / f"report{number}"
            )
            report = evaluate(config, database=database)
            counts.append(report.num_reads)
        with database.session() as session:
            assert parents_of(session, report.product_uuid) == ("artifact-1", "records-uuid")
    assert counts == [1, 2]


def test_without_a_database_no_read_is_counted(stage: Stage) -> None:
    """Unknown is None, not 1."""
    assert stage.evaluate().num_reads is None


def write_pictures(folder: Path) -> None:
    """Write a bare image/label folder of three dark and four bright pictures, one of them labelled wrong."""
    import cv2

    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    levels = {"a": 10, "b": 20, "c": 30, "d": 200, "e": 210, "f": 220, "g": 230}
    for name, level in levels.items():
        cv2.imwrite(str(folder / "images" / f"{name}.png"), np.full((8, 8), level, np.uint8))
        label = "Bright" if level > 100 or name == "c" else "Dark"
        (folder / "labels" / f"{name}.txt").write_text(f"{label}\n")


def write_brightness_artifact(folder: Path) -> None:
    """Write an artifact whose model says Bright above the middle and Dark below it."""
    from training.artifact import TrainedModel, write_artifact
    from training.tensorflow_setup import import_tensorflow

    import_tensorflow()
    import keras

    pictures = keras.Input((8, 8, 1))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(pictures))
    model = keras.Model(pictures, keras.layers.Dense(2, name="logits")(x))
    model.get_layer("logits").set_weights([np.array([[20.0, -20.0]]), np.array([-10.0, 10.0])])
    described = an_artifact(classes=("Bright", "Dark"), rendering=None, task=None).model_dump()
    folder.mkdir()
    write_artifact(
        folder, model, TrainedModel(**{name: described[name] for name in TrainedModel.model_fields})
    )


@pytest.mark.tensorflow
def test_a_real_model_is_evaluated_on_real_records(tmp_path: Path) -> None:
    """Seven pictures packed as TFRecords, batches that do not divide them, one label against the model."""
    from preprocessing.pack import PackConfig, pack

    write_pictures(tmp_path / "folder")
    pack(PackConfig(folder=tmp_path / "folder", target=tmp_path / "records", split="None", workers=1))
    write_brightness_artifact(tmp_path / "artifact")
    config = EvaluateConfig(
        artifact=tmp_path / "artifact",
        records=tmp_path / "records",
        target=tmp_path / "report",
        split="all",
        batch_size=3,
    )
    report = evaluate(config)
    assert report.num_records == 7
    assert report.accuracy == pytest.approx(6 / 7)
    with (tmp_path / "report" / "cases.csv").open(newline="") as stream:
        wrong = [row for row in csv.DictReader(stream) if row["correct"] == "0"]
    assert [(row["true"], row["predicted"]) for row in wrong] == [("Bright", "Dark")]
    assert float(wrong[0]["probability_Dark"]) > 0.9
