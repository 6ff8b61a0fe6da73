"""How large a statement the server takes, told before it is sent.

A larger one is no clean error: the server drops the connection ("server has gone away").
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from database.engines import connection_error
from database.urls import shown
from foundation.errors import DatabaseError, DatabaseUnavailableError

SMALLEST_LIMIT = 1 << 20
"""Rows are sent many in a statement, of up to 1,024,000 bytes (PyMySQL's `Cursor.max_stmt_length`)."""

_REST_OF_STATEMENT = 4096


def packet_bytes(content: bytes) -> int:
    """Return how large a packet the server must allow for a blob: as large as the blob and a little.

    Example:
        >>> packet_bytes(b"ab") - packet_bytes(b"")
        2
    """
    return len(content) + _REST_OF_STATEMENT


def piece_bytes(limit: int) -> int:
    """Return how much of a blob fits one statement: PyMySQL writes it as hexadecimal, two for one.

    Args:
        limit: from `packet_limit`.

    Example:
        >>> piece_bytes(16 << 20)
        8386560
    """
    return (limit - _REST_OF_STATEMENT) // 2


def check_packet(session: Session, num_bytes: int) -> None:
    """Refuse what the server would not take in one statement.

    Args:
        session: on any dialect; SQLite takes all up to 1 GB.
        num_bytes: of the statement, `packet_bytes` of its blob.

    Raises:
        DatabaseError: the server's `max_allowed_packet` is smaller.
    """
    limit = packet_limit(session)
    if limit is not None and num_bytes > limit:
        raise DatabaseError(
            f"One picture takes {num_bytes:,} bytes, but the server's max_allowed_packet is {limit:,}. "
            "Nothing of this batch was stored. Set max_allowed_packet to 256M in the server's "
            "configuration, restart it and run the command again."
        )


def check_contents(session: Session, contents: Iterable[bytes]) -> None:
    """Refuse the largest of some blobs if the server would not take it.

    Raises:
        DatabaseError: the server's `max_allowed_packet` is smaller.
    """
    largest = max((content for content in contents), key=len, default=b"")
    if len(largest) > _SURELY_FITS:
        check_packet(session, packet_bytes(largest))


_SURELY_FITS = 256 * 1024
"""Below the smallest limit that servers are set to (1 MiB)."""


def packet_limit(session: Session) -> int | None:
    """Return the most bytes that the server takes in one statement; None where there is no limit.

    Raises:
        DatabaseError: the server takes less than any work here needs.
    """
    if session.get_bind().dialect.name == "sqlite":
        return None
    limit = int(session.execute(text(_ASK_LIMIT)).scalar_one())
    if limit < SMALLEST_LIMIT:
        raise DatabaseError(
            f"The server's max_allowed_packet is {limit:,} bytes; expected at least {SMALLEST_LIMIT:,}. "
            "Nothing was stored. Set max_allowed_packet to 256M in the server's configuration, restart it "
            "and run the command again."
        )
    return limit


def lost_connection_error(engine: Engine, error: DBAPIError) -> DatabaseError:
    """Return our error for a connection that was lost in the middle of the work.

    A server that answers again at once is not down: it most often dropped a statement that was larger
    than it takes, and that is what the user must know.

    Args:
        engine: of the database.
        error: what the driver raised.
    """
    if engine.dialect.name == "sqlite":
        return connection_error(engine.url, error)
    try:
        with engine.connect() as connection:
            limit = int(connection.execute(text(_ASK_LIMIT)).scalar_one())
    except DBAPIError as still:
        return connection_error(engine.url, still)
    return DatabaseUnavailableError(
        f"The server at {shown(engine.url)} dropped the connection in the middle of the work, but answers "
        f"now. Nothing of this batch was stored. Where it happens again, a statement is larger than the "
        f"server takes (its max_allowed_packet is {limit:,} bytes; set it to 256M), or the server is "
        "restarted or runs out of memory: see its error log."
    )


_ASK_LIMIT = "SELECT @@session.max_allowed_packet"
