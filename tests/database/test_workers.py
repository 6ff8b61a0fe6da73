"""The database of a worker process."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import text

from database.session import Database
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


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_forked_process_connects_anew(database_url: str, database: Database) -> None:
    """On its parent's connection both would read answers that are the other's."""
    with worker_database(database_url) as shared:
        with shared.session() as session:
            session.execute(text("SELECT 1"))
        pool = shared.engine.pool
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            with shared.session() as session:
                told = session.execute(text("SELECT 41 + 1")).scalar()
            os.write(writing, f"{told} {shared.engine.pool is pool}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reading, 100) == b"42 False"
        assert shared.engine.pool is pool
        with shared.session() as session:
            assert session.execute(text("SELECT 2")).scalar() == 2
    worker_database.cache_clear()
