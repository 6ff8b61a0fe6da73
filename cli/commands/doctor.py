"""`dicomill doctor`: what works on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.options import database_option, json_option, key_file_option
from cli.printing import print_report
from cli.terminal import watched

_MARKS = {"works": "ok     ", "missing": "missing", "broken": "BROKEN "}


@click.command()
@database_option
@key_file_option
@json_option
def doctor(*, database_url: str, key_file: Path | None, as_json: bool) -> None:
    """Say what works here (database, decoders, TensorFlow) and what to install.

    \b
    Example:
      dicomill doctor --database mysql://root@127.0.0.1/dicomill
    """
    from pipeline.doctor import DoctorConfig
    from pipeline.doctor import doctor as door

    with watched() as progress:
        report = door(DoctorConfig(database_url=database_url, key_file=key_file), progress=progress)
    lines = []
    for check in report.checks:
        lines.append(f"{_MARKS[check.outcome]} {check.subject}: {check.detail}")
        if check.remedy:
            lines.append(f"          {check.remedy}")
    print_report(report, as_json=as_json, lines=lines)
    sys.exit(0 if report.is_healthy else 1)
