"""Has what a stage reads changed? A state of inputs that is cheap to take and equal for equal inputs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from foundation.contracts import Config
from foundation.lineage import read_lineage


def state_of_inputs(config: Config, fields: Iterable[str]) -> dict[str, Any]:
    """Return, by field, the state of each folder or file that a config names.

    A product folder is known by its uuid; anything else by the names, sizes and times of its files.
    """
    states: dict[str, Any] = {}
    for field in fields:
        value = getattr(config, field)
        paths = [value] if isinstance(value, Path) else list(value or ())
        states[field] = [state_of_path(Path(path)) for path in paths]
    return states


def state_of_path(path: Path) -> Any:
    """Return the state of one folder or file; None when it is not there."""
    if path.is_dir():
        lineage = read_lineage(path)
        if lineage is not None:
            return lineage.product_uuid
        return [[file.relative_to(path).as_posix(), *_stamp(file)] for file in _files_below(path)]
    return _stamp(path) if path.is_file() else None


def _files_below(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _stamp(file: Path) -> list[int]:
    facts = file.stat()
    return [facts.st_size, facts.st_mtime_ns]
