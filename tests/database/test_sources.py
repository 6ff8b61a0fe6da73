"""Files by where they were found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from database.batches import NewInstance, NewRejectedFile
from database.schema import RejectedFile
from database.session import Database, transaction
from database.sources import known_rejected, known_sources, store_rejected


@pytest.fixture
def reject(database: Database, run_id: int) -> Callable[..., int]:
    """Give a function that keeps rejected files and returns how many were new."""

    def rejected(*files: NewRejectedFile) -> int:
        return transaction(
            database,
            lambda session: store_rejected(session, run_id=run_id, source_name="disk", files=files),
        )

    return rejected


def unreadable(path_key: str, file_sha256: str = "") -> NewRejectedFile:
    """Return a rejected file."""
    return NewRejectedFile(path_key, file_sha256, 3, "rejected", "truncated", "The file ends early. " * 40)


def num_rejected(database: Database) -> int:
    """Return the number of rejected files."""
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(RejectedFile)) or 0


def test_known_files_are_told_by_path_and_content(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """The same path with other bytes, or the same bytes elsewhere, is not known."""
    one = make()
    store(one)
    known = (one.path_key, one.file_sha256)
    others = [(one.path_key, "0" * 64), ("0" * 64, one.file_sha256)]
    with database.session() as session:
        assert known_sources(session, "disk", [known, *others]) == {known}
        assert known_sources(session, "other disk", [known]) == set()
        assert known_sources(session, "disk", []) == set()


def test_a_rejected_file_seen_again_adds_nothing(database: Database, reject: Callable[..., int]) -> None:
    """Twice in a batch or in a second run: one row, its long detail cut to the column."""
    assert reject(unreadable("a"), unreadable("a"), unreadable("b")) == 2
    assert reject(unreadable("a"), unreadable("a", "1" * 64)) == 1
    assert num_rejected(database) == 3
    with database.session() as session:
        assert known_rejected(session, "disk", [("a", ""), ("c", "")]) == {("a", "")}


def test_a_file_stored_later_loses_its_rejected_row(
    database: Database,
    reject: Callable[..., int],
    store: Callable[..., list[str]],
    make: Callable[..., NewInstance],
) -> None:
    """Its own row and that of an unreadable try go; those of other files stay."""
    one = make()
    reject(
        unreadable(one.path_key, one.file_sha256), unreadable(one.path_key), unreadable("x", one.file_sha256)
    )
    store(one)
    assert num_rejected(database) == 1
    assert reject(unreadable(one.path_key, one.file_sha256)) == 0
