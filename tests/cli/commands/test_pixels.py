"""`dicomill pixels`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]


def test_pictures_are_moved_checked_and_found_again(
    works: Call, dicomill: Call, rows: Path, tmp_path: Path
) -> None:
    """Out of the database into a folder, the folder elsewhere; a lost one is exit status 1."""
    before = works("pixels", "check", "--json").json
    assert (before["stores"], before["is_sound"]) == ([], True)
    moved = works("pixels", "move", "pixels", "--json").json
    assert moved["num_moved"] == before["num_in_database"] > 0
    assert f"file://{tmp_path}/pixels" in works("pixels", "check", "--verify").out
    (tmp_path / "pixels").rename(tmp_path / "archive")
    outcome = dicomill("pixels", "check")
    assert outcome.status == 1
    assert "pixels relocate" in outcome.err
    assert (
        f"{moved['num_moved']} pictures are looked for"
        in works("pixels", "relocate", "pixels", "archive").out
    )
    next(path for path in (tmp_path / "archive").rglob("*.png")).unlink()
    outcome = dicomill("pixels", "check", "--json")
    assert outcome.status == 1
    assert outcome.json["stores"][0]["num_missing"] == 1


def test_a_wrong_place_is_one_clear_line(refuses: Call, rows: Path) -> None:
    """Nothing is moved."""
    refuses("pixels", "move", "nosuch://place", says="does not know")
    refuses("pixels", "move", "ftp://anna:secret@host/x", says="no user or password")
    refuses("pixels", "relocate", "file:///nowhere", "file:///elsewhere", says="No pixel store is recorded")
