"""Run files: a small YAML that names stages in order.

    database: sqlite:///study.db
    stages:
      - ingest: {paths: [dicom]}
      - cohort: {name: chests, body_parts: [CHEST]}
      - export: {cohort: chests, folder: out/chests}

Relative paths count from the run file's own folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from foundation.contracts import Config
from foundation.errors import PipelineError
from foundation.registries import look_up
from pipeline.stages import STAGES, Stage


@dataclass(frozen=True)
class PlannedStage:
    """One line of a run file: which stage, with which checked config."""

    name: str
    stage: Stage
    config: Config

    @property
    def product(self) -> Path:
        """What it writes, for a stage that has an output."""
        return Path(getattr(self.config, self.stage.output or ""))


@dataclass(frozen=True)
class RunFile:
    """A run file, read and checked."""

    path: Path
    database_url: str
    key_file: Path | None
    stages: tuple[PlannedStage, ...]


def read_run_file(path: Path) -> RunFile:
    """Read and check a run file, every stage of it, before anything runs.

    Raises:
        PipelineError: no such file, not YAML, or not of the form above.
        UnknownNameError: a stage that there is none of.
        ConfigError: a stage's config is refused.
    """
    content = _read_yaml(path)
    folder = path.resolve().parent
    _check_names(content, path)
    entries = content.get("stages")
    if not isinstance(entries, list) or not entries:
        raise PipelineError(f"{path}: expected `stages:` with a list of stages.")
    key_file = content.get("key_file")
    return RunFile(
        path=path,
        database_url=_absolute_url(str(content.get("database", "sqlite:///dicomill.db")), folder),
        key_file=None if key_file is None else folder / key_file,
        stages=tuple(_plan(entry, folder, path) for entry in entries),
    )


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PipelineError(f"Cannot read the run file {path}: {error.strerror}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        place = getattr(error, "problem_mark", None)
        where = "" if place is None else f" The trouble starts at line {place.line + 1}."
        raise PipelineError(f"{path} cannot be read as YAML.{where}") from error
    if not isinstance(content, dict):
        raise PipelineError(f"{path}: expected `database:` and `stages:`. See `dicomill run --help`.")
    return content


def _check_names(content: dict[Any, Any], path: Path) -> None:
    unknown = sorted(str(name) for name in set(content) - {"database", "key_file", "stages"})
    if unknown:
        raise PipelineError(f"{path}: unknown {', '.join(unknown)}. Expected: database, key_file, stages.")
    for name in ("database", "key_file"):
        if not isinstance(content.get(name, ""), str):
            raise PipelineError(f"{path}: `{name}:` expects text. Received: {content[name]!r}.")


def _plan(entry: Any, folder: Path, path: Path) -> PlannedStage:
    if not isinstance(entry, dict) or len(entry) != 1:
        raise PipelineError(f"{path}: a stage is one name with its options. Received: {entry!r}.")
    (name, values), *_ = entry.items()
    stage = look_up(STAGES, str(name), kind="stage")
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: {name} expects options. Received: {values!r}.")
    config_class, _ = stage.load()
    absolute = {
        str(field): _absolute(value, folder) if stage.is_path(str(field), value) else value
        for field, value in values.items()
    }
    return PlannedStage(str(name), stage, config_class.checked(absolute))


def _absolute(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_absolute(item, folder) for item in value]
    return folder / value if isinstance(value, str) else value


def _absolute_url(url: str, folder: Path) -> str:
    """Let an SQLite file named without a leading slash lie beside the run file."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return prefix + str(folder / url.removeprefix(prefix))
    return url
