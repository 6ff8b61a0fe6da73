"""Which schema a database has, told without loading Alembic."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from database.schema import SCHEMA_REVISION, IngestRun
from foundation.errors import MigrationError

VERSION_TABLE = "dicomill_version"


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is at; None before the first one."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant


def check_foreign(connection: Connection, where: str) -> None:
    """Refuse a database that holds tables but was never one of ours.

    Raises:
        MigrationError: it holds tables of others.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables or VERSION_TABLE in tables or tables <= set(IngestRun.metadata.tables):
        return
    raise MigrationError(
        f"The database at {where} is not one of dicomill: it holds other tables. Name another database, "
        "or make an empty one and run `dicomill db upgrade`."
    )


def check_revision(connection: Connection, where: str) -> None:
    """Refuse a schema that this version does not work with.

    Args:
        connection: an open one.
        where: the database's URL as it may be shown.

    Raises:
        MigrationError: the schema is missing, behind, ahead or not ours.
    """
    current = current_revision(connection)
    if current == SCHEMA_REVISION:
        return
    if current is None:
        check_foreign(connection, where)
        raise MigrationError(
            f"The database at {where} has no tables of dicomill yet. Make them with `dicomill db upgrade`."
        )
    if not current.isdigit():
        raise MigrationError(f"The database at {where} is not one of dicomill: revision {current[:32]}.")
    if current < SCHEMA_REVISION:
        raise MigrationError(
            f"The database at {where} is at revision {current}; this version of dicomill expects "
            f"{SCHEMA_REVISION}. Make a backup, then run `dicomill db upgrade`."
        )
    raise MigrationError(
        f"The database at {where} is at revision {current}, which is newer than this version of dicomill "
        f"({SCHEMA_REVISION}). Install the version that `dicomill db upgrade` was run with."
    )
