"""The operator's file."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from foundation.errors import IngestError
from ingest.batch import UnstoredFile
from ingest.operator_file import OperatorFile

FILE = UnstoredFile("/incoming/DOE^JANE/1.dcm", "k1", "rejected", "empty_file")
HEADING = ["run", "disposition", "reason_code", "path_key", "path"]


def rows_of(path: Path) -> list[list[str]]:
    """Return the table's rows."""
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_nothing_to_tell_makes_no_file(tmp_path: Path) -> None:
    """The file is made at its first row."""
    with OperatorFile(tmp_path / "paths.tsv", run_id=1) as file:
        file.add([])
    assert not file.is_written
    assert not (tmp_path / "paths.tsv").exists()


def test_paths_stand_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600, one row a file under a heading."""
    with OperatorFile(tmp_path / "paths.tsv", run_id=7) as file:
        file.add([FILE])
        file.add([FILE])
    row = ["7", "rejected", "empty_file", "k1", "/incoming/DOE^JANE/1.dcm"]
    assert rows_of(tmp_path / "paths.tsv") == [HEADING, row, row]
    assert (tmp_path / "paths.tsv").stat().st_mode & 0o777 == 0o600


def test_runs_add_to_one_file_also_at_the_same_time(tmp_path: Path) -> None:
    """Nothing that one run told is lost by another; each row names its run."""
    path = tmp_path / "paths.tsv"
    with OperatorFile(path, run_id=1) as one, OperatorFile(path, run_id=2) as other:
        one.add([FILE])
        other.add([FILE])
        one.add([FILE])
    with OperatorFile(path, run_id=3) as later:
        later.add([FILE])
    assert [row[0] for row in rows_of(path)] == ["run", "1", "2", "1", "3"]


def test_a_file_that_others_could_read_does_not_keep_its_mode(tmp_path: Path) -> None:
    """It is closed to them before anything is added."""
    path = tmp_path / "paths.tsv"
    for run_id in (1, 2):
        with OperatorFile(path, run_id=run_id) as file:
            file.add([FILE])
        path.chmod(0o644 if run_id == 1 else path.stat().st_mode)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_was_cut_does_not_swallow_the_next(tmp_path: Path) -> None:
    """The run before ended in the middle of a row: its disk was full."""
    path = tmp_path / "paths.tsv"
    path.write_text("\t".join(HEADING) + "\n1\trejec")
    with OperatorFile(path, run_id=2) as file:
        file.add([FILE])
    assert [len(row) for row in rows_of(path)] == [5, 2, 5]


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    """Its name was a mistake."""
    path = tmp_path / "thesis.txt"
    path.write_text("Once upon a time")
    with OperatorFile(path, run_id=1) as file, pytest.raises(IngestError, match="no operator's file"):
        file.add([FILE])
    assert path.read_text() == "Once upon a time"


def test_names_that_are_no_text_are_written_as_they_are(tmp_path: Path) -> None:
    """File names are bytes; some are no UTF-8."""
    with OperatorFile(tmp_path / "paths.tsv", run_id=1) as file:
        file.add([UnstoredFile("/in/\udcff.dcm", "k", "rejected", "empty_file")])
    assert b"/in/\xff.dcm" in (tmp_path / "paths.tsv").read_bytes()


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    """The message names the option that moves the file."""
    place = tmp_path / "missing" / "paths.tsv"
    with OperatorFile(place, run_id=1) as file, pytest.raises(IngestError, match="--set"):
        file.add([FILE])


def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    """What was stored is kept, and that is said; here a limit of the process stands for the disk's."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with OperatorFile(tmp_path / "paths.tsv", run_id=1) as file:
        file.add([FILE])
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))
        try:
            with pytest.raises(IngestError, match=r"too large.*What was stored is kept"):
                file.add([FILE] * 10)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
