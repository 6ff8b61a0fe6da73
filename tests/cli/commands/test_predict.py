"""`dicomill predict`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.tensorflow
@pytest.mark.slow
def test_files_become_predictions_and_reasons(
    works, refuses, artifact: Path, stock: Path, tmp_path: Path
) -> None:
    """Pictures get a row, the rest a reason; a file that exists is only replaced when asked."""
    words = ["predict", artifact, stock / "dicom", "--out", "p.tsv"]
    told = works(*words).out.splitlines()
    rows = (tmp_path / "p.tsv").read_text().splitlines()
    assert told[0] == f"{len(rows) - 1} predictions in p.tsv"
    assert "Not predicted:" in told
    assert (tmp_path / "p.tsv.rejected.tsv").is_file()
    refuses(*words, says="p.tsv already exists")
    report = works(*words, "--overwrite", "--set", "limit=3", "--json").json
    assert report["num_predicted"] + report["num_rejected"] == 3


@pytest.mark.tensorflow
@pytest.mark.slow
def test_a_split_of_records_is_predicted_into_rows(works, artifact: Path, stock: Path, rows: Path) -> None:
    """With a database the numbers are kept there too."""
    words = ["--out", "p.csv", "--format", "csv", "--split", "test", "--database", "sqlite:///dicomill.db"]
    report = works("predict", artifact, stock / "records", *words, "--json").json
    assert report["num_predicted"] > 0
    assert report["num_stored"] == report["num_predicted"]


@pytest.mark.tensorflow
def test_missing_inputs_are_one_line(refuses, artifact: Path, stock: Path, tmp_path: Path) -> None:
    """One that was named is wanted; so is a split, and a place for the file."""
    (tmp_path / "file").touch()
    refuses("predict", artifact, "missing", "--out", "p.tsv", says="missing")
    refuses("predict", artifact, stock / "dicom", "--out", "file/p.tsv", says="file")
    refuses("predict", artifact, stock / "records", "--out", "p.tsv", "--split", "exam", says="exam")


def test_an_artifact_that_is_none_is_one_line(refuses, stock: Path) -> None:
    """Missing, or a folder of something else."""
    for folder in ("missing", stock / "records"):
        refuses("predict", folder, stock / "dicom", "--out", "p.tsv", says="artifact")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Missing option '--out'"),
        (["--out", "p.tsv", "--format", "xlsx"], "'xlsx' is not one of"),
        (["--out", "p.tsv", "--database", "sqlite:///no.db"], "There is no database"),
        (["--out", "p.tsv", "--set", "batch_size=0"], "batch_size: "),
    ],
)
def test_mistakes_are_one_line(refuses, words: list[str], says: str) -> None:
    """Before TensorFlow is loaded."""
    refuses("predict", "artifact", "files", *words, says=says)
