"""The option that names preprocessing steps, or a file with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from foundation.errors import ConfigError

Command = TypeVar("Command", bound=Callable[..., Any])

_RECIPE_ENDING = ".json"


def steps_option(command: Command) -> Command:
    """Add `--step NAME[:VALUE]`, several times for several, or `--recipe FILE.json`: one option."""
    return click.option(
        "--step",
        "--recipe",
        "steps",
        multiple=True,
        metavar="STEP|FILE.json",
        help="A preprocessing step (several: in order), or a recipe file with them.",
    )(command)


def split_steps(texts: Sequence[str]) -> dict[str, Any]:
    """Return the fields `steps` and `recipe_file` of a config.

    Raises:
        ConfigError: there is a recipe file beside something else.

    Example:
        >>> split_steps(["clahe:3", "invert"])
        {'steps': ('clahe:3', 'invert'), 'recipe_file': None}
    """
    files = [text for text in texts if text.lower().endswith(_RECIPE_ENDING)]
    if not files:
        return {"steps": tuple(texts) or None, "recipe_file": None}
    if len(texts) > 1:
        raise ConfigError("A recipe file holds all steps. Give one file, or steps, not both.")
    return {"steps": None, "recipe_file": Path(files[0])}
