"""A pytest plugin: a MariaDB or MySQL server to test on, and migrated databases on it and on SQLite.

The server is the one at DICOMILL_TEST_MYSQL_URL, else one on 127.0.0.1:3306 that lets root in without a
password, else a throw-away `mariadbd`, else the tests that need one are skipped with one loud line.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

_URL_VARIABLE = "DICOMILL_TEST_MYSQL_URL"
_LOCAL_URL = "mysql+pymysql://root@127.0.0.1:3306/"
_START_SECONDS = 60
_NO_SERVER = (
    f"NO MARIADB OR MYSQL SERVER: set {_URL_VARIABLE}, or install mariadb-server; "
    "everything that needs one is not tested"
)


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[URL]:
    """Give the URL of a server whose user may make databases."""
    named = os.environ.get(_URL_VARIABLE)
    if named:
        url = make_url(named).set(drivername="mysql+pymysql")
        if not _answers(url):
            pytest.fail(f"No server answers at {_URL_VARIABLE}")
        yield url
        return
    if _answers(make_url(_LOCAL_URL)):
        yield make_url(_LOCAL_URL)
        return
    binary = shutil.which("mariadbd") or shutil.which("mysqld")
    installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    if binary is None or installer is None:
        pytest.skip(_NO_SERVER)
    with _throw_away_server(binary, installer) as url:
        yield url


@pytest.fixture(scope="session")
def mysql_migrated(mysql_server: URL) -> Iterator[str]:
    """Give the URL of one migrated database of this process."""
    from database.migrating import upgrade

    with _server_database(mysql_server, f"dicomill_test_{os.getpid()}") as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a migrated SQLite file to copy from."""
    from database.migrating import upgrade

    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Give the URL of an empty, migrated SQLite database."""
    path = tmp_path / "dicomill.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def mysql_url(mysql_migrated: str) -> str:
    """Give the URL of an empty, migrated database on the server."""
    with _connected(make_url(mysql_migrated)) as connection:
        _empty(connection)
    return mysql_migrated


@pytest.fixture(params=["sqlite", pytest.param("mysql", marks=pytest.mark.mysql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty, migrated database: once on SQLite, once on the server."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def bare_mysql_url(mysql_server: URL) -> Iterator[str]:
    """Give the URL of a database on the server without any table."""
    with _server_database(mysql_server, f"dicomill_test_bare_{os.getpid()}") as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("mysql", marks=pytest.mark.mysql)])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without any table: once on SQLite, once on the server."""
    if request.param == "mysql":
        return str(request.getfixturevalue("bare_mysql_url"))
    path = tmp_path / "bare.db"
    path.touch()
    return f"sqlite:///{path}"


@contextmanager
def _server_database(server: URL, name: str) -> Iterator[str]:
    with _connected(server) as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    try:
        yield server.set(drivername="mysql", database=name).render_as_string(hide_password=False)
    finally:
        with _connected(server) as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    engine = create_engine(
        url.set(drivername="mysql+pymysql"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection


def _empty(connection: Connection) -> None:
    """Delete all rows: of small tables that is faster than to truncate them."""
    from database.schema import IngestRun

    connection.execute(text("SET SESSION foreign_key_checks = 0"))
    for table in IngestRun.metadata.tables:
        connection.execute(text(f"DELETE FROM {table}"))


def _answers(url: URL) -> bool:
    try:
        with _connected(url) as connection:
            connection.execute(text("SELECT 1"))
    except DBAPIError:
        return False
    return True


@contextmanager
def _throw_away_server(binary: str, installer: str) -> Iterator[URL]:
    # A short folder of its own: the path of a socket may have 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="dicomill-server-") as folder:
        rows, user = Path(folder) / "rows", getpass.getuser()
        shared = ["--no-defaults", f"--datadir={rows}", f"--user={user}"]
        subprocess.run(
            [installer, *shared, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True,
            capture_output=True,
        )
        port = _free_port()
        process = subprocess.Popen(
            [
                binary,
                *shared,
                "--bind-address=127.0.0.1",
                f"--port={port}",
                f"--socket={folder}/server.sock",
                f"--pid-file={folder}/server.pid",
                "--max-allowed-packet=64M",
                "--innodb-flush-log-at-trx-commit=2",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _wait_for(process, make_url(f"mysql+pymysql://root@127.0.0.1:{port}/"))
        finally:
            process.terminate()
            process.wait(_START_SECONDS)


def _wait_for(process: subprocess.Popen[bytes], url: URL) -> URL:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(url):
            return url
        time.sleep(0.2)
    pytest.fail("The throw-away MariaDB server did not start")


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
