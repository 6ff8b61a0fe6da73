"""From option values to a config."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from cli.configs import make_config
from foundation.contracts import Config
from foundation.errors import ConfigError


class InnerConfig(Config):
    """Fields within a field."""

    pooling: str = "own"
    layers: tuple[int, ...] = ()


class ExampleConfig(Config):
    """Fields of the kinds that doors have."""

    folder: Path
    ratios: tuple[float, ...] = ()
    seed: int = Field(default=7, ge=0)
    name: str = "dicom"
    head: InnerConfig = Field(default_factory=InnerConfig)


def test_what_was_not_given_keeps_the_configs_default() -> None:
    """None stands for an option that was not typed."""
    config = make_config(ExampleConfig, {"folder": Path("a"), "seed": None, "name": None})
    assert config == ExampleConfig(folder=Path("a"))


def test_assignments_are_read_as_yaml_and_come_last() -> None:
    """Numbers, lists and texts as one writes them in a run file."""
    config = make_config(
        ExampleConfig,
        {"folder": Path("a"), "seed": 1},
        assignments=["seed=3", "ratios=[.8, 0.2]", "name = b=c"],
    )
    assert config == ExampleConfig(folder=Path("a"), seed=3, ratios=(0.8, 0.2), name="b=c")


def test_a_dot_leads_into_a_field_of_fields() -> None:
    """One assignment a field, or all of them as a YAML mapping."""
    wanted = ExampleConfig(folder=Path("a"), head=InnerConfig(pooling="gem", layers=(8, 4)))
    for assignments in (["head.pooling=gem", "head.layers=[8, 4]"], ["head={pooling: gem, layers: [8, 4]}"]):
        assert make_config(ExampleConfig, {"folder": Path("a")}, assignments=assignments) == wanted


@pytest.mark.parametrize(
    ("assignments", "says"),
    [
        (["seed"], '--set expects FIELD=VALUE. Received: "seed".'),
        (["sed=1"], 'There is no field "sed". Did you mean "seed"?'),
        (["seed=many"], "seed: "),
        (["seed=-1"], "greater than or equal to 0. Received: -1."),
        (["head.poling=gem"], "head.poling: "),
        (["name=x", "name.y=1"], '"name" was already set'),
        (["ratios=[1"], '--set ratios: "[1" is not a YAML value.'),
    ],
)
def test_what_the_config_refuses_is_one_line(assignments: list[str], says: str) -> None:
    """The field and the value are named."""
    with pytest.raises(ConfigError) as caught:
        make_config(ExampleConfig, {"folder": Path("a")}, assignments=assignments)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
