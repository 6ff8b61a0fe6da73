"""The database of a worker process."""

from __future__ import annotations

from database.workers import worker_database


def test_a_worker_opens_its_database_once(sqlite_url: str) -> None:
    """Every batch gets the same one."""
    database = worker_database(sqlite_url)
    try:
        assert worker_database(sqlite_url) is database
    finally:
        database.close()
        worker_database.cache_clear()
