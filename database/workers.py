"""The database of a worker process: opened once, used by every batch that it gets."""

from __future__ import annotations

import atexit
from functools import cache

from database.session import Database, open_database


@cache
def worker_database(url: str) -> Database:
    """Return this process's own database at a URL; the same one at each call.

    Args:
        url: whole, password included (`Database.url_text`).

    Raises:
        DatabaseUnavailableError, MigrationError: see `open_database`.
    """
    database = open_database(url)
    # The last connection to leave writes the rest of SQLite's log into the file.
    atexit.register(database.close)
    return database
