"""The open database: sessions for reading, and transactions that are tried again after a race."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from database.engines import WRITES, connection_error, make_engine
from database.failures import is_lost, is_of_the_world, may_pass, reading_error, writing_error
from database.revisions import check_revision
from database.urls import file_of, parse_url, shown
from foundation.errors import DatabaseError, DatabaseUnavailableError

Result = TypeVar("Result")

_TRIES_WHEN_GONE = 2
_DATABASE = "dicomill_database"


class Database:
    """One database: where it is, and sessions on it. Closed by `close` or by a with block.

    Attributes:
        url: of SQLAlchemy; its password never shows in a repr.
        engine: of SQLAlchemy.
        key: the secret key, where `database.opening` found one.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.key: bytes | None = None
        self.engine = make_engine(url)
        self._readers = sessionmaker(self.engine, info={_DATABASE: self})
        writing = self.engine.execution_options(**{WRITES: True})
        self._writers = sessionmaker(writing, info={_DATABASE: self})

    @property
    def url_text(self) -> str:
        """The whole URL, password included: for a worker that opens the database itself."""
        return self.url.render_as_string(hide_password=False)

    @property
    def file_path(self) -> Path | None:
        """The file of an SQLite database; None for a server."""
        return file_of(self.url)

    @property
    def dialect_name(self) -> str:
        """`sqlite`, `mysql` or `mariadb`, as the server says of itself once connected."""
        if getattr(self.engine.dialect, "is_mariadb", False):
            return "mariadb"
        return self.engine.dialect.name

    @contextmanager
    def session(self, *, writes: bool = False) -> Iterator[Session]:
        """Give a session; what was not committed at its end is undone.

        Args:
            writes: say so where rows will change: SQLite then waits its turn.

        Raises:
            DatabaseUnavailableError: the server went away.
            DatabaseError: the database cannot be read.
        """
        try:
            with self.bare_session(writes=writes) as session:
                yield session
        except DBAPIError as error:
            if not is_of_the_world(error):  # a mistake of ours keeps its traceback
                raise
            raise reading_error(self.engine, error) from error

    def bare_session(self, *, writes: bool) -> Session:
        """Return a session whose errors are still the driver's own, for `transaction` to tell apart."""
        return (self._writers if writes else self._readers)()

    def check_key(self, key: bytes) -> None:
        """Refuse another key than the one this database was made with.

        Raises:
            KeyFileError: its pseudonyms were made with another key.
        """
        from database.pseudonym_keys import check_key  # noqa: PLC0415 - that module stands on this one

        with self.session() as session:
            check_key(session, key)

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Database({shown(self.url)!r})"


def open_database(url: str | None, *, create: bool = False, key: bytes | None = None) -> Database:
    """Open a database whose schema is the one this version works with.

    Args:
        url: None for `sqlite:///dicomill.db` in the current folder.
        create: make an SQLite file that is missing. On a server only `dicomill db upgrade` makes tables.
        key: when given, held against the one that the database was made with.

    Raises:
        ConfigError: the URL cannot be read.
        DatabaseUnavailableError: nothing answers there, or there is no such file.
        MigrationError: the schema is behind, ahead or not ours.
        KeyFileError: another key.
    """
    parsed = parse_url(url)
    _check_file(parsed, create=create)
    database = Database(parsed)
    try:
        with _connection_errors(parsed), database.engine.connect() as connection:
            check_revision(connection, shown(parsed))
        if key is not None:
            database.check_key(key)
    except BaseException:
        database.close()
        raise
    return database


def _check_file(url: URL, *, create: bool) -> None:
    path = file_of(url)
    if path is None or path.exists():
        return
    if not create:
        raise DatabaseUnavailableError(
            f"There is no database at {path}; make one with `dicomill ingest` or `dicomill db upgrade`."
        )
    from database.migrating import create_file  # noqa: PLC0415 - Alembic costs 0.2 s that few calls need

    create_file(path)


@contextmanager
def _connection_errors(url: URL) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise connection_error(url, error) from error


def database_of(session: Session) -> Database:
    """Return the database that a session was opened on.

    Raises:
        DatabaseError: the session was not made by `Database.session` or `transaction`.
    """
    database = session.info.get(_DATABASE)
    if not isinstance(database, Database):
        raise DatabaseError("This session was opened by hand. Expected one of Database.session().")
    return database


def transaction(database: Database, work: Callable[[Session], Result], retries: int = 8) -> Result:
    """Run `work(session)` in one transaction and commit it; after a race, run it anew.

    Args:
        database: the open database.
        work: may run several times, each time on a database without its earlier tries.
        retries: how often it is tried again after a deadlock, a lock wait, a lost connection or a
            unique key that another transaction took meanwhile; with 8, over about seven seconds. After a
            lost connection only twice.

    Raises:
        DatabaseUnavailableError: the server went away and did not come back.
        DatabaseError: every try failed, or the database cannot be written to.
    """
    for attempt in range(retries + 1):
        try:
            with database.bare_session(writes=True) as session:
                result = work(session)
                session.commit()
                return result
        except DBAPIError as error:
            if not isinstance(error, IntegrityError) and not is_of_the_world(error):
                raise
            # One that is gone is waited for, if at all, by who can say so: `database.patience`.
            most = min(retries, _TRIES_WHEN_GONE) if is_lost(error) else retries
            if attempt >= most or not may_pass(error):
                raise writing_error(database.engine, error, tries=attempt + 1) from error
        time.sleep(0.02 * 2**attempt * (1 + random.random()))
    raise DatabaseError("A transaction needs at least one try.")


def server_version(database: Database) -> str:
    """Return the version of the server, or of the SQLite library."""
    query = "SELECT sqlite_version()" if database.dialect_name == "sqlite" else "SELECT version()"
    with database.session() as session:
        return str(session.execute(text(query)).scalar_one())
