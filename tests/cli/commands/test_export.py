"""`dicomill export`."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_a_cohort_becomes_a_folder(works, refuses, rows: Path, tmp_path: Path) -> None:
    """With as many pictures as told; a second time only where it may replace the first."""
    told = works("export", "parts", "out", "--workers", 1).out.splitlines()
    pictures = list((tmp_path / "out" / "images").iterdir())
    assert told[0] == f"{len(pictures)} images in out"
    assert {"images", "labels", "manifest.csv", "lineage.json"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    refuses("export", "parts", "out", says="out already exists")
    report = works("export", "parts", "out", "--overwrite", "--rendering", "full", "--json").json
    assert report["num_images"] == len(pictures)
    assert sum(report["label_counts"].values()) == len(pictures)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["part", "out"], 'There is no cohort "part". Did you mean "parts"?'),
        (["parts", "out", "--rendering", "widow"], 'There is no rendering "widow". Did you mean "window"?'),
        (["parts", "out", "--frames", "last"], "'last' is not one of"),
        (["parts", "out", "--set", "version=7"], "7"),
        (["parts", "file/out"], "Cannot write to file"),
        (["parts", "file"], "file already exists"),
        (["parts", "out", "--key-file", "other.key"], "This database was made with another key"),
        (["parts", "out", "--database", "sqlite:///no.db"], "There is no database"),
    ],
)
@pytest.mark.usefixtures("rows", "other_key")
def test_mistakes_are_one_line(refuses, tmp_path: Path, words: list[str], says: str) -> None:
    """And no folder appears."""
    (tmp_path / "file").touch()
    refuses("export", *words, says=says)
