"""Rows that are there already, made by the database itself, for the benchmark of ingest.

One instance that was really ingested is the template; its columns are copied, and what is unique or
hashed is made of a number that runs evenly through the whole range, in ascending order: so indexes are
filled fast, and what is ingested afterwards falls between the rows everywhere, as it does in use.
"""

from __future__ import annotations

import time

from sqlalchemy import Column, Table, text
from sqlalchemy.orm import Session

from database.bulk import table_of
from database.schema import Frame, Instance, Patient, Pixels, Series, Source, Study
from database.session import Database, transaction

FIRST_ID = 10_000_000
_SERIES_SIZE = 100
_AT_ONCE = 100_000
_KEPT_BLOB_BYTES = 64
_ASK_DIRTY_PAGES = "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'"
_FEW_PAGES, _SETTLE_SECONDS = 500, 300

_OWNERS = (Patient, Study, Series)
_OF_INSTANCES = (Instance, Pixels, Frame, Source)


def prefill(database: Database, num_instances: int) -> None:
    """Add rows until there are that many instances besides those that were ingested."""
    for first in range(0, num_instances, _AT_ONCE):
        count = min(_AT_ONCE, num_instances - first)
        for entity in (*_OWNERS, *_OF_INSTANCES):
            divisor = _SERIES_SIZE if entity in _OWNERS else 1
            statement = _statement(
                table_of(entity),
                is_file=database.dialect_name == "sqlite",
                first=first // divisor,
                count=max(1, count // divisor),
                total=max(1, num_instances // divisor),
            )

            def fill(session: Session, statement: str = statement) -> None:
                session.execute(text(statement))

            transaction(database, fill)


def settle(database: Database) -> None:
    """Wait until what was written in bulk has gone to disk: it is not the next ingest's to wait for."""
    if database.dialect_name == "sqlite":
        with database.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return
    before, end = _dirty_pages(database), time.monotonic() + _SETTLE_SECONDS
    while before > _FEW_PAGES and time.monotonic() < end:
        time.sleep(5)
        now = _dirty_pages(database)
        if now >= before:
            return
        before = now


def _dirty_pages(database: Database) -> int:
    with database.session() as session:
        return int(session.execute(text(_ASK_DIRTY_PAGES)).one()[1])


def _statement(table: Table, *, is_file: bool, first: int, count: int, total: int) -> str:
    names = [column.name for column in table.columns]
    values = [_value(column, is_file=is_file, total=total) for column in table.columns]
    digits = " UNION ALL ".join(f"SELECT {digit}" + (" AS n" if digit == 0 else "") for digit in range(10))
    places = ", ".join(f"({digits}) AS d{place}" for place in range(5))
    number = " + ".join(f"d{place}.n * {10**place}" for place in range(5))
    numbers = f"(SELECT {number} + {first} AS n FROM {places}) AS number"
    template = f"(SELECT * FROM {table.name} WHERE id < {FIRST_ID} ORDER BY id LIMIT 1) AS t"
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(values)} "
        f"FROM {numbers}, {template} WHERE number.n < {first + count} ORDER BY number.n"
    )


def _value(column: Column, *, is_file: bool, total: int) -> str:
    """Return the expression of one column, of `number.n` and the template `t`."""
    if column.name == "id":
        return f"{FIRST_ID} + number.n"
    if column.name in {"ingest_run_id", "merged_into_id"}:
        return f"t.{column.name}"
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column.table.name
        if target in {"patient", "study", "series"}:
            divides = column.table.name == "instance"
            scaled = f"number.n {'/' if is_file else 'DIV'} {_SERIES_SIZE}" if divides else "number.n"
            return f"{FIRST_ID} + {scaled}"
        return f"{FIRST_ID} + number.n" if target in {"instance", "pixels"} else f"t.{column.name}"
    if column.name.endswith("_uid") and (column.unique or column.name == "sop_instance_uid"):
        step = 2 * 10**17 // total
        return _padded(f"100000000000000000 + number.n * {step}", 18, 21, "2.25.", is_file=is_file)
    if column.name.endswith(("sha256", "_key")) and column.name != "accession_key":
        length = 64 if column.name.endswith("sha256") else 32
        return _hexadecimal(f"number.n * {2**32 // total}", length, is_file=is_file)
    if column.name == "content":
        return f"substr(t.content, 1, {_KEPT_BLOB_BYTES})"
    return f"t.{column.name}"


def _hexadecimal(number: str, length: int, *, is_file: bool) -> str:
    if is_file:
        return f"printf('%08x%0{length - 8}d', {number}, number.n)"
    return f"LOWER(CONCAT(LPAD(HEX({number}), 8, '0'), LPAD(number.n, {length - 8}, '0')))"


def _padded(number: str, length: int, rest: int, prefix: str, *, is_file: bool) -> str:
    if is_file:
        return f"printf('{prefix}%0{length}d%0{rest}d', {number}, number.n)"
    return f"CONCAT('{prefix}', LPAD({number}, {length}, '0'), LPAD(number.n, {rest}, '0'))"
