"""Upgrading."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text

from database import migrating
from database.migrating import (
    alembic_config,
    migration_connection,
    run_downgrade,
    run_upgrade,
    status,
    upgrade,
)
from database.product_tables import Product
from database.revisions import VERSION_TABLE
from database.schema import SCHEMA_REVISION
from database.session import open_database
from database.urls import parse_url
from foundation.errors import DatabaseUnavailableError, MigrationError


def differences(connection: Connection) -> list[object]:
    """Return what autogenerate would change."""
    options = {"version_table": VERSION_TABLE, "compare_type": True}
    context = MigrationContext.configure(connection, opts=options)
    found = list(compare_metadata(context, Product.metadata))
    connection.rollback()
    return found


def test_there_is_one_head_and_the_code_knows_it() -> None:
    """The revisions are one line, and the newest is the one that opening expects."""
    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_heads() == [SCHEMA_REVISION]


def test_up_and_down_and_up_again(bare_database_url: str) -> None:
    """Base to head leaves no difference to the models; head to base leaves nothing of ours."""
    report = upgrade(bare_database_url)
    assert (report.before, report.after) == (None, SCHEMA_REVISION)
    assert report.applied[-1] == SCHEMA_REVISION
    with migration_connection(parse_url(bare_database_url)) as connection:
        assert differences(connection) == []
        run_downgrade(connection)
        found = inspect(connection)
        assert set(found.get_table_names()) == {VERSION_TABLE}
        assert found.get_view_names() == []
        connection.rollback()
        run_upgrade(connection)
        assert differences(connection) == []
    assert upgrade(bare_database_url).applied == ()


def test_a_cut_upgrade_goes_on(bare_database_url: str) -> None:
    """Killed early or late, the upgrade is run again to the same schema."""
    for cut_after in (4, 40):
        with migration_connection(parse_url(bare_database_url)) as connection:
            _cut(connection, cut_after)
            with pytest.raises(KeyboardInterrupt):
                run_upgrade(connection)
            connection.invalidate()
        upgrade(bare_database_url)
        with migration_connection(parse_url(bare_database_url)) as connection:
            assert differences(connection) == []
            assert len(inspect(connection).get_view_names()) == 3
            connection.rollback()
            run_downgrade(connection)


def _cut(connection: Connection, cut_after: int) -> None:
    """Interrupt a connection after some statements that change the schema."""
    seen = []

    @event.listens_for(connection, "before_cursor_execute")
    def on_execute(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().startswith(("CREATE", "DROP")):
            seen.append(statement)
        if len(seen) > cut_after:
            raise KeyboardInterrupt


def test_a_status_changes_nothing(bare_database_url: str) -> None:
    """It tells what is pending, and the server's version."""
    before = status(bare_database_url)
    assert (before.current, before.head) == (None, SCHEMA_REVISION)
    assert before.pending[-1] == SCHEMA_REVISION
    assert before == status(bare_database_url)
    upgrade(bare_database_url)
    after = status(bare_database_url)
    assert (after.current, after.pending) == (SCHEMA_REVISION, ())
    assert after.server_version[0].isdigit()
    assert after.dialect_name in {"sqlite", "mysql", "mariadb"}


def test_an_upgrade_makes_a_missing_file(tmp_path: Path) -> None:
    """A status does not; nothing but the file is left beside it."""
    url = f"sqlite:///{tmp_path}/rows.db"
    with pytest.raises(DatabaseUnavailableError):
        status(url)
    assert upgrade(url).after == SCHEMA_REVISION
    assert [path.name for path in tmp_path.iterdir()] == ["rows.db"]


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """With what SQLite lays beside it, whatever the umask."""
    path = tmp_path / "study.db"
    upgrade(f"sqlite:///{path}")
    with open_database(f"sqlite:///{path}") as database, database.session() as session:
        session.execute(text("SELECT 1 FROM patient"))
        modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.glob("study.db*")}
    assert modes.keys() >= {"study.db", "study.db-wal"}
    assert set(modes.values()) == {0o600}


def test_a_cut_creation_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file has its name only when its schema is whole."""

    def cut(connection: Connection, revision: str = "head") -> None:
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        connection.commit()
        raise KeyboardInterrupt

    monkeypatch.setattr(migrating, "run_upgrade", cut)
    with pytest.raises(KeyboardInterrupt):
        upgrade(f"sqlite:///{tmp_path}/rows.db")
    assert list(tmp_path.iterdir()) == []


def test_two_creations_at_once_give_one_file(tmp_path: Path) -> None:
    """Both succeed, and the file that was first stays."""
    url = f"sqlite:///{tmp_path}/rows.db"
    threads = [threading.Thread(target=lambda: open_database(url, create=True).close()) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.iterdir()] == ["rows.db"]
    assert status(url).pending == ()


def test_a_failing_step_is_told_in_one_line(tmp_path: Path) -> None:
    """The message says how to go on."""
    url = parse_url(f"sqlite:///{tmp_path}/rows.db")
    with (
        pytest.raises(MigrationError, match="run `dicomill db upgrade` again"),
        migration_connection(url) as connection,
    ):
        connection.execute(text("CREATE TABLE"))


@pytest.mark.mysql
def test_tables_have_one_charset_on_every_server(mysql_url: str) -> None:
    """InnoDB and utf8mb4_bin, whatever the server's defaults are."""
    query = text(
        "SELECT DISTINCT engine, table_collation FROM information_schema.tables "
        "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_name <> :version"
    )
    with migration_connection(parse_url(mysql_url)) as connection:
        rows = connection.execute(query, {"version": VERSION_TABLE}).all()
    assert [tuple(row) for row in rows] == [("InnoDB", "utf8mb4_bin")]


@pytest.mark.mysql
def test_two_upgrades_of_one_server_database_wait_for_each_other(
    bare_mysql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second goes on when the first has ended, or says that another one runs."""
    monkeypatch.setattr(migrating, "_LOCK_SECONDS", 0)
    url = parse_url(bare_mysql_url)
    with migration_connection(url) as connection:
        connection.execute(text("SELECT GET_LOCK(CONCAT('dicomill upgrade ', MD5(DATABASE())), 0)"))
        with pytest.raises(MigrationError, match="Another upgrade"):
            upgrade(bare_mysql_url)
    assert upgrade(bare_mysql_url).after == SCHEMA_REVISION


def test_a_file_system_without_links_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file takes its name by a rename there."""

    def refuse(_path: Path, _target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    url = f"sqlite:///{tmp_path}/rows.db"
    assert upgrade(url).after == SCHEMA_REVISION
    assert [path.name for path in tmp_path.iterdir()] == ["rows.db"]
