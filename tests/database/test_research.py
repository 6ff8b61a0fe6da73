"""Running user SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from database import research
from database.batches import NewInstance
from database.research import research_rows, run_research_query
from database.session import Database
from foundation.errors import DatabaseError, QueryError

ENDLESS = (
    "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 900) "
    "SELECT COUNT(*) FROM n AS a, n AS b, n AS c, n AS d WHERE a.x + b.x + c.x + d.x > 7"
)


@pytest.fixture
def filled(database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]) -> Database:
    """Give a database with five pictures."""
    store(*(make(f"2.25.{i}", picture=str(i), modality="CR" if i % 2 else "DX") for i in range(5)))
    return database


def test_a_query_gives_columns_and_rows(filled: Database) -> None:
    """Committed rows are seen; a percent sign is a percent sign."""
    sql = "SELECT modality, COUNT(*) AS images FROM image WHERE modality LIKE 'C%' GROUP BY modality"
    result = run_research_query(filled, sql)
    assert (result.columns, result.rows) == (("modality", "images"), [("CR", 2)])


def test_pictures_come_as_bytes(filled: Database) -> None:
    """PNG content is not changed on the way."""
    result = run_research_query(filled, "SELECT png FROM image_pixels ORDER BY id", limit=1)
    assert result.rows == [(b"PNG of 0",)]


@pytest.mark.parametrize("sql", ["SELECT id FROM image", "SELECT id FROM image UNION SELECT 1000000"])
def test_a_limit_holds(filled: Database, sql: str) -> None:
    """Whatever kind of statement it is."""
    assert len(run_research_query(filled, sql, limit=2).rows) == 2


def test_an_unknown_column_is_named_with_the_nearest(filled: Database) -> None:
    """Both dialects say it alike."""
    with pytest.raises(QueryError, match=r'no column "modalty"\. Did you mean "modality"'):
        run_research_query(filled, "SELECT modalty FROM image")


def test_a_failing_query_tells_the_databases_reason(filled: Database) -> None:
    """One line, no traceback of the driver."""
    with pytest.raises(QueryError, match="refused the query"):
        run_research_query(filled, "SELECT id FROM image UNION SELECT id, modality FROM image")


def test_an_endless_query_is_stopped(filled: Database) -> None:
    """After the given time, with that time in the message; the next query runs."""
    with pytest.raises(QueryError, match=r"longer than 0\.3 seconds"):
        run_research_query(filled, ENDLESS, seconds=0.3)
    assert run_research_query(filled, "SELECT COUNT(*) FROM image").rows == [(5,)]


def test_rows_come_one_by_one(filled: Database) -> None:
    """Whoever has seen enough stops; the next query runs."""
    sql = "SELECT a.id FROM image AS a, image AS b, image AS c"
    with research_rows(filled, sql) as (columns, rows):
        assert (columns, len(next(rows))) == (("id",), 1)
    assert run_research_query(filled, "SELECT COUNT(*) FROM image").rows == [(5,)]


def test_a_text_that_would_fill_the_memory_is_refused(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says so; a server has a bound of its own."""
    monkeypatch.setattr(research, "_LONGEST_VALUE", 10_000)
    if filled.dialect_name == "sqlite":
        with pytest.raises(QueryError, match="too big"):
            run_research_query(filled, "SELECT replace(printf('%.*c', 5000, 'x'), 'x', '12345')")


@pytest.mark.parametrize("sql", ["SELECT id FROM IMAGE", "SELECT id FROM Image_Label"])
def test_names_of_views_in_capitals_are_read_or_explained(filled: Database, sql: str) -> None:
    """Servers on Linux tell them apart."""
    try:
        run_research_query(filled, sql)
    except QueryError as error:
        assert "Write image, image_label, image_pixels" in str(error)  # noqa: PT017 - only there


@pytest.mark.parametrize("sql", ["SELECT * FROM patient", "DELETE FROM label", "SELECT SLEEP(9)"])
def test_a_refused_query_never_reaches_the_database(filled: Database, sql: str) -> None:
    """The rules stand before the connection."""
    with pytest.raises(QueryError, match="Expected one SELECT"):
        run_research_query(filled, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT patient_key FROM patient",
        "WITH k AS (SELECT patient_key FROM patient) SELECT * FROM k",
        "SELECT name FROM sqlite_master",
        "SELECT load_extension('x')",
        "DELETE FROM label",
        "PRAGMA table_info(patient)",
        "ATTACH ':memory:' AS other",
    ],
)
def test_the_connection_itself_refuses_what_the_rules_would_miss(
    database: Database, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    """A second wall: SQLite's authorizer; on servers a transaction that cannot write."""
    monkeypatch.setattr(research, "checked_sql", lambda text, _dialect: text)
    if database.dialect_name != "sqlite":
        sql = "INSERT INTO patient (patient_key) VALUES ('x')"
    with pytest.raises(QueryError, match="refused the query"):
        run_research_query(database, sql)


def test_a_database_that_went_away_is_told(filled: Database) -> None:
    """A closed server or a removed file is one clear line, too."""
    moved = Database(filled.url.set(database=f"{filled.url.database}_gone"))
    with moved, pytest.raises(DatabaseError):
        run_research_query(moved, "SELECT id FROM image")


def test_the_authorizer_lets_views_read_their_tables() -> None:
    """And nothing else: no other action, no table by itself."""
    read = sqlite3.SQLITE_READ
    assert research._authorize(read, "patient", "patient_key", "main", "image") == sqlite3.SQLITE_OK
    assert research._authorize(read, "patient", "patient_key", "main", None) == sqlite3.SQLITE_DENY
    assert research._authorize(sqlite3.SQLITE_INSERT, "patient", None, "main", None) == sqlite3.SQLITE_DENY
