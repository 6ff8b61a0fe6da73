"""Where files come from."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from foundation.errors import IngestError
from imaging.limits import Limits
from ingest.source_files import SourceFile
from ingest.sources import batch_files, check_sources, count_files, find_files


def tree(root: Path, *names: str) -> Path:
    """Make a folder with files at several depths, or with those that are named."""
    for name in names or ("b/2.dcm", "b/10.dcm", "a.dcm", "c/d/e/deep"):
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


def test_a_link_to_nothing_is_found_and_left_to_reading(tmp_path: Path) -> None:
    """Every name ends with a disposition, this one too."""
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert [file.relative_path for file in find_files([tmp_path])] == ["gone"]


def test_a_link_to_itself_is_found_and_left_to_reading(tmp_path: Path) -> None:
    """The system refuses to say what it is; it ends as an unreadable file."""
    (tmp_path / "loop").symlink_to("loop")
    assert [file.relative_path for file in find_files([tmp_path])] == ["loop"]


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


def places(*paths: Path) -> list[str]:
    """Return the places of what is found."""
    return [file.relative_path for file in find_files(paths)]


def test_archives_are_entered_wherever_they_lie(tmp_path: Path) -> None:
    """Named, in a folder, on a list."""
    with zipfile.ZipFile(tree(tmp_path / "in") / "b" / "set.zip", "w") as archive:
        archive.writestr("x/1", b"")
        archive.writestr("2", b"")
    (tmp_path / "list").write_text("in/b/set.zip\nin/a.dcm\n")
    inner = ["set.zip!x/1", "set.zip!2"]
    assert places(tmp_path / "in" / "b" / "set.zip") == inner
    assert places(tmp_path / "in" / "b") == ["10.dcm", "2.dcm", *inner]
    listed = Path(f"@{tmp_path}/list")
    assert places(listed) == [*(f"in/b/{name}" for name in inner), "in/a.dcm"]
    assert count_files([tmp_path / "in", listed]) == 6 + 3
    assert count_files([tmp_path / "in"], limits=Limits(inflated_bytes=1)) == 6


def test_a_pattern_starts_in_its_last_plain_folder(tmp_path: Path) -> None:
    """Places are told from there."""
    root = tree(tmp_path)
    assert places(root / "b" / "*.dcm") == ["10.dcm", "2.dcm"]
    assert places(root / "**" / "*.dcm") == ["a.dcm", "b/10.dcm", "b/2.dcm"]
    check_sources([root / "c*"])
    with pytest.raises(IngestError, match="No file fits the pattern"):
        check_sources([root / "*.png"])


def test_what_exists_under_the_very_name_is_taken_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Brackets and an @ are letters like others."""
    monkeypatch.chdir(tree(tmp_path, "[1]/a", "1/b", "@list"))
    check_sources([Path("[1]"), Path("@list")])
    assert places(Path("[1]")) == ["a"]
    assert places(Path("@list")) == ["@list"]


def test_a_list_comes_from_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, from where the command runs; how much it names is not known before."""
    monkeypatch.chdir(tree(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"b/2.dcm\na.dcm\n")))
    check_sources([Path("-")])
    assert count_files([Path("-")]) is None
    assert places(Path("-")) == ["b/2.dcm", "a.dcm"]
    with pytest.raises(IngestError, match="once only"):
        check_sources([Path("-"), Path("-")])


def test_a_list_that_is_missing_is_refused(tmp_path: Path) -> None:
    """Before any work is done."""
    with pytest.raises(IngestError, match=r"list .*nowhere cannot be read"):
        check_sources([Path(f"@{tmp_path}/nowhere")])


def test_a_compressed_tar_makes_the_count_unknown(tmp_path: Path) -> None:
    """Unpacking it twice would cost more than a bar is worth."""
    with tarfile.open(tree(tmp_path) / "set", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    assert count_files([tmp_path]) is None
    assert "set!x" in places(tmp_path)


def test_batches_are_bounded_by_number_and_by_what_they_carry(tmp_path: Path) -> None:
    """One file may be larger than the bound; nothing is lost and the order stays."""
    sizes = [0, 0, 0, 5, 5, 1, 20, 1]
    files = [SourceFile(tmp_path, str(number), content=bytes(size)) for number, size in enumerate(sizes)]
    batches = list(batch_files(files, 3, most_carried_bytes=10))
    assert [[file.num_carried_bytes for file in batch] for batch in batches] == [
        [0, 0, 0],
        [5, 5],
        [1],
        [20],
        [1],
    ]
    assert [file for batch in batches for file in batch] == files
