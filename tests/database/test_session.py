"""Opening a database, and transactions."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError as DriverError
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from database.pseudonym_keys import ensure_key
from database.schema import Patient
from database.session import Database, database_of, open_database, server_version, transaction
from foundation.errors import (
    DatabaseError,
    DatabaseUnavailableError,
    KeyFileError,
    MigrationError,
)


def num_patients(database: Database) -> int:
    """Return the number of patients."""
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_a_missing_file_is_made_only_when_asked(tmp_path: Path) -> None:
    """Without create the message says how to make one; with it the file is whole at once."""
    url = f"sqlite:///{tmp_path}/rows.db"
    with pytest.raises(DatabaseUnavailableError, match="dicomill db upgrade"):
        open_database(url)
    assert list(tmp_path.iterdir()) == []
    with open_database(url, create=True) as database:
        assert num_patients(database) == 0
    assert {path.name.split("-")[0] for path in tmp_path.iterdir()} == {"rows.db"}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """No folder is made on the way."""
    with pytest.raises(DatabaseUnavailableError, match="no folder"):
        open_database(f"sqlite:///{tmp_path}/none/rows.db", create=True)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """One clear line, and the file is left as it was."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 200)
    with pytest.raises(DatabaseUnavailableError, match="cannot be opened"):
        open_database(f"sqlite:///{path}", create=True)
    assert path.read_text().startswith("Dear")


def test_a_database_without_tables_is_not_filled_by_opening(bare_database_url: str) -> None:
    """Only `db upgrade` makes tables where there is a database already."""
    with pytest.raises(MigrationError, match="dicomill db upgrade"):
        open_database(bare_database_url, create=True)


def test_a_database_of_others_is_refused(tmp_path: Path) -> None:
    """Tables that are not ours are left alone."""
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE invoices (id INTEGER)")
    connection.close()
    with pytest.raises(MigrationError, match="not one of dicomill"):
        open_database(f"sqlite:///{path}")


def test_another_key_is_refused(database: Database, database_url: str) -> None:
    """The key that the database was made with opens it; another one does not."""
    transaction(database, lambda session: ensure_key(session, b"k" * 32))
    open_database(database_url, key=b"k" * 32).close()
    with pytest.raises(KeyFileError, match="another key"):
        open_database(database_url, key=b"x" * 32)


def test_a_url_for_workers_opens_the_same_database(database: Database) -> None:
    """The text holds all that is needed; the repr hides the password."""
    with open_database(database.url_text) as again:
        assert again.url == database.url
    assert repr(database).startswith("Database('")


def test_work_is_committed_or_undone(database: Database) -> None:
    """An error of the work's own passes through and leaves nothing."""
    transaction(database, lambda session: session.add(Patient(patient_key="kept")))

    def broken(session: Session) -> None:
        session.add(Patient(patient_key="lost"))
        session.flush()
        raise KeyError("bug")

    with pytest.raises(KeyError):
        transaction(database, broken)
    assert num_patients(database) == 1


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("", {}, Exception(1213, "Deadlock found")),
        OperationalError("", {}, Exception(1205, "Lock wait timeout")),
        OperationalError("", {}, Exception("database is locked")),
        IntegrityError("", {}, Exception(1062, "Duplicate")),
    ],
)
def test_races_are_tried_again(database: Database, error: Exception) -> None:
    """Two failures that may pass, then success: the rows are there once."""
    tries = []

    def work(session: Session) -> str:
        session.add(Patient(patient_key="p"))
        session.flush()
        tries.append(1)
        if len(tries) < 3:
            raise error
        return "done"

    assert transaction(database, work) == "done"
    assert (len(tries), num_patients(database)) == (3, 1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationalError("", {}, Exception(1213, "Deadlock found")), "stayed locked"),
        (IntegrityError("", {}, Exception(1062, "Duplicate 'John Doe'")), "contradict"),
        (OperationalError("", {}, Exception("attempt to write a readonly database")), "readonly"),
        (OperationalError("", {}, Exception(1114, "The table is full")), "error 1114"),
        (OperationalError("", {}, Exception(2006, "gone")), "database|server"),
    ],
)
def test_what_does_not_pass_becomes_one_clear_error(sqlite_url: str, error: Exception, words: str) -> None:
    """After the last try the message says what to do, and holds no value of a row."""

    def work(_session: Session) -> None:
        raise error

    with open_database(sqlite_url) as database, pytest.raises(DatabaseError, match=words) as caught:
        transaction(database, work, retries=1)
    assert "John" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationalError("", {}, Exception(2013, "Lost connection")), "cannot be opened|No database server"),
        (OperationalError("", {}, Exception("disk I/O error")), "cannot be read: disk I/O error"),
        (DriverError("", {}, Exception("database disk image is malformed")), "cannot be read: .* malformed"),
    ],
)
def test_a_database_that_fails_while_it_is_read_is_one_clear_error(
    sqlite_url: str, error: Exception, words: str
) -> None:
    """Also where nothing is written: in an export, say, whose server is shut down."""
    with (
        open_database(sqlite_url) as database,
        pytest.raises(DatabaseError, match=words),
        database.session(),
    ):
        raise error


def test_a_mistake_of_ours_keeps_its_traceback(sqlite_url: str) -> None:
    """A wrong statement is no broken database."""
    error = ProgrammingError("", {}, Exception("syntax"))
    with open_database(sqlite_url) as database, pytest.raises(ProgrammingError), database.session():
        raise error


def test_writers_of_one_file_wait_for_each_other(sqlite_url: str) -> None:
    """Four threads that read, then write, never see "database is locked"."""

    def work(session: Session) -> None:
        number = session.scalar(select(func.count()).select_from(Patient)) or 0
        session.add(Patient(patient_key=f"patient {number}"))

    def write() -> None:
        with open_database(sqlite_url) as database:
            for _ in range(5):
                transaction(database, work, retries=0)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_database(sqlite_url) as database:
        assert num_patients(database) == 20


def test_foreign_keys_hold(database: Database) -> None:
    """A row that names a missing one is refused on every dialect."""
    insert = text("INSERT INTO study (study_instance_uid, patient_id) VALUES ('2.25.1', 99)")
    with pytest.raises(DatabaseError, match="contradict"):
        transaction(database, lambda session: session.execute(insert), retries=0)


def test_a_session_knows_its_database(database: Database) -> None:
    """One that was opened by hand does not, and says so."""
    with database.session() as session:
        assert database_of(session) is database
    with pytest.raises(DatabaseError, match="by hand"):
        database_of(Session())
    assert server_version(database)[0].isdigit()
