"""`dicomill`: the commands, where they live, and what becomes of an error."""

from __future__ import annotations

import atexit
import errno
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from cli.settings import read_settings
from foundation.errors import DicomillError

INTERRUPTED_STATUS = 130
MACHINE_ERRORS = {errno.EACCES, errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.EPERM, errno.EROFS}
"""What the machine refuses anywhere: no space, no permission, a broken disk. No bug, so one line."""

COMMANDS = {
    "cohort": "cli.commands.cohort:cohort",
    "compat": "cli.commands.compat:compat",
    "db": "cli.commands.db:db",
    "demo": "cli.commands.demo:demo",
    "doctor": "cli.commands.doctor:doctor",
    "duplicates": "cli.commands.duplicates:duplicates",
    "evaluate": "cli.commands.evaluate:evaluate",
    "export": "cli.commands.export:export",
    "ingest": "cli.commands.ingest:ingest",
    "key": "cli.commands.key:key",
    "labels": "cli.commands.labels:labels",
    "models": "cli.commands.models:models",
    "pack": "cli.commands.pack:pack",
    "patients": "cli.commands.patients:patients",
    "phantoms": "cli.commands.phantoms:phantoms",
    "pixels": "cli.commands.pixels:pixels",
    "predict": "cli.commands.predict:predict",
    "privacy": "cli.commands.privacy:privacy",
    "pseudonymise": "cli.commands.pseudonymise:pseudonymise",
    "records": "cli.commands.records:records",
    "render": "cli.commands.render:render",
    "risk": "cli.commands.risk:risk",
    "run": "cli.commands.run:run",
    "show": "cli.commands.show:show",
    "split": "cli.commands.split:split",
    "train": "cli.commands.train:train",
    "transform": "cli.commands.transform:transform",
    "withdraw": "cli.commands.withdraw:withdraw",
}
"""Command to `module:function`; a module is imported when its command is named or listed."""


class _LazyGroup(click.Group):
    """A group whose commands are imported only when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name, in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return the command; None when there is no such command."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, function = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dicomill")
@click.pass_context
def dicomill(ctx: click.Context) -> None:
    """From DICOM files to cohorts, models and predictions, with SQL in the middle.

    Each stage is one command. Options come before environment variables (DICOMILL_*), which come
    before dicomill.toml in the current folder.

    \b
    Example:
      dicomill ingest /data/dicom
      dicomill cohort create chests --body-part CHEST
      dicomill export chests out/chests
    """
    ctx.obj = read_settings()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: a user's mistake is one line and an exit status, a bug keeps its traceback."""
    try:
        status = dicomill.main(args=arguments, prog_name="dicomill", standalone_mode=False)
    except click.exceptions.Abort:
        _stop()
    except KeyboardInterrupt:
        _stop()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _say(_told(error))
        sys.exit(error.exit_code)
    except DicomillError as error:
        _say(str(error))
        sys.exit(error.exit_status)
    except OSError as error:
        if error.errno not in MACHINE_ERRORS:
            raise
        place = f"{error.filename} cannot be used" if error.filename else "Reading or writing failed"
        _say(f"{place}: {error.strerror}. Mend that and run it again.")
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _told(error: click.ClickException) -> str:
    """Return click's message in one line, with the command whose help says more."""
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    return message if context is None else f"{message} See `{context.command_path} --help`."


def run() -> None:
    """Run the command line as a program of its own, and end at once when it is done.

    At once: without the teardown of native libraries. One of them (dicomsdl) waits there for an
    interpreter that is gone, now and then, and TensorFlow takes its time. What was registered to
    happen at the end (connections closed, temporary folders removed) happens nevertheless.
    """
    ended = _Ended()
    atexit.register(ended.leave)  # before all others, hence run after them
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where its fonts are kept is no news
    try:
        main()
    except SystemExit as leaving:
        ended.status = leaving.code if isinstance(leaving.code, int) else 1
        raise


class _Ended:
    """How the program ended."""

    def __init__(self) -> None:
        self.status = 1  # a bug, whose traceback Python has printed

    def leave(self) -> None:
        """Leave the process with that status."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(self.status)


def _stop() -> None:
    _say("Stopped. What was finished is kept; run the same command again to go on.")
    sys.exit(INTERRUPTED_STATUS)


def _say(message: str) -> None:
    click.echo(f"dicomill: {message}", err=True)
