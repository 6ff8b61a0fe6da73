"""Opening a database together with the secret key that its pseudonyms were made with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from database.pseudonym_keys import has_key
from database.session import Database, open_database
from database.urls import file_of, parse_url
from foundation.errors import KeyFileError, TargetExistsError
from foundation.keys import create_key_file, read_key_file


def open_with_key(url: str | None, *, key_file: Path | str | None = None, create: bool = False) -> Database:
    """Open a database, read its key where there is one, and hold the one against the other.

    Args:
        url: None for `sqlite:///dicomill.db` in the current folder.
        key_file: None for the file beside an SQLite database (`study.db` → `study.key`).
        create: make an SQLite file that is missing, and its key. For a server both must be there.

    Returns:
        The open database; its `key` is None where no key file was given or found, which suffices for
        doors that make no pseudonyms.

    Raises:
        DatabaseUnavailableError, MigrationError, ConfigError: see `open_database`.
        KeyFileError: the key file is broken, missing though it was named, or holds another key.
    """
    path = file_of(parse_url(url))
    beside = None if path is None else path.with_suffix(".key")
    key_path = Path(key_file) if key_file else beside
    key = read_key_file(key_path) if key_path and (key_file or key_path.exists()) else None
    database = open_database(url, create=create, key=key)
    try:
        if key is None and create and key_path is not None and not is_keyed(database):
            key = _create_or_read(key_path)
    except BaseException:
        database.close()
        raise
    database.key = key
    return database


@contextmanager
def open_if_given(url: str | None, *, key_file: Path | str | None = None) -> Iterator[Database | None]:
    """Give the open database, or None where no URL was given."""
    if url is None:
        yield None
        return
    with open_with_key(url, key_file=key_file) as database:
        yield database


def is_keyed(database: Database) -> bool:
    """Tell whether pseudonyms were made in a database already, so that it takes one key only."""
    with database.session() as session:
        return has_key(session)


def require_key(database: Database) -> bytes:
    """Return the key of an open database, for a door that makes pseudonyms.

    Raises:
        KeyFileError: no key file was given or found.
    """
    if database.key is None:
        if is_keyed(database):
            raise KeyFileError(
                "The key that this database was made with was not found. Give its file (--key-file or "
                "DICOMILL_KEY_FILE) or put its copy back. A lost key cannot be made again: the rows stay "
                "readable, but nothing can be added, linked or withdrawn by an original id."
            )
        raise KeyFileError(
            "This needs the secret key that pseudonyms are made with, and none was found. "
            "Give it (--key-file or DICOMILL_KEY_FILE); for a new server database make one with "
            "`dicomill key create FILE`."
        )
    return database.key


def _create_or_read(path: Path) -> bytes:
    """Make the key, or read the one that another process has made meanwhile."""
    try:
        return create_key_file(path)
    except TargetExistsError:
        return read_key_file(path)
