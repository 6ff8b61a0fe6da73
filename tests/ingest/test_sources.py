"""Where files come from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from foundation.errors import IngestError
from ingest.sources import check_sources, count_files, find_files


def tree(root: Path) -> Path:
    """Make a folder with files at several depths."""
    for name in ("b/2.dcm", "b/10.dcm", "a.dcm", "c/d/e/deep"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_files_come_sorted_at_any_depth(tmp_path: Path) -> None:
    """The order does not depend on the file system."""
    found = [file.relative_path for file in find_files([tree(tmp_path)])]
    assert found == ["a.dcm", "b/10.dcm", "b/2.dcm", "c/d/e/deep"]


def test_a_single_file_is_a_source_of_its_own(tmp_path: Path) -> None:
    """Its place is its name."""
    tree(tmp_path)
    (file,) = find_files([tmp_path / "a.dcm"])
    assert file.relative_path == "a.dcm"
    assert file.path == tmp_path / "a.dcm"


def test_the_count_is_that_of_the_files_found(tmp_path: Path) -> None:
    """Folders are not counted."""
    assert count_files([tree(tmp_path), tmp_path / "a.dcm"]) == 5


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    """A loop of links would never end."""
    tree(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert count_files([tmp_path]) == 4


def test_a_link_to_nothing_is_found_and_left_to_reading(tmp_path: Path) -> None:
    """Every name ends with a disposition, this one too."""
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert [file.relative_path for file in find_files([tmp_path])] == ["gone"]


def test_a_link_to_itself_is_found_and_left_to_reading(tmp_path: Path) -> None:
    """The system refuses to say what it is; it ends as an unreadable file."""
    (tmp_path / "loop").symlink_to("loop")
    assert [file.relative_path for file in find_files([tmp_path])] == ["loop"]


def test_a_folder_that_may_not_be_listed_stands_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is rejected later, by its own name, and the walk goes on."""
    tree(tmp_path)
    real = os.scandir

    def refusing(path: Path) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "refused")
        return real(path)

    monkeypatch.setattr("ingest.sources.os.scandir", refusing)
    assert [file.relative_path for file in find_files([tmp_path])] == ["a.dcm", "b", "c/d/e/deep"]


def test_nothing_to_read_is_refused() -> None:
    """An empty list of paths is a mistake."""
    with pytest.raises(IngestError, match="Nothing to ingest"):
        check_sources([])


def test_a_missing_path_is_refused_before_any_work(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(IngestError, match=r"no folder or file .*nowhere"):
        check_sources([tmp_path, tmp_path / "nowhere"])


def test_a_path_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to change."""
    monkeypatch.setattr("ingest.sources.os.access", lambda *_: False)
    with pytest.raises(IngestError, match="may not be read"):
        check_sources([tmp_path])
