"""Steps of a revision that can be run again where an upgrade was cut short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

TABLE_OPTIONS = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}
"""The same storage on every server, whatever its own defaults are."""


@dataclass(frozen=True)
class AddedColumn:
    """One column that a revision adds to a table that is there.

    Attributes:
        default: what rows of before hold; None lets the column be empty.
        refers_to: the table whose `id` it names.
        has_index: searched by.
    """

    table: str
    name: str
    type: TypeEngine[Any]
    default: str | None = None
    refers_to: str | None = None
    has_index: bool = False

    @property
    def foreign_key_name(self) -> str:
        """The name that the naming convention gives."""
        return f"fk_{self.table}_{self.name}"

    @property
    def index_name(self) -> str:
        """The name that the naming convention gives."""
        return f"ix_{self.table}_{self.name}"


def add_columns(columns: Sequence[AddedColumn]) -> None:
    """Add the columns that are not there yet, with their foreign keys and indexes.

    No table is copied, so one with millions of pictures takes no longer than an empty one.
    """
    for column in columns:
        if column.name not in _column_names(column.table):
            _add_column(column)
        if column.refers_to is not None:
            _refer_once(column, column.refers_to)
        if column.has_index:
            create_index_once(op.f(column.index_name), column.table, [column.name])


def drop_columns(columns: Sequence[AddedColumn]) -> None:
    """Drop the columns that are there, with what hangs on them; each table is rebuilt once on SQLite."""
    by_table = sorted(columns, key=lambda column: column.table)
    for table, some in groupby(by_table, key=lambda column: column.table):
        there = [column for column in some if column.name in _column_names(table)]
        indexes = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
        foreign_keys = {key["name"] for key in sa.inspect(op.get_bind()).get_foreign_keys(table)}
        with op.batch_alter_table(table) as batch:
            for column in there:
                if column.foreign_key_name in foreign_keys:
                    batch.drop_constraint(op.f(column.foreign_key_name), type_="foreignkey")
                if column.index_name in indexes:
                    batch.drop_index(op.f(column.index_name))
                batch.drop_column(column.name)


def _column_names(table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def _add_column(column: AddedColumn) -> None:
    dialect = op.get_bind().dialect
    parts = [f"ALTER TABLE {column.table} ADD COLUMN {column.name} {column.type.compile(dialect=dialect)}"]
    if column.default is not None:
        parts.append(f"DEFAULT '{column.default}' NOT NULL")
    if column.refers_to is not None and dialect.name == "sqlite":
        # SQLite takes a foreign key only together with its column.
        parts.append(f"CONSTRAINT {column.foreign_key_name} REFERENCES {column.refers_to} (id)")
    op.execute(" ".join(parts))


def _refer_once(column: AddedColumn, target: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    known = {key["name"] for key in sa.inspect(op.get_bind()).get_foreign_keys(column.table)}
    if column.foreign_key_name not in known:
        op.create_foreign_key(op.f(column.foreign_key_name), column.table, target, [column.name], ["id"])


def create_index_once(name: str, table: str, columns: Sequence[str]) -> None:
    """Make an index that may be there already (MySQL knows no CREATE INDEX IF NOT EXISTS)."""
    known = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
    if name not in known:
        op.create_index(name, table, list(columns))


def drop_index_once(name: str, table: str) -> None:
    """Drop an index that may be gone already."""
    known = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
    if name in known:
        op.drop_index(name, table)


def create_views(views: Mapping[str, str]) -> None:
    """Make the views, in this order, in place of older ones of the same names."""
    drop_views(views)
    for name, select in views.items():
        op.execute(f"CREATE VIEW {name} AS\n{select}")


def drop_views(views: Mapping[str, str]) -> None:
    """Drop the views that are there."""
    for name in views:
        op.execute(f"DROP VIEW IF EXISTS {name}")


def drop_tables(names: Sequence[str]) -> None:
    """Drop the tables that are there, in this order."""
    for name in names:
        op.drop_table(name, if_exists=True)
