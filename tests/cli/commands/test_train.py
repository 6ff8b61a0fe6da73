"""`dicomill train`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.tensorflow
@pytest.mark.slow
def test_records_become_an_artifact(works, refuses, stock: Path, tmp_path: Path) -> None:
    """Told with size, epochs and the best one; a target that exists is left alone."""
    words = ["train", stock / "records", "out", "--epochs", 2, "--image-size", 32, "--batch-size", 16]
    told = works(*words, "--set", "channels=1").out.splitlines()
    assert told[0].startswith("lenet5, ")
    assert told[0].endswith(" parameters, input 32x32x1")
    assert told[1].startswith("2 epochs on ")
    assert told[2].startswith("Best epoch ")
    assert told[-1] == "Artifact in out"
    assert {"model.keras", "artifact.json", "curves.png", "lineage.json", "training_log.csv"} == {
        path.name for path in (tmp_path / "out").iterdir()
    }
    refuses(*words, says="out already exists")
    assert works(*words, "--overwrite", "--seed", 3, "--json").json["trained_epochs"] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing", "out"], "missing is no record set"),
        (["RECORDS", "out", "--model", "lenet"], 'There is no model "lenet". Did you mean "lenet5"?'),
        (["RECORDS", "out", "--optimizer", "adm"], 'There is no optimizer "adm".'),
        (["RECORDS", "out", "--learning-rate", "-1"], "learning_rate: "),
        (["RECORDS", "out", "--image-size", "4"], "4"),
        (["RECORDS", "out", "--set", "precision=float16"], "precision: "),
        (["RECORDS", "file"], "file already exists"),
    ],
)
def test_mistakes_are_one_line(refuses, stock: Path, tmp_path: Path, words: list[str], says: str) -> None:
    """And no artifact appears."""
    (tmp_path / "file").touch()
    refuses("train", *(str(stock / "records") if word == "RECORDS" else word for word in words), says=says)


@pytest.mark.tensorflow
def test_an_artifact_that_cannot_be_written_is_one_line(refuses, stock: Path, tmp_path: Path) -> None:
    """Before the training, not after it."""
    (tmp_path / "file").touch()
    refuses("train", stock / "records", "file/out", "--epochs", 1, says="Cannot write to file")


@pytest.mark.tensorflow
def test_records_without_a_split_to_train_on_are_one_line(refuses, works, stock: Path) -> None:
    """Records that were packed without splits have none to learn from."""
    works("pack", stock / "export", "records", "--split", "None")
    refuses("train", "records", "out", "--epochs", 1, says="train")
