"""The command of a stage does what the stage does."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.main import main
from foundation.contracts import Config
from imaging.rendering import RENDERINGS
from pipeline.command_lines import (
    POSITIONAL_FIELDS,
    SET_FIELDS,
    TAKE_KEY_FILE,
    command_line,
)
from pipeline.run_files import PlannedStage
from pipeline.stages import STAGES
from training.networks.registry import MODELS
from training.optimizers import OPTIMIZERS

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=12)
PATHS = st.lists(st.text("ab -_ä.'$", min_size=1, max_size=6), min_size=1, max_size=3).map(
    lambda parts: Path("below", *parts)
)
COUNTS = st.integers(1, 4000)
SEEDS = st.integers(0, 2**31)
FLAGS = st.booleans()

CONFIGS = {name: stage.load()[0] for name, stage in STAGES.items()}
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "cohort": {
        "name": WORDS,
        "body_parts": st.lists(WORDS, max_size=3),
        "where": WORDS,
        "sql_file": PATHS,
        "task": WORDS,
        "multi_label": FLAGS,
        "seconds": st.floats(0.5, 100),
    },
    "evaluate": {
        "artifact": PATHS,
        "records": PATHS,
        "target": PATHS,
        "split": WORDS,
        "batch_size": COUNTS,
        "positive_class": WORDS,
        "overwrite": FLAGS,
    },
    "export": {
        "cohort": WORDS,
        "folder": PATHS,
        "version": COUNTS,
        "rendering": st.sampled_from(sorted(RENDERINGS)),
        "frames": st.sampled_from(["first", "middle", "all"]),
        "workers": COUNTS,
        "overwrite": FLAGS,
    },
    "ingest": {
        "paths": st.lists(PATHS, min_size=1, max_size=3),
        "source": WORDS,
        "class_folders": FLAGS,
        "task": WORDS,
        "profile": st.sampled_from(["strict", "research"]),
        "workers": COUNTS,
        "batch_size": st.integers(1, 1000),
        "operator_file": PATHS,
        "limits": st.just({}),
    },
    "pack": {
        "folder": PATHS,
        "target": PATHS,
        "split": st.just("tvt_split"),  # the one that those ratios fit
        "ratios": st.sampled_from([[0.8, 0.1, 0.1], [0.5, 0.25, 0.25]]),
        "seed": SEEDS,
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True),
        "classes_file": PATHS,
        "shards": COUNTS,
        "workers": COUNTS,
        "overwrite": FLAGS,
    },
    "predict": {
        "artifact": PATHS,
        "inputs": st.lists(PATHS, min_size=1, max_size=3),
        "out": PATHS,
        "format": st.sampled_from(["tsv", "csv", "jsonl"]),
        "split": WORDS,
        "list_files": FLAGS,
        "batch_size": COUNTS,
        "limit": COUNTS,
        "overwrite": FLAGS,
    },
    "train": {
        "records": PATHS,
        "artifact": PATHS,
        "model": st.sampled_from(sorted(MODELS)),
        "epochs": COUNTS,
        "batch_size": COUNTS,
        "learning_rate": st.floats(1e-6, 10),
        "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
        "image_size": COUNTS,
        "channels": st.sampled_from([1, 3]),
        "weight_decay": st.floats(0, 1),
        "patience": COUNTS,
        "seed": SEEDS,
        "precision": st.just("float32"),
        "overwrite": FLAGS,
    },
    "transform": {
        "folder": PATHS,
        "target": PATHS,
        "steps": st.lists(st.sampled_from(["invert", "resize:8x9", "grayscale"]), min_size=1, max_size=3),
        "workers": COUNTS,
        "overwrite": FLAGS,
    },
}


class _AskedError(Exception):
    """Carries the config that a command would have run."""


@contextmanager
def doors_that_only_listen() -> Iterator[None]:
    """Let every door give its config back, and no database be opened."""

    def listen(config: Config, **_: Any) -> None:
        raise _AskedError(config)

    with pytest.MonkeyPatch.context() as patched:
        for stage in STAGES.values():
            patched.setattr(f"{stage.module}.{stage.door}", listen)
        for name in ("open_with_key", "open_if_given"):
            patched.setattr(f"database.opening.{name}", lambda *_, **__: nullcontext())
        patched.setattr("ingest.sources.check_sources", lambda paths: None)
        yield


def config_typed(words: list[str]) -> Config:
    """Return the config that the command of some words would run."""
    with doors_that_only_listen(), pytest.raises(_AskedError) as caught:
        main(words)
    config = caught.value.args[0]
    assert isinstance(config, Config)
    return config


def planned_stages() -> st.SearchStrategy[PlannedStage]:
    """Every stage, with some of the fields that are not required."""

    def plans(name: str) -> st.SearchStrategy[PlannedStage]:
        config_class = CONFIGS[name]
        needed = {field for field, about in config_class.model_fields.items() if about.is_required()}
        fields = FIELDS[name]
        return st.fixed_dictionaries(
            {field: fields[field] for field in fields if field in needed},
            optional={field: fields[field] for field in fields if field not in needed},
        ).map(lambda values: PlannedStage(name, STAGES[name], config_class.checked(values)))

    return st.sampled_from(sorted(STAGES)).flatmap(plans)


@settings(deadline=None)  # the first call imports a room
@given(planned_stages())
def test_the_command_of_a_stage_has_the_stages_config(planned: PlannedStage) -> None:
    """Typed again, its words give the same config, whatever the stage and its fields."""
    program, *words = shlex.split(command_line(planned, database_url="sqlite:///a.db"))
    assert program == "dicomill"
    typed, asked = config_typed(words), planned.config
    assert with_absolute_paths(typed) == with_absolute_paths(asked)


def with_absolute_paths(config: Config) -> dict[str, Any]:
    """Return a config's values, relative paths counted from the current folder."""
    return {
        field: [path.resolve() for path in value]
        if isinstance(value, tuple) and value and isinstance(value[0], Path)
        else value.resolve()
        if isinstance(value, Path)
        else value
        for field, value in config
    }


