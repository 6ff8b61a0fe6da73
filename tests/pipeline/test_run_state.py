"""What a run file's stages did last time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.errors import PipelineError
from pipeline.run_state import RunState, StageState, read_run_state, state_path, write_run_state

STATES = st.builds(
    StageState,
    fingerprint=st.text(),
    output_state=st.text(),
    report=st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()),
)


def test_the_first_run_knows_nothing(tmp_path: Path) -> None:
    """An empty state, and no file."""
    assert read_run_state(tmp_path / "study.yaml") == RunState()
    assert list(tmp_path.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.dictionaries(st.text(), STATES, max_size=3))
def test_a_state_is_read_as_it_was_written(tmp_path: Path, stages: dict[str, StageState]) -> None:
    """Beside the run file, hidden."""
    path = tmp_path / "study.yaml"
    write_run_state(path, RunState(stages=stages))
    assert read_run_state(path) == RunState(stages=stages)
    assert state_path(path) == tmp_path / ".study.state.json"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"stages": {"a": {}}}', b'{"steps": {}}', b"\xff"])
def test_a_broken_state_is_told_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    """It was cut, or changed by hand."""
    path = tmp_path / "study.yaml"
    state_path(path).write_bytes(content)
    with pytest.raises(PipelineError, match="Delete it: every stage is then run again"):
        read_run_state(path)
