"""Which schema a database has."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from database.migrating import status
from database.revisions import check_foreign, current_revision
from database.schema import SCHEMA_REVISION
from database.session import Database, open_database, transaction
from foundation.errors import MigrationError


@pytest.mark.parametrize(
    ("revision", "words"),
    [("0000", "dicomill db upgrade"), ("9999", "newer than this version"), ("a1b2c3", "not one of dicomill")],
)
def test_another_schema_is_refused(database: Database, database_url: str, revision: str, words: str) -> None:
    """Behind, ahead or of others: one clear line each."""
    statement = text("UPDATE dicomill_version SET version_num = :revision")

    def set_revision(value: str) -> None:
        transaction(database, lambda session: session.execute(statement, {"revision": value}))

    set_revision(revision)
    try:
        with pytest.raises(MigrationError, match=words):
            open_database(database_url)
        if revision != "0000":
            with pytest.raises(MigrationError):
                status(database_url)
    finally:
        set_revision(SCHEMA_REVISION)


def test_our_own_database_is_told_from_others(database: Database) -> None:
    """The current revision is the one that this version works with."""
    with database.engine.connect() as connection:
        assert current_revision(connection) == SCHEMA_REVISION
        check_foreign(connection, "here")
