"""Where the value of a shared option comes from: option, environment, dicomill.toml, default."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli.options import (
    database_option,
    json_option,
    key_file_option,
    optional_database_option,
    overwrite_option,
    set_option,
    workers_option,
)
from cli.settings import Settings


@click.command()
@database_option
@key_file_option
@workers_option
@overwrite_option
@set_option
@json_option
def shown(**values: object) -> None:
    """Print every value."""
    for name, value in sorted(values.items()):
        click.echo(f"{name}={value!r}")


@click.command()
@optional_database_option
def shown_optional(database_url: str | None) -> None:
    """Print the value."""
    click.echo(repr(database_url))


def values_of(*words: str, settings: Settings | None = None) -> str:
    """Return what the command prints for some words."""
    result = CliRunner().invoke(shown, words, obj=settings, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


TOML = Settings(database="sqlite:///toml.db", key_file="toml.key", workers=2)


def test_defaults_hold_where_nothing_is_said() -> None:
    """An SQLite file in the current folder, its key beside it, one worker a core."""
    assert values_of().splitlines() == [
        "as_json=False",
        "assignments=()",
        "database_url='sqlite:///dicomill.db'",
        "key_file=None",
        "overwrite=False",
        "workers=None",
    ]


def test_the_settings_file_comes_before_the_defaults() -> None:
    """What dicomill.toml sets holds for each command."""
    told = values_of(settings=TOML)
    assert "database_url='sqlite:///toml.db'" in told
    assert f"key_file={Path('toml.key')!r}" in told
    assert "workers=2" in told


def test_the_environment_comes_before_the_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container sets variables, not files."""
    monkeypatch.setenv("DICOMILL_DATABASE_URL", "sqlite:///environment.db")
    monkeypatch.setenv("DICOMILL_KEY_FILE", "environment.key")
    monkeypatch.setenv("DICOMILL_WORKERS", "3")
    told = values_of(settings=TOML)
    assert "database_url='sqlite:///environment.db'" in told
    assert f"key_file={Path('environment.key')!r}" in told
    assert "workers=3" in told


def test_an_option_comes_before_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed was meant."""
    monkeypatch.setenv("DICOMILL_DATABASE_URL", "sqlite:///environment.db")
    monkeypatch.setenv("DICOMILL_WORKERS", "3")
    told = values_of("--database", "sqlite:///typed.db", "--workers", "4", settings=TOML)
    assert "database_url='sqlite:///typed.db'" in told
    assert "workers=4" in told


def test_set_may_be_given_several_times() -> None:
    """In the order typed."""
    assert "assignments=('a=1', 'b=2')" in values_of("--set", "a=1", "--set", "b=2")


def test_a_command_that_can_do_without_a_database_takes_none_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the option or the environment names one."""
    run = CliRunner().invoke
    assert run(shown_optional, obj=TOML).output == "None\n"
    monkeypatch.setenv("DICOMILL_DATABASE_URL", "sqlite:///environment.db")
    assert run(shown_optional).output == "'sqlite:///environment.db'\n"


def test_an_empty_text_is_no_path() -> None:
    """A shell variable that is not set would otherwise mean the current folder."""
    result = CliRunner().invoke(shown, ["--key-file", ""])
    assert result.exit_code == 2
    assert "An empty text is no path" in result.output
