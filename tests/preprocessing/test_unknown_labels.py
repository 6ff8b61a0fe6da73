"""What nobody said of a class, on its way from a table into the mask of a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from database.opening import open_with_key
from database.session import Database
from imaging.png import encode_png
from ingest.ingest import IngestConfig, ingest
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export
from preprocessing.folders import open_image_folder
from preprocessing.pack import PackConfig, pack
from preprocessing.record_checks import verify_record_set
from preprocessing.record_sets import iterate_examples, open_record_set
from preprocessing.transform import TransformConfig, transform

READINGS = {
    "a": ("1", "0", "0"),
    "b": ("0", "0", "0"),
    "c": ("-1", "", "1"),
    "d": ("-1", "", ""),
    "e": ("0", "-1", ""),
    "f": ("1", "1", ""),
}
TARGETS = {
    "a": ([1, 0, 0], [1, 1, 1]),
    "b": ([0, 0, 0], [1, 1, 1]),
    "c": ([0, 0, 1], [0, 0, 1]),
    "e": ([0, 0, 0], [1, 0, 0]),
    "f": ([1, 1, 0], [1, 1, 0]),
}
"""Value and mask of each class; nothing is known of d."""


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Database]:
    """A database with a table of findings in CheXpert's way."""
    (tmp_path / "in").mkdir()
    for number, name in enumerate(READINGS):
        (tmp_path / "in" / f"{name}.png").write_bytes(encode_png(np.full((4, 4), 40 * number, np.uint8)))
    rows = "".join(f"{name}.png,{','.join(values)}\n" for name, values in READINGS.items())
    (tmp_path / "t.csv").write_text(f"Path,Mass,Nodule,Oedema\n{rows}")
    labels = {"path": tmp_path / "t.csv", "task": "finding", "columns": "Mass..Oedema"}
    with open_with_key(f"sqlite:///{tmp_path / 'rows.db'}", create=True) as database:
        config = {"paths": (tmp_path / "in",), "labels": labels, "workers": 1}
        ingest(IngestConfig.checked(config | {"operator_file": tmp_path / "p.tsv"}), database=database)
        cohort(CohortConfig(name="all", task="finding", multi_label=True), database=database)
        yield database


def targets_of(records: Path) -> list[tuple[list[float], list[float]]]:
    """Return values and mask of each record."""
    examples = iterate_examples(records, "all")
    return [(example["image/class/values"], example["image/class/mask"]) for example in examples]


def test_unknown_classes_are_masked_on_both_ways_into_records(stocked: Database, tmp_path: Path) -> None:
    """Straight from the cohort, and over an export and a transformed folder; never a silent no."""
    export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1), database=stocked)
    transform(
        TransformConfig(folder=tmp_path / "out", target=tmp_path / "inverted", steps=("invert",), workers=1)
    )
    shared = {"split": "None", "workers": 1}
    report = pack(PackConfig(folder=tmp_path / "inverted", target=tmp_path / "long", **shared))
    direct = {"cohort": "all", "steps": ("invert",), "target": tmp_path / "short"}
    pack(PackConfig(**direct, **shared), database=stocked)
    assert report.left_out == {"no_label": 1}
    assert sorted(targets_of(tmp_path / "long")) == sorted(TARGETS.values())
    assert targets_of(tmp_path / "short") == targets_of(tmp_path / "long")
    assert verify_record_set(tmp_path / "long").is_sound
    assert open_record_set(tmp_path / "long").kind == "multi_label"


def test_a_label_file_that_somebody_corrected_holds(stocked: Database, tmp_path: Path) -> None:
    """A class that is written into it is known from then on; the others stay as they were."""
    export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1), database=stocked)
    entries = open_image_folder(tmp_path / "out").entries
    (entry,) = (one for one in entries if one.known == ("Mass",))
    (tmp_path / "out" / "labels" / f"{entry.name}.txt").write_text("Oedema\n")
    pack(PackConfig(folder=tmp_path / "out", target=tmp_path / "records", split="None", workers=1))
    assert ([0, 0, 1], [1, 0, 1]) in targets_of(tmp_path / "records")
