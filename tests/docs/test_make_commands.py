"""The page of commands."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cli.main import COMMANDS

SCRIPT = Path(__file__).parents[2] / "docs" / "make_commands.py"


@pytest.fixture
def make_commands() -> ModuleType:
    """Load the script, which lies outside the rooms."""
    spec = importlib.util.spec_from_file_location("make_commands", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(make_commands: ModuleType) -> None:
    """After a change of a command `make docs` makes it again."""
    assert make_commands.TARGET.read_text(encoding="utf-8") == make_commands.commands_page()


def test_every_command_has_a_section(make_commands: ModuleType) -> None:
    """Those of a group stand below it."""
    headings = re.findall("^(#+) (dicomill.*)$", make_commands.commands_page(), re.MULTILINE)
    assert [name for marks, name in headings if marks == "###"] == [f"dicomill {name}" for name in COMMANDS]
    assert ("####", "dicomill cohort create") in headings


@pytest.mark.parametrize("columns", ["40", "300"])
def test_the_terminal_changes_nothing(
    make_commands: ModuleType, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """The page is the same wherever it is made."""
    page = make_commands.commands_page()
    monkeypatch.setenv("COLUMNS", columns)
    assert make_commands.commands_page() == page


def test_an_old_page_is_told_and_made_again(
    make_commands: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--check changes nothing."""
    target = tmp_path / "commands.md"
    target.write_text("old")
    monkeypatch.setattr(make_commands, "TARGET", target)
    monkeypatch.setattr(sys, "argv", ["make_commands.py", "--check"])
    with pytest.raises(SystemExit, match="is old"):
        make_commands.main()
    monkeypatch.setattr(sys, "argv", ["make_commands.py"])
    make_commands.main()
    assert target.read_text(encoding="utf-8") == make_commands.commands_page()
