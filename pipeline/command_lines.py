"""The command line that does the same as one stage of a run file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ByteSize

from pipeline.run_files import PlannedStage

POSITIONAL_FIELDS: dict[str, tuple[str, ...]] = {
    "cohort": ("name",),
    "evaluate": ("artifact", "records", "target"),
    "export": ("cohort", "folder"),
    "ingest": ("paths",),
    "pack": ("folder", "target"),
    "predict": ("artifact", "inputs"),
    "train": ("records", "artifact"),
    "transform": ("folder", "target"),
}
"""Stage to the fields that its command takes as arguments, in order."""

SET_FIELDS: dict[str, tuple[str, ...]] = {
    "cohort": (
        *("label_map", "max_age", "min_age", "modalities", "multi_label", "seconds", "sexes"),
        *("view_positions", "years"),
    ),
    "evaluate": ("positive_class",),
    "export": ("labels_table", "recipe_file", "version", "workers"),
    "ingest": (
        *("allow_list", "batch_size", "done_folder", "keeps_identifiers", "limits", "memory"),
        *("operator_file", "patience_seconds", "poll_seconds", "rows_file", "settle_seconds"),
        *("site_tables", "watch_seconds"),
    ),
    "pack": (
        "class_cap",
        "encoding",
        "fold",
        "frames",
        "jpeg_quality",
        "raw_budget",
        "recipe_file",
        "repeat",
        "shard_bytes",
        "version",
        "workers",
    ),
    "predict": ("limit", "list_files"),
    "train": ("channel_order", "channels", "head", "precision", "treatment", "weight_decay"),
    "transform": ("sheet_pictures",),
}
"""Stage to the fields that its command has no option for, so that they go by `--set`."""

OPTION_NAMES = {
    "body_parts": "--body-part",
    "classes_file": "--classes",
    "options": "--option",
    "recipe_file": "--recipe",
    "splits_file": "--splits",
    "sql_file": "--sql",
    "steps": "--step",
}
"""The options whose name is not the field's."""

COMMANDS = {"cohort": "cohort create"}
"""The commands whose name is not the stage's."""

TAKE_KEY_FILE = ("cohort", "export", "ingest", "predict")
"""The stages whose command has --key-file."""


def command_line(planned: PlannedStage, *, database_url: str, key_file: Path | None = None) -> str:
    """Return the command that a user would type for a stage.

    Args:
        planned: the stage with its config; fields left at their default are not spelled out.
        database_url: named where the stage uses a database.
        key_file: named likewise, when it is given.

    Paths are shown relative to the current folder where they lie below it.
    """
    name, positional = planned.name, POSITIONAL_FIELDS[planned.name]
    named = [getattr(planned.config, field) for field in positional]
    arguments = [text for value in named if value is not None for text in _texts(value)]
    options: list[str] = []
    for field in sorted(planned.config.model_fields_set - set(positional)):
        value = getattr(planned.config, field)
        options += _assignment(field, value) if field in SET_FIELDS.get(name, ()) else _option(field, value)
    if planned.stage.uses_database:
        options += ["--database", _short_url(database_url)]
        options += ["--key-file", _short(key_file)] if key_file and name in TAKE_KEY_FILE else []
    command = ["dicomill", *COMMANDS.get(name, name).split()]
    # A name such as -old would be taken for an option; after two dashes it is not.
    if any(text.startswith("-") for text in arguments):
        return shlex.join([*command, *options, "--", *arguments])
    return shlex.join([*command, *arguments, *options])


def _option(field: str, value: Any) -> list[str]:
    name = OPTION_NAMES.get(field, "--" + field.replace("_", "-"))
    if value is True:
        return [name]
    if value is None or value is False:
        return []
    if field == "ratios":
        return [name, ",".join(_texts(value))]
    return [word for text in _texts(value) for word in (name, text)]


def _assignment(field: str, value: Any) -> list[str]:
    """Return `--set FIELD=VALUE`; the value is YAML in one line, as it stands within a list."""
    if value is None:
        return []
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, tuple):
        value = [_short(each) if isinstance(each, Path) else each for each in value]
    if isinstance(value, ByteSize):
        value = int(value)
    listed = [_short(value) if isinstance(value, Path) else value]
    text = yaml.safe_dump(listed, default_flow_style=True, allow_unicode=True, width=1_000_000)
    return ["--set", f"{field}={text.strip().removeprefix('[').removesuffix(']')}"]


def _texts(value: Any) -> list[str]:
    if isinstance(value, tuple | list):
        return [text for item in value for text in _texts(item)]
    return [_short(value) if isinstance(value, Path) else str(value)]


def _short(path: Path) -> str:
    absolute = path.resolve()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)


def _short_url(url: str) -> str:
    prefix = "sqlite:///"
    return prefix + _short(Path(url.removeprefix(prefix))) if url.startswith(prefix) else url
