"""`dicomill export`."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing.folders import open_image_folder


def test_a_cohort_becomes_a_folder(works, refuses, rows: Path, tmp_path: Path) -> None:
    """With as many pictures as told; a second time only where it may replace the first."""
    told = works("export", "parts", "out", "--set", "workers=1").out.splitlines()
    pictures = list((tmp_path / "out" / "images").iterdir())
    assert told[0] == f"{len(pictures)} images in out"
    assert {"images", "labels", "manifest.csv", "lineage.json"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    refuses("export", "parts", "out", says="out already exists")
    report = works("export", "parts", "out", "--overwrite", "--rendering", "full", "--json").json
    assert report["num_images"] == len(pictures)
    assert sum(report["label_counts"].values()) == len(pictures)


@pytest.mark.usefixtures("rows")
def test_a_window_and_bits_are_carried_in_one_text(works, tmp_path: Path) -> None:
    """The folder, each record and the pictures agree."""
    works("export", "parts", "out", "--window", "40,400", "--bits", 16, "--set", "workers=1")
    assert json.loads((tmp_path / "out" / "folder.json").read_text())["rendering"] == "window:40,400@16"
    for entry in open_image_folder(tmp_path / "out").entries:
        assert entry.render_record is not None
        assert entry.render_record["rendering"] == "window:40,400@16"
        picture = cv2.imread(str(entry.image_path), cv2.IMREAD_UNCHANGED)
        assert picture.dtype == np.uint16


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["part", "out"], 'There is no cohort "part". Did you mean "parts"?'),
        (["parts", "out", "--rendering", "widow"], 'There is no rendering "widow". Did you mean "window"?'),
        (["parts", "out", "--window", "lungs"], 'Did you mean "lung"'),
        (["parts", "out", "--rendering", "full", "--window", "lung"], "Only the rendering"),
        (["parts", "out", "--bits", "12"], "'12' is not one of"),
        (["parts", "out", "--frames", "last"], 'every:N (such as every:5). Received: "last"'),
        (["parts", "out", "--frames", "every:0"], "every:N"),
        (["parts", "out", "--format", "png:90"], "has no quality"),
        (["parts", "out", "--format", "tif"], 'There is no picture format "tif"'),
        (["parts", "out", "--format", "jpg", "--bits", 16], "A JPEG holds 8 bits"),
        (["parts", "out", "--step", "clah"], 'Did you mean "clahe"'),
        (["parts", "out", "--recipe", "no.json"], "no.json cannot be read"),
        (["parts", "out", "--sample", 0], "--sample"),
        (["parts", "out", "--set", "labels_table=xml"], "labels_table"),
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


def test_every_form_by_its_options(works, rows: Path, tmp_path: Path) -> None:
    """Class folders of JPEGs after steps, a seeded sample, metadata and a table of labels."""
    (tmp_path / "small.json").write_text('["letterbox:32"]')
    words = ["--recipe", "small.json", "--format", "jpg:80", "--layout", "folders", "--sample", 6]
    words += ["--seed", 2, "--metadata", "--set", "labels_table=tsv", "--set", "workers=1", "--frames", "all"]
    report = works("export", "parts", "out", *words, "--json").json
    assert (report["num_images"], report["recipe"]) == (6, ["letterbox:size=32x32,pad=0"])
    pictures = list((tmp_path / "out").rglob("*.jpg"))
    assert len(pictures) == 6
    assert all(cv2.imread(str(path)).shape[:2] == (32, 32) for path in pictures)
    assert {path.parent.name for path in pictures} == set(report["label_counts"])
    for name in ("metadata.jsonl", "labels.tsv"):
        assert len((tmp_path / "out" / name).read_text().splitlines()) == 6
    assert works("render", "verify", "out").out.endswith("0 of 6 pictures differ; the export holds 6\n")


@pytest.mark.usefixtures("rows")
def test_workers_come_from_the_environment(works, refuses, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with the commands that have an option for them."""
    monkeypatch.setenv("DICOMILL_WORKERS", "many")
    refuses("export", "parts", "out", says="DICOMILL_WORKERS expects a number")
    monkeypatch.setenv("DICOMILL_WORKERS", "1")
    works("export", "parts", "out")
