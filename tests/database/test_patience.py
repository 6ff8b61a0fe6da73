"""Waiting for a database that is gone."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from database.migrating import upgrade
from database.patience import Patience
from database.runs import begin_run
from database.session import Database, open_database
from foundation.errors import DatabaseError, DatabaseUnavailableError


class Gone(Database):
    """A database that does not answer the first times that it is asked."""

    def __init__(self, opened: Database, times: int) -> None:
        super().__init__(opened.url)
        self.times = times

    def session(self, *, writes: bool = False):  # type: ignore[no-untyped-def]
        """Answer at last."""
        if self.times:
            self.times -= 1
            raise DatabaseUnavailableError("No database server answers.")
        return super().session(writes=writes)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds


def patience_with(
    database: Database, told: list[str], *, seconds: float = 60, is_stopped: bool = False
) -> tuple[Patience, Clock]:
    """Return patience that keeps what it tells, and its clock."""
    clock = Clock()
    patience = Patience(
        database,
        seconds=seconds,
        tell=told.append,
        is_stopped=lambda: is_stopped,
        sleep=clock.sleep,
        clock=clock,
    )
    return patience, clock


GONE = DatabaseUnavailableError("No database server answers.")


def test_a_database_that_comes_back_is_waited_for(database: Database) -> None:
    """With a word when waiting begins and one when it ends."""
    told: list[str] = []
    patience, clock = patience_with(Gone(database, 5), told)
    assert patience.may_retry(GONE, 0)
    assert clock.now == 5
    assert told == [
        "The database does not answer. Waiting for it, up to 60 seconds.",
        "The database answers again; going on.",
    ]


def test_one_that_does_not_is_given_up(database: Database) -> None:
    """After the time that was asked for."""
    told: list[str] = []
    patience, clock = patience_with(Gone(database, 10_000), told)
    assert not patience.may_retry(GONE, 0)
    assert 60 <= clock.now <= 61
    assert len(told) == 1


def test_who_stops_does_not_wait(database: Database) -> None:
    """And neither does one without patience."""
    told: list[str] = []
    assert not patience_with(Gone(database, 9), told, is_stopped=True)[0].may_retry(GONE, 0)
    assert not patience_with(Gone(database, 9), told, seconds=0)[0].may_retry(GONE, 0)
    assert told == []


def test_a_server_that_drops_a_statement_again_and_again_is_not_down(database: Database) -> None:
    """It answers each time: a piece of work is tried again three times."""
    patience, _ = patience_with(database, [])
    assert [patience.may_retry(GONE, retries) for retries in range(4)] == [True, True, True, False]


def test_other_errors_are_not_waited_for(database: Database) -> None:
    """A full disk says what to do."""
    patience, _ = patience_with(database, [])
    assert not patience.may_retry(DatabaseError("The database's disk is full."), 0)
    assert not patience.may_retry(ValueError(), 0)


class OwnServer:
    """A MariaDB of this test alone, which it may stop and start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with closing(socket.socket()) as listener:
            listener.bind(("127.0.0.1", 0))
            self._port = int(listener.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        installer = shutil.which("mariadb-install-db") or ""
        rows = [f"--datadir={folder}/rows", "--no-defaults", "--user=root"]
        subprocess.run(
            [installer, *rows, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True,
            capture_output=True,
        )

    @property
    def url(self) -> str:
        """Of the server, without a database."""
        return f"mysql+pymysql://root@127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [
                shutil.which("mariadbd") or "",
                "--no-defaults",
                f"--datadir={self._folder}/rows",
                "--user=root",
                "--bind-address=127.0.0.1",
                f"--port={self._port}",
                f"--socket={self._folder}/s.sock",
                f"--pid-file={self._folder}/server.pid",
                "--max-allowed-packet=64M",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            engine = create_engine(self.url, poolclass=NullPool)
            try:
                with engine.connect() as connection:
                    connection.execute(text("CREATE DATABASE IF NOT EXISTS rows_here CHARACTER SET utf8mb4"))
                    return
            except DBAPIError:
                time.sleep(0.1)
        pytest.fail("The test's own MariaDB did not start")

    def kill(self) -> None:
        """End it outright, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """Give a running server that may be stopped; skip where there is none to start."""
    if not shutil.which("mariadbd") or not shutil.which("mariadb-install-db"):
        pytest.skip("mariadbd is not installed: no server to stop and start")
    server = OwnServer(tmp_path_factory.mktemp("own"))
    server.start()
    yield server
    server.kill()


@pytest.mark.mysql
@pytest.mark.slow
def test_a_real_server_that_dies_and_comes_back_loses_nothing(own_server: OwnServer) -> None:
    """Killed between two transactions, started again two seconds later: both are there, once."""
    url = make_url(own_server.url).set(drivername="mysql", database="rows_here")
    upgrade(url.render_as_string(hide_password=False))
    told: list[str] = []
    with open_database(url.render_as_string(hide_password=False)) as database:
        patience = Patience(database, seconds=60, tell=told.append)

        def add() -> int:
            return patience.transaction(
                lambda session: begin_run(session, source_name="disk", profile="research", config={})
            )

        first = add()
        own_server.kill()
        starting = threading.Timer(2, own_server.start)
        starting.start()
        second = add()
        starting.join()
        with database.session() as session:
            ids = list(session.scalars(text("SELECT id FROM ingest_run ORDER BY id")))
    assert ids == [first, second]
    assert told == [
        "The database does not answer. Waiting for it, up to 60 seconds.",
        "The database answers again; going on.",
    ]
