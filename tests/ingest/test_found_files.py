"""From a file of a source to its bytes."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.fingerprints import sha256_of_bytes
from ingest.found_files import UNREADABLE, find_file
from ingest.source_files import Problem, SourceFile
from ingest.sources import find_files


def test_bytes_come_from_disk_and_from_archives_alike(tmp_path: Path) -> None:
    """One door for all."""
    (tmp_path / "a").write_bytes(b"abc")
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("inner/a", b"abc")
    found = [find_file(source, path_key="k", max_bytes=10) for source in find_files([tmp_path])]
    assert [file.content for file in found] == [b"abc", b"abc"]
    assert {file.key for file in found} == {("k", sha256_of_bytes(b"abc"))}
    assert [file.num_bytes for file in found] == [3, 3]


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), os.mkfifo])
def test_what_is_no_regular_file_comes_with_a_reason(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A missing file, a folder, a pipe: reading the latter would hang."""
    make(tmp_path / "odd")
    found = find_file(SourceFile(tmp_path / "odd", "odd"), path_key="k", max_bytes=10)
    assert found.content is None
    assert found.problem is not None
    assert (found.problem.reason_code, found.sha256) == (UNREADABLE, "")


def test_a_file_that_may_not_be_opened_comes_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the system says."""

    def refused(*_: object) -> None:
        raise PermissionError(13, "no")

    (tmp_path / "a").write_bytes(b"abc")
    monkeypatch.setattr("ingest.found_files._read_from_disk", refused)
    found = find_file(SourceFile(tmp_path / "a", "a"), path_key="k", max_bytes=10)
    assert found.problem is not None
    assert (found.problem.reason_code, found.num_bytes) == (UNREADABLE, 3)


def test_a_file_that_memory_does_not_suffice_for_comes_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the process has a bound, the system says no before it kills; the run goes on."""

    def refused(*_: object) -> None:
        raise MemoryError

    (tmp_path / "a").write_bytes(b"abc")
    monkeypatch.setattr("ingest.found_files._read_from_disk", refused)
    found = find_file(SourceFile(tmp_path / "a", "a"), path_key="k", max_bytes=10)
    assert found.problem is not None
    assert (found.problem.reason_code, found.num_bytes) == ("out_of_memory", 3)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    """On disk and in an archive; its size is told."""
    (tmp_path / "a").write_bytes(bytes(2000))
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("a", bytes(2000))
    for source in find_files([tmp_path]):
        found = find_file(source, path_key="k", max_bytes=1000)
        assert found.content is None
        assert found.problem is not None
        assert (found.problem.reason_code, found.num_bytes) == ("file_too_large", 2000)


def test_what_was_known_when_it_was_found_is_told(tmp_path: Path) -> None:
    """The file is not even looked at."""
    source = SourceFile(tmp_path / "a", "a", problem=Problem("missing_file", "Gone."))
    assert find_file(source, path_key="k", max_bytes=10).problem == Problem("missing_file", "Gone.")
