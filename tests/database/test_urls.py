"""Database URLs."""

from __future__ import annotations

import pytest

from database.urls import file_of, parse_url, shown
from foundation.errors import ConfigError


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"])
def test_servers_get_our_driver_and_full_unicode(scheme: str) -> None:
    """Whatever of the four is written, PyMySQL speaks utf8mb4."""
    url = parse_url(f"{scheme}://me:secret@host:3307/images")
    assert url.drivername.endswith("+pymysql")
    assert url.query["charset"] == "utf8mb4"


def test_a_password_is_never_shown() -> None:
    """Neither in the URL for people nor in a repr."""
    url = parse_url("mysql://me:s3cr%2Ft@host/images?ssl_key=secretfile")
    for text in (shown(url), repr(url), str(url)):
        assert "s3cr" not in text
    assert shown(url) == "mysql://me:***@host/images"


def test_a_file_gets_an_absolute_path() -> None:
    """A worker in another folder opens the same file."""
    path = file_of(parse_url("sqlite:///rows.db"))
    assert path is not None
    assert path.is_absolute()
    assert file_of(parse_url("mysql://host/images")) is None


def test_the_default_is_a_file_in_the_current_folder() -> None:
    """No URL means dicomill.db."""
    path = file_of(parse_url(None))
    assert path is not None
    assert path.name == "dicomill.db"


@pytest.mark.parametrize(
    "text",
    [
        "no url",
        "postgresql://me:secret@host/images",
        "mysql+mysqldb://me:secret@host/images",
        "sqlite+aiosqlite:///x.db",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://me:secret@host",
        "mysql://me:secret@host:port/images",
    ],
)
def test_other_urls_are_refused_in_one_line(text: str) -> None:
    """The message says what is expected and keeps the password."""
    with pytest.raises(ConfigError) as caught:
        parse_url(text)
    message = str(caught.value)
    assert "Expected" in message
    assert "secret" not in message
    assert "\n" not in message
