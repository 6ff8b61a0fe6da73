"""Steps of a revision that can be run again where an upgrade was cut short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

TABLE_OPTIONS = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}
"""The same storage on every server, whatever its own defaults are."""


def create_index_once(name: str, table: str, columns: Sequence[str]) -> None:
    """Make an index that may be there already (MySQL knows no CREATE INDEX IF NOT EXISTS)."""
    known = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
    if name not in known:
        op.create_index(name, table, list(columns))


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
