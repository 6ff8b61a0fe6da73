"""From options to a config: what pydantic refuses becomes one line for the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from foundation.errors import ConfigError

if TYPE_CHECKING:
    from foundation.contracts import Config

AnyConfig = TypeVar("AnyConfig", bound="Config")


def make_config(
    config_class: type[AnyConfig], values: Mapping[str, Any], *, assignments: Sequence[str] = ()
) -> AnyConfig:
    """Return a config from option values and `FIELD=VALUE` texts.

    Args:
        config_class: the door's config.
        values: by field; None means "not given", so the config's own default holds.
        assignments: read as YAML values (`patience=3`, `ratios=[0.8,0.1,0.1]`); a dot leads into a
            field that holds fields (`head.pooling=gem`).

    Raises:
        ConfigError: an unknown field, or a value that the config refuses.
    """
    given = {name: value for name, value in values.items() if value is not None}
    for name, value in _read_assignments(assignments).items():
        beside = given.get(name)
        if isinstance(beside, Mapping) and isinstance(value, Mapping):
            value = {**beside, **value}  # noqa: PLW2901 - fields of one field, from options and from --set
        given[name] = value
    return config_class.checked(given)


def _read_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    if not assignments:
        return {}
    import yaml

    values: dict[str, Any] = {}
    for text in assignments:
        name, separator, value = text.partition("=")
        if not separator:
            raise ConfigError(f'--set expects FIELD=VALUE. Received: "{text}".')
        try:
            _put(values, name.strip().split("."), yaml.safe_load(value))
        except yaml.YAMLError as error:
            raise ConfigError(f'--set {name}: "{value}" is not a YAML value.') from error
    return values


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    """Put a value at its place among nested fields.

    Raises:
        ConfigError: the field above it was given a value that holds no fields.
    """
    for name in path[:-1]:
        inner = values.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ConfigError(f'--set {".".join(path)}: "{name}" was already set to a value without fields.')
        values = inner
    values[path[-1]] = value
