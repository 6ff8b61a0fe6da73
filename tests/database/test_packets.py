"""The server's limit on one statement."""

from __future__ import annotations

import pytest
from pymysql.converters import escape_bytes
from sqlalchemy.exc import OperationalError

from database import packets
from database.packets import (
    check_contents,
    check_packet,
    lost_connection_error,
    packet_bytes,
    packet_limit,
    piece_bytes,
)
from database.session import Database
from foundation.errors import DatabaseError


def test_a_piece_fits_one_statement() -> None:
    """PyMySQL writes a blob as hexadecimal digits, two for each byte."""
    piece = bytes(piece_bytes(20_000))
    statement = f"INSERT INTO pixels (content) VALUES ({escape_bytes(piece)})"
    assert 15_000 < len(statement) <= 20_000 < packet_bytes(bytes(20_000))


def test_sqlite_takes_what_a_server_refuses(database: Database) -> None:
    """A statement above the server's limit is refused by the setting's name; SQLite has no such limit."""
    with database.session() as session:
        check_packet(session, 1024)
        check_contents(session, [b"", b"x" * 300_000])
        if database.dialect_name == "sqlite":
            check_packet(session, 1 << 40)
            return
        with pytest.raises(DatabaseError, match="max_allowed_packet"):
            check_packet(session, 1 << 40)


def test_a_server_that_takes_too_little_is_told_before_anything_is_sent(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows go many in a statement: below 1 MiB the server would drop the connection in the middle."""
    monkeypatch.setattr(packets, "_ASK_LIMIT", "SELECT 524288")
    with database.session() as session:
        if database.dialect_name == "sqlite":
            assert packet_limit(session) is None
            return
        with pytest.raises(DatabaseError, match="524,288 bytes; expected at least 1,048,576"):
            packet_limit(session)


def test_a_server_that_answers_again_was_not_down(database: Database) -> None:
    """The message speaks of the statement's size, not of a server that nobody finds."""
    lost = OperationalError("INSERT", {}, Exception(2013, "Lost connection to server during query"))
    told = str(lost_connection_error(database.engine, lost))
    if database.dialect_name == "sqlite":
        assert "cannot be opened" in told
        return
    assert "dropped the connection" in told
    assert "max_allowed_packet is" in told


@pytest.mark.mysql
def test_a_server_that_is_down_is_said_to_be(mysql_url: str) -> None:
    """When it does not answer the second time either."""
    from sqlalchemy import make_url

    from database.engines import make_engine

    engine = make_engine(make_url(mysql_url).set(drivername="mysql+pymysql", port=1))
    lost = OperationalError("INSERT", {}, Exception(2013, "Lost connection to server during query"))
    assert "No database server answers" in str(lost_connection_error(engine, lost))
