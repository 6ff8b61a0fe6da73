"""The networks as a list to read."""

from __future__ import annotations

from foundation.contracts import Report
from training.networks.registry import MODELS


class ListedModel(Report):
    """One network: its name, the side of its default and smallest input, and one line about it."""

    name: str
    default_size: int
    minimum_size: int
    summary: str
    source: str


class ModelsReport(Report):
    """Every network that can be trained by name."""

    models: tuple[ListedModel, ...]


def list_models() -> ModelsReport:
    """Return the networks in alphabetical order.

    Example:
        >>> list_models().models[0].name
        'convnext_base'
    """
    return ModelsReport(
        models=tuple(
            ListedModel(
                name=name,
                default_size=entry.default_size,
                minimum_size=entry.minimum_size,
                summary=entry.summary,
                source=entry.source,
            )
            for name, entry in sorted(MODELS.items())
        )
    )
