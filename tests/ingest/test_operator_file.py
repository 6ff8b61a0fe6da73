"""The operator's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import IngestError
from ingest.batch import UnstoredFile
from ingest.operator_file import OperatorFile

FILE = UnstoredFile("/incoming/DOE^JANE/1.dcm", "k1", "rejected", "empty_file")


def test_nothing_to_tell_makes_no_file(tmp_path: Path) -> None:
    """The file is made at its first row."""
    with OperatorFile(tmp_path / "paths.tsv") as file:
        file.add([])
    assert not file.is_written
    assert not (tmp_path / "paths.tsv").exists()


def test_paths_stand_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600, one row a file under a heading."""
    with OperatorFile(tmp_path / "paths.tsv") as file:
        file.add([FILE])
        file.add([FILE])
    lines = (tmp_path / "paths.tsv").read_text().splitlines()
    assert lines[0].split("\t") == ["disposition", "reason_code", "path_key", "path"]
    assert lines[1].split("\t") == ["rejected", "empty_file", "k1", "/incoming/DOE^JANE/1.dcm"]
    assert len(lines) == 3
    assert (tmp_path / "paths.tsv").stat().st_mode & 0o777 == 0o600


def test_an_older_file_is_replaced_whatever_its_mode(tmp_path: Path) -> None:
    """A file that others could read does not keep its mode."""
    path = tmp_path / "paths.tsv"
    path.write_text("old")
    path.chmod(0o644)
    with OperatorFile(path) as file:
        file.add([FILE])
    assert path.stat().st_mode & 0o777 == 0o600
    assert "old" not in path.read_text()


def test_names_that_are_no_text_are_written_as_they_are(tmp_path: Path) -> None:
    """File names are bytes; some are no UTF-8."""
    with OperatorFile(tmp_path / "paths.tsv") as file:
        file.add([UnstoredFile("/in/\udcff.dcm", "k", "rejected", "empty_file")])
    assert b"/in/\xff.dcm" in (tmp_path / "paths.tsv").read_bytes()


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    """The message names the option that moves the file."""
    with OperatorFile(tmp_path / "missing" / "paths.tsv") as file, pytest.raises(IngestError, match="--set"):
        file.add([FILE])
