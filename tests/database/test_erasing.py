"""Whether deleted bytes are gone from the files."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import text

from database import erasing
from database.batches import NewFrame
from database.erasing import erase_freed_bytes
from database.session import Database, open_database, transaction
from database.withdrawals import find_families
from database.withdrawing import delete_family

KEY = "ab" * 16


def bytes_of(database: Database) -> bytes:
    """Return all that SQLite has on disk."""
    path = database.file_path
    assert path is not None
    beside = [path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")]
    return b"".join(one.read_bytes() for one in beside if one.exists())


def test_nothing_of_a_withdrawn_patient_is_left_in_the_file(
    sqlite_url: str, make: Callable[..., Any], make_sha: Callable[[str], str]
) -> None:
    """Neither picture nor key nor UID: file, log and all."""
    from database.instances import store_instances
    from database.runs import begin_run

    secret, kept = os.urandom(40_000), os.urandom(40_000)
    batch = [
        make("2.25.7777", patient_key=KEY, frames=(NewFrame(1, secret, "png", "uint8", 0, make_sha("s")),)),
        make(
            "2.25.8888", patient_key="cd" * 16, frames=(NewFrame(1, kept, "png", "uint8", 0, make_sha("k")),)
        ),
    ]
    with open_database(sqlite_url) as database:
        run_id = transaction(
            database, lambda session: begin_run(session, source_name="disk", profile="p", config={})
        )
        transaction(
            database, lambda session: store_instances(session, run_id=run_id, source_name="disk", batch=batch)
        )
        needles = [KEY.encode(), b"2.25.7777", secret[100:200], secret[-200:-100]]
        before = bytes_of(database)
        assert all(needle in before for needle in needles)
        with database.session() as session:
            family = find_families(session, [KEY])[KEY]
        delete_family(database, family, tombstone_key="t", advance=lambda _: None)
        erasure = erase_freed_bytes(database)
        after = bytes_of(database)
    assert erasure.is_complete
    assert [needle for needle in needles if needle in after] == []
    assert kept[100:200] in after


def test_a_file_that_others_read_is_told(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are gone, the file could not be written anew."""
    monkeypatch.setattr(erasing, "BUSY_SECONDS", 0.1)
    with open_database(sqlite_url) as database, closing(sqlite3.connect(str(database.file_path))) as other:
        other.isolation_level = None
        other.execute("BEGIN")
        other.execute("SELECT COUNT(*) FROM patient").fetchone()
        with database.session(writes=True) as session:
            session.execute(text("UPDATE dicomill_version SET version_num = version_num"))
            session.commit()
        erasure = erase_freed_bytes(database)
        other.execute("ROLLBACK")
        assert not erasure.is_complete
        assert "another program has it open" in erasure.detail
        assert erase_freed_bytes(database).is_complete


def test_without_room_for_a_copy_the_file_stays(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite writes a whole copy first."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))  # type: ignore[attr-defined]
    with open_database(sqlite_url) as database:
        erasure = erase_freed_bytes(database)
    assert not erasure.is_complete
    assert "free space" in erasure.detail


@pytest.mark.mysql
def test_of_a_server_it_is_said_what_cannot_be_promised(mysql_url: str) -> None:
    """Binary logs, backups, freed pages."""
    with open_database(mysql_url) as database:
        erasure = erase_freed_bytes(database)
    assert not erasure.is_complete
    assert "binary log" in erasure.detail
