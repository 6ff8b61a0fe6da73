"""A recipe: ordered steps with their values, which read, write and compare as plain text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator

from foundation.errors import ConfigError
from foundation.fingerprints import fingerprint
from foundation.registries import look_up
from preprocessing.step_parameters import StepValue
from preprocessing.steps import STEPS, Picture, check_picture


class StepCall(BaseModel):
    """One step with its value, checked and moved into the step's range when it is made.

    Args:
        name: a key of `STEPS`.
        value: None for the step's default.

    Example:
        >>> StepCall(name="bitwise_downsampling", value=99).text
        'bitwise_downsampling:8'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: StepValue = None

    @model_validator(mode="before")
    @classmethod
    def _check(cls, given: Any) -> Any:
        """Read `name:value`, and hold the value against the step's parameter."""
        if isinstance(given, str):
            name, colon, text = given.strip().partition(":")
            given = {"name": name.strip(), "value": text if colon else None}
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            return given
        step = look_up(STEPS, given["name"], kind="step")
        try:
            return {**given, "value": step.parameter.read(given.get("value"))}
        except ConfigError as error:
            raise ConfigError(f'The value of step "{step.name}" cannot be used. {error}') from error

    @property
    def text(self) -> str:
        """The canonical text, `name:value` or `name`."""
        value = STEPS[self.name].parameter.text(self.value)
        return f"{self.name}:{value}" if value else self.name

    def apply(self, image: Picture) -> Picture:
        """Run the step on a checked picture."""
        return STEPS[self.name].function(image, self.value)


class Recipe(BaseModel):
    """Ordered steps. As JSON it is the list of their canonical texts, and it is read from one, too.

    Example:
        >>> recipe = Recipe.parse(["contrast_enhancing", "resize:64"])
        >>> recipe.model_dump_json()
        '["contrast_enhancing:4","resize:64x64"]'
        >>> Recipe.model_validate_json(recipe.model_dump_json()) == recipe
        True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: tuple[StepCall, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Recipe:
        """Read steps from texts such as `contrast_enhancing:4`; without value the default holds.

        Raises:
            UnknownNameError: a name that is no step; the message lists the known ones.
            ConfigError: a value that is not of the step's kind.
        """
        return cls.model_validate(list(texts))

    @model_validator(mode="before")
    @classmethod
    def _read_list(cls, given: Any) -> Any:
        """Accept the bare list that `model_dump` gives."""
        return {"steps": tuple(given)} if isinstance(given, (list, tuple)) else given

    @model_serializer
    def _write_list(self) -> list[str]:
        """Write the canonical texts."""
        return list(self.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """The canonical text of each step, values always written out."""
        return tuple(step.text for step in self.steps)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical texts: equal for recipes that do the same."""
        return fingerprint(list(self.texts))

    def apply(self, image: Picture) -> Picture:
        """Run all steps in order; an empty recipe returns the picture itself.

        Args:
            image: uint8, height x width or height x width x 3 (RGB).

        Raises:
            PreprocessingError: the array is no 8-bit picture.
        """
        check_picture(image)
        for step in self.steps:
            image = step.apply(image)
        return image
