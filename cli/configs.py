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
        assignments: read as YAML values (`patience=3`, `ratios=[0.8,0.1,0.1]`).

    Raises:
        ConfigError: an unknown field, or a value that the config refuses.
    """
    given = {name: value for name, value in values.items() if value is not None}
    return config_class.checked({**given, **_read_assignments(assignments)})


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
            values[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f'--set {name}: "{value}" is not a YAML value.') from error
    return values
