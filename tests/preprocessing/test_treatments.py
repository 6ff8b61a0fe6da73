"""Rendering and recipe together."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import ConfigError
from preprocessing.recipe import Recipe
from preprocessing.recipe_files import write_recipe_file
from preprocessing.treatments import Treatment, check_bits, read_treatment


@pytest.mark.parametrize(
    ("rendering", "steps", "bits", "unfit"),
    [
        ("window", ["clahe"], 8, None),
        ("window@16", ["invert"], 16, None),
        ("window@16", ["invert", "contrast_enhancing"], 16, "contrast_enhancing"),
        ("window@16", ["to_8_bits", "contrast_enhancing"], 8, None),
        ("dynamic16", ["contrast_enhancing", "to_8_bits"], 8, "contrast_enhancing"),
    ],
)
def test_bits_are_followed_through_the_steps(
    rendering: str, steps: list[str], bits: int, unfit: str | None
) -> None:
    """Sixteen until a step makes them eight."""
    treatment = Treatment.parse(rendering, steps)
    assert (treatment.bits, treatment.first_unfit_step) == (bits, unfit)


def test_what_cannot_go_together_is_refused_beforehand() -> None:
    """A step, or JPEG, after 16 bits."""
    with pytest.raises(ConfigError, match='"clahe" takes pictures of 8 bits'):
        check_bits(Treatment.parse("window@16", ["clahe"]))
    with pytest.raises(ConfigError, match="A JPEG holds 8 bits"):
        check_bits(Treatment.parse("window@16"), "jpg:90")
    check_bits(Treatment.parse("window@16", ["to_8_bits"]), "jpg:90")
    check_bits(Treatment.parse("window@16", ["invert"]))


def test_a_recipe_file_stands_for_its_steps(tmp_path: Path) -> None:
    """The same treatment either way."""
    write_recipe_file(tmp_path / "r.json", Recipe.parse(["clahe:3", "invert"]))
    from_file = read_treatment("full", (), tmp_path / "r.json")
    assert from_file == read_treatment("full", ("clahe:3", "invert"), None)
