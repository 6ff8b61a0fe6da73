"""One file of a source."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from ingest.source_files import Member, SourceFile


def inside(archive: str, name: str) -> SourceFile:
    """Return a member of an archive."""
    member = Member("zip", name, offset=0, num_bytes=1, archive_stamp=(0, 0))
    return SourceFile(Path("in") / archive, f"{archive}!{name}", member)


def test_a_member_is_told_with_its_archive() -> None:
    """In the operator's file, and nowhere else."""
    assert inside("set.zip", "a/1.png").told_path == "in/set.zip!a/1.png"
    assert SourceFile(Path("in/1.png"), "1.png").told_path == "in/1.png"


@pytest.mark.parametrize(
    ("archive", "name", "expected"),
    [
        ("set.zip", "yes/1.png", "yes/1.png"),
        ("deep/yes/set.zip", "1.png", "deep/yes/1.png"),
        ("set.zip", "1.png", "1.png"),
        ("yes/set.zip", "../1.png", "yes/1.png"),
        ("wow!/set.zip", "a!b/1.png", "a!b/1.png"),
    ],
)
def test_the_folder_of_a_member_is_that_inside_the_archive(archive: str, name: str, expected: str) -> None:
    """Or that of the archive, for a member at its top: what class folders are read from."""
    assert inside(archive, name).folder_path == expected


def test_the_bare_name_has_no_folder_and_no_archive() -> None:
    """Label tables name files so."""
    assert inside("set.zip", "yes/1.png").name == "1.png"
    assert SourceFile(Path("in/a/1.png"), "a/1.png").name == "1.png"


def test_it_travels_and_does_not_show_its_bytes() -> None:
    """To another process whole, into a log without what it carries."""
    carried = SourceFile(Path("a"), "a", content=b"secret bytes")
    assert pickle.loads(pickle.dumps(carried)) == carried
    assert carried.num_carried_bytes == 12
    assert "secret" not in repr(carried)
