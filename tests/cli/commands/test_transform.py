"""`dicomill transform`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_steps_are_applied_in_the_order_typed(works, refuses, stock: Path, tmp_path: Path) -> None:
    """And written down; a target that exists is only replaced when asked."""
    words = ["transform", stock / "export", "out", "--step", "resize:16x24", "--step", "invert"]
    pictures = len(list((stock / "export" / "images").iterdir()))
    assert works(*words, "--workers", 1).out == f"{pictures} images in out\n"
    recipe = json.loads((tmp_path / "out" / "folder.json").read_text())["recipe"]
    assert [step.split(":")[0] for step in recipe] == ["resize", "invert"]
    refuses(*words, says="out already exists")
    assert works(*words, "--overwrite", "--json").json["num_pictures"] == pictures


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing", "out", "--step", "invert"], "missing is no image/label folder"),
        (["EXPORT", "out"], "Missing option '--step'"),
        (["EXPORT", "out", "--step", "blur"], 'There is no step "blur".'),
        (["EXPORT", "out", "--step", "contrast_enhancing:x"], "a whole number from 1 to 10"),
        (["EXPORT", "out", "--step", "resize:0"], "resize"),
        (["EXPORT", "file/out", "--step", "invert"], "Cannot write to file"),
        (["EXPORT", "EXPORT", "--step", "invert", "--overwrite"], "EXPORT"),
    ],
)
def test_mistakes_are_one_line(refuses, stock: Path, tmp_path: Path, words: list[str], says: str) -> None:
    """And no folder appears."""
    (tmp_path / "file").touch()
    export = str(stock / "export")
    refuses(
        "transform",
        *(export if word == "EXPORT" else word for word in words),
        says=says.replace("EXPORT", export),
    )
