"""The server's limit on one statement."""

from __future__ import annotations

import pytest
from pymysql.converters import escape_bytes

from database.packets import check_contents, check_packet, packet_bytes, piece_bytes
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
