"""The option that names steps, or a file with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.step_options import split_steps
from foundation.errors import ConfigError


@pytest.mark.parametrize(
    ("texts", "steps", "recipe_file"),
    [
        ((), None, None),
        (("clahe:3", "invert"), ("clahe:3", "invert"), None),
        (("below/small.JSON",), None, Path("below/small.JSON")),
    ],
)
def test_steps_and_files_are_told_apart(
    texts: tuple[str, ...], steps: tuple[str, ...] | None, recipe_file: Path | None
) -> None:
    """By the file's ending, which no step has."""
    assert split_steps(texts) == {"steps": steps, "recipe_file": recipe_file}


def test_a_file_stands_alone() -> None:
    """It holds all steps."""
    with pytest.raises(ConfigError, match="not both"):
        split_steps(["a.json", "invert"])
