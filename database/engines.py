"""Engines: one way to connect to SQLite, MySQL and MariaDB, so that all three behave alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, Pool, create_engine, event
from sqlalchemy.exc import DBAPIError

from database.urls import file_of, shown
from foundation.errors import DatabaseError, DatabaseUnavailableError
from foundation.fingerprints import canonical_json

WRITES = "dicomill_writes"
"""Execution option of an engine whose transactions are going to write."""

BUSY_SECONDS = 30
_SQL_MODE = (
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)
"""The default of MySQL 8.4, asked of every server: MariaDB and older ones differ."""

_ACCESS_DENIED = {1044, 1045, 1698}
_UNKNOWN_DATABASE = 1049
_CONNECTION_ERRORS = {2002, 2003, 2005, 2006, 2013}


def make_engine(
    url: URL,
    *,
    poolclass: type[Pool] | None = None,
    foreign_keys: bool = True,
    read_seconds: float | None = None,
) -> Engine:
    """Return an engine; nothing is connected yet.

    Args:
        url: as `database.urls.parse_url` gives it.
        poolclass: another pool than the default.
        foreign_keys: off only while a migration rebuilds tables of SQLite.
        read_seconds: how long a server may take to say anything; None for as long as it likes.
    """
    options: dict[str, Any] = {"json_serializer": canonical_json, "hide_parameters": True}
    if poolclass is not None:
        options["poolclass"] = poolclass
    if file_of(url) is not None:
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **options)
        _set_up_sqlite(engine, foreign_keys=foreign_keys)
        return engine
    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_recycle=3600,
        connect_args={"connect_timeout": 10, "read_timeout": read_seconds},
        **options,
    )
    _set_up_server(engine)
    return engine


def _set_up_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver's own habit of opening transactions breaks savepoints and DDL; we open them.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A transaction that turns from reading to writing fails at once where another one wrote
        # in between; one that says so at its start waits its turn.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_server(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET SESSION time_zone = '+00:00', SESSION sql_mode = '{_SQL_MODE}'")
        cursor.close()


def driver_code(error: DBAPIError) -> int | None:
    """Return the server's error number, or None (SQLite's drivers give none before Python 3.11)."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def connection_error(url: URL, error: DBAPIError) -> DatabaseError:
    """Return our error, one clear line without a password, for a failed connection."""
    code = driver_code(error)
    where = shown(url)
    path = file_of(url)
    if path is not None:
        reason = str(error.orig)
        return DatabaseUnavailableError(
            f"The database {path} cannot be opened: {reason}. Expected an SQLite file that you may "
            "read and write, in a folder that you may write to."
        )
    if code in _ACCESS_DENIED:
        return DatabaseUnavailableError(
            f"The server refused the user or the password of {where}. Check the database URL and what "
            "that user is granted."
        )
    if code == _UNKNOWN_DATABASE:
        return DatabaseUnavailableError(
            f'There is no database "{url.database}" at {where}. Make it with: '
            f"CREATE DATABASE {url.database} CHARACTER SET utf8mb4"
        )
    if code in _CONNECTION_ERRORS or code is None:
        return DatabaseUnavailableError(
            f"No database server answers at {where}. Check that it runs and that host and port are right."
        )
    return DatabaseUnavailableError(f"The server at {where} refused the connection (error {code}).")
