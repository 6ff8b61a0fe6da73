"""Database URLs: which ones we take, and what of them may be shown."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from foundation.errors import ConfigError

DEFAULT_URL = "sqlite:///dicomill.db"
_SERVERS = ("mysql", "mariadb")
_EXPECTED = "sqlite:///FILE, mysql://USER:PASSWORD@HOST/NAME or mariadb://USER:PASSWORD@HOST/NAME"


def parse_url(text: str | None) -> URL:
    """Return the URL with its driver chosen and, for a file, an absolute path.

    Args:
        text: None for the default, `sqlite:///dicomill.db` in the current folder.

    Raises:
        ConfigError: the text is no URL of a database that we work with.

    Example:
        >>> parse_url("mysql://reader:secret@db.example/images").drivername
        'mysql+pymysql'
    """
    try:
        url = make_url(text or DEFAULT_URL)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"The database URL cannot be read. Expected {_EXPECTED}.") from error
    kind = url.get_backend_name()
    if kind == "sqlite":
        return _file_url(url)
    if kind not in _SERVERS or url.drivername not in (kind, f"{kind}+pymysql"):
        raise ConfigError(f"Expected a database URL {_EXPECTED}. Received: {url.drivername}://...")
    if not url.database:
        raise ConfigError(f"The database URL names no database. Expected {_EXPECTED}.")
    return url.set(drivername=f"{kind}+pymysql").update_query_dict({"charset": "utf8mb4"})


def _file_url(url: URL) -> URL:
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigError(f"Expected a database URL {_EXPECTED}. Received: {url.drivername}://...")
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigError(
            "The SQLite URL names no file; a database in memory could not be shared by workers. "
            "Expected sqlite:///FILE."
        )
    return URL.create("sqlite", database=str(Path(url.database).absolute()), query=url.query)


def file_of(url: URL) -> Path | None:
    """Return the path of an SQLite database; None for a server.

    Example:
        >>> file_of(parse_url("sqlite:////data/rows.db")).name
        'rows.db'
    """
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def shown(url: URL) -> str:
    """Return the URL as it may be printed: without the password.

    Example:
        >>> shown(parse_url("mariadb://reader:secret@db.example/images"))
        'mariadb://reader:***@db.example/images'
    """
    plain = url.set(drivername=url.get_backend_name(), query={})
    return plain.render_as_string(hide_password=True)
