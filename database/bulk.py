"""Bulk reading and writing: few statements however many rows, the same on every dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert, String, Table, insert, inspect, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from database.columns import Base
from foundation.execution import batched

CHUNK = 500
"""Values in one IN list, and rows in one statement."""


def table_of(entity: type[Base]) -> Table:
    """Return the table of a mapped class."""
    table = inspect(entity).local_table
    if not isinstance(table, Table):
        raise TypeError(f"Expected a class that is mapped to a table. Received: {entity.__name__}.")
    return table


def chunks(values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield distinct values, sorted, in pieces that fit one statement.

    Example:
        >>> list(chunks(["b", "a", "b"]))
        [('a', 'b')]
    """
    return batched(sorted(set(values)), CHUNK)


def insert_if_absent(entity: type[Base], key: str, dialect_name: str) -> Insert:
    """Return an INSERT that leaves a row alone whose unique key is there already.

    Args:
        entity: a mapped class with a row id.
        key: its unique column.
        dialect_name: `sqlite`, else the statement is one for MySQL and MariaDB.
    """
    table = table_of(entity)
    if dialect_name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing(index_elements=[key])
    # INSERT IGNORE would also swallow values that do not fit.
    return mysql.insert(table).on_duplicate_key_update(id=table.c.id)


def insert_rows(session: Session, entity: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, text cut to what its column holds."""
    table = table_of(entity)
    fitted = [fit_text(table, row) for row in rows]
    if fitted:
        session.execute(insert(table), fitted)


def ids_by_key(session: Session, column: InstrumentedAttribute[Any], keys: Iterable[Any]) -> dict[Any, int]:
    """Return the row id of each key that is there, by a unique column."""
    entity: Any = column.class_
    found: dict[Any, int] = {}
    for some in chunks(keys):
        query = select(column, entity.id).where(column.in_(some))
        found.update((key, row_id) for key, row_id in session.execute(query))
    return found


def ensure_rows(
    session: Session, column: InstrumentedAttribute[Any], rows: Sequence[Mapping[str, Any]]
) -> dict[Any, int]:
    """Insert the rows whose unique key is not there; return the row id of each key.

    Args:
        session: in a transaction.
        column: the unique column.
        rows: of two with one key, the first counts.
    """
    by_key: dict[Any, Mapping[str, Any]] = {}
    for row in rows:
        by_key.setdefault(row[column.key], row)
    known = ids_by_key(session, column, by_key)
    # Sorted: two transactions that take the same rows in the same order do not deadlock.
    missing = [key for key in sorted(by_key) if key not in known]
    if missing:
        entity: Any = column.class_
        table = table_of(entity)
        statement = insert_if_absent(entity, column.key, session.get_bind().dialect.name)
        session.execute(statement, [fit_text(table, by_key[key]) for key in missing])
        known.update(ids_by_key(session, column, missing))
    return known


def fit_text(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with each text cut to its column: SQLite would keep it, MySQL refuse it."""
    fitted = dict(row)
    for name, length in _text_lengths(table):
        value = fitted.get(name)
        if isinstance(value, str) and len(value) > length:
            fitted[name] = value[:length]
    return fitted


@cache
def _text_lengths(table: Table) -> tuple[tuple[str, int], ...]:
    """Return the columns of a table that hold text of bounded length, with that length."""
    return tuple(
        (column.name, column.type.length)
        for column in table.columns
        if isinstance(column.type, String) and column.type.length is not None
    )
