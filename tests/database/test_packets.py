"""The server's limit on one statement."""

from __future__ import annotations

import pytest
from pymysql.converters import escape_bytes

from database.packets import check_contents, check_packet, packet_bytes
from database.session import Database
from foundation.errors import DatabaseError


def test_every_byte_counts_twice() -> None:
    """PyMySQL writes a blob as hexadecimal digits."""
    statement = f"INSERT INTO pixels (content) VALUES ({escape_bytes(bytes(1000))})"
    assert 2000 < len(statement) <= packet_bytes(bytes(1000))


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
