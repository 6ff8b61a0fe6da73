"""Whether what a stage reads has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from foundation.lineage import Lineage, write_lineage
from pipeline.inputs_state import state_of_inputs, state_of_path
from pipeline.stages import STAGES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files, one of them deeper."""
    path = tmp_path / "files"
    (path / "deep").mkdir(parents=True)
    (path / "a").write_text("a")
    (path / "deep" / "b").write_text("b")
    return path


def test_what_is_not_there_has_no_state(tmp_path: Path) -> None:
    """It is told apart from an empty folder."""
    assert state_of_path(tmp_path / "missing") is None
    assert state_of_path(tmp_path) == []


def test_an_untouched_folder_keeps_its_state(folder: Path) -> None:
    """Names below the folder, in a stable order."""
    assert state_of_path(folder) == state_of_path(folder)
    assert [line[0] for line in state_of_path(folder)] == ["a", "deep/b"]


def test_every_change_shows(folder: Path) -> None:
    """Another content, another time, another file, one file less."""
    states = [state_of_path(folder)]
    (folder / "a").write_text("longer")
    states.append(state_of_path(folder))
    os.utime(folder / "a", ns=(1, 1))
    states.append(state_of_path(folder))
    (folder / "c").touch()
    states.append(state_of_path(folder))
    (folder / "deep" / "b").unlink()
    states.append(state_of_path(folder))
    assert len({str(state) for state in states}) == len(states)


def test_a_single_file_is_known_by_size_and_time(folder: Path) -> None:
    """Its name stands in the config."""
    facts = (folder / "a").stat()
    assert state_of_path(folder / "a") == [facts.st_size, facts.st_mtime_ns]


def test_a_product_is_known_by_its_uuid(folder: Path) -> None:
    """However many files it has, and whenever they were copied."""
    lineage = Lineage(kind="export", fingerprint="f")
    write_lineage(folder, lineage)
    os.utime(folder / "a", ns=(1, 1))
    assert state_of_path(folder) == lineage.product_uuid


def test_fields_may_hold_one_path_several_or_none(folder: Path) -> None:
    """As configs have them."""
    ingest, _ = STAGES["ingest"].load()
    config = ingest.checked({"paths": [folder / "a", folder / "none"]})
    assert state_of_inputs(config, ["paths"]) == {"paths": [state_of_path(folder / "a"), None]}
    pack, _ = STAGES["pack"].load()
    config = pack.checked({"folder": folder, "target": "t"})
    assert state_of_inputs(config, ["folder", "classes_file"]) == {
        "folder": [state_of_path(folder)],
        "classes_file": [],
    }
