"""The bases of every door's config and report."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Config(BaseModel):
    """What a door is asked to do: frozen, checked when made, unknown keys refused.

    Example:
        >>> class ExampleConfig(Config):
        ...     seed: int = 0
        >>> ExampleConfig(seed=3).seed
        3
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class Report(BaseModel):
    """What a door did: frozen, made of plain values, so that it can be printed as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")
