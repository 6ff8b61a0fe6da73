"""`dicomill pack`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


def test_the_table_counts_every_class_in_every_split(works, refuses, stock: Path, tmp_path: Path) -> None:
    """And a target that exists is only replaced when asked."""
    words = ["pack", stock / "export", "out"]
    told = works(*words, "--seed", 1).out.splitlines()
    assert told[1].split() == ["class", "train", "validation", "test"]
    records = sum(int(count) for line in told if line.startswith("all ") for count in line.split()[1:])
    assert told[0] == f"{records} records in out"
    refuses(*words, says="out already exists")
    report = works(*words, "--overwrite", "--split", "tt_split", "--ratios", ".5,.5", "--json").json
    assert list(report["num_records"]) == ["train", "test"]
    assert sum(report["num_records"].values()) == records


def test_options_reach_the_files(works, stock: Path, tmp_path: Path) -> None:
    """Their name, their number, and the order of the classes."""
    classes = [line.split(":")[1] for line in (stock / "records" / "labels.txt").read_text().splitlines()]
    (tmp_path / "classes.txt").write_text("\n".join(reversed(classes)))
    words = ["--split", "None", "--name", "mine", "--shards", 2, "--classes", "classes.txt"]
    report = works("pack", stock / "export", "out", *words, "--json").json
    assert report["classes"] == classes[::-1]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.tfrecord")) == [
        "mine-00000-of-00002.tfrecord",
        "mine-00001-of-00002.tfrecord",
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing", "out"], "missing is no image/label folder"),
        (["EXPORT", "file/out"], "Cannot write to file"),
        (["EXPORT", "EXPORT"], "already exists"),
        (["EXPORT", "out", "--ratios", "a,b"], '--ratios expects numbers such as .8,.1,.1. Received: "a,b".'),
        (["EXPORT", "out", "--ratios", ".5,.5"], "tvt_split"),
        (["EXPORT", "out", "--ratios", ".9,.9,.9"], "sum to 1"),
        (["EXPORT", "out", "--ratios", ".5,.5,0"], "between 0 and 1"),
        (["EXPORT", "out", "--split", "kfold"], "'kfold' is not one of"),
        (["EXPORT", "out", "--classes", "missing.txt"], "missing.txt"),
        (["EXPORT", "out", "--classes", "wings.txt"], "wing"),
        (["EXPORT", "out", "--name", "../up"], "name: "),
        (["EXPORT"], "Missing argument 'TARGET'"),
        (["EXPORT", "out", "more"], "Expected FOLDER and TARGET"),
        (["EXPORT", "out", "--cohort", "parts"], "Expected TARGET alone beside --cohort"),
        (["EXPORT", "out", "--rendering", "full"], "rendered already"),
        (["file", "out"], "no archive of pictures"),
    ],
)
def test_mistakes_are_one_line(refuses, stock: Path, tmp_path: Path, words: list[str], says: str) -> None:
    """And no record file appears."""
    (tmp_path / "file").touch()
    (tmp_path / "wings.txt").write_text("left wing\nright wing\n")
    refuses("pack", *(str(stock / "export") if word == "EXPORT" else word for word in words), says=says)


def test_a_split_that_would_stay_empty_is_one_line(refuses, works, rows: Path) -> None:
    """Two pictures cannot fill three splits."""
    works("cohort", "create", "two", "--where", "id IN (SELECT id FROM image ORDER BY id LIMIT 2)")
    works("export", "two", "two", "--set", "workers=1")
    refuses("pack", "two", "out", says="split")


def test_a_cohort_and_a_zip_are_packed_as_the_export(works, rows: Path, tmp_path: Path) -> None:
    """The same records by three ways."""
    works("export", "parts", "long", "--set", "workers=1", "--step", "invert")
    shutil.make_archive("short", "zip", "long")
    works("pack", "long", "a", "--seed", 1)
    works("pack", "short.zip", "b", "--seed", 1)
    told = works("pack", "--cohort", "parts", "c", "--step", "invert", "--seed", 1).out
    assert "records in c" in told
    for name in ("train-dicom.tfrecord", "test-dicom.tfrecord", "labels.txt", "splits.csv"):
        contents = {(tmp_path / folder / name).read_bytes() for folder in "abc"}
        assert len(contents) == 1


def test_an_unknown_cohort_is_one_line(refuses, rows: Path) -> None:
    """With the near one."""
    refuses("pack", "--cohort", "part", "out", says='Did you mean "parts"')
