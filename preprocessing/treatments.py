"""Rendering and recipe together: all that is done to stored values before a picture is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from foundation.errors import ConfigError
from imaging.rendering import parse_rendering
from preprocessing.picture_formats import PictureFormat
from preprocessing.recipe import Recipe
from preprocessing.recipe_files import read_recipe_file
from preprocessing.steps import STEPS

_TO_8_BITS = "to_8_bits"


@dataclass(frozen=True, slots=True)
class Treatment:
    """A rendering and the recipe after it.

    Args:
        rendering: its canonical text.
        recipe: the steps.
        rendered_bits: of a rendered picture, 8 or 16.
    """

    rendering: str
    recipe: Recipe
    rendered_bits: int

    @classmethod
    def parse(cls, rendering: str, steps: Iterable[str] = ()) -> Self:
        """Return what the texts say.

        Raises:
            ConfigError: a rendering, step or value that is not known.

        Example:
            >>> Treatment.parse("full@16", ["clahe", "to_8_bits"]).bits
            8
        """
        choice = parse_rendering(rendering)
        return cls(choice.text, Recipe.parse(steps), choice.bits)

    @property
    def bits(self) -> int:
        """Of a picture after the recipe."""
        return 8 if any(step.name == _TO_8_BITS for step in self.recipe.steps) else self.rendered_bits

    @property
    def first_unfit_step(self) -> str | None:
        """The first step that takes 8 bits and would get 16; None where all fit."""
        if self.rendered_bits == 8:
            return None
        for step in self.recipe.steps:
            if step.name == _TO_8_BITS:
                return None
            if STEPS[step.name].is_8_bit:
                return step.name
        return None


def read_treatment(rendering: str, steps: Iterable[str], recipe_file: Path | None) -> Treatment:
    """Return what the texts say, the steps from a recipe file where one is named.

    Raises:
        ConfigError: as `Treatment.parse`, or the file is no recipe.
    """
    return Treatment.parse(rendering, steps if recipe_file is None else read_recipe_file(recipe_file).texts)


def check_bits(treatment: Treatment, picture_format: str = "png") -> None:
    """Refuse steps and formats that take 8 bits after a rendering of 16.

    Args:
        treatment: rendering and recipe.
        picture_format: of the files, as `PictureFormat` reads it.

    Raises:
        ConfigError: with what to do.
    """
    unfit = treatment.first_unfit_step
    if unfit is not None:
        raise ConfigError(
            f'The step "{unfit}" takes pictures of 8 bits, and the rendering "{treatment.rendering}" gives '
            f'16. Put the step "{_TO_8_BITS}" before it, or render with 8 bits.'
        )
    if treatment.bits > 8 and PictureFormat.parse(picture_format).name == "jpg":
        raise ConfigError(
            f'A JPEG holds 8 bits, and the rendering "{treatment.rendering}" gives 16. Choose the format '
            f'png, or render with 8 bits, or end with the step "{_TO_8_BITS}".'
        )
