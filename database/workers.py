"""The database of a worker process: opened once, used by every batch that it gets."""

from __future__ import annotations

import atexit
import os
from functools import cache

from sqlalchemy import Pool

from database.session import Database, open_database

_opened: list[Database] = []
_inherited: list[Pool] = []


@cache
def worker_database(url: str) -> Database:
    """Return this process's own database at a URL; the same one at each call.

    Args:
        url: whole, password included (`Database.url_text`).

    Raises:
        DatabaseUnavailableError, MigrationError: see `open_database`.
    """
    database = open_database(url)
    _opened.append(database)
    # The last connection to leave writes the rest of SQLite's log into the file.
    atexit.register(database.close)
    return database


def _begin_anew() -> None:
    """In a forked process: connect again, for two processes on one connection read each other's answers."""
    for database in _opened:
        _inherited.append(database.engine.pool)  # kept, or its connections would be closed: the parent's
        database.engine.dispose(close=False)


os.register_at_fork(after_in_child=_begin_anew)
