"""After a deletion: whether the bytes are gone, too, and what cannot be promised."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from database.engines import BUSY_SECONDS
from database.session import Database

_OF_A_SERVER = (
    "Rows and pictures are deleted. A server keeps copies that dicomill cannot reach: freed pages of the "
    "tablespace until they are used again (OPTIMIZE TABLE pixels, frame, instance, source writes them anew), "
    "the binary log until it expires (PURGE BINARY LOGS BEFORE NOW()), replicas and backups."
)
_OF_A_FILE = (
    "The file was written anew without what was deleted. Copies of the file, backups, and blocks that the "
    "file system freed but has not overwritten are out of its reach."
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """What became of the bytes of deleted rows.

    Attributes:
        is_complete: nothing of them is left in the database's own files.
        detail: one or two sentences for the person who has to answer for it.
    """

    is_complete: bool
    detail: str


def erase_freed_bytes(database: Database) -> Erasure:
    """Write an SQLite file anew so that deleted bytes leave it; say what a server does not promise.

    Args:
        database: open; no other session of this process may be.
    """
    path = database.file_path
    if path is None:
        return Erasure(is_complete=False, detail=_OF_A_SERVER)
    needed = 2 * path.stat().st_size
    if shutil.disk_usage(path.parent).free < needed:
        return Erasure(
            is_complete=False,
            detail=(
                f"Deleted bytes were overwritten with zeros, but the file was not written anew: that needs "
                f"{needed:,} bytes of free space beside it. Free them and run the same command again."
            ),
        )
    return _vacuum(database, path)


def _vacuum(database: Database, path: Path) -> Erasure:
    database.engine.dispose()
    try:
        # A connection of its own: the engine's are always within a transaction.
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("VACUUM")
            is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        is_busy = 1
    if is_busy:
        return Erasure(
            is_complete=False,
            detail=(
                "Deleted bytes were overwritten with zeros, but the file was not written anew: another "
                "program has it open. Close that one and run the same command again."
            ),
        )
    return Erasure(is_complete=True, detail=_OF_A_FILE)
