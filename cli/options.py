"""Options that several commands share, declared once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.settings import Settings
from foundation.errors import ConfigError

Command = TypeVar("Command", bound=Callable[..., Any])
Number = TypeVar("Number", int, float)


class PathType(click.Path):
    """A path that arrives as a pathlib.Path; whether it exists is the door's question."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; an empty text, as a shell variable that is not set, is none."""
        if value == "":
            self.fail("An empty text is no path; the current folder is a dot.", param, ctx)
        return super().convert(value, param, ctx)


PATH = PathType()


def _settings() -> Settings:
    found = click.get_current_context().find_object(Settings)
    return found if found is not None else Settings()


def database_option(command: Command) -> Command:
    """Add `--database URL`."""
    return click.option(
        "--database",
        "database_url",
        metavar="URL",
        envvar="DICOMILL_DATABASE_URL",
        default=lambda: _settings().database,
        show_default="sqlite:///dicomill.db",
        help="Database URL: sqlite:///FILE or mysql://USER:PASSWORD@HOST/NAME.",
    )(command)


def optional_database_option(command: Command) -> Command:
    """Add `--database URL` for a command that can do without one."""
    return click.option(
        "--database",
        "database_url",
        metavar="URL",
        envvar="DICOMILL_DATABASE_URL",
        default=None,
        help="Also record the result in this database.",
    )(command)


def key_file_option(command: Command) -> Command:
    """Add `--key-file FILE`."""
    return click.option(
        "--key-file",
        type=PATH,
        envvar="DICOMILL_KEY_FILE",
        default=lambda: _settings().key_file,
        show_default="beside an SQLite database",
        help="The secret key that pseudonyms are made with.",
    )(command)


def workers_option(command: Command) -> Command:
    """Add `--workers N`."""
    return click.option(
        "--workers",
        type=click.IntRange(min=1),
        envvar="DICOMILL_WORKERS",
        default=lambda: _settings().workers,
        show_default="one a core",
        help="Processes to use.",
    )(command)


def asked_workers() -> int | None:
    """Return the processes that DICOMILL_WORKERS or dicomill.toml ask for, where a command has no --workers.

    Raises:
        ConfigError: the variable holds no number of processes.
    """
    text = os.environ.get("DICOMILL_WORKERS")
    if text is None:
        return _settings().workers
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f'DICOMILL_WORKERS expects a number of processes. Received: "{text}".')
    return int(text)


def overwrite_option(command: Command) -> Command:
    """Add `--overwrite`."""
    return click.option("--overwrite", is_flag=True, help="Replace the target if it exists.")(command)


def json_option(command: Command) -> Command:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")(command)


def set_option(command: Command) -> Command:
    """Add `--set field=value` for the fields of a config that have no option of their own."""
    return click.option(
        "--set",
        "assignments",
        metavar="FIELD=VALUE",
        multiple=True,
        help="Set another field of this stage's config; may be given several times.",
    )(command)


def read_numbers(text: str | None, kind: type[Number], *, option: str) -> tuple[Number, ...] | None:
    """Return the numbers of a text such as `.8,.1,.1`; None stays None.

    Args:
        text: numbers with commas between them.
        kind: int or float.
        option: for the message.

    Raises:
        ConfigError: one of them is no such number.
    """
    if text is None:
        return None
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError as error:
        example = ".8,.1,.1" if kind is float else "100,100"
        raise ConfigError(f'{option} expects numbers such as {example}. Received: "{text}".') from error