def test_every_field_of_every_stage_is_tried() -> None:
    """A new field of a config needs an option or a place among those that go by --set."""
    for name, config_class in CONFIGS.items():
        assert set(FIELDS[name]) == set(config_class.model_fields)
        assert set(SET_FIELDS.get(name, ())) <= set(config_class.model_fields)
        assert set(POSITIONAL_FIELDS[name]) <= set(config_class.model_fields)


def planned(stage: str, **values: Any) -> PlannedStage:
    """Plan one stage."""
    return PlannedStage(stage, STAGES[stage], CONFIGS[stage].checked(values))


def test_defaults_are_not_spelled_out() -> None:
    """A line that a person would type."""
    line = command_line(planned("export", cohort="parts", folder="out"), database_url="sqlite:///a.db")
    assert line == "dicomill export parts out --database sqlite:///a.db"


def test_paths_below_the_current_folder_are_shown_short(tmp_path: Path) -> None:
    """Others stay whole."""
    stage = planned("transform", folder=tmp_path / "in", target="/there", steps=["invert", "resize:64"])
    assert command_line(stage, database_url="sqlite:///a.db") == (
        "dicomill transform in /there --step invert --step resize:64"
    )
    stage = planned("cohort", name="a b")
    assert command_line(stage, database_url=f"sqlite:///{tmp_path}/rows.db") == (
        "dicomill cohort create 'a b' --database sqlite:///rows.db"
    )


def test_a_server_is_named_as_it_is() -> None:
    """Its URL has no path of this machine."""
    stage = planned("ingest", paths=["a"])
    url = "mysql://root@127.0.0.1/images"
    assert command_line(stage, database_url=url).endswith(f"--database {url}")


@pytest.mark.parametrize("name", STAGES)
def test_the_key_file_is_named_where_the_command_takes_one(name: str) -> None:
    """So that the line can be typed as it stands."""
    required = {"name": "n", "cohort": "c", "paths": ["p"], "inputs": ["i"], "steps": ["invert"]}
    needed = [field for field, about in CONFIGS[name].model_fields.items() if about.is_required()]
    stage = planned(name, **{field: required.get(field, field) for field in needed})
    line = command_line(stage, database_url="sqlite:///a.db", key_file=Path("mine.key"))
    assert ("--key-file mine.key" in line) == (name in TAKE_KEY_FILE)
    config_typed(shlex.split(line)[1:])


def test_a_name_that_looks_like_an_option_stands_after_two_dashes() -> None:
    """It would be taken for one otherwise."""
    stage = planned("cohort", name="-old", multi_label=True, seconds=2.5)
    line = command_line(stage, database_url="sqlite:///a.db")
    assert line == "dicomill cohort create --multi-label --set seconds=2.5 --database sqlite:///a.db -- -old"
    assert config_typed(shlex.split(line)[1:]) == stage.config


def test_files_and_bounds_go_by_set() -> None:
    """What is not given is left out."""
    stage = planned("ingest", paths=["a"], operator_file="told.tsv", limits={}, workers=None)
    line = command_line(stage, database_url="sqlite:///a.db")
    assert "--set operator_file=told.tsv" in line
    assert "--workers" not in line
    typed = config_typed(shlex.split(line)[1:])
    assert typed.model_dump(exclude={"operator_file"}) == stage.config.model_dump(exclude={"operator_file"})
