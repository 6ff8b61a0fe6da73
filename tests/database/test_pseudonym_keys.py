"""The key of a database."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from database.pseudonym_keys import check_key, ensure_key, has_key
from database.schema import PseudonymKey
from database.session import Database, open_database, transaction
from foundation.errors import KeyFileError

FIRST, SECOND = b"a" * 32, b"b" * 32


def test_the_first_key_is_the_only_one(database: Database) -> None:
    """A database without a key takes any; afterwards it takes that one alone."""
    with database.session() as session:
        check_key(session, SECOND)
        assert not has_key(session)
    for _ in range(2):
        transaction(database, lambda session: ensure_key(session, FIRST))
    with database.session() as session:
        assert has_key(session)
        check_key(session, FIRST)
        with pytest.raises(KeyFileError, match="another key"):
            ensure_key(session, SECOND)
    database.check_key(FIRST)


def test_the_key_itself_is_not_stored(database: Database) -> None:
    """Only a fingerprint that tells nothing of it."""
    transaction(database, lambda session: ensure_key(session, FIRST))
    with database.session() as session:
        stored = session.scalars(select(PseudonymKey.key_fingerprint)).one()
    assert FIRST.hex() not in stored
    assert len(stored) == 32


def test_two_first_keys_at_once_leave_one(database_url: str) -> None:
    """Of two processes that start with different keys, one is refused."""
    refused: list[KeyFileError] = []
    start = threading.Barrier(2)

    def work(key: bytes) -> None:
        with open_database(database_url) as database:
            start.wait(10)
            try:
                transaction(database, lambda session: ensure_key(session, key))
            except KeyFileError as error:
                refused.append(error)

    threads = [threading.Thread(target=work, args=(key,)) for key in (FIRST, SECOND)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
