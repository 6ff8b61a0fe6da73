"""What a run file's stages did last time, so that the next run can skip what is unchanged."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.errors import PipelineError
from foundation.files import write_file


class StageState(BaseModel):
    """One finished stage.

    Attributes:
        fingerprint: over its config and the state of its inputs.
        output_state: of the product it wrote.
        report: what the door returned.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprint: str
    output_state: str
    report: dict[str, object]


class RunState(BaseModel):
    """The finished stages of one run file, by the path of the product that each wrote.

    By the path, so that a stage may be put in or moved without the others losing what they know.
    """

    model_config = ConfigDict(extra="forbid")

    stages: dict[str, StageState] = {}


def state_path(run_file: Path) -> Path:
    """Return where a run file's state lies: beside it."""
    return run_file.with_name(f".{run_file.stem}.state.json")


def read_run_state(run_file: Path) -> RunState:
    """Return the state of the last run; an empty one at the first.

    Raises:
        PipelineError: the state file was cut or changed by hand.
    """
    path = state_path(run_file)
    if not path.is_file():
        return RunState()
    try:
        return RunState.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise PipelineError(f"{path} cannot be read. Delete it: every stage is then run again.") from error


def write_run_state(run_file: Path, state: RunState) -> None:
    """Keep the state beside the run file."""
    write_file(state_path(run_file), state.model_dump_json(indent=2) + "\n")
