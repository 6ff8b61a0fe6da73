"""Bringing a database to the newest schema, by Alembic, as plain functions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from database.engines import WRITES, connection_error, make_engine
from database.revisions import VERSION_TABLE, check_foreign, current_revision
from database.schema import SCHEMA_REVISION
from database.urls import file_of, parse_url, shown
from foundation.contracts import Report
from foundation.errors import DatabaseUnavailableError, MigrationError
from foundation.partials import partial_folder, remove, remove_leftovers

_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps the migration that runs in a global: one a process."""

_LOCK_SECONDS = 60


class MigrationStatus(Report):
    """Where a database stands.

    Attributes:
        url: without the password.
        dialect_name: `sqlite`, `mysql` or `mariadb`.
        server_version: of the server or the SQLite library.
        current: the revision it is at; None before the first.
        head: the newest revision known here.
        pending: revisions that an upgrade would run, in order.
    """

    url: str
    dialect_name: str
    server_version: str
    current: str | None
    head: str
    pending: tuple[str, ...]


class MigrationReport(Report):
    """What an upgrade did.

    Attributes:
        url: without the password.
        before: the revision it came from; None for a new database.
        after: the revision it is at now.
        applied: the revisions that ran, in order.
    """

    url: str
    before: str | None
    after: str
    applied: tuple[str, ...]


def upgrade(url: str | None) -> MigrationReport:
    """Bring a database to the newest schema; make an SQLite file that is missing.

    An upgrade that was cut short is run again from the revision that it stopped in.

    Raises:
        DatabaseUnavailableError: nothing answers at the URL.
        MigrationError: the schema is ahead or not ours, or a step failed.
    """
    parsed = parse_url(url)
    path = file_of(parsed)
    if path is not None and not path.exists():
        create_file(path)
        return MigrationReport(
            url=shown(parsed), before=None, after=SCHEMA_REVISION, applied=_pending(None, parsed)
        )
    with migration_connection(parsed) as connection:
        check_foreign(connection, shown(parsed))
        before = current_revision(connection)
        pending = _pending(before, parsed)
        # Reading opened a transaction of its own, which would take the place of the migration's.
        connection.rollback()
        run_upgrade(connection)
        after = current_revision(connection) or ""
    return MigrationReport(url=shown(parsed), before=before, after=after, applied=pending)


def status(url: str | None) -> MigrationStatus:
    """Tell where a database stands, changing nothing.

    Raises:
        DatabaseUnavailableError: nothing answers at the URL, or there is no such file.
        MigrationError: the schema is ahead or not ours.
    """
    parsed = parse_url(url)
    path = file_of(parsed)
    if path is not None and not path.exists():
        raise DatabaseUnavailableError(
            f"There is no database at {path}; make one with `dicomill ingest` or `dicomill db upgrade`."
        )
    with migration_connection(parsed) as connection:
        check_foreign(connection, shown(parsed))
        current = current_revision(connection)
        on_sqlite = path is not None
        version = connection.execute(text("SELECT sqlite_version()" if on_sqlite else "SELECT version()"))
        server = str(version.scalar_one())
        kind = "sqlite" if on_sqlite else "mariadb" if "mariadb" in server.lower() else "mysql"
    return MigrationStatus(
        url=shown(parsed),
        dialect_name=kind,
        server_version=server,
        current=current,
        head=SCHEMA_REVISION,
        pending=_pending(current, parsed),
    )


def create_file(path: Path) -> None:
    """Make an SQLite database, its owner's alone, that appears under its name when its schema is whole.

    Raises:
        DatabaseUnavailableError: the folder is missing.
        ConfigError: it cannot be written to.
    """
    if not path.parent.is_dir():
        raise DatabaseUnavailableError(
            f"Cannot make the database {path}: there is no folder {path.parent}. Make the folder first."
        )
    remove_leftovers(path)
    with partial_folder(path) as folder:
        try:
            partial = folder / path.name
            partial.touch(mode=0o600)  # what SQLite writes beside it takes the same mode
            with migration_connection(URL.create("sqlite", database=str(partial))) as connection:
                run_upgrade(connection)
            _take_name(partial, path)
        finally:
            remove(folder)


def _take_name(partial: Path, path: Path) -> None:
    """Give the file its name, unless another process was faster: then its file stays."""
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            partial.rename(path)


@contextmanager
def migration_connection(url: URL) -> Iterator[Connection]:
    """Give a connection for migrations; foreign keys of SQLite rest while tables are rebuilt.

    Raises:
        DatabaseUnavailableError: nothing answers at the URL.
    """
    engine = make_engine(url, poolclass=NullPool, foreign_keys=False)
    try:
        connection = engine.connect()
    except DBAPIError as error:
        raise connection_error(url, error) from error
    with connection:
        try:
            yield connection
        except DBAPIError as error:
            raise MigrationError(
                f"The migration of {shown(url)} failed: {error.orig}. "
                "When the cause is mended, run `dicomill db upgrade` again; it goes on where it stopped."
            ) from error


def alembic_config(connection: Connection | None = None) -> AlembicConfig:
    """Return Alembic's config for our migrations, built in code: no alembic.ini is read."""
    spec = find_spec("migrations")
    if spec is None or not spec.submodule_search_locations:
        raise MigrationError("The package `migrations` is not installed. Install dicomill again.")
    config = AlembicConfig()
    config.set_main_option("script_location", str(spec.submodule_search_locations[0]).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config


def run_upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the revisions up to one, on an open connection without a transaction.

    Of two processes that upgrade one database, the second waits and then finds nothing to do.
    """
    connection.execution_options(**{WRITES: True})
    with _ONE_AT_A_TIME, _server_lock(connection):
        command.upgrade(alembic_config(connection), revision)
        connection.commit()


def run_downgrade(connection: Connection, revision: str = "base") -> None:
    """Undo the revisions down to one: rows of what they made are lost."""
    with _ONE_AT_A_TIME:
        command.downgrade(alembic_config(connection), revision)
        connection.commit()


@contextmanager
def _server_lock(connection: Connection) -> Iterator[None]:
    """Hold the server's lock for upgrades of this database; SQLite's transaction is one by itself."""
    if connection.dialect.name == "sqlite":
        yield
        return
    name = "CONCAT('dicomill upgrade ', MD5(DATABASE()))"
    taken = connection.execute(text(f"SELECT GET_LOCK({name}, {_LOCK_SECONDS})")).scalar()
    connection.commit()
    if taken != 1:
        raise MigrationError(
            "Another upgrade of this database is running. Wait for its end, then run "
            "`dicomill db upgrade` again."
        )
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT RELEASE_LOCK({name})"))
        connection.commit()


def _pending(current: str | None, url: URL) -> tuple[str, ...]:
    script = ScriptDirectory.from_config(alembic_config())
    known = [revision.revision for revision in script.walk_revisions()][::-1]
    if current is not None and current not in known:
        raise MigrationError(
            f"The database at {shown(url)} is at revision {current[:32]}, which this version of dicomill "
            f"does not know (it knows up to {SCHEMA_REVISION}). Install the version it was upgraded with."
        )
    return tuple(known[known.index(current) + 1 :] if current is not None else known)
