"""Steps that can be run again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from database.migrating import migration_connection
from database.urls import parse_url
from migrations.steps import TABLE_OPTIONS, create_index_once, create_views, drop_tables, drop_views

VIEWS = {"first_view": "SELECT id FROM thing", "second_view": "SELECT id FROM first_view"}


def test_every_step_runs_twice(bare_database_url: str) -> None:
    """A second run finds what the first one made and leaves it; dropping what is gone is no error."""
    with migration_connection(parse_url(bare_database_url)) as connection:
        with Operations.context(MigrationContext.configure(connection)) as operations:
            operations.create_table("thing", sa.Column("id", sa.Integer()), **TABLE_OPTIONS)
            for _ in range(2):
                create_index_once("ix_thing_id", "thing", ["id"])
                create_views(VIEWS)
            assert [index["name"] for index in sa.inspect(connection).get_indexes("thing")] == ["ix_thing_id"]
            assert sorted(sa.inspect(connection).get_view_names()) == sorted(VIEWS)
            for _ in range(2):
                drop_views(VIEWS)
                drop_tables(["thing"])
            assert sa.inspect(connection).get_table_names() == []
        connection.rollback()
