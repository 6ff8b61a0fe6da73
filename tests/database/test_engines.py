"""Connections that behave alike on every dialect."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from database.engines import connection_error, driver_code, make_engine
from database.session import Database
from database.urls import parse_url
from foundation.errors import DatabaseUnavailableError


def scalar(database: Database, query: str) -> object:
    """Return the one value of a query."""
    with database.session() as session:
        return session.execute(text(query)).scalar_one()


def test_sqlite_is_set_up_for_many_processes(sqlite_url: str) -> None:
    """WAL, a busy timeout of 30 s and foreign keys are on."""
    with Database(parse_url(sqlite_url)) as database:
        assert scalar(database, "PRAGMA journal_mode") == "wal"
        assert scalar(database, "PRAGMA busy_timeout") == 30_000
        assert scalar(database, "PRAGMA foreign_keys") == 1


@pytest.mark.mysql
@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_a_server_is_set_up_as_mysql_8_4(mysql_url: str, scheme: str) -> None:
    """UTC, strict mode, full unicode and READ COMMITTED, whatever the server's own defaults."""
    with Database(parse_url(mysql_url.replace("mysql:", f"{scheme}:"))) as database:
        assert scalar(database, "SELECT @@session.time_zone") == "+00:00"
        assert "ONLY_FULL_GROUP_BY" in str(scalar(database, "SELECT @@session.sql_mode"))
        assert scalar(database, "SELECT @@session.character_set_client") == "utf8mb4"
        with database.session() as session:
            shown = session.execute(text("SHOW SESSION VARIABLES LIKE 't%isolation'")).all()
        assert {row[1] for row in shown} == {"READ-COMMITTED"}


def test_json_that_no_server_takes_is_refused_everywhere(database: Database) -> None:
    """NaN is no JSON: SQLite would keep it, MySQL refuse it."""
    serializer = database.engine.dialect._json_serializer  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="JSON"):
        serializer({"a": float("nan")})


@pytest.mark.mysql
def test_connection_failures_become_one_clear_line(mysql_url: str) -> None:
    """Nobody answers, no such database, a wrong password: three lines, none with the password."""
    wrong = {
        "No database server answers": parse_url(mysql_url).set(port=1, password="s3cret"),
        "There is no database": parse_url(mysql_url).set(database="dicomill_none"),
        "refused the user": parse_url(mysql_url).set(username="nobody", password="s3cret"),
    }
    for words, url in wrong.items():
        engine = make_engine(url, poolclass=NullPool)
        with pytest.raises(OperationalError) as caught:
            engine.connect()
        error = connection_error(url, caught.value)
        assert isinstance(error, DatabaseUnavailableError)
        assert words in str(error)
        assert "s3cret" not in str(error)
        assert "\n" not in str(error)
        assert driver_code(caught.value) in {1044, 1045, 1049, 1698, 2003}


def test_other_refusals_name_the_servers_number() -> None:
    """An error that we have no sentence for keeps its number for the administrator."""
    error = OperationalError("", {}, Exception(1040, "Too many connections"))
    assert "error 1040" in str(connection_error(parse_url("mysql://host/images"), error))
