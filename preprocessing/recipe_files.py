"""Recipes as JSON files, with a fingerprint that tells whether one was changed by hand."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from foundation.errors import ConfigError, DicomillError
from foundation.files import write_file
from preprocessing.recipe import Recipe

_FORM = '{"steps": ["contrast_enhancing:4", ...]}'


def read_recipe_file(path: Path) -> Recipe:
    """Return the recipe in a file.

    Args:
        path: JSON: an object with `steps` and perhaps `fingerprint`, or the list of steps alone.

    Raises:
        ConfigError: the file cannot be read, is no recipe, or does not fit its fingerprint.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The recipe {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError(f"The recipe {path} is no JSON. Expected {_FORM}.") from error
    if isinstance(content, list):
        content = {"steps": content}
    if (
        not isinstance(content, dict)
        or not set(content) <= {"steps", "fingerprint"}
        or "steps" not in content
    ):
        raise ConfigError(f"{path} is no recipe. Expected {_FORM}.")
    recipe = _read_steps(path, content["steps"])
    claimed = content.get("fingerprint")
    if claimed is not None and claimed != recipe.fingerprint:
        raise ConfigError(
            f"The steps in {path} do not fit its fingerprint: one of them was changed by hand, or another "
            "version reads them otherwise. Remove the fingerprint if the steps are what you want."
        )
    return recipe


def write_recipe_file(path: Path, recipe: Recipe) -> None:
    """Write a recipe with its fingerprint.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "recipe.json"
        >>> write_recipe_file(path, Recipe.parse(["invert"]))
        >>> read_recipe_file(path).texts
        ('invert',)
    """
    content = {"steps": list(recipe.texts), "fingerprint": recipe.fingerprint}
    write_file(path, json.dumps(content, indent=2) + "\n")


def _read_steps(path: Path, steps: object) -> Recipe:
    """Return the recipe of a file's steps."""
    try:
        return Recipe.model_validate(steps)
    except DicomillError as error:
        raise type(error)(f"In the recipe {path}: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"The steps in {path} are no recipe. Expected {_FORM}.") from error
