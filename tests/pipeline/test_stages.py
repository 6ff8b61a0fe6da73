"""The stages that a run file can name."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from foundation.contracts import Config
from pipeline.stages import STAGES, config_values


def holds_a_path(annotation: Any) -> bool:
    """Tell whether a type is or contains a path."""
    return annotation is Path or any(holds_a_path(part) for part in get_args(annotation))


def test_stages_stand_in_alphabetical_order() -> None:
    """A registry is a dict to read."""
    assert list(STAGES) == sorted(STAGES)


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_is_a_door_of_its_name(name: str) -> None:
    """Stage, door and config share a word."""
    stage = STAGES[name]
    config_class, door = stage.load()
    assert issubclass(config_class, Config)
    assert (door.__name__, config_class.__name__) == (name, f"{name.capitalize()}Config")


@pytest.mark.parametrize("name", STAGES)
def test_every_path_of_a_config_is_known_as_one(name: str) -> None:
    """Relative ones count from the run file's own folder, so none may be missed."""
    config_class, _ = STAGES[name].load()
    paths = {field for field, about in config_class.model_fields.items() if holds_a_path(about.annotation)}
    assert set(STAGES[name].path_fields()) == paths


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_that_writes_a_product_can_be_told_to_replace_it(name: str) -> None:
    """A run replaces what it wrote itself."""
    stage = STAGES[name]
    config_class, _ = stage.load()
    assert ("overwrite" in config_class.model_fields) == (stage.output is not None)
    assert stage.cohort is None or stage.cohort in config_class.model_fields


def test_a_word_where_a_path_may_stand_is_no_path() -> None:
    """`weights: imagenet` of a run file is not a file beside it."""
    assert not STAGES["train"].is_path("weights", "imagenet")
    assert STAGES["train"].is_path("weights", "older/artifact")
    assert STAGES["ingest"].is_path("paths", ["a", "b"])


def test_a_config_becomes_plain_values() -> None:
    """As JSON has them."""
    config_class, _ = STAGES["transform"].load()
    config = config_class.checked({"folder": "a", "target": "b", "steps": ["invert"]})
    assert config_values(config)["folder"] == "a"
    assert config_values(config)["steps"] == ["invert"]
