"""What a driver's error means."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError as DriverError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError

from database.failures import is_lost, is_of_the_world, may_pass, reading_error, writing_error
from foundation.errors import DatabaseUnavailableError

ENGINE = create_engine("sqlite://")


def failed(kind: type[DBAPIError], *arguments: object, lost: bool = False) -> DBAPIError:
    """Return an error as SQLAlchemy raises it."""
    return kind("", {}, Exception(*arguments), connection_invalidated=lost)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (failed(OperationalError, 1213, "Deadlock found"), True),
        (failed(OperationalError, 1205, "Lock wait timeout exceeded"), True),
        (failed(OperationalError, 1020, "Record has changed since last read"), True),
        (failed(OperationalError, "database is locked"), True),
        (failed(IntegrityError, 1062, "Duplicate entry"), True),
        (failed(OperationalError, 1053, "Server shutdown in progress"), True),
        (failed(InterfaceError, 0, "", lost=True), True),
        (failed(OperationalError, 1114, "The table is full"), False),
        (failed(OperationalError, "database or disk is full"), False),
        (failed(DriverError, "database disk image is malformed"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: DBAPIError, passes: bool) -> None:
    """Races and lost connections; a full disk does not empty itself within seconds."""
    assert may_pass(error) is passes
    assert is_of_the_world(error) is not isinstance(error, IntegrityError)


@pytest.mark.parametrize("code", [2002, 2006, 2013, 1040, 1053, 1927, 4031])
def test_a_server_that_goes_away_says_so_in_many_ways(code: int) -> None:
    """Of the client's library, of MariaDB, of MySQL 8.4."""
    assert is_lost(failed(OperationalError, code, "gone"))


def test_a_wrong_statement_is_a_mistake_of_ours() -> None:
    """It keeps its traceback, as any other exception does."""
    assert not is_of_the_world(failed(ProgrammingError, 1064, "syntax"))
    assert not is_of_the_world(ValueError())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            failed(OperationalError, "database or disk is full"),
            "full or at its limit: database or disk is full",
        ),
        (failed(OperationalError, "disk I/O error"), "full or at its limit: disk I/O error"),
        (failed(OperationalError, 1021, "Disk full (/var/lib/mysql)"), "full or at its limit: error 1021"),
        (failed(OperationalError, "attempt to write a readonly database"), "refused to write: attempt"),
        (failed(IntegrityError, 1452, "Cannot add"), r"contradict what the database holds \(tried 3 times\)"),
        (failed(OperationalError, 1213, "Deadlock"), r"stayed locked by others \(tried 3 times\)"),
    ],
)
def test_each_failure_to_write_has_its_own_line(error: DBAPIError, words: str) -> None:
    """What happened, that nothing of the batch was stored, and what to do."""
    import re

    told = str(writing_error(ENGINE, error, tries=3))
    assert re.search(words, told)
    assert "Nothing of this batch was stored" in told
    assert "/var/lib" not in told


def test_a_lost_connection_is_a_database_that_is_not_there() -> None:
    """So that whoever may wait for it can tell."""
    lost = failed(OperationalError, 2013, "Lost connection")
    assert isinstance(reading_error(ENGINE, lost), DatabaseUnavailableError)
