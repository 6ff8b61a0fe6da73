"""The database of a worker process."""

from __future__ import annotations

import pytest

from database.workers import worker_database


def test_a_worker_opens_its_database_once(sqlite_url: str) -> None:
    """Every batch gets the same one."""
    database = worker_database(sqlite_url)
    try:
        assert worker_database(sqlite_url) is database
    finally:
        database.close()
        worker_database.cache_clear()


def test_it_is_closed_when_the_process_ends(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else SQLite's log would stay beside the file, and a copy of the file alone would lack rows."""
    at_end: list[object] = []
    monkeypatch.setattr("database.workers.atexit.register", at_end.append)
    with worker_database(sqlite_url) as database:
        assert at_end == [database.close]
    worker_database.cache_clear()
