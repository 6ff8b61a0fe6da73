"""A recipe: ordered steps with their values, which read, write and compare as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator

from foundation.errors import ConfigError
from foundation.fingerprints import fingerprint
from foundation.registries import look_up
from preprocessing.step_parameters import ParameterValue
from preprocessing.step_pictures import Picture, check_picture
from preprocessing.steps import STEPS


class StepCall(BaseModel):
    """One step with its values, checked when it is made; the original's are moved into their ranges.

    It is read from a text (`name`, `name:value`, `name:a=1,b=2`; values without a name come first, in
    the parameters' order) or from a name and values, by name or in order.

    Args:
        name: a key of `STEPS`.
        values: one for each parameter of the step.

    Example:
        >>> StepCall(name="bitwise_downsampling", values=(99,)).text
        'bitwise_downsampling:8'
        >>> StepCall.model_validate("clahe:3").text
        'clahe:clip=3,tiles=8'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    values: tuple[ParameterValue, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _check(cls, given: Any) -> Any:
        """Read a text, and hold the values against the step's parameters."""
        if isinstance(given, str):
            return _read_text(given)
        if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
            return given
        step = look_up(STEPS, given["name"], kind="step")
        values = given.get("values", ())
        if isinstance(values, Mapping):
            return {**given, "values": step.read((), {str(name): value for name, value in values.items()})}
        if isinstance(values, (list, tuple)):
            return {**given, "values": step.read(values, {})}
        return given

    @property
    def text(self) -> str:
        """The canonical text, every value written out."""
        return STEPS[self.name].text(self.values)

    def apply(self, image: Picture) -> Picture:
        """Run the step on a checked picture."""
        return STEPS[self.name].apply(image, self.values)


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
            UnknownNameError: a name that is no step or parameter; the message lists the known ones.
            ConfigError: a value that is not of its parameter's kind, or out of its range.
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
            image: uint8 or uint16, height x width or height x width x 3 (RGB).

        Raises:
            PreprocessingError: the array is no picture, a step takes 8 bits only, or the result would be
                too large.
        """
        check_picture(image)
        for step in self.steps:
            image = step.apply(image)
        return image


def _read_text(text: str) -> dict[str, Any]:
    """Return name and checked values of `name:value,parameter=value`."""
    name, colon, written = text.partition(":")
    step = look_up(STEPS, name.strip(), kind="step")
    parts = [part.strip() for part in written.split(",")] if colon else []
    given = [part for part in parts if "=" not in part]
    if parts[: len(given)] != given:
        raise ConfigError(
            f'In the step "{text}" a value without a name follows one with a name. '
            "Put it first, or name it, too."
        )
    pairs = [part.partition("=") for part in parts[len(given) :]]
    named = {key.strip(): value for key, _, value in pairs}
    if len(named) < len(pairs):
        raise ConfigError(f'The step "{text}" names a parameter twice. Expected each once.')
    return {"name": step.name, "values": step.read(given, named)}
