"""The bases of every door's config and report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.errors import ConfigError
from foundation.registries import unknown_name_message


class Config(BaseModel):
    """What a door is asked to do: frozen, checked when made, unknown keys refused.

    Example:
        >>> class ExampleConfig(Config):
        ...     seed: int = 0
        >>> ExampleConfig.checked({"seed": "3"}).seed
        3
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Return a config made of what a user wrote, each refusal told in the user's words.

        Where a list is wanted, one word stands for a list of one.

        Raises:
            ConfigError: naming the first field that is unknown, missing or refused.
        """
        for name in values:
            if name not in cls.model_fields:
                raise ConfigError(unknown_name_message(cls.model_fields, name, kind="field"))
        listed = {name: _listed(value, cls.model_fields[name].annotation) for name, value in values.items()}
        try:
            return cls.model_validate(listed)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            message = (
                first["msg"].removeprefix("Value error, ").replace("a valid tuple", "a list").rstrip(".")
            )
            if not field:  # a rule over several fields says what it is about
                raise ConfigError(f"{message[:1].upper()}{message[1:]}.") from error
            received = first["input"]
            told = str(received) if isinstance(received, Path) else repr(received)
            raise ConfigError(f"{field}: {message}. Received: {told}.") from error


def _listed(value: Any, annotation: Any) -> Any:
    """Return one word or number as a list of one, where a list is wanted."""
    wanted = (annotation, *get_args(annotation))  # the members of `tuple[...] | None`, too
    if isinstance(value, str | int | float | Path) and any(get_origin(one) is tuple for one in wanted):
        return (value,)
    return value


class Report(BaseModel):
    """What a door did: frozen, made of plain values, so that it can be printed as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")
