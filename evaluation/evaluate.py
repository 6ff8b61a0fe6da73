"""The door of evaluation: an artifact and a split of a record set to a report folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from evaluation.cases import cases_table
from evaluation.figures import draw_confusion_matrix, draw_counts
from evaluation.summaries import summarise_multi_label, summarise_single_label, without_nan
from foundation.contracts import Config, Report
from foundation.errors import EvaluationError
from foundation.files import new_folder, write_file
from foundation.fingerprints import fingerprint, sha256_of_bytes
from foundation.lineage import Lineage, write_lineage
from foundation.progress import Progress, SilentProgress
from foundation.registries import look_up
from inference.predictor import RecordPredictions, predict_records
from preprocessing.record_sets import RecordSet, open_record_set
from training.artifact import Artifact, open_artifact

if TYPE_CHECKING:
    from database.session import Database

METRICS_FILE = "metrics.json"
CASES_FILE = "cases.csv"
CONFUSION_MATRIX_FILE = "confusion_matrix.png"


class EvaluateConfig(Config):
    """What to evaluate.

    Attributes:
        artifact: folder of a trained model.
        records: folder of a record set with labels.
        target: folder of the report; made here.
        split: the split to read.
        batch_size: records a step; it changes no number.
        positive_class: for two-class tasks; the second class when not given.
        overwrite: replace an older report at `target`.
    """

    artifact: Path
    records: Path
    target: Path
    split: str = "test"
    batch_size: int = Field(default=64, ge=1)
    positive_class: str | None = None
    overwrite: bool = False


class EvaluateReport(Report):
    """The headline numbers; all of them stand in `metrics.json`.

    Attributes:
        target: the report folder.
        product_uuid: the report's own.
        split: the split that was read.
        num_records: records of the split, each read once.
        num_labelled: those with a known label, which the numbers are about.
        num_patients: distinct known patients; None when no patient is known.
        accuracy_kind: "subset_accuracy" in multi-label tasks: every known label right.
        accuracy: share of labelled records that are right.
        accuracy_low: lower bound of the 95 % Wilson interval, per image.
        accuracy_high: upper bound of the same.
        macro_precision: mean over classes; None when it is defined for none.
        macro_recall: as above.
        macro_f1: as above.
        macro_roc_auc: as above, one class against the rest.
        num_reads: how often the split was read for an evaluation, this time included; None without database.
        notes: what a reader of the numbers must know, one sentence each.
    """

    target: Path
    product_uuid: str
    split: str
    num_records: int
    num_labelled: int
    num_patients: int | None
    accuracy_kind: Literal["accuracy", "subset_accuracy"]
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    macro_roc_auc: float | None
    num_reads: int | None = None
    notes: tuple[str, ...]


def evaluate(
    config: EvaluateConfig,
    *,
    database: Database | None = None,
    executor: object | None = None,
    progress: Progress | None = None,
) -> EvaluateReport:
    """Predict every record of a split once, compare with its labels and write the report folder.

    Args:
        config: what to evaluate.
        database: keeps the report's lineage and that the split was read, and counts those reads.
        executor: taken as by every door; one model on one device needs none.
        progress: told of the records.

    Raises:
        TargetExistsError: the target holds something and `overwrite` is off.
        UnknownNameError: the record set has no such split, or the task no such positive class.
        EvaluationError: the split is empty or without labels, or artifact and records do not fit.
        ArtifactError: the artifact folder is none.
        RecordError: the record set is none, or broken.
        DatabaseError: the database cannot be written to; the report folder stands nevertheless.
    """
    artifact, records = open_artifact(config.artifact), open_record_set(config.records)
    _check_fit(artifact, records, config)
    listener = progress or SilentProgress()
    with new_folder(config.target, overwrite=config.overwrite) as folder:
        listener.begin("evaluate", records.splits[config.split])
        predictions = _predict_split(config, records)
        listener.advance(len(predictions.names))
        listener.end()
        numbers = _summarise(predictions, records, config)
        lineage = _write_report(folder, predictions, numbers, config=config, made_from=(artifact, records))
    num_reads = None if database is None else _register(database, lineage, config, len(predictions.names))
    return _report(config, lineage, numbers).model_copy(update={"num_reads": num_reads})


def _check_fit(artifact: Artifact, records: RecordSet, config: EvaluateConfig) -> None:
    """Refuse what cannot give true numbers, before any picture is read."""
    num_records = look_up(records.splits, config.split, kind="split")
    if num_records == 0:
        raise EvaluationError(f'The split "{config.split}" is empty. Pack with a larger share for it.')
    if artifact.kind != records.kind:
        raise EvaluationError(
            f"The artifact was trained for a {artifact.kind} task. "
            f"Give records of the same kind. Received: {records.kind}."
        )
    if list(artifact.classes) != list(records.classes):
        raise EvaluationError(
            "The artifact and the records must have the same classes in the same order. "
            "Pack the records with the artifact's classes (--classes FILE). "
            f"Received: {', '.join(artifact.classes)}; and {', '.join(records.classes)}."
        )


def _predict_split(config: EvaluateConfig, records: RecordSet) -> RecordPredictions:
    """Return the predictions, having counted that no record is missing and none came twice."""
    predictions = predict_records(config.artifact, config.records, config.split, config.batch_size)
    expected = records.splits[config.split]
    num_distinct = len(set(predictions.names))
    if (len(predictions.names), num_distinct) != (expected, expected):
        raise EvaluationError(
            f'The split "{config.split}" should hold {expected} records, each once. Verify the records with '
            f"`dicomill records verify`. Received: {len(predictions.names)} records, {num_distinct} names."
        )
    return predictions


def _summarise(predictions: RecordPredictions, records: RecordSet, config: EvaluateConfig) -> dict[str, Any]:
    """Return the numbers of whichever kind of task it is."""
    if records.kind == "multi_label":
        return summarise_multi_label(predictions, records.classes)
    return summarise_single_label(predictions, records.classes, positive_class=config.positive_class)


def _write_report(
    folder: Path,
    predictions: RecordPredictions,
    numbers: dict[str, Any],
    *,
    config: EvaluateConfig,
    made_from: tuple[Artifact, RecordSet],
) -> Lineage:
    """Fill the report folder and return its lineage."""
    artifact, records = made_from
    cases = cases_table(predictions, records.classes)
    scores = without_nan(numbers)
    about = {"split": config.split, "classes": list(records.classes), "kind": records.kind}
    lineage = Lineage(
        kind="report",
        parents=(artifact.product_uuid, records.product_uuid),
        config=config.model_dump(mode="json", include={"split", "batch_size", "positive_class"}),
        fingerprint=fingerprint({"about": about, "scores": scores, "cases": sha256_of_bytes(cases.encode())}),
    )
    metrics = {
        "product_uuid": lineage.product_uuid,
        "artifact": {"product_uuid": artifact.product_uuid, "model": artifact.model, "seed": artifact.seed},
        "records": {
            "product_uuid": records.product_uuid,
            "name": records.name,
            "split_seed": without_nan(records.model_dump(mode="json")["split_plan"]).get("seed"),
        },
        "task": records.task,
        **about,
        **scores,
    }
    write_file(
        folder / METRICS_FILE, json.dumps(metrics, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )
    write_file(folder / CASES_FILE, cases)
    write_file(folder / CONFUSION_MATRIX_FILE, _draw(records, config.split, numbers))
    write_lineage(folder, lineage)
    return lineage


def _register(database: Database, lineage: Lineage, config: EvaluateConfig, num_records: int) -> int:
    """Keep the report and this read of the split as rows; return how often the split has been read."""
    # SQLAlchemy is slow to import, and most evaluations need no database.
    from database.predictions import record_evaluation_read  # noqa: PLC0415 - see above
    from database.products import register_product  # noqa: PLC0415 - see above
    from database.session import transaction  # noqa: PLC0415 - see above

    artifact_uuid, records_uuid = lineage.parents

    def work(session: Any) -> int:
        register_product(session, lineage)
        return record_evaluation_read(
            session,
            product_uuid=lineage.product_uuid,
            artifact_uuid=artifact_uuid,
            records_uuid=records_uuid,
            split_name=config.split,
            num_records=num_records,
        )

    return transaction(database, work)


def _draw(records: RecordSet, split: str, numbers: dict[str, Any]) -> bytes:
    """Return the picture of the counts: a confusion matrix, or one row of four counts a class."""
    title = f"{records.name}, {split}: {numbers['num_labelled']} images"
    if records.kind == "multi_label":
        table = numbers["confusion_counts"]
        return draw_counts(
            np.asarray(table["counts"]),
            rows=records.classes,
            columns=table["columns"],
            title=title,
            axes=("at threshold 0.5", "class"),
        )
    counts = np.asarray(numbers["confusion_matrix"]["counts"])
    return draw_confusion_matrix(counts, records.classes, title=title)


def _report(config: EvaluateConfig, lineage: Lineage, numbers: dict[str, Any]) -> EvaluateReport:
    """Return the headline numbers."""
    accuracy_kind: Literal["accuracy", "subset_accuracy"] = (
        "accuracy" if "accuracy" in numbers else "subset_accuracy"
    )
    accuracy = numbers[accuracy_kind]
    macro = {
        f"macro_{name}": without_nan(numbers["macro"][name]["value"])
        for name in ("precision", "recall", "f1", "roc_auc")
    }
    return EvaluateReport(
        target=config.target,
        product_uuid=lineage.product_uuid,
        split=config.split,
        num_records=numbers["num_records"],
        num_labelled=numbers["num_labelled"],
        num_patients=numbers["num_patients"],
        accuracy_kind=accuracy_kind,
        accuracy=accuracy["value"],
        accuracy_low=accuracy["low"],
        accuracy_high=accuracy["high"],
        notes=tuple(numbers["notes"]),
        **macro,
    )
