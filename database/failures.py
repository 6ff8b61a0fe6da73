"""What a driver's error means: a race that may pass, a database that is gone, a full disk, or a mistake."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError as DriverError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from database.engines import connection_error, driver_code
from database.packets import lost_connection_error
from foundation.errors import DatabaseError

_DEADLOCK, _LOCK_WAIT, _CHANGED_SINCE_READ = 1213, 1205, 1020
_RACES = {_DEADLOCK, _LOCK_WAIT, _CHANGED_SINCE_READ}
_PACKET_TOO_LARGE = 1153
# Of the client, then of the server: too many connections, shut down, killed (MariaDB, MySQL).
_CONNECTION_LOST = {2002, 2003, 2006, 2013, 2055, 1040, 1053, 1079, 1927, 3169, 4031}
# Writing a file failed, no space (ENOSPC), disk full, writing failed, table full.
_DISK_FULL = {3, 28, 1021, 1026, 1114}
_DISK_FULL_WORDS = ("disk is full", "disk I/O error")


def is_of_the_world(error: BaseException) -> bool:
    """Tell whether an error is the database's state rather than a statement of ours that is wrong."""
    if not isinstance(error, DBAPIError):
        return False
    return (
        isinstance(error, OperationalError | InterfaceError) or type(error) is DriverError or is_lost(error)
    )


def is_lost(error: DBAPIError) -> bool:
    """Tell whether the connection is gone, or none was to be had."""
    return driver_code(error) in _CONNECTION_LOST or error.connection_invalidated


def may_pass(error: DBAPIError) -> bool:
    """Tell whether the same transaction may succeed when it is tried again at once."""
    if isinstance(error, IntegrityError):  # a unique key that another transaction took meanwhile
        return True
    code = driver_code(error)
    if code is None:
        reason = str(error.orig)
        return "locked" in reason or "busy" in reason
    return code in _RACES or is_lost(error)


def reading_error(engine: Engine, error: DBAPIError) -> DatabaseError:
    """Return our error for a session that only read."""
    if is_lost(error):
        return connection_error(engine.url, error)
    return DatabaseError(
        f"The database cannot be read: {_reason_of(error)}. Check the disk it lies on, or restore it from "
        "a copy."
    )


def writing_error(engine: Engine, error: DBAPIError, *, tries: int) -> DatabaseError:
    """Return our error for a transaction that could not be committed.

    Args:
        engine: of the database.
        error: of the last try.
        tries: how many there were.
    """
    if is_lost(error) or driver_code(error) == _PACKET_TOO_LARGE:
        return lost_connection_error(engine, error)
    if isinstance(error, IntegrityError):
        return DatabaseError(
            f"The rows contradict what the database holds (tried {tries} times): a unique or foreign "
            "key does not fit. Nothing of this batch was stored."
        )
    if may_pass(error):
        return DatabaseError(
            f"The database stayed locked by others (tried {tries} times). Nothing of this batch was "
            "stored. Run the command again when they have finished."
        )
    if _is_full(error):
        return DatabaseError(
            f"The database's disk is full or at its limit: {_reason_of(error)}. Nothing of this batch was "
            "stored, and what was stored before is kept. Make room, then run the command again."
        )
    return DatabaseError(
        f"The database refused to write: {_reason_of(error)}. Nothing of this batch was stored. "
        "Check free space and permissions, then run the command again."
    )


def _is_full(error: DBAPIError) -> bool:
    return driver_code(error) in _DISK_FULL or any(word in str(error.orig) for word in _DISK_FULL_WORDS)


def _reason_of(error: DBAPIError) -> str:
    code = driver_code(error)
    return f"error {code}" if code is not None else str(error.orig)
