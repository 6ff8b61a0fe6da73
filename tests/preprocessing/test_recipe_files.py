"""Recipes as JSON files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundation.errors import ConfigError, UnknownNameError
from preprocessing.recipe import Recipe
from preprocessing.recipe_files import read_recipe_file, write_recipe_file

RECIPE = Recipe.parse(["clahe:clip=2.5", "letterbox:64", "target_segmentation"])


def test_a_recipe_survives_its_file(tmp_path: Path) -> None:
    """With its fingerprint, which anyone can compute from the steps."""
    write_recipe_file(tmp_path / "r.json", RECIPE)
    assert read_recipe_file(tmp_path / "r.json") == RECIPE
    content = json.loads((tmp_path / "r.json").read_text())
    assert content == {"steps": list(RECIPE.texts), "fingerprint": RECIPE.fingerprint}


@pytest.mark.parametrize(
    "content",
    [
        ["clahe:2.5,8", "letterbox:size=64", "target_segmentation:4"],
        {"steps": ["clahe:clip=2.5", {"name": "letterbox", "values": {"size": 64}}, "target_segmentation"]},
        {"steps": ["clahe:2.5", {"name": "letterbox", "values": [64]}, {"name": "target_segmentation"}]},
    ],
)
def test_a_file_written_by_hand_needs_no_fingerprint(content: object, tmp_path: Path) -> None:
    """Steps as texts or as names with values, alone or as an object's `steps`."""
    (tmp_path / "r.json").write_text(json.dumps(content))
    assert read_recipe_file(tmp_path / "r.json") == RECIPE


def test_a_step_changed_by_hand_is_noticed(tmp_path: Path) -> None:
    """The fingerprint stands for what the recipe was when it was written."""
    write_recipe_file(tmp_path / "r.json", RECIPE)
    text = (tmp_path / "r.json").read_text()
    (tmp_path / "r.json").write_text(text.replace("clip=2.5", "clip=3"))
    with pytest.raises(ConfigError, match="do not fit its fingerprint"):
        read_recipe_file(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("3", "no recipe. Expected"),
        ('{"recipe": []}', "no recipe. Expected"),
        ('{"steps": [], "more": 1}', "no recipe. Expected"),
        ('{"steps": 3}', "no recipe. Expected"),
        ('{"steps": [3]}', "no recipe. Expected"),
        ('{"steps": [{"name": "invert", "value": 3}]}', "no recipe. Expected"),
        ('["contrast_enhancing:high"]', "In the recipe .*whole number from 1 to 10"),
    ],
)
def test_what_is_no_recipe_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    """With the file's name and what was expected."""
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(ConfigError, match=says):
        read_recipe_file(tmp_path / "r.json")


def test_an_unknown_step_in_a_file_keeps_its_hint(tmp_path: Path) -> None:
    """The kind of error stays, so a caller can tell."""
    (tmp_path / "r.json").write_text('["contrast_enhance"]')
    with pytest.raises(UnknownNameError, match='Did you mean "contrast_enhancing"'):
        read_recipe_file(tmp_path / "r.json")
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_recipe_file(tmp_path / "gone.json")
