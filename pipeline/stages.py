"""The stages that a run file can name: each is a door, its config and what it reads and writes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from foundation.contracts import Config, Report


@dataclass(frozen=True)
class Stage:
    """One door as a run file sees it.

    Attributes:
        module: where the door and its config live; imported only when the stage runs.
        door: name of the function.
        config: name of its config class.
        inputs: fields that name folders or files it reads.
        output: the field that names the product it writes; None for a stage that writes rows.
        uses_database: the database is passed to the door.
        cohort: the field that names a cohort it reads.
        other_paths: fields that name further files; relative ones count from the run file's folder too.
        words: of such a field, the texts that are no path.
    """

    module: str
    door: str
    config: str
    inputs: tuple[str, ...] = ()
    output: str | None = None
    uses_database: bool = False
    cohort: str | None = None
    other_paths: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def load(self) -> tuple[type[Config], Callable[..., Report]]:
        """Import the room and return the config class and the door."""
        room = importlib.import_module(self.module)
        return getattr(room, self.config), getattr(room, self.door)

    def path_fields(self) -> tuple[str, ...]:
        """Return every field that holds a path or a list of paths."""
        return (*self.inputs, *((self.output,) if self.output else ()), *self.other_paths)

    def is_path(self, name: str, value: Any) -> bool:
        """Say whether the value of a field is a path, or a list of them."""
        return name in self.path_fields() and value not in self.words.get(name, ())


STAGES: dict[str, Stage] = {
    "cohort": Stage(
        "preprocessing.cohort", "cohort", "CohortConfig", inputs=("sql_file",), uses_database=True
    ),
    "evaluate": Stage(
        "evaluation.evaluate",
        "evaluate",
        "EvaluateConfig",
        inputs=("artifact", "records"),
        output="target",
        uses_database=True,
    ),
    "export": Stage(
        "preprocessing.export",
        "export",
        "ExportConfig",
        inputs=("recipe_file",),
        output="folder",
        uses_database=True,
        cohort="cohort",
    ),
    "ingest": Stage(
        "ingest.ingest",
        "ingest",
        "IngestConfig",
        inputs=("paths",),
        uses_database=True,
        other_paths=("allow_list", "done_folder", "operator_file", "rows_file", "site_tables"),
    ),
    "pack": Stage(
        "preprocessing.pack",
        "pack",
        "PackConfig",
        inputs=("folder", "classes_file", "recipe_file", "splits_file"),
        output="target",
        uses_database=True,
        cohort="cohort",
    ),
    "predict": Stage(
        "inference.predict",
        "predict",
        "PredictConfig",
        inputs=("artifact", "inputs"),
        output="out",
        uses_database=True,
    ),
    "train": Stage(
        "training.train",
        "train",
        "TrainConfig",
        inputs=("records",),
        output="artifact",
        other_paths=("weights",),
        words={"weights": ("imagenet",)},
    ),
    "transform": Stage(
        "preprocessing.transform",
        "transform",
        "TransformConfig",
        inputs=("folder", "recipe_file"),
        output="target",
        other_paths=("sheet", "write_recipe"),
    ),
}


def config_values(config: Config) -> dict[str, Any]:
    """Return a config as plain values, for fingerprints and for printing."""
    return config.model_dump(mode="json")
