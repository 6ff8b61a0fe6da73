"""Running user SQL: on a connection of its own, read-only, over the research views, for a limited time."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from database.engines import connection_error, driver_code, make_engine
from database.research_rules import checked_sql, near_column, where_query, with_limit
from database.session import Database
from database.urls import file_of
from database.views import RESEARCH_VIEWS
from foundation.errors import QueryError

__all__ = ["QueryResult", "research_rows", "run_research_query", "where_query"]

_STEPS_BETWEEN_LOOKS = 10_000
_LONGEST_VALUE = 128 << 20
"""Bytes of one text or picture: `printf('%.*c', 900000000, 'x')` would take the machine's memory."""
_GRACE_SECONDS = 5
_TIMED_OUT = {1969, 3024}
_LOST = 2013
_CANNOT_CONNECT = {1044, 1045, 1049, 1698, 2002, 2003, 2005, 2006, 2013}


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query gave.

    Attributes:
        columns: names, in the order of the query.
        rows: one tuple a row.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def run_research_query(
    database: Database, sql: str, *, seconds: float = 30, limit: int | None = None
) -> QueryResult:
    """Run one SELECT of the user's over the research views.

    Args:
        database: the open database; the query gets a connection of its own.
        sql: one SELECT, or WITH ... SELECT, over `image`, `image_label` and `image_pixels`.
        seconds: the query is stopped after them.
        limit: rows at most; None for all.

    Raises:
        QueryError: the statement is refused, fails, or takes too long.
        DatabaseUnavailableError: the server does not answer.
    """
    with research_rows(database, sql, seconds=seconds, limit=limit) as (columns, rows):
        return QueryResult(columns, list(islice(rows, limit)))


@contextmanager
def research_rows(
    database: Database, sql: str, *, seconds: float = 30, limit: int | None = None
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    """Give the columns and the rows of one SELECT of the user's, one row in memory at a time.

    Args:
        database: as for `run_research_query`; so the others.
        sql: one SELECT over the views.
        seconds: the query is stopped after them, rows included.
        limit: how many rows are going to be read; None for all.

    Raises:
        QueryError: as `run_research_query`; also while rows are read.
        DatabaseUnavailableError: the server does not answer.
    """
    statement = checked_sql(sql, database.dialect_name)
    if limit is not None:
        statement = with_limit(statement, database.dialect_name, limit)
    run = _rows_of_sqlite if database.dialect_name == "sqlite" else _rows_of_server
    with run(database, statement, seconds) as found:
        yield found


@contextmanager
def _rows_of_sqlite(
    database: Database, sql: str, seconds: float
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    uri = f"file:{quote(str(file_of(database.url)))}?mode=ro"
    deadline = time.monotonic() + seconds
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=seconds)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            connection.set_authorizer(_authorize)
            connection.set_progress_handler(_stop_after(deadline), _STEPS_BETWEEN_LOOKS)
            cursor = connection.execute(sql)
            yield tuple(column[0] for column in cursor.description or ()), cursor
    except sqlite3.Error as error:
        raise _query_error(str(error), timed_out="interrupted" in str(error), seconds=seconds) from error


def _authorize(
    action: int, first: str | None, second: str | None, _database: str | None, inside: str | None
) -> int:
    """Let SQLite read the views, and the tables only from inside of them."""
    if action == sqlite3.SQLITE_READ:
        # SQLite names a joined table once more, without a column or the view, when it counts its rows.
        seen = {(first or "").lower(), (inside or "").lower()}
        return sqlite3.SQLITE_OK if not second or seen & RESEARCH_VIEWS.keys() else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if second in {"load_extension", "readfile"} else sqlite3.SQLITE_OK
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE)
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


def _stop_after(deadline: float) -> Callable[[], int]:
    return lambda: int(time.monotonic() > deadline)


@contextmanager
def _rows_of_server(
    database: Database, sql: str, seconds: float
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    # A single call of a function is not interrupted by the server: then we hang up.
    engine = make_engine(database.url, poolclass=NullPool, read_seconds=seconds + _GRACE_SECONDS)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            if database.dialect_name == "mariadb":
                connection.exec_driver_sql(f"SET SESSION max_statement_time = {float(seconds)}")
            else:
                connection.exec_driver_sql(f"SET SESSION max_execution_time = {int(seconds * 1000)}")
            connection.commit()
            options = {"no_parameters": True, "stream_results": True}
            result = connection.exec_driver_sql(sql, execution_options=options)
            with result:  # reads to the end at most until the server stops the statement
                yield tuple(result.keys()), (tuple(row) for row in result)
    except DBAPIError as error:
        code = driver_code(error)
        timed_out = code in _TIMED_OUT or (code == _LOST and "timed out" in str(error.orig))
        if code in _CANNOT_CONNECT and not timed_out:
            raise connection_error(database.url, error) from error
        reason = str(error.orig.args[1]) if error.orig and len(error.orig.args) > 1 else str(error.orig)
        raise _query_error(reason, timed_out=timed_out, seconds=seconds) from error


def _query_error(reason: str, *, timed_out: bool, seconds: float) -> QueryError:
    if timed_out:
        return QueryError(
            f"The query took longer than {seconds:g} seconds and was stopped. Narrow it, or allow more time."
        )
    unknown = re.search(r"(?:no such column: |Unknown column ')([^\s']+)", reason)
    if unknown:
        return QueryError(f'There is no column "{unknown[1]}". {near_column(unknown[1])}')
    if re.search(r"Table '[^']+' doesn't exist", reason):
        return QueryError(
            f"This server tells capitals from small letters in names. Write {', '.join(RESEARCH_VIEWS)}."
        )
    return QueryError(f"The database refused the query: {reason}.")
