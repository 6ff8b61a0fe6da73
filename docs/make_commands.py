"""Write docs/commands.md from the commands themselves: `python docs/make_commands.py [--check]`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.main import dicomill
from cli.settings import Settings

TARGET = Path(__file__).with_name("commands.md")
_WIDTH = 96
_TITLE = "# Commands\n\nMade by `make docs` from `--help`; do not edit.\n"


def commands_page() -> str:
    """Return the page: every command's help, in alphabetical order."""
    settings = {**dicomill.context_settings, "obj": Settings(), "terminal_width": _WIDTH}
    context = click.Context(dicomill, info_name="dicomill", **settings)
    sections = [_TITLE, *_sections(dicomill, context)]
    return "\n".join(sections)


def _sections(command: click.Command, context: click.Context) -> list[str]:
    level = "#" * (context.command_path.count(" ") + 2)
    own = f"{level} {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    sections = [own]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                child = click.Context(below, info_name=name, parent=context, terminal_width=_WIDTH)
                sections += _sections(below, child)
    return sections


def main() -> None:
    """Write the page, or with --check say whether it is current."""
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == commands_page() else "docs/commands.md is old")
    TARGET.write_text(commands_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
