"""The demo's page: what came in, what was made of it, how well it went, how to repeat it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from database.research import QueryResult
from foundation.files import write_file
from foundation.lineage import read_lineage
from imaging.png import encode_png
from imaging.previews import preview
from pipeline.pages import code, figure, figure_of, heading, page, paragraph, table
from preprocessing.folders import open_image_folder

PAGE_FILE = "report.html"
_PICTURES_SHOWN = 16
_PRODUCTS = ("export", "enhanced", "records", "model", "evaluation")


@dataclass(frozen=True)
class DemoPage:
    """What the page is about.

    Attributes:
        folder: the demo's folder.
        commands: in the order they ran.
        query: the SQL that is shown.
        query_result: what it gave.
        reports: stage to its report, as plain values.
    """

    folder: Path
    commands: list[str]
    query: str
    query_result: QueryResult
    reports: dict[str, dict[str, Any]]


def write_demo_page(content: DemoPage) -> Path:
    """Write the page into the demo's folder and return its path."""
    path = content.folder / PAGE_FILE
    write_file(path, page("dicomill demo", _sections(content)))
    return path


def _sections(content: DemoPage) -> Iterator[str]:
    yield paragraph(
        "The radiographs on this page are synthetic: drawn by a program, not taken of anyone. The other "
        "DICOM files are those that pydicom ships for its tests. No figure here says how well anything "
        "works on real pictures.",
        banner=True,
    )
    yield from _ingest_section(content)
    yield from _picture_section(content)
    yield from _training_section(content)
    yield from _prediction_section(content)
    yield heading("Every command")
    yield code("\n".join(content.commands))
    yield from _lineage_section(content.folder)


def _ingest_section(content: DemoPage) -> Iterator[str]:
    report = content.reports["ingest"]
    yield heading("Files to rows")
    yield paragraph(f"{report['num_files']} files came in. Every one of them ended as one of these:")
    yield table(["disposition", "files"], _counts(report["dispositions"]))
    if report["reasons"]:
        yield paragraph("The reasons of those that gave no picture, in this run:")
        yield table(["reason", "files"], _counts(report["reasons"]))
    yield heading("SQL")
    yield code(content.query)
    yield table(list(content.query_result.columns), content.query_result.rows)


def _picture_section(content: DemoPage) -> Iterator[str]:
    yield heading("Rows to pictures")
    yield paragraph("One picture a class from the export, and the same after the step contrast_enhancing:2.")
    enhanced = {entry.name: entry for entry in open_image_folder(content.folder / "enhanced").entries}
    shown: set[str] = set()
    for entry in open_image_folder(content.folder / "export").entries:
        label = ", ".join(entry.labels)
        if label in shown or entry.name not in enhanced:
            continue
        shown.add(label)
        yield figure_of(entry.image_path, label, width=150)
        yield figure_of(enhanced[entry.name].image_path, f"{label}, enhanced", width=150)


def _training_section(content: DemoPage) -> Iterator[str]:
    packed, evaluated = content.reports["pack"], content.reports["evaluate"]
    yield heading("Records, training, evaluation")
    splits = list(packed["num_records"])
    rows = [
        [name, *(packed["num_labels"][split].get(name, 0) for split in splits)] for name in packed["classes"]
    ]
    yield paragraph("A patient's pictures are all in one split.")
    yield table(["class", *splits], rows)
    yield figure_of(content.folder / "model" / "curves.png", "Training curves", width=640)
    low, high = evaluated["accuracy_low"], evaluated["accuracy_high"]
    yield paragraph(
        f"Accuracy on the test split: {evaluated['accuracy']:.3f} "
        f"(95 % interval {low:.3f} to {high:.3f}, {evaluated['num_labelled']} synthetic pictures)."
    )
    metrics = json.loads((content.folder / "evaluation" / "metrics.json").read_text(encoding="utf-8"))
    yield table(
        ["class", "precision", "recall", "F1", "pictures"],
        [
            [row["name"], row["precision"]["value"], row["recall"]["value"], row["f1"], row["support"]]
            for row in metrics["by_class"]
        ],
    )
    yield figure_of(content.folder / "evaluation" / "confusion_matrix.png", "Confusion matrix", width=520)


def _prediction_section(content: DemoPage) -> Iterator[str]:
    yield heading("Predictions straight from new DICOM files")
    report = content.reports["predict"]
    yield paragraph(
        f"{report['num_predicted']} pictures of phantom patients that no earlier stage has seen; "
        "each is rendered and enhanced as the artifact says it was trained."
    )
    with (content.folder / "predictions.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    for row in rows[:_PICTURES_SHOWN]:
        picture = preview((content.folder / "new-phantoms" / row["image"]).read_bytes(), size=150)
        probability = float(row[f"class{row['predicted_class']}"])
        yield figure(encode_png(picture), f"{row['predicted_name']} {probability:.2f}", width=150)


def _lineage_section(folder: Path) -> Iterator[str]:
    yield heading("Lineage")
    rows = []
    for name in _PRODUCTS:
        lineage = read_lineage(folder / name)
        if lineage is not None:
            parents = " ".join(parent[:8] for parent in lineage.parents)
            rows.append([name, lineage.kind, lineage.product_uuid[:8], parents, lineage.fingerprint[:16]])
    yield table(["folder", "kind", "uuid", "made from", "fingerprint"], rows)


def _counts(counts: dict[str, int]) -> list[list[Any]]:
    return [[name, count] for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
