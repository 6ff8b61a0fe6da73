"""The walk through folders."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.folder_walk import Pattern, walk_folder


def tree(root: Path, *names: str) -> Path:
    """Make empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def places(root: Path, *parts: str) -> list[str]:
    """Return what a walk, with a pattern or without, finds."""
    pattern = Pattern(parts) if parts else None
    return [file.relative_path for file in walk_folder(root, pattern=pattern)]


@pytest.fixture
def _short_stack() -> Iterator[None]:
    """Allow a few more calls within calls than there are."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("_short_stack")
def test_a_tree_deeper_than_the_interpreters_stack_is_walked(tmp_path: Path) -> None:
    """No function calls itself for a folder in a folder."""
    folders = [tmp_path / "/".join(["d"] * depth) for depth in range(1, 201)]
    for folder in folders:
        folder.mkdir()
    (folders[-1] / "a").touch()
    (found,) = walk_folder(tmp_path)
    assert found.relative_path == "d/" * 200 + "a"


def test_names_that_are_no_text_are_walked(tmp_path: Path) -> None:
    """A byte that is no UTF-8, blanks, a line's end: all are names."""
    names = [b"\xff\xfe.dcm", b" a b ", b"two\nlines", "ü".encode()]
    for name in names:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).touch()
    found = list(walk_folder(tmp_path))
    assert sorted(os.fsencode(file.relative_path) for file in found) == sorted(names)
    assert all(file.path.is_file() for file in found)


def test_a_link_to_a_folder_is_told_and_not_followed(tmp_path: Path) -> None:
    """A loop of links would never end, and what it leads to would vanish without a word."""
    tree(tmp_path, "a/1")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    reasons = {
        file.relative_path: file.problem and file.problem.reason_code for file in walk_folder(tmp_path)
    }
    assert reasons == {"a/1": None, "loop": "link_to_folder"}


def test_a_folder_that_may_not_be_listed_stands_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a reason, and the walk goes on; also where it is the first one."""
    tree(tmp_path, "a", "b/1", "c")
    real = os.scandir

    def refusing(path: str) -> object:
        if Path(path).name in ("b", tmp_path.name + "-closed"):
            raise PermissionError(13, "refused")
        return real(path)

    monkeypatch.setattr("ingest.folder_walk.os.scandir", refusing)
    found = list(walk_folder(tmp_path))
    assert [(file.relative_path, file.problem is None) for file in found] == [
        ("a", True),
        ("b", False),
        ("c", True),
    ]
    (closed,) = walk_folder(tmp_path.with_name(tmp_path.name + "-closed"))
    assert closed.problem is not None
    assert closed.problem.reason_code == "unreadable_folder"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.dcm", ["1.dcm"]),
        ("**/*.dcm", ["1.dcm", "a/2.dcm", "a/b/3.dcm", "c/4.dcm"]),
        ("a/**", ["a/2.dcm", "a/b/3.dcm", "a/x.png"]),
        ("**/b/**/*.dcm", ["a/b/3.dcm"]),
        ("[ac]/*.dcm", ["a/2.dcm", "c/4.dcm"]),
        ("[!a]/?.dcm", ["c/4.dcm"]),
        ("a*", ["a/2.dcm", "a/b/3.dcm", "a/x.png"]),
        (".h*/*", [".hidden/5.dcm"]),
        ("nothing*", []),
    ],
)
def test_a_pattern_chooses_files_and_whole_folders(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    """As a shell would, each file once, sorted; what is hidden must be asked for."""
    tree(tmp_path, "1.dcm", "a/2.dcm", "a/x.png", "a/b/3.dcm", "c/4.dcm", ".hidden/5.dcm")
    assert places(tmp_path, *pattern.split("/")) == expected
