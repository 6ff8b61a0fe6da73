"""`dicomill evaluate`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_headline_is_accuracy_with_its_interval(
    works, refuses, artifact: Path, stock: Path, tmp_path: Path
) -> None:
    """As text and as JSON; a target that exists is left alone, unless it may be replaced."""
    words = ["evaluate", artifact, stock / "records"]
    told = works(*words, "out").out.splitlines()
    assert told[0].startswith("accuracy ")
    assert "95 % interval" in told[0]
    assert told[-1] == "Report in out"
    assert {"metrics.json", "cases.csv", "lineage.json"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    refuses(*words, "out", says="out already exists")
    report = works(*words, "out", "--overwrite", "--split", "train", "--json").json
    assert report["split"] == "train"


@pytest.mark.tensorflow
def test_a_database_counts_the_reads_of_a_split(works, artifact: Path, stock: Path, rows: Path) -> None:
    """A test split that is read often is no test any more."""
    words = ["evaluate", artifact, stock / "records"]
    reads = [works(*words, f"read{n}", "--database", "sqlite:///dicomill.db", "--json").json for n in (1, 2)]
    assert [read["num_reads"] for read in reads] == [1, 2]


@pytest.mark.tensorflow
def test_a_split_that_is_not_there_is_one_line(refuses, artifact: Path, stock: Path) -> None:
    """The known ones are named."""
    refuses(
        "evaluate", artifact, stock / "records", "out", "--split", "exam", says='There is no split "exam".'
    )


@pytest.mark.tensorflow
def test_an_empty_split_is_one_line(refuses, artifact: Path, stock: Path, tmp_path: Path) -> None:
    """Nothing gives no accuracy."""
    shutil.copytree(stock / "records", tmp_path / "records")
    description = json.loads((tmp_path / "records" / "records.json").read_text())
    description["splits"]["test"] = 0
    description["shards"] = [
        {**shard, "num_records": 0} if shard["split"] == "test" else shard for shard in description["shards"]
    ]
    (tmp_path / "records" / "records.json").write_text(json.dumps(description))
    refuses("evaluate", artifact, "records", "out", says='The split "test" is empty.')


def test_an_artifact_that_is_none_is_one_line(refuses, stock: Path, tmp_path: Path) -> None:
    """Missing, a folder of something else, or a broken description."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "artifact.json").write_text("{}")
    for folder in ("missing", stock / "records", "broken"):
        refuses("evaluate", folder, stock / "records", "out", says="artifact")


def test_a_database_that_is_not_there_is_one_line(refuses, stock: Path) -> None:
    """It was named, so it is wanted."""
    refuses(
        "evaluate",
        "a",
        stock / "records",
        "out",
        "--database",
        "sqlite:///no.db",
        says="There is no database",
    )
