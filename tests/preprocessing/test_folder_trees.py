"""Where the files of a folder lie: on disk or in an archive."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from foundation.errors import FolderError, RejectedFileError
from preprocessing.folder_trees import DiskTree, open_tree, read_file, unreadable_reason


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_folder_and_its_zip_and_tar_hold_the_same_files(tmp_path: Path) -> None:
    """By the same names, visible ones only, and the same bytes."""
    folder = tmp_path / "set"
    for name in ("images/b.png", "images/below/a.png", "labels/b.txt", ".hidden/x.png", "images/.x.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    os.mkfifo(folder / "images" / "pipe")
    files = [path for path in folder.rglob("*") if path.is_file()]
    zipped(tmp_path / "a.zip", {path.relative_to(folder).as_posix(): path.read_bytes() for path in files})
    above = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in files}
    zipped(tmp_path / "above.zip", {"__MACOSX/set/images/b.png": b"", **above})
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for path in files:
            archive.add(path, path.relative_to(tmp_path))
    for place in ("set", "a.zip", "above.zip", "a.tar"):
        tree = open_tree(tmp_path / place)
        assert tree.names() == ["images/b.png", "images/below/a.png", "labels/b.txt"]
        assert tree.names("images") == ["images/b.png", "images/below/a.png"]
        assert tree.read("images/b.png") == b"images/b.png"
        assert read_file(*tree.place("images/b.png")) == b"images/b.png"
        assert (tree.has("labels/b.txt"), tree.has("labels/c.txt")) == (True, False)
        assert tree.left_out == ()


def test_members_that_climb_lie_or_repeat_are_left_out(tmp_path: Path) -> None:
    """Each with its reason; nothing is ever written."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("../up.png", "/root.png", "C:/windows.png", "yes/../../up.png"):
            archive.writestr(name, b"x")
        archive.writestr("yes/bomb.png", bytes(66 << 20))
        archive.writestr("yes/1.png", b"one")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("yes/1.png", b"two")
        link = zipfile.ZipInfo("yes/link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/hostname")
    tree = open_tree(path)
    assert {one.name: one.reason for one in tree.left_out} == {
        "../up.png": "climbing_name",
        "/root.png": "climbing_name",
        "C:/windows.png": "climbing_name",
        "yes/../../up.png": "climbing_name",
        "yes/bomb.png": "suspicious_ratio",
        "yes/1.png": "repeated_name",
        "yes/link.png": "archive_link",
    }
    assert tree.names() == ["yes/1.png"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.zip"]


def test_what_cannot_be_read_in_place_is_refused(tmp_path: Path) -> None:
    """A compressed tar, a file that is no archive, a zip that was cut, and one without files."""
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.png"), io.BytesIO(b""))
    (tmp_path / "text").write_text("no archive")
    whole = zipped(tmp_path / "whole.zip", {"yes/a.png": bytes(1000), "yes/b.png": bytes(1000)}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    zipped(tmp_path / "empty.zip", {})
    for name, says in (
        ("a.tgz", "read forward"),
        ("text", "no archive of pictures"),
        ("cut.zip", "damaged"),
        ("empty.zip", "holds no file"),
    ):
        with pytest.raises(FolderError, match=says):
            open_tree(tmp_path / name)


def test_only_a_folder_above_all_pictures_is_taken_off(tmp_path: Path) -> None:
    """A class is none: its pictures lie right below it."""
    assert open_tree(zipped(tmp_path / "a.zip", {"Hand/1.png": b"", "Hand/2.png": b""})).names() == [
        "Hand/1.png",
        "Hand/2.png",
    ]
    inner = {"set/Hand/1.png": b"", "set/Skull/2.png": b"", "set/readme.txt": b""}
    assert open_tree(zipped(tmp_path / "b.zip", inner)).names() == ["Hand/1.png", "Skull/2.png", "readme.txt"]


def test_a_file_that_cannot_be_had_tells_why(tmp_path: Path) -> None:
    """Gone, not readable, or damaged within an archive."""
    assert unreadable_reason(FileNotFoundError()) == "missing_picture"
    assert unreadable_reason(PermissionError()) == "unreadable_picture"
    assert unreadable_reason(RejectedFileError("damaged_member", "...")) == "damaged_member"
    assert DiskTree(tmp_path / "gone").names() == []
