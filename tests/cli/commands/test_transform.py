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
        (["EXPORT", "out"], "There is no step to apply. Name at least one of: bitwise"),
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


def test_a_recipe_goes_from_one_folder_to_the_next(works, stock: Path, tmp_path: Path) -> None:
    """Written by one command, taken by another, with a sheet to look at and a list of what is on it."""
    words = ["transform", stock / "export", "out", "--step", "clahe:tiles=4", "--step", "letterbox:32"]
    works(*words, "--write-recipe", "r.json")
    lines = works(
        "transform", stock / "export", "again", "--recipe", "r.json", "--sheet", "s.png"
    ).out.splitlines()
    assert "1 on the sheet: " in lines[1]
    assert (tmp_path / "s.png").is_file()
    one, two = (json.loads((tmp_path / name / "lineage.json").read_text()) for name in ("out", "again"))
    assert one["config"] == two["config"] == {"steps": ["clahe:clip=2,tiles=4", "letterbox:size=32x32,pad=0"]}
    assert one["fingerprint"] == two["fingerprint"]


def test_the_help_names_every_step() -> None:
    """A step that nobody can find is none."""
    from cli.commands.transform import transform
    from preprocessing.steps import STEPS

    text = transform.help or ""
    assert [name for name in STEPS if name not in text] == []
