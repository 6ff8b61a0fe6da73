"""Opening a database together with its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from database import opening
from database.opening import open_if_given, open_with_key, require_key
from database.pseudonym_keys import ensure_key
from database.session import transaction
from foundation.errors import KeyFileError, TargetExistsError
from foundation.keys import create_key_file


def test_a_first_opening_makes_file_and_key(tmp_path: Path) -> None:
    """Side by side; the next opening finds both."""
    url = f"sqlite:///{tmp_path}/study.db"
    with open_with_key(url, create=True) as database:
        key = require_key(database)
        transaction(database, lambda session: ensure_key(session, key))
    assert (tmp_path / "study.key").is_file()
    with open_with_key(url) as database:
        assert require_key(database) == key


def test_a_lost_key_is_not_replaced(tmp_path: Path) -> None:
    """A database with pseudonyms opens for reading without its key, but none is made for it."""
    url = f"sqlite:///{tmp_path}/study.db"
    with open_with_key(url, create=True) as database:
        key = require_key(database)
        transaction(database, lambda session: ensure_key(session, key))
    (tmp_path / "study.key").unlink()
    with (
        open_with_key(url, create=True) as database,
        pytest.raises(KeyFileError, match="A lost key cannot be made again"),
    ):
        require_key(database)
    assert not (tmp_path / "study.key").exists()


def test_another_key_file_is_refused(tmp_path: Path) -> None:
    """And so is one that was named but is not there."""
    url = f"sqlite:///{tmp_path}/study.db"
    with open_with_key(url, create=True) as database:
        key = require_key(database)
        transaction(database, lambda session: ensure_key(session, key))
    create_key_file(tmp_path / "other.key")
    for name in ("other.key", "missing.key"):
        with pytest.raises(KeyFileError):
            open_with_key(url, key_file=tmp_path / name)


@pytest.mark.mysql
def test_a_server_gets_no_key_by_itself(mysql_url: str) -> None:
    """There the key must be given."""
    with open_with_key(mysql_url, create=True) as database, pytest.raises(KeyFileError):
        require_key(database)


def test_no_url_is_no_database(tmp_path: Path) -> None:
    """For doors that work without one, too."""
    with open_if_given(None) as database:
        assert database is None
    open_with_key(f"sqlite:///{tmp_path}/study.db", create=True).close()
    with open_if_given(f"sqlite:///{tmp_path}/study.db") as database:
        assert database is not None
        assert database.key is not None


def test_a_key_that_another_process_made_meanwhile_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two first openings at once, both work with one key."""
    path = tmp_path / "study.key"

    def slower(_path: Path) -> bytes:
        create_key_file(path)
        raise TargetExistsError("there already")

    monkeypatch.setattr(opening, "create_key_file", slower)
    with open_with_key(f"sqlite:///{tmp_path}/study.db", create=True) as database:
        assert require_key(database).hex() == path.read_text().strip()


def test_a_failure_on_the_way_closes_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that cannot be written is an error, not a database without one."""

    def failing(_path: Path) -> bytes:
        raise KeyFileError("cannot write")

    monkeypatch.setattr(opening, "create_key_file", failing)
    with pytest.raises(KeyFileError, match="cannot write"):
        open_with_key(f"sqlite:///{tmp_path}/study.db", create=True)
