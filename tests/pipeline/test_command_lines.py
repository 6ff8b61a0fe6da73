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
from training.networks.treatments import TREATMENTS
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
        "label_policy": WORDS,
        "label_map": WORDS,
        **dict.fromkeys(("modalities", "view_positions", "sexes"), st.lists(WORDS, max_size=2)),
        "years": st.lists(st.integers(1900, 2100), max_size=2),
        **dict.fromkeys(("min_age", "max_age"), st.floats(0, 120)),
        "steps": st.lists(st.sampled_from(["a: id > 1", "b c: id IN (1, 2)"]), max_size=2),
        "unit": st.sampled_from(["image", "study", "patient"]),
        "one_per": st.sampled_from(["patient", "study", "series"]),
        "pick": st.sampled_from(["first", "last", "middle", "random"]),
        "seed": SEEDS,
        "keep": st.lists(st.sampled_from(["risk", "duplicates"]), max_size=2),
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
        # Those of 8 bits, which go with every format.
        "rendering": st.sampled_from(sorted(name for name, one in RENDERINGS.items() if one.bits == 8)),
        "steps": st.lists(st.sampled_from(["invert", "resize:8x9"]), max_size=2),
        "recipe_file": PATHS,
        "format": st.sampled_from(["png", "jpg", "jpg:70"]),
        "frames": st.sampled_from(["first", "middle", "all", "every:5"]),
        "sample": COUNTS,
        "seed": SEEDS,
        "metadata": FLAGS,
        "layout": st.sampled_from(["pairs", "folders"]),
        "labels_table": st.sampled_from(["tsv", "json"]),
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
        "rows_file": PATHS,
        "limits": st.just({}),
        "memory": st.integers(1 << 28, 1 << 34),
        "scheduler": st.just("tcp://127.0.0.1:8786"),
        "patience_seconds": st.floats(0, 100),
        "pixels": st.just("file:///pictures"),
        "allow_list": st.none(),  # read when it is named: tests of its own
        "site_tables": st.lists(PATHS, max_size=2),
        "options": st.lists(st.just("retain-uids"), max_size=1),
        "keeps_identifiers": st.just(False),
        "watch": st.just(False),
        # What goes with a spool folder only, or is a table of its own, has tests of its own.
        **dict.fromkeys(("done_folder", "labels", "watch_seconds"), st.none()),
        "poll_seconds": st.floats(0.5, 9),
        "settle_seconds": st.floats(0, 9),
    },
    "pack": {
        "folder": PATHS,
        "cohort": WORDS,
        "target": PATHS,
        "split": st.just("tvt_split"),  # the one that those ratios fit
        "ratios": st.sampled_from([[0.8, 0.1, 0.1], [0.5, 0.25, 0.25]]),
        "seed": SEEDS,
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True),
        "classes_file": PATHS,
        "shards": COUNTS,
        "shard_bytes": COUNTS,
        "encoding": st.sampled_from(["auto", "keep", "png", "jpeg", "raw"]),
        "raw_budget": COUNTS,
        "jpeg_quality": st.integers(1, 100),
        "class_cap": COUNTS,
        "fold": COUNTS,
        "repeat": COUNTS,
        # What goes with a plan, a table or a cohort only has tests of its own.
        **dict.fromkeys(("plan", "splits_file", "version", "rendering", "frames", "recipe_file"), st.none()),
        "steps": st.just([]),
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
        "head": st.fixed_dictionaries(
            {},
            optional={
                "pooling": st.sampled_from(["own", "avg", "max", "gem"]),
                "mlp_layers": st.lists(COUNTS, max_size=3),
                "parents": st.just({"edema": "lung opacity: any"}),
            },
        ),
        "treatment": st.sampled_from(sorted(TREATMENTS)),
        "weights": st.just("imagenet"),
        "channel_order": st.sampled_from(["channels_first", "channels_last"]),
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
        "recipe_file": PATHS,
        "write_recipe": PATHS,
        "sheet": PATHS,
        "sheet_pictures": st.integers(1, 64),
        "workers": COUNTS,
        "overwrite": FLAGS,
    },
}

ALTERNATIVES: dict[str, tuple[str, ...]] = {
    "export": ("steps", "recipe_file"),
    "pack": ("folder", "cohort"),
    "transform": ("steps", "recipe_file"),
}
"""Fields of which exactly one is given."""


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
        alternatives = ALTERNATIVES.get(name, ())

        def plan(chosen: str) -> st.SearchStrategy[PlannedStage]:
            fields = {field: FIELDS[name][field] for field in FIELDS[name] if field not in alternatives}
            return st.fixed_dictionaries(
                {field: fields[field] for field in fields if field in needed}
                | ({chosen: FIELDS[name][chosen]} if chosen else {}),
                optional={field: fields[field] for field in fields if field not in needed},
            ).map(lambda values: PlannedStage(name, STAGES[name], config_class.checked(values)))

        return st.sampled_from(alternatives or ("",)).flatmap(plan)

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
    needed += ALTERNATIVES.get(name, ())[:1]
    stage = planned(name, **{field: required.get(field, field) for field in needed})
    line = command_line(stage, database_url="sqlite:///a.db", key_file=Path("mine.key"))
    assert ("--key-file mine.key" in line) == (name in TAKE_KEY_FILE)
    config_typed(shlex.split(line)[1:])


def test_a_name_that_looks_like_an_option_stands_after_two_dashes() -> None:
    """It would be taken for one otherwise."""
    stage = planned("cohort", name="-old", multi_label=True, seconds=2.5)
    line = command_line(stage, database_url="sqlite:///a.db")
    assert line == (
        "dicomill cohort create --set multi_label=true --set seconds=2.5 --database sqlite:///a.db -- -old"
    )
    assert config_typed(shlex.split(line)[1:]) == stage.config


def test_files_and_bounds_go_by_set() -> None:
    """What is not given is left out."""
    stage = planned("ingest", paths=["a"], operator_file="told.tsv", limits={}, workers=None)
    line = command_line(stage, database_url="sqlite:///a.db")
    assert "--set operator_file=told.tsv" in line
    assert "--workers" not in line
    typed = config_typed(shlex.split(line)[1:])
    assert typed.model_dump(exclude={"operator_file"}) == stage.config.model_dump(exclude={"operator_file"})


def test_a_cohort_is_packed_without_a_folder() -> None:
    """Rendering, steps and a plan go with it; the command gives the same config."""
    values = {"rendering": "full@16", "steps": ["invert"], "frames": "every:2", "plan": "main"}
    stage = planned("pack", cohort="parts", target="out", **values)
    line = command_line(stage, database_url="sqlite:///a.db")
    assert " out " in line
    assert with_absolute_paths(config_typed(shlex.split(line)[1:])) == with_absolute_paths(stage.config)
